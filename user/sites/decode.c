/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/decode.h"

ZydisRegister whole_register(ZydisRegister reg)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
}

bool operand_writes(const ZydisDecodedOperand *operand)
{
	return operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE; /* conditional writes included */
}

bool instruction_changes_flow(const struct instruction *instruction)
{
	switch (instruction->decoded.meta.category) {
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_UNCOND_BR:
		return true;
	default:
		break;
	}
	switch (instruction->decoded.mnemonic) {
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_HLT:
		return true;
	default:
		return false;
	}
}

static bool has_index(const struct instruction *instruction)
{
	for (unsigned i = 0; i < instruction->decoded.operand_count_visible; i++) {
		const ZydisDecodedOperand *operand = &instruction->operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.index != ZYDIS_REGISTER_NONE)
			return true;
	}
	return false;
}

/* Whether the code before `jmp reg` works the target out of a table: an indexed load, or an addition to a base. */
static bool register_is_from_table(const uint8_t *code, size_t size, ZydisRegister whole, const struct window *window)
{
	for (size_t back = 1; back <= TABLE_WINDOW && back <= window->count; back++) {
		size_t offset = window->offsets[(window->count - back) % TABLE_WINDOW];
		struct instruction before;
		const ZydisDecodedOperand *first = &before.operands[0];

		if (!instruction_decode(code + offset, size - offset, &before))
			return true;
		if (before.decoded.operand_count == 0 || first->type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    !operand_writes(first) || whole_register(first->reg.value) != whole)
			continue;
		/* A plain load or move is a function pointer: a tail call. */
		return before.decoded.mnemonic != ZYDIS_MNEMONIC_MOV || has_index(&before);
	}
	return false;
}

bool is_table_jump(const uint8_t *code, size_t size, size_t offset, const struct window *window)
{
	struct instruction jump;
	const ZydisDecodedOperand *target = &jump.operands[0];

	if (!instruction_decode(code + offset, size - offset, &jump))
		return true;
	if (target->type == ZYDIS_OPERAND_TYPE_MEMORY)
		return has_index(&jump);
	return target->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       register_is_from_table(code, size, whole_register(target->reg.value), window);
}
