/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What compiled expressions compute, against the C compiler; the shape of their code; limits. */
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

/* Compile one output; the caller asserts on what comes back. */
static int compile_one(int entry_only, enum expression_output output, const char *text,
		       struct profile_code *ret_code, struct expression_fault *ret_fault)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	int err;

	assert_int_equal(expression_builder_new(entry_only, &builder), 0);
	err = expression_add(builder, output, 0, text, ret_fault);
	return err ? err : expression_finish(builder, ret_code, ret_fault);
}

static struct profile_code compiled(int entry_only, enum expression_output output, const char *text)
{
	struct expression_fault fault = { 0 };
	struct profile_code code;
	int err = compile_one(entry_only, output, text, &code, &fault);

	if (err)
		fail_msg("\"%s\" did not compile: %zu: %s", text, fault.position, fault.message);
	if (run_check(&code, entry_only))
		fail_msg("\"%s\" compiled to bad code: %s", text, run_check(&code, entry_only));
	return code;
}

static void assert_fault(int entry_only, enum expression_output output, const char *text, size_t position,
			 const char *said)
{
	struct expression_fault fault = { 0 };
	struct profile_code code;
	int err = compile_one(entry_only, output, text, &code, &fault);

	if (err != -EINVAL)
		fail_msg("\"%s\" gave %d, expected -EINVAL", text, err);
	if (fault.position != position || !strstr(fault.message, said))
		fail_msg("\"%s\": fault at %zu: %s, expected one at %zu that says \"%s\"", text,
			 fault.position, fault.message, position, said);
}

/* ---- against C ----------------------------------------------------------------------------------- */

static u64 memory[16] = {
	0x8877665544332211, 0xfffffffffffffff0, 0x00000000ffffffff, 0x7fffffffffffffff,
	0x8000000000000000, 100, 0, 0xff80,
};

/* The same text is compiled by weir and by the C compiler. */
struct c_case {
	const char *text;
	u64 (*in_c)(u64 arg1, u64 arg2, u64 arg3, u64 ret);
};

#define C_CASES(CASE) \
	CASE(a, 1 + 2 * 3) CASE(b, (1 + 2) * 3) CASE(c, 1 << 2 + 3) CASE(d, 256 >> 2 << 1) CASE(e, 10 - 3 - 2) \
	CASE(f, arg2 + 2 * arg3) CASE(g, arg2 - arg3 - 1) CASE(h, arg2 << 3 | arg3 & 7 ^ 1) CASE(i, arg2 & 6 == 6) \
	CASE(j, arg2 == 7 && arg3 == 9 || ret) CASE(k, arg2 | arg3 && 0) CASE(l, !arg2 + 1) CASE(m, ~arg2 >> 60) \
	CASE(n, -arg2 + arg3) CASE(o, - - arg2) CASE(p, !!arg2 << 4) CASE(q, arg2 < arg3 == 1) CASE(r, arg2 > arg3 != 1) \
	CASE(s, arg2 >= 7 && arg2 <= 7) CASE(t, 0xffffffffffffffff > arg2) CASE(u, 'a' + '\n' - '\0') \
	CASE(v, *(u8 *)arg1) CASE(w, *(u16 *)(arg1 + 1)) CASE(x, *(u32 *)(arg1 + 4)) CASE(y, *(u64 *)(arg1 + 8)) \
	CASE(z, *(s8 *)(arg1 + 8)) CASE(aa, *(s16 *)(arg1 + 6) < 0) CASE(ab, *(s32 *)(arg1 + 16)) CASE(ac, *(s64 *)(arg1 + 32)) \
	CASE(ad, (s32)ret) CASE(ae, (s32)ret == -5) CASE(af, (u32)ret) CASE(ag, (u8)ret + (s8)ret) CASE(ah, (s16)(u16)ret < 0) \
	CASE(ai, (s32)ret < 0 && (u64)(s32)ret > 5) CASE(aj, (s64)ret < -1) CASE(ak, *(u64 *)(arg1 + 40) * 3 == 300 || 0) \
	CASE(al, (s8)0x80 < 0) CASE(am, -1 < 0) CASE(an, (u64)1 << 63 >> 63) CASE(ao, ret & 0xffffffff) CASE(ap, ret ^ ret) \
	CASE(aq, *(u32 *)(arg1 + (arg2 - 7) * 8 + 0)) CASE(ar, ((((arg2))))) CASE(as, arg2+arg3*ret-~arg2) \
	CASE(at, **(u64 **)(arg1 + 72)) CASE(au, *(u32 *)*(u64 *)(arg1 + 72)) CASE(av, (u64)*(s8 *)(arg1 + 57) >> 56) \
	CASE(aw, 0x123456789abcdef0) CASE(ax, 0x80000000) CASE(ay, 0xffffffff80000000) CASE(az, 2147483648 - 1)

