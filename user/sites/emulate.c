/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/emulate.h"

#include <stdbool.h>

#include "sites/decode.h"
#include "weir/emulate.h"

/* The number of a 32- or 64-bit general register; -1 for any other. */
static int number_of(ZydisRegister reg)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);

	return class == ZYDIS_REGCLASS_GPR64 || class == ZYDIS_REGCLASS_GPR32 ? ZydisRegisterGetId(reg) : -1;
}

static bool imm_fits(int64_t imm)
{
	return imm >= -1 - WEIR_EMULATION_IMM_MAX && imm <= WEIR_EMULATION_IMM_MAX;
}

static uint64_t encode(const struct instruction *i, enum weir_emulated operation, int to, int from, int64_t imm)
{
	if (to < 0 || from < 0 || !imm_fits(imm))
		return 0;
	return WEIR_EMULATION(operation, to, from, i->decoded.length, (uint64_t)imm);
}

static uint64_t emulate_ret(const struct instruction *i)
{
	const ZydisDecodedOperand *first = &i->operands[0];
	bool takes = i->decoded.operand_count_visible == 1 && first->type == ZYDIS_OPERAND_TYPE_IMMEDIATE;

	if (i->decoded.meta.branch_type != ZYDIS_BRANCH_TYPE_NEAR || i->decoded.operand_width == 16)
		return 0;
	return encode(i, WEIR_EMULATED_RET, 0, 0, takes ? (int64_t)(first->imm.value.u & 0xffff) : 0);
}

/* What is popped into the stack pointer replaces it, by a rule of its own. */
static uint64_t emulate_pop(const struct instruction *i)
{
	int to = i->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER ? number_of(i->operands[0].reg.value) : -1;

	if (i->decoded.operand_width != 64 || to == WEIR_REGISTER_SP)
		return 0;
	return encode(i, WEIR_EMULATED_POP, to, 0, 0);
}

static uint64_t emulate_registers(const struct instruction *i, enum weir_emulated wide, enum weir_emulated narrow)
{
	const ZydisDecodedOperand *to = &i->operands[0], *from = &i->operands[1];
	bool is_wide = i->decoded.operand_width == 64;
	int number;

	if (to->type != ZYDIS_OPERAND_TYPE_REGISTER || from->type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    (!is_wide && i->decoded.operand_width != 32))
		return 0;
	number = number_of(to->reg.value);
	/* Where to it is moved could not be told afterwards (weir_emulation_undo_sp). */
	if (number == WEIR_REGISTER_SP)
		return 0;
	return encode(i, is_wide ? wide : narrow, number, number_of(from->reg.value), 0);
}

static uint64_t emulate_lea(const struct instruction *i)
{
	const ZydisDecodedOperandMem *from = &i->operands[1].mem;
	int to = number_of(i->operands[0].reg.value);

	if (i->decoded.operand_width != 64 || i->decoded.address_width != 64 || from->index != ZYDIS_REGISTER_NONE)
		return 0;
	if (from->base == ZYDIS_REGISTER_RIP)
		return to == WEIR_REGISTER_SP ? 0 : encode(i, WEIR_EMULATED_LEA_IP, to, 0, from->disp.value);
	if (from->base == ZYDIS_REGISTER_NONE || (to == WEIR_REGISTER_SP && from->base != ZYDIS_REGISTER_RSP))
		return 0;
	return encode(i, WEIR_EMULATED_LEA64, to, number_of(from->base), from->disp.value);
}

static uint64_t emulate_sum(const struct instruction *i, enum weir_emulated operation)
{
	if (i->decoded.operand_width != 64 || i->operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    i->operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return 0;
	return encode(i, operation, number_of(i->operands[0].reg.value), 0, i->operands[1].imm.value.s);
}

uint64_t site_emulation(const uint8_t *code, size_t size, uint64_t offset)
{
	struct instruction i;
	uint64_t emulation = 0;

	if (!instruction_decode(code, size, &i) || i.class == SITE_REFUSED)
		return 0;
	switch (i.decoded.mnemonic) {
	case ZYDIS_MNEMONIC_ENDBR64: emulation = encode(&i, WEIR_EMULATED_NOP, 0, 0, 0); break;
	case ZYDIS_MNEMONIC_RET: emulation = emulate_ret(&i); break;
	case ZYDIS_MNEMONIC_POP: emulation = emulate_pop(&i); break;
	case ZYDIS_MNEMONIC_MOV: emulation = emulate_registers(&i, WEIR_EMULATED_MOV64, WEIR_EMULATED_MOV32); break;
	case ZYDIS_MNEMONIC_XOR: emulation = emulate_registers(&i, WEIR_EMULATED_XOR64, WEIR_EMULATED_XOR32); break;
	case ZYDIS_MNEMONIC_LEA: emulation = emulate_lea(&i); break;
	case ZYDIS_MNEMONIC_ADD: emulation = emulate_sum(&i, WEIR_EMULATED_ADD64); break;
	case ZYDIS_MNEMONIC_SUB: emulation = emulate_sum(&i, WEIR_EMULATED_SUB64); break;
	default: return 0;
	}
	return emulation ? emulation | WEIR_EMULATION_AT(offset) : 0;
}

uint64_t site_entry_emulation(const uint8_t *code, size_t size, uint64_t offset)
{
	uint64_t emulation = site_emulation(code, size, offset);
	uint32_t operation = WEIR_EMULATED(emulation);

	if (operation == WEIR_EMULATED_RET || operation == WEIR_EMULATED_POP ||
	    (operation > WEIR_EMULATED_POP && WEIR_EMULATED_TO(emulation) == WEIR_REGISTER_SP))
		return 0;
	return emulation;
}
