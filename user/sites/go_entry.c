/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/go_entry.h"

#include <errno.h>

#include "sites/decode.h"
#include "sites/targets.h"

/* Of struct runtime.g: stackguard0, and stackguard1 for code that runs on the system stack. The same since Go 1.4. */
enum { STACK_GUARD_0 = 0x10, STACK_GUARD_1 = 0x18 };

/* Instructions before the jbe, in the longest form: finding g, computing the limit, comparing. */
enum { CHECK_STEPS_MAX = 8 };

/* What the instructions seen so far have put where. */
struct check {
	ZydisRegister g;     /* the running goroutine's runtime.g */
	ZydisRegister limit; /* rsp, or what it will be when the frame is made */
};

/* cmp limit, [g+guard] */
static bool compares_with_guard(const struct check *check, const struct instruction *instruction)
{
	const ZydisDecodedOperand *left = &instruction->operands[0], *right = &instruction->operands[1];

	return instruction->decoded.mnemonic == ZYDIS_MNEMONIC_CMP && left->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       left->reg.value == check->limit && right->type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       right->mem.base == check->g && right->mem.index == ZYDIS_REGISTER_NONE &&
	       (right->mem.disp.value == STACK_GUARD_0 || right->mem.disp.value == STACK_GUARD_1);
}

/* mov r, rsp; lea r, [rsp-N]: the limit. mov r, fs:[...]: g. */
static void check_follow(struct check *check, const struct instruction *instruction)
{
	const ZydisDecodedOperand *to = &instruction->operands[0], *from = &instruction->operands[1];

	if (from->type == ZYDIS_OPERAND_TYPE_MEMORY && from->mem.segment == ZYDIS_REGISTER_FS)
		check->g = to->reg.value;
	else if (from->type == ZYDIS_OPERAND_TYPE_MEMORY ? from->mem.base == ZYDIS_REGISTER_RSP :
		 from->type == ZYDIS_OPERAND_TYPE_REGISTER && from->reg.value == ZYDIS_REGISTER_RSP)
		check->limit = to->reg.value;
}

/* May it stand before the comparison? It finds the limit or g, or is the jb of frames that wrap around. */
static bool prepares_check(struct check *check, const struct instruction *instruction)
{
	const ZydisDecodedOperand *to = &instruction->operands[0];

	switch (instruction->decoded.mnemonic) {
	case ZYDIS_MNEMONIC_LEA:
	case ZYDIS_MNEMONIC_MOV:
		if (to->type != ZYDIS_OPERAND_TYPE_REGISTER || to->reg.value == ZYDIS_REGISTER_RSP)
			return false;
		check_follow(check, instruction);
		return true;
	case ZYDIS_MNEMONIC_SUB:
		return to->type == ZYDIS_OPERAND_TYPE_REGISTER && to->reg.value == check->limit &&
		       to->reg.value != ZYDIS_REGISTER_RSP;
	case ZYDIS_MNEMONIC_JB:
	case ZYDIS_MNEMONIC_NOP:
		return true;
	default:
		return false;
	}
}

/* Does anything in the function jump behind its first byte and not behind the site? */
static bool is_jumped_to(const uint8_t *code, size_t size, size_t site)
{
	struct jump_targets targets;
	bool found;

	if (jump_targets_read(code, size, &targets))
		return true;
	found = jump_targets_between(&targets, 1, site) > 0;
	jump_targets_free(&targets);
	return found;
}

/* The jbe of the stack check. Tables of a function's jumps never lead into what stands before its body. */
static bool find_check(const uint8_t *code, size_t size, uint64_t address, struct entry_site *ret_site)
{
	struct check check = { .g = ZYDIS_REGISTER_R14, .limit = ZYDIS_REGISTER_RSP };
	bool compared = false;
	size_t at = 0;

	for (unsigned steps = 0; steps <= CHECK_STEPS_MAX && at < size; steps++) {
		struct instruction instruction;

		if (!instruction_decode(code + at, size - at, &instruction))
			return false;
		if (compared) {
			if (instruction.decoded.mnemonic != ZYDIS_MNEMONIC_JBE || instruction.class != SITE_EMULATED ||
			    is_jumped_to(code, size, at))
				return false;
			site_describe(&instruction, at, address, ret_site);
			return true;
		}
		compared = compares_with_guard(&check, &instruction);
		if (!compared && !prepares_check(&check, &instruction))
			return false;
		at += instruction.decoded.length;
	}
	return false;
}

/* Registers of Go's ABIInternal that hold the first integer arguments (src/cmd/compile/abi-internal.md). */
static uint32_t registers_of(uint32_t needed_args)
{
	static const uint32_t registers[] = { SITE_RAX, SITE_RBX, SITE_ARG4, SITE_ARG1, SITE_ARG2, SITE_ARG5 };
	uint32_t mask = SITE_R14;

	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (needed_args & 1U << i)
			mask |= registers[i];
	return mask;
}

int site_choose_go_entry(const uint8_t *code, size_t size, bool complete, uint64_t address, uint32_t needed_args,
			 struct go_entry *ret_entry)
{
	struct go_entry entry = { .stack_check = true };
	int err = 0;

	if (!find_check(code, size, address, &entry.site)) {
		entry.stack_check = false;
		err = site_choose_entry(code, size, complete, address, registers_of(needed_args), &entry.site);
	}
	if (!err)
		*ret_entry = entry;
	return err;
}
