/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random trees, printed as text, compiled and run, against an evaluator of the trees that shares
 * no code with the compiler.
 */
#include "profile/expression.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "run_code.h"

/* Of any address, as loads are: the C compiler is told so. */
#define ANYWHERE __attribute__((may_alias, aligned(1)))
typedef uint8_t u8 ANYWHERE;
typedef uint16_t u16 ANYWHERE;
typedef uint32_t u32 ANYWHERE;
typedef uint64_t u64 ANYWHERE;
typedef int8_t s8 ANYWHERE;
typedef int16_t s16 ANYWHERE;
typedef int32_t s32 ANYWHERE;
typedef int64_t s64 ANYWHERE;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum tree_kind { T_CONST, T_ARG, T_RET, T_LOAD, T_DELTA, T_CAST, T_UNARY, T_BINARY, T_LET };

struct tree {
	enum tree_kind kind;
	char sign[3];
	unsigned index; /* argument, or number of the type */
	u64 number;
	struct tree *left, *right;
};

struct world {
	u64 args[7], ret, base;
	const u8 *memory;
	size_t size;
	const struct tree *let;
	const struct world *enter; /* of a leave: what was then */
};

struct figure {
	u64 v;
	bool is_signed, unknown;
};

static const struct { const char *name; unsigned width; bool is_signed; } types[] = {
	{ "u8", 1, false }, { "u16", 2, false }, { "u32", 4, false }, { "u64", 8, false },
	{ "s8", 1, true }, { "s16", 2, true }, { "s32", 4, true }, { "s64", 8, true },
};

static const struct { const char *sign; int binds; } signs[] = {
	{ "*", 10 }, { "+", 9 }, { "-", 9 }, { "<<", 8 }, { ">>", 8 }, { "<", 7 }, { "<=", 7 }, { ">", 7 },
	{ ">=", 7 }, { "==", 6 }, { "!=", 6 }, { "&", 5 }, { "^", 4 }, { "|", 3 }, { "&&", 2 }, { "||", 1 },
};

static struct tree pool[512];
static size_t pool_used;
static u64 random_state;

static unsigned roll(unsigned sides)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % sides;
}

static struct tree *tree_new(enum tree_kind kind, struct tree *left, struct tree *right)
{
	struct tree *t = &pool[pool_used++];

	assert_true(pool_used < COUNT(pool));
	*t = (struct tree){ .kind = kind, .left = left, .right = right };
	return t;
}

static struct tree *tree_binary(const char *sign, struct tree *left, struct tree *right)
{
	struct tree *t = tree_new(T_BINARY, left, right);

	strcpy(t->sign, sign);
	return t;
}

static struct tree *tree_number(u64 number)
{
	struct tree *t = tree_new(T_CONST, NULL, NULL);

	t->number = number;
	return t;
}

static struct tree *tree_arg(unsigned index)
{
	struct tree *t = tree_new(T_ARG, NULL, NULL);

	t->index = index;
	return t;
}

static struct tree *tree_cast(unsigned type, struct tree *operand)
{
	struct tree *t = tree_new(T_CAST, operand, NULL);

	t->index = type;
	return t;
}

enum { MAY_LEAVE = 1, MAY_LET = 2 };

static u64 random_number(void)
{
	static const u64 numbers[] = {
		0, 1, 2, 7, 63, 100, 0x7f, 0x80, 0xff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
	};

	return numbers[roll(COUNT(numbers))];
}

static struct tree *random_leaf(unsigned may)
{
	switch (roll(5)) {
	case 0: return may & MAY_LEAVE ? tree_new(T_RET, NULL, NULL) : tree_number(random_number());
	case 1: return may & MAY_LET ? tree_new(T_LET, NULL, NULL) : tree_arg(2);
	case 2: return tree_arg(1 + roll(4));
	default: return tree_number(random_number());
	}
}

static struct tree *random_tree(unsigned levels, unsigned may);

/* Mostly inside the memory, now and then at an address that cannot be read. */
static struct tree *random_load(unsigned levels, unsigned may)
{
	struct tree *t, *offset = tree_binary("&", random_tree(levels - 1, may), tree_number(63));

