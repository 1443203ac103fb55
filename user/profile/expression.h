/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions over a call: arg1..arg6, ret, integer constants (decimal, hex, 'c'), names given by `let`,
 * memory by cast and dereference `*(u32 *)(arg1 + 8)` with u8 u16 u32 u64 s8 s16 s32 s64 (and `*` of pointers
 * nested), casts of values `(s32)ret`, the C operators * + - << >> < <= > >= == != & ^ | && || ! ~ and unary
 * - with C's precedence, parentheses, `delta(expr)`: its value at leave minus its value at enter, and, for
 * labels only and outermost, `str(expr)` and `query(expr)`. All values have 64 bits. In code that runs at
 * leave, argN means the argument at enter: the compiler saves it. A value is signed if it is s8..s64, a
 * negated one, or worked out from a signed one; comparisons are signed if either side is. ret is u64 unless
 * cast. The right side of && and || is evaluated where the left one does not decide. In what a span evaluates at its end, end1..end6 are the arguments of the call
 * that ends it. docs/profiles.md describes the language for people.
 */
#ifndef WEIR_EXPRESSION_H
#define WEIR_EXPRESSION_H

#include <stddef.h>
#include <stdint.h>

#include "weir/wire.h"

struct profile_code;

enum expression_output {
	OUTPUT_LABEL, /* evaluated at enter */
	OUTPUT_ROWS, OUTPUT_BYTES, OUTPUT_HITS, OUTPUT_MISSES, OUTPUT_ERROR, OUTPUT_ERROR_CODE,
	OUTPUT_WHEN, /* the condition of a span's site; alone in its code but for a key */
	OUTPUT_KEY,  /* of a span's site, or at enter of a probe: which span is meant */
	OUTPUT_EXTRA, /* + index */
};

/* What a name in an expression stands for, beside the words of the language and lets. */
enum expression_name {
	NAME_SYMBOL, /* symbol(name): link-time address of an object of the module */
	NAME_OFFSET, /* a number that the profile gives for the module's version */
	NAME_TABLE,  /* name(table, ...): the index of a table of names */
	NAME_ARGUMENT, /* "arg1", "end1" ...: has it a value at all? The value found means nothing. */
};

/*
 * Who knows names. `find` returns 0 with the value, -ENOENT for a name that nobody knows, -ENODATA for one that this module has
 * no value for.
 */
struct expression_names {
	int (*find)(void *context, enum expression_name kind, const char *name, uint64_t *ret_value);
	void *context;
};

enum expression_scheme {
	EXPRESSION_CALL,       /* a call with its return */
	EXPRESSION_ENTRY_ONLY, /* no leave: every output is evaluated at enter; ret and delta() are faults */
	EXPRESSION_SPAN,       /* begins and ends at calls of functions: end1..end6 instead of ret */
};

enum { EXPRESSION_LETS_MAX = 8 };

struct expression_fault {
	size_t position;   /* byte offset in the text; 0 where the fault is not of one text */
	char message[240]; /* what was wrong and what was expected */
};

/* A probe's code is built by adding one output after another; expression_finish lays enter and leave code out. */
struct expression_builder;
int expression_builder_new(enum expression_scheme scheme, struct expression_builder **ret_builder);
void expression_builder_free(struct expression_builder **builder);
/* The dialect of query(): enum weir_sql. */
void expression_set_dialect(struct expression_builder *builder, uint8_t dialect);
/* Without it no name is known. Borrowed. */
void expression_set_names(struct expression_builder *builder, const struct expression_names *names);
/*
 * Give the value of `text` at enter a name, for the expressions added later (other lets included). Leave code
 * reads the saved value. Returns as expression_add; -EINVAL too for a name that is taken, reserved or no
 * identifier (position 0). Where a name in it has no value (-ENODATA), the let has none either, and neither has what uses it.
 */
int expression_let(struct expression_builder *builder, const char *name, const char *text,
		   struct expression_fault *ret_fault);
/*
 * `index` counts the OUTPUT_EXTRAs, 0 for all others; an output is added once at most.
 * Returns 0, -EINVAL or -ENODATA (a name has no value here: the output is left out) with *ret_fault filled, or -ENOMEM.
 */
int expression_add(struct expression_builder *builder, enum expression_output output, unsigned index,
		   const char *text, struct expression_fault *ret_fault);
/* Returns 0, -ENOMEM, or -E2BIG with *ret_fault filled: past WEIR_OPS_MAX operations or WEIR_SAVED_MAX values. */
int expression_finish(struct expression_builder *builder, struct profile_code *ret_code,
		      struct expression_fault *ret_fault);

#endif
