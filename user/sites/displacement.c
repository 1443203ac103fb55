/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/displacement.h"

#include "sites/decode.h"

static bool operand_is_at(const ZydisDecodedOperand *operand, int64_t displacement)
{
	return operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.base != ZYDIS_REGISTER_NONE &&
	       operand->mem.base != ZYDIS_REGISTER_RSP && operand->mem.base != ZYDIS_REGISTER_RIP &&
	       operand->mem.disp.value == displacement;
}

bool site_has_displacement(const uint8_t *code, size_t size, int64_t displacement)
{
	struct instruction instruction;

	for (size_t at = 0; at < size && instruction_decode(code + at, size - at, &instruction); at += instruction.decoded.length)
		for (unsigned i = 0; i < instruction.decoded.operand_count; i++)
			if (operand_is_at(&instruction.operands[i], displacement))
				return true;
	return false;
}
