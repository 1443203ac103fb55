/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fused code does what the code did that it was made of, with fewer operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../profile/run_code.h"
#include "plan/fuse.h"
#include "profile/expression.h"
#include "profile/profile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int find_symbol(void *context, enum expression_name kind, const char *name, uint64_t *ret_value)
{
	(void)context;
	(void)name;
	*ret_value = 0x40;
	return kind == NAME_SYMBOL ? 0 : -2;
}

static const struct expression_names names = { .find = find_symbol };

static struct profile_code compile(enum expression_scheme scheme, enum expression_output output, const char *let, const char *text)
{
	struct expression_builder *builder;
	struct expression_fault fault = { 0 };
	struct profile_code code;

	assert_int_equal(expression_builder_new(scheme, &builder), 0);
	expression_set_names(builder, &names);
	if (let)
		assert_int_equal(expression_let(builder, "base", let, &fault), 0);
	if (expression_add(builder, output, 0, text, &fault) || expression_finish(builder, &code, &fault))
		fail_msg("%s: %s", text, fault.message);
	expression_builder_free(&builder);
	return code;
}

static uint8_t memory[512];

static struct run_machine machine(void)
{
	struct run_machine m = { .memory = memory, .base = 0x1000, .memory_size = sizeof(memory), .bias = 0x1000, .ret = (uint64_t)rand() };

	for (int i = 1; i <= 6; i++)
		m.args[i] = rand() % 4 ? 0x1000 + (uint64_t)(rand() % (int)sizeof(memory)) : (uint64_t)rand() << 33 | (uint64_t)(rand() % 40);
	return m;
}

static void compare(const char *text, const struct profile_code *code)
{
	struct profile_code fused = { 0 };
	struct weir_op *end = fused.ops;

	end += fused.enter_ops = (uint8_t)fuse(code->ops, code->enter_ops, end);
	fused.leave_ops = (uint8_t)fuse(code->ops + code->enter_ops, code->leave_ops, end);
	if (fused.enter_ops + fused.leave_ops >= code->enter_ops + code->leave_ops)
		fail_msg("%s: %d operations became %d", text, code->enter_ops + code->leave_ops, fused.enter_ops + fused.leave_ops);
	for (int round = 0; round < 500; round++) {
		struct run_machine plain = machine(), other = plain;

		for (size_t i = 0; i < sizeof(memory); i++)
			memory[i] = (uint8_t)(rand() % 3 ? 0 : rand());
		run_enter(&plain, code);
		run_enter(&other, &fused);
		memory[0x50] ^= 1;
		run_leave(&plain, code);
		run_leave(&other, &fused);
		if (memcmp(plain.given, other.given, sizeof(plain.given)) || memcmp(plain.value, other.value, sizeof(plain.value)) ||
		    plain.unknowns != other.unknowns)
			fail_msg("%s: the fused code comes to something else", text);
	}
}

static void fused_code_comes_to_the_same(void **state)
{
	static const char *const texts[] = {
		"*(u64 *)(arg1 + 8)", "*(s32 *)arg2 < 0", "delta(*(u64 *)(base + 16))", "delta(*(u32 *)(base + 20)) + delta(*(u16 *)(base + 6))",
		"ret && *(u16 *)(arg3 + 4) & 2", "!(*(u16 *)(arg1 + 4) & 2)", "(u32)arg1 == 2 && *(s32 *)symbol(x) < 0",
		"(s32)arg4 - 21 > *(s8 *)(symbol(x) + 3)", "(u32)arg1 == 2 || arg2 && *(u8 *)base == 7", "*(u64 *)(*(u64 *)base + 8) * 3",
		"(s16)arg5 << 3", "*(u64 *)(arg1 + 8) + *(u32 *)(arg1 + 24) + *(s16 *)(arg2 + 2) + *(u8 *)(arg1 + 264)",
		"*(u64 *)base + (*(u64 *)(arg1 + 8) + *(u64 *)(base + 16)) * 3 - *(s8 *)arg4",
		"delta(*(u64 *)(base + 8) + *(u64 *)(base + 16) + *(u64 *)(base + 32) + *(u64 *)(base + 40))", "delta(*(s64 *)(base + 8)) - delta(*(u64 *)(base + 120)) + delta(*(u8 *)(base + 127))",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct profile_code code = compile(EXPRESSION_CALL, OUTPUT_ROWS, "symbol(y) + 0", texts[i]);

		compare(texts[i], &code);
	}
}

