/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile describes an engine: how to recognise it, its probes, their levels, labels, rows, errors.
 * Read from YAML by profile_load, which also checks it; plain data from then on, read by plan/.
 */
#ifndef WEIR_PROFILE_H
#define WEIR_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "profile/expression.h"
#include "symbols/pairs.h"
#include "weir/wire.h"

enum profile_detail {
	DETAIL_QUERIES,   /* one hit a query or row: cheap */
	DETAIL_OPERATORS, /* the default */
	DETAIL_ROWS,      /* inner loops: dear */
	DETAIL_COUNT
};

/* What an expression costs and needs, worked out by the compiler. */
struct profile_code {
	struct weir_op ops[WEIR_OPS_MAX]; /* enter_ops, then leave_ops, as struct weir_probe wants them */
	uint8_t enter_ops, leave_ops;
	uint8_t label_ops; /* of a span: the first of them, which make its label */
	uint32_t needed_args; /* mask of SITE_ARGn that the enter code reads */
	bool names;          /* the label is a code of a table of names, */
	bool names_number;   /* and a number in its upper half */
	uint8_t names_table; /* index into a layout's tables */
	bool types;          /* the label is the name of a C++ type, mangled */
	uint32_t needed_end_args; /* the same of a span's leave code, at the sites that end it */
};

/* A place where a span begins or ends: the entry of a function, if `code` (of a WHEN and a KEY) says so; without code always. */
struct profile_site {
	char *function; /* glob, in the module that the profile matched */
	bool usdt;      /* it is one over "provider:name" of USDT sites */
	bool ends;
	char *when;     /* NULL: always */
	char *key;      /* which span; NULL: the thread's own */
	struct profile_code code;
};

struct profile_error_name {
	int64_t code;
	char *name;
};

/* An output's or a let's text, from which the code is made anew for modules that give names a value. */
struct profile_expression {
	int output; /* enum expression_output */
	unsigned index;
	char *name; /* of a let */
	char *text;
};

struct profile_probe {
	char *function;   /* glob over the module's function names; NULL: a span, found, or usdt */
	char *usdt;       /* glob over "provider:name" of USDT sites, which are counted; else NULL */
	char **found_in;  /* functions (globs) whose code stores the address of the one that is meant, or names in a table; else NULL */
	size_t found_in_count;
	int64_t stored_at; /* at this displacement from an object; or */
	unsigned passed_as; /* it is handed to a call as this argument, 1 to 6; 0: it is stored; or */
	struct pair_layout found_table; /* it stands in a table beside its name; stride 0: it does not */
	char *found_class; /* virtual functions: those of this class, or of it and what is derived from it; else NULL */
	bool found_derived;
	char *found_slot; /* of the virtual table: a number, or the name of an offset */
	char *module;     /* glob over module names; NULL: the profile's own */
	char *name;       /* how outputs call it; NULL: the function's own name */
	enum weir_level level;
	enum profile_detail detail;
	bool entry_only;  /* calls are counted, not timed */
	bool catches_all; /* the function lets nothing unwind through it: a return probe is safe */
	bool optional;    /* no warning where the function does not exist */
	char *unless;     /* no probe where the module has a function that matches this glob; NULL: always */
	struct profile_site *sites; /* of a span; else NULL */
	size_t sites_count;
	uint8_t dialect;  /* of query(): enum weir_sql */
	bool span_keeps;  /* begun again with the label it has, it goes on */
	bool span_keyed;  /* its sites have keys: it is not bound to a thread */
	bool span_nests;  /* begun again while it is open, both are */
	char *within;     /* name of the keyed span that calls belong to, by the KEY in the enter code; NULL: none */
	bool charges;     /* its outputs are counted on the innermost open call of level `charged` */
	enum weir_level charged;
	bool uses_names;  /* `code` serves to check the profile only: probe_compile() makes it for a module */
	struct profile_expression *expressions;
	size_t expressions_count, expressions_capacity;
	struct profile_expression *lets;
	size_t lets_count, lets_capacity;
	struct profile_code code;
	char *extra[WEIR_EXTRA_MAX]; /* names of the counters behind WEIR_OP_EXTRA; NULL: not used */
	bool has_rows, has_bytes, has_cache, has_errors, has_label; /* which outputs apply */
	unsigned line;    /* where it begins in the file */
};

