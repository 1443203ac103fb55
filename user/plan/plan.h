/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what was asked for (profiles or functions), applied to the modules of the target. One entry per
 * probe, with its site and its record for the kernel side. Grows as modules appear; knows no kernel map.
 */
#ifndef WEIR_PLAN_H
#define WEIR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/go_module.h"
#include "profile/catalog.h"
#include "profile/profile.h"
#include "sites/site.h"
#include "weir/wire.h"

struct module;

/* A -f argument: MODULE:GLOB, or MODULE+0xADDRESS. */
struct plan_pattern {
	char *module;   /* glob over module names, or over paths where it holds a '/' */
	char *function; /* glob, or "+0x..." */
	bool module_seen;
	size_t matched;   /* functions */
};

/* --returns: how calls are seen to leave. */
enum plan_returns {
	RETURNS_AUTO,       /* return sites in modules that can unwind and where stacks are switched, else return probes */
	RETURNS_SITES,      /* return sites everywhere */
	RETURNS_TRAMPOLINE, /* return probes everywhere; where those can kill the target only with `unsafe` */
};

/* How a probe's calls are seen to leave. */
enum plan_leave {
	LEAVE_NONE,       /* they are not: entries are counted */
	LEAVE_TRAMPOLINE, /* the kernel's return probe, which replaces the return address */
	LEAVE_SITES,      /* return sites in the callers, learned as calls come; the target's stack is not touched */
	LEAVE_SPAN,       /* a span: at the sites that end it */
};

enum plan_kind {
	PLAN_CALL, /* calls of a function */
	PLAN_SPAN, /* it has no site of its own: the probes behind it are its sites */
	PLAN_SPAN_SITE,
	PLAN_EVENT, /* counted at places that are no function's entry: the probes behind it are its sites */
	PLAN_EVENT_SITE,
};

const char *plan_leave_name(enum plan_leave leave); /* "none: counted only", "uretprobe", "return sites", "span" */

struct plan_selection {
	struct plan_pattern *patterns; /* -f; owned */
	size_t patterns_count;
	const struct profile **profiles; /* candidates; owned array, profiles are the catalog's */
	bool *profiles_used;             /* a module matched */
	size_t profiles_count;
	bool by_default;                 /* all profiles of the catalog, none was named */
	enum plan_returns returns;
	const char *switches;            /* borrowed: why the target's threads are taken to switch stacks, as a clause; NULL: they do not */
	bool unsafe;                     /* return probes also where the target may abort of them */
	enum profile_detail detail;      /* probes of dearer tiers are left out */
	bool requests;                   /* calls of allocators that a profile names are requests; else they are left out */
	bool count_only;                 /* no call is seen to leave, and nothing is read: entries are counted */
};

struct plan_module {
	uint64_t device, inode;
	int fd;                /* keeps the file at hand when the process that maps it is gone */
	char path[32];         /* /proc/self/fd/N */
	char *display;         /* as the target sees it */
	struct module *module; /* NULL: it cannot be read */
	size_t first, count;   /* its probes */
	bool attached;
	bool mapped;           /* a process was seen to map it */
	struct go_module go;
};

/* A ret, or a jump to another function that returns for this one. */
struct plan_ret {
	uint64_t file_offset;
	bool has_value; /* rax is the return value there */
	uint64_t emulation; /* how weir can perform it itself (WEIR_EMULATION); 0: it cannot */
};