	t = tree_new(T_LOAD, roll(20) ? tree_binary("+", tree_arg(1), offset) : tree_arg(2), NULL);
	t->index = roll(COUNT(types));
	return t;
}

static struct tree *random_binary(unsigned levels, unsigned may)
{
	const char *sign = signs[roll(COUNT(signs))].sign;
	struct tree *left = random_tree(levels - 1, may), *right = random_tree(levels - 1, may);

	if (strcmp(sign, ">>") == 0)
		left = tree_cast(3, left);
	if (strcmp(sign, ">>") == 0 || strcmp(sign, "<<") == 0)
		right = roll(2) ? tree_number(roll(64)) : tree_binary("&", tree_arg(3), tree_number(127));
	return tree_binary(sign, left, right);
}

static struct tree *random_tree(unsigned levels, unsigned may)
{
	struct tree *t;

	if (levels == 0 || roll(8) == 0)
		return random_leaf(may);
	switch (roll(9)) {
	case 0:
		t = tree_new(T_UNARY, random_tree(levels - 1, may), NULL);
		t->sign[0] = "!~-"[roll(3)];
		return t;
	case 1:
		return tree_cast(roll(COUNT(types)), random_tree(levels - 1, may));
	case 2:
	case 3:
		return random_load(levels, may);
	case 4:
		if (may & MAY_LEAVE)
			return tree_new(T_DELTA,
					roll(2) ? random_load(levels, may & MAY_LET)
						: random_tree(levels - 1, may & MAY_LET),
					NULL);
		/* fall through */
	default:
		return random_binary(levels, may);
	}
}

static int binds(const struct tree *t)
{
	if (t->kind == T_UNARY || t->kind == T_CAST || t->kind == T_LOAD)
		return 11;
	if (t->kind != T_BINARY)
		return 12;
	for (size_t i = 0; i < COUNT(signs); i++)
		if (strcmp(signs[i].sign, t->sign) == 0)
			return signs[i].binds;
	fail();
	return 0;
}

/* Parentheses only where C's precedence needs them, and sometimes where it does not. */
static void print_tree(FILE *out, const struct tree *t, int least)
{
	bool wrapped = binds(t) < least || roll(12) == 0;
	static const char *const gaps[] = { "", " ", "  " };

	fprintf(out, "%s", wrapped ? "(" : "");
	switch (t->kind) {
	case T_CONST: fprintf(out, roll(2) ? "%llu" : "0x%llx", (unsigned long long)t->number); break;
	case T_ARG: fprintf(out, "arg%u", t->index); break;
	case T_RET: fprintf(out, "ret"); break;
	case T_LET: fprintf(out, "held"); break;
	case T_DELTA:
		fprintf(out, "delta(");
		print_tree(out, t->left, 0);
		fprintf(out, ")");
		break;
	case T_LOAD:
	case T_CAST:
		fprintf(out, t->kind == T_LOAD ? "*(%s *)" : "(%s)", types[t->index].name);
		print_tree(out, t->left, 11);
		break;
	case T_UNARY:
		fprintf(out, "%s ", t->sign);
		print_tree(out, t->left, 11);
		break;
	case T_BINARY:
		print_tree(out, t->left, binds(t));
		fprintf(out, "%s%s%s", gaps[roll(3)], t->sign, gaps[roll(3)]);
		print_tree(out, t->right, binds(t) + 1);
		break;
	}
	fprintf(out, "%s", wrapped ? ")" : "");
}

static u64 cut(u64 v, unsigned type)
{
	switch (type) {
	case 0: return (u8)v;
	case 1: return (u16)v;
	case 2: return (u32)v;
	case 4: return (u64)(s64)(s8)v;
	case 5: return (u64)(s64)(s16)v;
	case 6: return (u64)(s64)(s32)v;
	default: return v;
	}
}

