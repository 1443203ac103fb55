/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/leave.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "sites/decode.h"

/* A call is 2 to 7 bytes long, prefixes aside: does some decoding of the bytes before end in one? */
static bool ends_in_call(const uint8_t *before, size_t size)
{
	for (size_t length = 2; length <= 8 && length <= size; length++) {
		struct instruction instruction;

		if (instruction_decode(before + size - length, length, &instruction) && instruction.decoded.length == length &&
		    instruction.decoded.meta.category == ZYDIS_CATEGORY_CALL)
			return true;
	}
	return false;
}

/*
 * The first function of a goroutine was called by nobody: it returns to the second byte of runtime.goexit, which is a nop before a call
 * (Go, src/runtime/asm_amd64.s).
 */
static bool is_goexit(const uint8_t *before, size_t before_size, const uint8_t *code, size_t size)
{
	return before_size && before[before_size - 1] == 0x90 && size && code[0] == 0xe8;
}

/* Stepping over an instruction: may the site lie behind it, and is rax still the value? */
static bool step_over(const struct instruction *instruction, bool *value_intact)
{
	if (instruction_changes_flow(instruction))
		return false;
	for (unsigned i = 0; i < instruction->decoded.operand_count; i++) {
		const ZydisDecodedOperand *operand = &instruction->operands[i];
		ZydisRegister whole;

		if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER || !operand_writes(operand))
			continue;
		whole = whole_register(operand->reg.value);
		if (whole == ZYDIS_REGISTER_RSP)
			return false;
		if (whole == ZYDIS_REGISTER_RAX)
			*value_intact = false;
	}
	return true;
}

int site_of_return_address(const uint8_t *before, size_t before_size, const uint8_t *code, size_t size,
			   struct return_site *ret_site)
{
	bool value_intact = true;
	size_t at = 0;

	if (!ends_in_call(before, before_size) && !is_goexit(before, before_size, code, size))
		return -EINVAL;
	for (unsigned steps = 0; steps < LEAVE_STEPS_MAX && at < size; steps++) {
		struct instruction instruction;

		if (!instruction_decode(code + at, size - at, &instruction))
			return -ENOENT;
		if (instruction.class == SITE_EMULATED) {
			*ret_site = (struct return_site){ .offset = (uint32_t)at, .value_intact = value_intact };
			return 0;
		}
		if (!step_over(&instruction, &value_intact))
			return -ENOENT;
		at += instruction.decoded.length;
	}
	return -ENOENT;
}

bool site_at_return_address(const uint8_t *before, size_t before_size, const uint8_t *code, size_t size)
{
	struct instruction instruction;

	return ends_in_call(before, before_size) && instruction_decode(code, size, &instruction) && instruction.class == SITE_STEPPED;
}

static int add_offset(uint32_t **offsets, size_t *count, size_t *capacity, size_t offset)
{
	if (vec_reserve(offsets, *count, capacity, sizeof(**offsets)))
		return -ENOMEM;
	(*offsets)[(*count)++] = (uint32_t)offset;
	return 0;
}

static bool is_inside(const struct instruction *jump, size_t offset, size_t size)
{
	int64_t target = (int64_t)(offset + jump->decoded.length) + jump->operands[0].imm.value.s;

	return target >= 0 && target < (int64_t)size;
}

/* A jump: within the function, to another one, or not to be told. */
static int add_jump(const uint8_t *code, size_t size, size_t offset, const struct instruction *jump,
		    const struct window *window, struct leave_points *points)
{
	bool relative = jump->operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;

	if (relative ? is_inside(jump, offset, size) : is_table_jump(code, size, offset, window))
		return 0;
	if (jump->decoded.meta.category == ZYDIS_CATEGORY_COND_BR || jump->class == SITE_REFUSED) {
		points->complete = false;
		return 0;
	}
	return add_offset(&points->tail_jumps, &points->tail_jumps_count, &points->tail_jumps_capacity, offset);
}

int site_find_leaves(const uint8_t *code, size_t size, bool complete, struct leave_points *ret_points)
{
	struct leave_points points = { .complete = complete };
	struct instruction instruction;
	struct window window = { 0 };
	int err = 0;

	for (size_t offset = 0; !err && offset < size; offset += instruction.decoded.length) {
		if (!instruction_decode(code + offset, size - offset, &instruction)) {
			points.complete = false;
			break;
		}
		switch (instruction.decoded.meta.category) {
		case ZYDIS_CATEGORY_RET:
			points.complete &= instruction.class != SITE_REFUSED;
			err = add_offset(&points.rets, &points.rets_count, &points.rets_capacity, offset);
			break;
		case ZYDIS_CATEGORY_COND_BR:
		case ZYDIS_CATEGORY_UNCOND_BR:
			err = add_jump(code, size, offset, &instruction, &window, &points);
			break;
		default:
			break;
		}
		window.offsets[window.count++ % TABLE_WINDOW] = offset;
	}
	if (err) {
		leave_points_free(&points);
		return err;
	}
	*ret_points = points;
	return 0;
}

void leave_points_free(struct leave_points *points)
{
	free(points->rets);
	free(points->tail_jumps);
	*points = (struct leave_points){ 0 };
}