struct plan_probe {
	uint32_t id; /* index + 1 */
	enum plan_kind kind;
	uint32_t span; /* of a SPAN_SITE or EVENT_SITE: the number of its span or event */
	bool ends;     /* of a SPAN_SITE: the span ends there */
	bool follows;  /* of a site of either: the breakpoint there is another site's, which leads to this one */
	size_t module;
	const char *function; /* the name for outputs */
	const char *symbol;   /* as the module has it */
	enum weir_level level;
	const struct profile *profile;    /* NULL: -f */
	const struct profile_probe *spec; /* NULL: -f */
	const struct profile_layout *layout; /* that fits the module; NULL: none */
	uint32_t left_out;                /* outputs that have no value here: 1 << enum expression_output */
	bool names, names_number;         /* as struct profile_code has them */
	uint8_t names_table;
	bool types;
	uint64_t address, file_offset;    /* of the site */
	struct entry_site site;
	uint64_t semaphore; /* of a USDT site: where in the file its counter stands, by which it is reached; 0: always is */
	uint64_t emulation; /* how weir can perform the instruction there itself, where it is single-stepped else; 0: it cannot */
	enum plan_leave leave;
	enum plan_leave measured_leave; /* `leave`, or what it would be without count_only */
	struct plan_ret *rets; /* where it leaves itself (LEAVE_SITES); NULL: not all can be known; owned */
	size_t rets_count;
	bool refused; /* the kernel would not have it */
	struct weir_probe record;
};

/* A file that no name speaks for, and that was looked into. */
struct plan_looked {
	uint64_t device, inode;
};

struct plan {
	struct plan_selection selection;
	struct plan_module *modules;
	size_t modules_count, modules_capacity;
	struct plan_looked *looked;
	size_t looked_count, looked_capacity;
	struct plan_probe *probes;
	size_t probes_count, probes_capacity;
	bool sees_exceptions; /* an unwinder is probed: exceptions that pass through calls are counted */
	size_t unwinding; /* functions left out because their module can unwind */
	size_t unsited;   /* functions left out because no site can be had */
};

static inline bool plan_is_siteless(const struct plan_probe *p)
{
	return p->kind == PLAN_SPAN || p->kind == PLAN_EVENT;
}

/*
 * Read WHAT: `functions` (-f), `profile_names` (--profile), or neither: every profile of the catalog. Logs one sentence and returns -EINVAL for a
 * malformed -f, -ENOENT for a profile that does not exist, -ENOEXEC for one with faults.
 */
int plan_init(struct plan *plan, struct catalog *catalog, const char *const *functions, size_t functions_count,
	      const char *const *profile_names, size_t profile_names_count, enum profile_detail detail);
void plan_free(struct plan *plan);

/* Is anything asked for of a module of this name? `display` is its path as the target sees it. */
bool plan_wants(const struct plan *plan, const char *display);

/*
 * Can a file that is not wanted by its name be an engine by its functions? Asked of each file once: by (device, inode). Then plan_look_inside() looks, and
 * adds it as plan_add_module() does if it is one. Returns as that; nothing is logged for a file that cannot be read, since nobody asked for it.
 */
bool plan_looks_inside(const struct plan *plan, uint64_t device, uint64_t inode);
int plan_look_inside(struct plan *plan, uint64_t device, uint64_t inode, const char *path, const char *display, const char *root, bool mapped);

/*
 * Look at one module that is wanted: the path to open it by, its path as the target sees it, the root for its debug files. Adds
 * the probes that it gives. `mapped`: a process maps it; else it is probed before any does. Its identity is what stat() says of `path`: one file is probed once, however it is reached.
 * Returns 1 where there are new probes, 0 where not (a module seen before included), or -errno (logged).
 */
int plan_add_module(struct plan *plan, const char *path, const char *display, const char *root, bool mapped);

/* Does a module that some process mapped have probes of the profile? */
bool plan_uses_profile(const struct plan *plan, const struct profile *profile);

/* Has any process mapped a module that has probes? */
bool plan_is_mapped(const struct plan *plan);

/* Is there something asked for whose module has not appeared? */
bool plan_waits(const struct plan *plan);
/* Visit the module globs that are still waited for. */
void plan_waiting(const struct plan *plan, void (*visit)(void *context, const char *module_glob), void *context);

/* Log one sentence for each thing asked for whose module has not appeared. */
void plan_tell_missing(const struct plan *plan);

/* Log one sentence on why nothing can be measured: nothing matched, with the nearest names, or all was refused. */
void plan_explain_nothing(struct plan *plan);

#endif