/* An engine's own allocator: its calls are requests of so many bytes, and no nodes. */
static inline bool profile_probe_allocates(const struct profile_probe *probe)
{
	return probe->level == WEIR_LEVEL_ALLOC && probe->entry_only && probe->has_bytes;
}

enum { PROFILE_TABLES_MAX = 16, PROFILE_MATCH_FUNCTIONS_MAX = 16 };

struct profile_glob {
	char *text;
	bool is_build_id;
};

struct profile_value {
	char *name;
	int64_t value;
};

struct profile_table {
	struct profile_error_name *names;
	size_t count;
};

/* What is true of some versions only: profile_layout.h. */
struct profile_layout {
	struct profile_glob *globs; /* over versions and build ids: any one */
	size_t globs_count, globs_capacity;
	struct profile_value *sizes; /* of objects, bytes: all must be as they are here */
	size_t sizes_count;
	struct profile_value *displacements; /* of functions: their code must have each, from some register */
	size_t displacements_count, displacements_capacity;
	char *unless; /* it is none of a module that has this function; NULL: of any */
	struct profile_value *offsets;
	size_t offsets_count;
	struct profile_table tables[PROFILE_TABLES_MAX];
};

/* What the engine's threads wait for, as they say themselves: profile_wait.h. */
struct profile_wait {
	char *code;        /* an expression; NULL: the engine does not say */
	uint32_t class_mask; /* bits of the code that make its class; 0: it has none */
	struct profile_error_name *classes;
	size_t classes_count;
	char *names;       /* the layouts' table of codes; NULL: none */
	unsigned line;
};

struct profile {
	char *engine;
	char *summary;       /* one line for `weir profile list`; "" where the file has none */
	char *path;          /* the file it came from */
	char **modules;      /* globs over module names; any one matching module makes a process match */
	size_t modules_count;
	char **functions;    /* names: a module of any name that defines all of them matches too; none: only names of modules do */
	size_t functions_count;
	uint8_t dialect;     /* of query() in its probes: enum weir_sql */
	struct profile_probe *probes;
	size_t probes_count;
	struct profile_error_name *error_names;
	size_t error_names_count;
	char *version_symbol, *version_text; /* where the version is read; both NULL: nowhere */
	struct profile_layout *layouts;
	size_t layouts_count;
	struct profile_wait wait;
	char *tables[PROFILE_TABLES_MAX]; /* their names */
	size_t tables_count;
};

/*
 * Read and check the profile in file `path`. Each fault is printed to `complaints` as "file:line:column: what was
 * wrong, what was expected", in the order of the file; all are reported, not just the first. Returns 0, -EINVAL
 * where there were faults, -errno where the file cannot be read (printed too).
 */
int profile_load(const char *path, FILE *complaints, struct profile **ret_profile);
/* The same from memory; `name` stands for the file in complaints. Takes hostile bytes. */
int profile_parse(const char *text, size_t size, const char *name, FILE *complaints,
		  struct profile **ret_profile);
void profile_free(struct profile **profile);

/* Does one of the profile's module globs match `module_name` (last path component)? */
bool profile_matches(const struct profile *profile, const char *module_name);

enum { PROFILE_MATCH_TEXT_MAX = 512 };
/* "a module libfoo.so* or one that holds foo_query and foo_fetch"; cut where it is longer than `size`. */
void profile_describe_match(const struct profile *profile, char *buffer, size_t size);

enum expression_scheme profile_probe_scheme(const struct profile_probe *probe);

const char *profile_error_name(const struct profile *profile, int64_t code); /* NULL if it has none */

const char *level_name(enum weir_level level); /* "run", "stage", "query", "operator", "function" ... */
const char *detail_name(enum profile_detail detail); /* "queries", "operators", "rows" */
/* Returns 0, or -EINVAL where no detail has this name. */
int detail_by_name(const char *name, enum profile_detail *ret_detail);

#endif