#define C_FUNCTION(name, expression) \
	static u64 in_c_##name(u64 arg1, u64 arg2, u64 arg3, u64 ret) \
	{ \
		(void)arg1, (void)arg2, (void)arg3, (void)ret; \
		return (u64)(expression); \
	}
#define C_ENTRY(name, expression) { #expression, in_c_##name },

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wlogical-op-parentheses"
#pragma GCC diagnostic ignored "-Wbitwise-op-parentheses"
#pragma GCC diagnostic ignored "-Wconstant-logical-operand"
#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wshift-op-parentheses"
#else
#pragma GCC diagnostic ignored "-Wbool-compare"
#endif
C_CASES(C_FUNCTION)
#pragma GCC diagnostic pop

static const struct c_case c_cases[] = { C_CASES(C_ENTRY) };

static void it_computes_what_c_computes(void **state)
{
	u64 base = (u64)(uintptr_t)memory, tried = 0;

	(void)state;
	memory[9] = base + 24;
	for (size_t i = 0; i < COUNT(c_cases); i++) {
		struct run_machine m = { .memory = (u8 *)memory,
					 .base = base,
					 .memory_size = sizeof(memory) };
		u64 arg2 = 7, arg3 = 9, ret = 0x1fffffffb, expected;
		struct profile_code code;

		expected = c_cases[i].in_c(base, arg2, arg3, ret);
		m.args[1] = base;
		m.args[2] = arg2;
		m.args[3] = arg3;
		m.ret = ret;
		code = compiled(0, OUTPUT_ROWS, c_cases[i].text);
		run_enter(&m, &code);
		m.args[1] = m.args[2] = m.args[3] = 0xdead; /* gone at leave */
		run_leave(&m, &code);
		if (!m.given[WEIR_OP_ROWS][0] || m.value[WEIR_OP_ROWS][0] != expected)
			fail_msg("\"%s\" is %llx, expected %llx as in C", c_cases[i].text,
				 (unsigned long long)m.value[WEIR_OP_ROWS][0], (unsigned long long)expected);
		tried++;
	}
	assert_true(tried > 45);
}

/* ---- the code ------------------------------------------------------------------------------------ */

static unsigned count_ops(const struct profile_code *code, enum weir_op_code op)
{
	unsigned n = 0;

	for (unsigned i = 0; i < (unsigned)code->enter_ops + code->leave_ops; i++)
		n += code->ops[i].code == op;
	return n;
}

static void an_argument_is_saved_once_however_often_it_is_used(void **state)
{
	struct profile_code code = compiled(0, OUTPUT_ROWS, "arg2 * arg2 + *(u32 *)(arg2 + 4)");

	(void)state;
	assert_int_equal(count_ops(&code, WEIR_OP_SAVE), 1);
	assert_int_equal(count_ops(&code, WEIR_OP_SAVED), 3);
	assert_int_equal(code.needed_args, 1 << 1);
}

static void equal_deltas_share_one_saved_value(void **state)
{
	struct profile_code code =
		compiled(0, OUTPUT_ROWS, "delta(*(u32 *)arg1) + delta(*(u32 *)(arg1)) * 2");

	(void)state;
	assert_int_equal(count_ops(&code, WEIR_OP_SAVE), 2); /* arg1 and what stands there */
}

static void constants_are_folded(void **state)
{
	struct profile_code code = compiled(0, OUTPUT_ROWS, "(1 << 20) * 3 + -(5 == 5) + ~0 + (s8)0xff");

	(void)state;
	assert_int_equal(code.enter_ops, 0);
	assert_int_equal(code.leave_ops, 2);
	assert_int_equal(code.ops[0].code, WEIR_OP_CONST);
	assert_int_equal(code.ops[0].imm, (1 << 20) * 3 - 3);
}