static bool guard_holds(const struct weir_guard *guard, const struct run_machine *m)
{
	uint32_t value = (uint32_t)m->args[guard->arg], with = guard->value;

	assert_in_range(guard->op, WEIR_OP_EQ, WEIR_OP_SGE);
	if (guard->op >= WEIR_OP_SLT)
		return run_binary(guard->op, (uint64_t)(int32_t)value, (uint64_t)(int32_t)with);
	return run_binary(guard->op, value, with);
}

static void a_guard_and_the_rest_decide_as_the_whole(void **state)
{
	static const struct {
		const char *text;
		bool guards, alone;
	} conditions[] = {
		{ "(u32)arg1 != 2", true, true },
		{ "(s32)arg1 >= 21", true, true },
		{ "(s32)arg1 < -1", true, true },
		{ "(u32)arg1 < 30", true, true },
		{ "(s32)arg2 == -1", true, true },
		{ "(u32)arg1 == 2 && *(s32 *)symbol(x) < 0", true, false },
		{ "(u32)arg1 == 2 && arg2 && *(s32 *)symbol(x) >= 0", true, false },
		{ "(u32)arg1 == 2 && (arg2 || arg3 == 4)", true, false },
		{ "(u32)arg1 == 2 || arg2", false, false },
		{ "(u32)arg1 == 2 && arg3 || arg2", false, false },
		{ "arg1 == 2", false, false },
		{ "(u32)arg1 == 0xffffffff", false, false },
		{ "(u32)arg1 > -1", false, false },
		{ "arg1 && (u32)arg2 == 1", false, false },
		{ "(u32)arg1 == (u32)arg2", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(conditions); i++) {
		struct profile_code code = compile(EXPRESSION_ENTRY_ONLY, OUTPUT_WHEN, NULL, conditions[i].text), rest = { 0 };
		struct weir_guard guard;

		rest.enter_ops = (uint8_t)fuse_guard(code.ops, code.enter_ops, rest.ops, &guard);
		if (!guard.arg != !conditions[i].guards || !rest.enter_ops != conditions[i].alone)
			fail_msg("%s: a guard of arg%u, and %u operations", conditions[i].text, guard.arg, rest.enter_ops);
		for (int round = 0; round < 2000; round++) {
			struct run_machine plain = machine(), other;
			bool holds;

			plain.args[1 + rand() % 3] = rand() % 3 ? (uint64_t)(rand() % 32) : (uint64_t)-(rand() % 3) ^ (uint64_t)(rand() % 2) << 40;
			other = plain;
			run_enter(&plain, &code);
			run_enter(&other, &rest);
			holds = (!guard.arg || guard_holds(&guard, &plain)) && (!rest.enter_ops || other.value[WEIR_OP_WHEN][0]);
			if (holds != !!plain.value[WEIR_OP_WHEN][0])
				fail_msg("%s: guard and rest decide otherwise for %#llx", conditions[i].text, (unsigned long long)plain.args[1]);
		}
	}
}

static void members_of_one_object_are_read_as_a_line(void **state)
{
	struct profile_code code = compile(EXPRESSION_CALL, OUTPUT_ROWS, "symbol(y) + 0",
					   "delta(*(u64 *)(base + 0)) + delta(*(u64 *)(base + 72)) + delta(*(u64 *)(base + 300))");
	struct weir_op to[WEIR_OPS_MAX];
	size_t count = fuse(code.ops, code.enter_ops, to), loads = 0, lines = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		loads += to[i].code == WEIR_OP_LOAD_SAVED;
		lines += to[i].code == WEIR_OP_LOAD_SAVED && to[i].a & WEIR_LOAD_LINE;
	}
	assert_int_equal(loads, 3);
	assert_int_equal(lines, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fused_code_comes_to_the_same),
		cmocka_unit_test(a_guard_and_the_rest_decide_as_the_whole),
		cmocka_unit_test(members_of_one_object_are_read_as_a_line),
	};

	srand(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