static u64 compute(const char *sign, struct figure a, struct figure b)
{
	bool s = a.is_signed || b.is_signed;
	s64 x = (s64)a.v, y = (s64)b.v;

	if (strcmp(sign, "*") == 0) return a.v * b.v;
	if (strcmp(sign, "+") == 0) return a.v + b.v;
	if (strcmp(sign, "-") == 0) return a.v - b.v;
	if (strcmp(sign, "<<") == 0) return b.v > 63 ? 0 : a.v << b.v;
	if (strcmp(sign, ">>") == 0) return b.v > 63 ? 0 : a.v >> b.v;
	if (strcmp(sign, "<") == 0) return s ? x < y : a.v < b.v;
	if (strcmp(sign, "<=") == 0) return s ? x <= y : a.v <= b.v;
	if (strcmp(sign, ">") == 0) return s ? x > y : a.v > b.v;
	if (strcmp(sign, ">=") == 0) return s ? x >= y : a.v >= b.v;
	if (strcmp(sign, "==") == 0) return a.v == b.v;
	if (strcmp(sign, "!=") == 0) return a.v != b.v;
	if (strcmp(sign, "&") == 0) return a.v & b.v;
	if (strcmp(sign, "^") == 0) return a.v ^ b.v;
	if (strcmp(sign, "|") == 0) return a.v | b.v;
	if (strcmp(sign, "&&") == 0) return a.v && b.v;
	return a.v || b.v;
}

static struct figure evaluate(const struct tree *t, const struct world *w);

static struct figure evaluate_load(const struct tree *t, const struct world *w)
{
	struct figure f = evaluate(t->left, w);
	u64 v = 0, offset = f.v - w->base;

	f.is_signed = types[t->index].is_signed;
	if (offset >= w->size || w->size - offset < types[t->index].width)
		f.unknown = true;
	else
		memcpy(&v, w->memory + offset, types[t->index].width);
	f.v = cut(v, t->index);
	return f;
}

static struct figure evaluate(const struct tree *t, const struct world *w)
{
	const struct world *enter = w->enter ? w->enter : w;
	struct figure a = { 0 }, b = { 0 };

	switch (t->kind) {
	case T_CONST: return (struct figure){ .v = t->number };
	case T_ARG: return (struct figure){ .v = enter->args[t->index] };
	case T_RET: return (struct figure){ .v = w->ret };
	case T_LET: return evaluate(w->let, enter);
	case T_LOAD: return evaluate_load(t, w);
	case T_DELTA:
		a = evaluate(t->left, w);
		b = evaluate(t->left, enter);
		a.unknown |= b.unknown;
		a.v = t->left->kind == T_LOAD && types[t->left->index].width == 8 && !a.is_signed && a.v < b.v ? 0 : a.v - b.v;
		if (t->left->kind == T_LOAD && !a.is_signed)
			a.v = cut(a.v, t->left->index);
		return a;
	case T_CAST:
		a = evaluate(t->left, w);
		a.v = cut(a.v, t->index);
		a.is_signed = types[t->index].is_signed;
		return a;
	case T_UNARY:
		a = evaluate(t->left, w);
		a.v = t->sign[0] == '!' ? !a.v : t->sign[0] == '~' ? ~a.v : -a.v;
		a.is_signed = t->sign[0] == '-' || (t->sign[0] == '~' && a.is_signed);
		return a;
	case T_BINARY:
		break;
	}
	a = evaluate(t->left, w);
	b = evaluate(t->right, w);
	if (binds(t) > 2 || !a.v == (t->sign[0] == '|'))
		a.unknown |= b.unknown; /* else the left side decides */
	a.v = compute(t->sign, a, b);
	a.is_signed = (a.is_signed || (b.is_signed && !strchr("<>", t->sign[0]))) && binds(t) != 6 &&
		      binds(t) != 7 && binds(t) > 2;
	return a;
}

struct trial {
	struct tree *tree, *let;
	u8 memory_enter[80], memory_leave[80];
	struct world enter, leave;
	char *text, *let_text;
};

static void print_to(char **text, const struct tree *t)
{
	size_t size;
	FILE *out = open_memstream(text, &size);

	assert_non_null(out);
	print_tree(out, t, 0);
	fclose(out);
}