static void a_probe_without_leave_has_all_its_code_at_enter(void **state)
{
	struct profile_code code = compiled(1, OUTPUT_BYTES, "arg1 * arg2");

	(void)state;
	assert_int_equal(code.enter_ops, 4);
	assert_int_equal(code.leave_ops, 0);
	assert_int_equal(code.needed_args, 3);
}

static void the_label_forms_have_their_operations(void **state)
{
	struct profile_code number = compiled(0, OUTPUT_LABEL, "arg1"),
			    string = compiled(0, OUTPUT_LABEL, "str(arg2 + 8)"),
			    query = compiled(0, OUTPUT_LABEL, " query( *(u64 *)(arg1 + 0xf8) ) "),
			    counted = compiled(0, OUTPUT_LABEL, "query(arg1, *(u32 *)(arg2 + 8))");

	(void)state;
	assert_int_equal(count_ops(&number, WEIR_OP_LABEL_NUMBER), 1);
	assert_int_equal(count_ops(&string, WEIR_OP_LABEL_STRING), 1);
	assert_int_equal(count_ops(&query, WEIR_OP_LABEL_QUERY), 1);
	assert_int_equal(count_ops(&string, WEIR_OP_LABEL_LENGTH), 0);
	assert_int_equal(count_ops(&counted, WEIR_OP_LABEL_LENGTH), 1);
	assert_int_equal(counted.ops[counted.enter_ops - 1].code, WEIR_OP_LABEL_QUERY);
	assert_int_equal(query.leave_ops, 0);
}

static void error_code_stands_before_error_whatever_the_order(void **state)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault;
	struct profile_code code;

	(void)state;
	assert_int_equal(expression_builder_new(0, &builder), 0);
	assert_int_equal(expression_add(builder, OUTPUT_ERROR, 0, "ret != 0", &fault), 0);
	assert_int_equal(expression_add(builder, OUTPUT_ERROR_CODE, 0, "(s32)ret", &fault), 0);
	assert_int_equal(expression_finish(builder, &code, &fault), 0);
	assert_null(run_check(&code, false));
	assert_int_equal(code.ops[code.leave_ops - 1].code, WEIR_OP_ERROR);
	assert_int_equal(count_ops(&code, WEIR_OP_ERROR_CODE), 1);
}

static void a_counter_of_32_bits_may_wrap_between_enter_and_leave(void **state)
{
	struct profile_code code = compiled(0, OUTPUT_ROWS, "delta(*(u32 *)arg1)");
	u32 before = 0xfffffffe, after = 3;
	struct run_machine m = {
		.memory = (u8 *)&before, .base = 0x1000, .memory_size = 4, .args[1] = 0x1000
	};

	(void)state;
	run_enter(&m, &code);
	m.memory = (u8 *)&after;
	run_leave(&m, &code);
	assert_int_equal(m.value[WEIR_OP_ROWS][0], 5);
}

static void a_counter_of_64_bits_that_was_set_back_has_not_grown(void **state)
{
	struct profile_code code = compiled(0, OUTPUT_ROWS, "delta(*(u64 *)arg1)");
	u64 before = 1000, after = 3;
	struct run_machine m = {
		.memory = (u8 *)&before, .base = 0x1000, .memory_size = 8, .args[1] = 0x1000
	};

	(void)state;
	run_enter(&m, &code);
	m.memory = (u8 *)&after;
	run_leave(&m, &code);
	assert_int_equal(m.value[WEIR_OP_ROWS][0], 0);
	after = 1007;
	run_leave(&m, &code);
	assert_int_equal(m.value[WEIR_OP_ROWS][0], 7);
}

