/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of one expression: made by expression_parse.c out of text, read by expression.c, which turns it
 * into operations. Private to the two. Nodes live in one block, which the tree owns.
 */
#ifndef WEIR_EXPRESSION_TREE_H
#define WEIR_EXPRESSION_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/expression.h"

enum { EXPRESSION_NODES_MAX = 256, EXPRESSION_NESTING_MAX = 32, EXPRESSION_NAME_MAX = 32 };

enum expression_kind {
	NODE_CONST,  /* value */
	NODE_ARG,    /* index: 1..6 */
	NODE_RET,
	NODE_END,    /* index: 1..6, argument of the call that ends a span */
	NODE_LET,    /* index into the lets */
	NODE_SYMBOL, /* value: link-time address; its address in the process */
	NODE_LOAD,   /* memory at left; type says how wide */
	NODE_DELTA,  /* left at leave minus left at enter */
	NODE_SINCE,  /* left minus what it was at the probe's last hit; index: which one of the probe's */
	NODE_CAST,   /* left cut to type */
	NODE_UNARY,  /* op: NOT, INV, NEG */
	NODE_BINARY, /* op: the exact one, signed comparisons included */
};

/* What a value is. Where pointers > 0 it is an address, and the rest tells what stands there in the end. */
struct expression_type {
	uint8_t width; /* bytes */
	bool is_signed;
	uint8_t pointers;
};

struct expression_node {
	enum expression_kind kind;
	enum weir_op_code op;
	uint8_t index;
	uint8_t depth; /* places on the stack that its evaluation takes */
	struct expression_type type;
	uint64_t value;
	struct expression_node *left, *right;
};

enum expression_label_form {
	LABEL_FORM_NUMBER,
	LABEL_FORM_STRING,
	LABEL_FORM_QUERY,
	LABEL_FORM_TYPE,  /* the text is the name of a C++ type, mangled */
	LABEL_FORM_NAMED, /* a code of a table of names in the low 32 bits, a number in the others */
};

struct expression_tree {
	struct expression_node *nodes;
	size_t nodes_count;
	struct expression_node *root; /* NULL: there is no expression */
	struct expression_node *length; /* STRING, QUERY: of the text, bytes; NULL: a NUL ends it */
	enum expression_label_form form;
	uint8_t table;      /* NAMED: the table */
	bool has_number;    /* NAMED */
};

struct expression_named {
	char name[EXPRESSION_NAME_MAX];
	struct expression_tree tree;
	bool unavailable; /* it uses what has no value here; the tree is a 0 */
};

/* What an expression may speak of. */
struct expression_scope {
	const struct expression_named *lets;
	size_t lets_count;
	bool is_label;         /* str() and query() are allowed */
	const struct expression_names *names; /* may be NULL */
	bool is_span;          /* end1..end6 instead of ret */
	bool is_entry_only;    /* since() is allowed */
	uint8_t *sinces;       /* how many the probe has so far; NULL: none are allowed */
	const char *no_leave;  /* not NULL: ret, end1..end6 and delta() are faults, for this reason */
};

/* Returns 0, -EINVAL or -ENODATA (what a name stands for has no value) with *ret_fault filled, or -ENOMEM. */
int expression_parse(const char *text, const struct expression_scope *scope, struct expression_tree *ret_tree,
		     struct expression_fault *ret_fault);
void expression_tree_clear(struct expression_tree *tree);

/* A word of the language, or an identifier that is too long or none at all: no name for a let. */
bool expression_name_is_free(const char *name);

#endif