static void trial_make(struct trial *t, unsigned may)
{
	*t = (struct trial){ 0 };
	pool_used = 0;
	t->let = random_tree(1, 0);
	t->tree = random_tree(1 + roll(4), may);
	for (size_t i = 0; i < sizeof(t->memory_enter); i++) {
		t->memory_enter[i] = (u8)roll(256);
		t->memory_leave[i] = roll(2) ? t->memory_enter[i] : (u8)roll(256);
	}
	t->enter = (struct world){
		.base = 0x10000, .memory = t->memory_enter, .size = sizeof(t->memory_enter), .let = t->let
	};
	for (unsigned i = 2; i <= 6; i++)
		t->enter.args[i] = random_number() + roll(3);
	t->enter.args[1] = t->enter.base;
	t->leave = t->enter;
	t->leave.memory = t->memory_leave;
	t->leave.enter = &t->enter;
	t->leave.ret = random_number() + roll(3);
	print_to(&t->text, t->tree);
	print_to(&t->let_text, t->let);
}

static void trial_clear(struct trial *t)
{
	free(t->text);
	free(t->let_text);
}

static void trial_compare(const struct trial *t, const struct profile_code *code, enum weir_op_code op,
			  struct figure expected)
{
	struct run_machine m = { .memory = t->memory_enter,
				 .base = t->enter.base,
				 .memory_size = t->enter.size };

	memcpy(m.args, t->enter.args, sizeof(m.args));
	run_enter(&m, code);
	memset(m.args, 0xee, sizeof(m.args));
	m.ret = t->leave.ret;
	m.memory = t->memory_leave;
	run_leave(&m, code);
	if (m.given[op][0] == expected.unknown || (!expected.unknown && m.value[op][0] != expected.v))
		fail_msg("\"%s\" with held = \"%s\" is %s %llx, expected %s %llx", t->text, t->let_text,
			 m.given[op][0] ? "known" : "unknown", (unsigned long long)m.value[op][0],
			 expected.unknown ? "unknown" : "known", (unsigned long long)expected.v);
}

/* 1: compiled and right; 0: refused for its size. */
static int trial_run(const struct trial *t, int entry_only, enum expression_output output,
		     enum weir_op_code op, const struct world *at)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault = { 0 };
	struct profile_code code;
	int err;

	assert_int_equal(expression_builder_new(entry_only, &builder), 0);
	assert_int_equal(expression_let(builder, "held", t->let_text, &fault), 0);
	err = expression_add(builder, output, 0, t->text, &fault);
	if (!err)
		err = expression_finish(builder, &code, &fault);
	if (err == -E2BIG ||
	    (err == -EINVAL && (strstr(fault.message, "too deep") || strstr(fault.message, "too long"))))
		return 0;
	if (err)
		fail_msg("\"%s\": %zu: %s", t->text, fault.position, fault.message);
	if (run_check(&code, entry_only))
		fail_msg("\"%s\": %s", t->text, run_check(&code, entry_only));
	trial_compare(t, &code, op, evaluate(t->tree, at));
	return 1;
}

static void random_expressions_compute_what_their_trees_mean(void **state)
{
	unsigned right = 0, trials = 30000;

	(void)state;
	random_state = 20240229;
	for (unsigned i = 0; i < trials; i++) {
		struct trial t;

		trial_make(&t, i % 3 == 0 ? MAY_LEAVE | MAY_LET : MAY_LET);
		if (i % 3 == 0)
			right += (unsigned)trial_run(&t, 0, OUTPUT_ROWS, WEIR_OP_ROWS, &t.leave);
		else if (i % 3 == 1)
			right += (unsigned)trial_run(&t, 1, OUTPUT_BYTES, WEIR_OP_BYTES, &t.enter);
		else
			right += (unsigned)trial_run(&t, 0, OUTPUT_LABEL, WEIR_OP_LABEL_NUMBER, &t.enter);
		trial_clear(&t);
	}
	assert_true(right > trials * 3 / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_expressions_compute_what_their_trees_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