static void a_probe_without_leave_compares_with_its_last_hit(void **state)
{
	struct profile_code code = compiled(1, OUTPUT_HITS, "since(*(u64 *)arg1) + since(*(u32 *)(arg1 + 8)) * 100");
	u64 words[2] = { 1000, 7 };
	struct run_machine m = {
		.memory = (u8 *)words, .base = 0x1000, .memory_size = 16, .args[1] = 0x1000
	};
	static const u64 first[] = { 1000, 1003, 1003, 2, 5 }, second[] = { 7, 7, 8, 8, 8 }, grown[] = { 0, 3, 100, 2, 3 };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		words[0] = first[i];
		words[1] = second[i];
		run_enter(&m, &code);
		assert_int_equal(m.value[WEIR_OP_HITS][0], grown[i]);
	}
}

static void a_signed_value_may_fall_between_enter_and_leave(void **state)
{
	struct profile_code code = compiled(0, OUTPUT_ROWS, "delta(*(s32 *)arg1) < 0");
	s32 before = 10, after = 7;
	struct run_machine m = {
		.memory = (u8 *)&before, .base = 0x1000, .memory_size = 4, .args[1] = 0x1000
	};

	(void)state;
	run_enter(&m, &code);
	m.memory = (u8 *)&after;
	run_leave(&m, &code);
	assert_int_equal(m.value[WEIR_OP_ROWS][0], 1);
}

static void a_load_that_faults_at_enter_leaves_the_output_out(void **state)
{
	struct profile_code code = compiled(0, OUTPUT_ROWS, "delta(*(u32 *)arg1)");
	u32 word = 1;
	struct run_machine m = { .base = 0x1000, .args[1] = 0x1000 };

	(void)state;
	run_enter(&m, &code);
	m.memory = (u8 *)&word;
	m.memory_size = 4;
	run_leave(&m, &code);
	assert_false(m.given[WEIR_OP_ROWS][0]);
	assert_int_equal(m.unknowns, 1);
}

/* ---- let ----------------------------------------------------------------------------------------- */

static void a_let_is_saved_once_and_keeps_its_value_of_enter(void **state)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	u64 words[2] = { 0x1008, 5 };
	struct run_machine m = {
		.memory = (u8 *)words, .base = 0x1000, .memory_size = 16, .args[1] = 0x1000
	};
	struct expression_fault fault;
	struct profile_code code;

	(void)state;
	assert_int_equal(expression_builder_new(0, &builder), 0);
	assert_int_equal(expression_let(builder, "at", "*(u64 *)arg1", &fault), 0);
	assert_int_equal(expression_let(builder, "held", "at + 0", &fault), 0);
	assert_int_equal(expression_add(builder, OUTPUT_HITS, 0, "delta(*(u64 *)held)", &fault), 0);
	assert_int_equal(expression_add(builder, OUTPUT_MISSES, 0, "held", &fault), 0);
	assert_int_equal(expression_finish(builder, &code, &fault), 0);
	assert_null(run_check(&code, false));
	assert_int_equal(count_ops(&code, WEIR_OP_SAVE), 2);
	run_enter(&m, &code);
	words[0] = 0;
	words[1] = 12;
	run_leave(&m, &code);
	assert_int_equal(m.value[WEIR_OP_HITS][0], 7);
	assert_int_equal(m.value[WEIR_OP_MISSES][0], 0x1008);
}

static void a_let_of_the_label_alone_is_not_saved(void **state)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault;
	struct profile_code code;

	(void)state;
	assert_int_equal(expression_builder_new(0, &builder), 0);
	assert_int_equal(expression_let(builder, "sql", "*(u64 *)(arg1 + 8)", &fault), 0);
	assert_int_equal(expression_add(builder, OUTPUT_LABEL, 0, "query(sql)", &fault), 0);
	assert_int_equal(expression_finish(builder, &code, &fault), 0);
	assert_int_equal(count_ops(&code, WEIR_OP_SAVE), 0);
	assert_int_equal(code.needed_args, 1);
}

static void names_that_no_let_can_have_are_refused(void **state)
{
	static const char *const names[] = { "",      "9a",   "a b",
					     "arg1",  "arg9", "ret",
					     "delta", "str",  "query",
					     "u32",   "s8",   "a_name_that_is_longer_than_an_identifier",
					     "held" };
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault;

	(void)state;
	assert_int_equal(expression_builder_new(0, &builder), 0);
	assert_int_equal(expression_let(builder, "held", "1", &fault), 0);
	for (size_t i = 0; i < COUNT(names); i++)
		if (expression_let(builder, names[i], "1", &fault) != -EINVAL)
			fail_msg("the name \"%s\" was taken, expected -EINVAL", names[i]);
}

static void lets_have_a_limit(void **state)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault;
	char name[16];

	(void)state;
	assert_int_equal(expression_builder_new(0, &builder), 0);
	for (int i = 0; i < EXPRESSION_LETS_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(expression_let(builder, name, "1", &fault), 0);
	}
	assert_int_equal(expression_let(builder, "more", "1", &fault), -EINVAL);
}

/* Each let doubles the one before: 2^7 * 64 operations, were they all laid out. */
static void lets_that_multiply_are_refused_and_take_no_time(void **state)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault;
	struct profile_code code;
	char name[16], text[512] = "arg1";

	(void)state;
	assert_int_equal(expression_builder_new(1, &builder), 0);
	for (int i = 0; i < EXPRESSION_LETS_MAX; i++) {
		char *end = text;

		snprintf(name, sizeof(name), "n%d", i);
		for (int j = 0; i > 0 && j < 60; j++)
			end += sprintf(end, "%sn%d", j ? "+" : "", i - 1);
		if (expression_let(builder, name, text, &fault))
			break; /* the stack is too small for more */
	}
	assert_int_equal(expression_add(builder, OUTPUT_BYTES, 0, "n3", &fault), 0);
	assert_int_equal(expression_finish(builder, &code, &fault), -E2BIG);
	assert_non_null(strstr(fault.message, "more than 2048 operations"));
}

/* ---- limits -------------------------------------------------------------------------------------- */

static void too_many_operations_are_refused_with_the_cost_of_each_part(void **state)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	char text[1024] = "ret", expected[64];
	struct expression_fault fault;
	struct profile_code code;

	(void)state;
	for (int i = 0; i < WEIR_OPS_MAX / 2; i++)
		strcat(text, "+ret");
	assert_int_equal(expression_builder_new(0, &builder), 0);
	assert_int_equal(expression_add(builder, OUTPUT_ROWS, 0, text, &fault), 0);
	assert_int_equal(expression_add(builder, OUTPUT_ERROR, 0, "ret", &fault), 0);
	assert_int_equal(expression_finish(builder, &code, &fault), -E2BIG);
	snprintf(expected, sizeof(expected), "rows %d, error 2", WEIR_OPS_MAX + 2);
	if (!strstr(fault.message, expected))
		fail_msg("it says \"%s\", expected \"%s\"", fault.message, expected);
}

static void exactly_as_many_operations_as_fit_are_taken(void **state)
{
	char text[1024] = "!ret";
	struct profile_code code;

	(void)state;
	/* ret, !, then pairs, then the output: an even number */
	for (int i = 0; i < WEIR_OPS_MAX / 2 - 2; i++)
		strcat(text, "+ret");
	code = compiled(0, OUTPUT_ROWS, text);
	assert_int_equal(code.leave_ops, WEIR_OPS_MAX - 1);
	text[0] = '~';
	memmove(text + 1, text, strlen(text) + 1);
	code = compiled(0, OUTPUT_ROWS, text);
	assert_int_equal(code.leave_ops, WEIR_OPS_MAX);
}

static void too_many_saved_values_are_refused(void **state)
{
	struct expression_fault fault;
	struct profile_code code;

	(void)state;
	assert_int_equal(compile_one(0, OUTPUT_ROWS,
				     "arg1+arg2+arg3+arg4+arg5+arg6+delta(arg1+1)+delta(arg1+2)+delta(arg1+"
				     "3)",
				     &code, &fault),
			 -E2BIG);
	assert_non_null(strstr(fault.message, "carries 9 values"));
}

static void the_stack_is_used_to_its_end_and_no_further(void **state)
{
	(void)state;
	compiled(0, OUTPUT_ROWS, "ret+(ret+(ret+(ret+(ret+(ret+(ret+ret))))))");
	assert_fault(0, OUTPUT_ROWS, "ret+(ret+(ret+(ret+(ret+(ret+(ret+(ret+ret)))))))", 3, "too deep");
}

static void long_and_nested_texts_are_refused(void **state)
{
	char text[4096] = "";
	struct expression_fault fault;
	struct profile_code code;

	(void)state;
	memset(text, '(', 4000);
	assert_int_equal(compile_one(0, OUTPUT_ROWS, text, &code, &fault), -EINVAL);
	assert_non_null(strstr(fault.message, "nested too deeply"));
	memset(text, '-', 4000);
	assert_int_equal(compile_one(0, OUTPUT_ROWS, text, &code, &fault), -EINVAL);
	assert_non_null(strstr(fault.message, "nested too deeply"));
	for (size_t i = 0; i < 4000; i++)
		text[i] = i % 2 ? '+' : '1';
	assert_int_equal(compile_one(0, OUTPUT_ROWS, text, &code, &fault), -EINVAL);
	assert_non_null(strstr(fault.message, "too long"));
}

/* ---- where outputs may stand --------------------------------------------------------------------- */

static void what_is_known_only_at_leave_is_refused_elsewhere(void **state)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault;

	(void)state;
	assert_fault(0, OUTPUT_LABEL, "1 + ret", 4, "ret in a label");
	assert_fault(0, OUTPUT_LABEL, "str(delta(arg1))", 4, "delta() in a label");
	assert_fault(1, OUTPUT_BYTES, "ret", 0, "ret in a probe that is entry_only");
	assert_fault(1, OUTPUT_BYTES, "1+delta(arg1)", 2, "delta() in a probe that is entry_only");
	assert_fault(0, OUTPUT_ROWS, "delta(ret)", 6, "ret inside delta()");
	assert_fault(0, OUTPUT_ROWS, "since(arg1)", 0, "since() in a probe that is not entry_only");
	assert_fault(0, OUTPUT_ROWS, "delta(delta(arg1))", 6, "delta() inside delta()");
	assert_int_equal(expression_builder_new(0, &builder), 0);
	assert_int_equal(expression_let(builder, "a", "ret", &fault), -EINVAL);
	assert_non_null(strstr(fault.message, "ret inside let"));
}

static void str_and_query_are_for_labels_and_outermost(void **state)
{
	(void)state;
	assert_fault(0, OUTPUT_ROWS, "str(arg1)", 0, "outside a label");
	assert_fault(0, OUTPUT_LABEL, "1 + query(arg1)", 4, "whole label");
	assert_fault(0, OUTPUT_LABEL, "query(arg1) + 1", 12, "whole label");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_computes_what_c_computes),
		cmocka_unit_test(an_argument_is_saved_once_however_often_it_is_used),
		cmocka_unit_test(equal_deltas_share_one_saved_value),
		cmocka_unit_test(constants_are_folded),
		cmocka_unit_test(a_probe_without_leave_has_all_its_code_at_enter),
		cmocka_unit_test(the_label_forms_have_their_operations),
		cmocka_unit_test(error_code_stands_before_error_whatever_the_order),
		cmocka_unit_test(a_counter_of_32_bits_may_wrap_between_enter_and_leave),
		cmocka_unit_test(a_counter_of_64_bits_that_was_set_back_has_not_grown),
		cmocka_unit_test(a_probe_without_leave_compares_with_its_last_hit),
		cmocka_unit_test(a_signed_value_may_fall_between_enter_and_leave),
		cmocka_unit_test(a_load_that_faults_at_enter_leaves_the_output_out),
		cmocka_unit_test(a_let_is_saved_once_and_keeps_its_value_of_enter),
		cmocka_unit_test(a_let_of_the_label_alone_is_not_saved),
		cmocka_unit_test(names_that_no_let_can_have_are_refused),
		cmocka_unit_test(lets_have_a_limit),
		cmocka_unit_test(lets_that_multiply_are_refused_and_take_no_time),
		cmocka_unit_test(too_many_operations_are_refused_with_the_cost_of_each_part),
		cmocka_unit_test(exactly_as_many_operations_as_fit_are_taken),
		cmocka_unit_test(too_many_saved_values_are_refused),
		cmocka_unit_test(the_stack_is_used_to_its_end_and_no_further),
		cmocka_unit_test(long_and_nested_texts_are_refused),
		cmocka_unit_test(what_is_known_only_at_leave_is_refused_elsewhere),
		cmocka_unit_test(str_and_query_are_for_labels_and_outermost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
