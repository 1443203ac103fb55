/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/stored.h"

#include <stdbool.h>

#include "sites/decode.h"

enum { REGISTERS = 16 };

/* The number of a 64-bit register; REGISTERS: it is none. */
static unsigned register_number(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15 ? (unsigned)(reg - ZYDIS_REGISTER_RAX) : REGISTERS;
}

static void forget_written(const struct instruction *instruction, uint64_t *values)
{
	for (unsigned i = 0; i < instruction->decoded.operand_count; i++) {
		const ZydisDecodedOperand *operand = &instruction->operands[i];
		unsigned number;

		if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER || !operand_writes(operand))
			continue;
		number = register_number(whole_register(operand->reg.value));
		if (number < REGISTERS)
			values[number] = 0;
	}
}

/* A call may change what the caller saves: rax, rcx, rdx, rsi, rdi, r8 to r11. */
static void forget_called(uint64_t *values)
{
	static const uint8_t saved_by_caller[] = { 0, 1, 2, 6, 7, 8, 9, 10, 11 };

	for (size_t i = 0; i < sizeof(saved_by_caller); i++)
		values[saved_by_caller[i]] = 0;
}

/* Is it a store of 8 bytes at the displacement? The number of the register that is stored; REGISTERS: no. */
static unsigned stored_register(const struct instruction *instruction, int64_t displacement)
{
	const ZydisDecodedOperand *to = &instruction->operands[0], *from = &instruction->operands[1];

	if (instruction->decoded.mnemonic != ZYDIS_MNEMONIC_MOV || to->type != ZYDIS_OPERAND_TYPE_MEMORY ||
	    from->type != ZYDIS_OPERAND_TYPE_REGISTER || to->mem.index != ZYDIS_REGISTER_NONE ||
	    to->mem.base == ZYDIS_REGISTER_RSP || to->mem.base == ZYDIS_REGISTER_RIP || to->mem.disp.value != displacement)
		return REGISTERS;
	return register_number(from->reg.value);
}

static size_t add_once(uint64_t *addresses, size_t count, uint64_t address)
{
	for (size_t i = 0; i < count; i++)
		if (addresses[i] == address)
			return count;
	if (count < STORED_MAX)
		addresses[count++] = address;
	return count;
}

/* What is looked for: a store at a displacement, or an argument of a call. */
struct search {
	int64_t displacement;
	unsigned argument; /* 0: a store */
};

static unsigned taken_register(const struct instruction *instruction, const struct search *search)
{
	static const uint8_t arguments[] = { 7, 6, 2, 1, 8, 9 }; /* rdi, rsi, rdx, rcx, r8, r9 */
	ZydisInstructionCategory category = instruction->decoded.meta.category;

	if (!search->argument)
		return stored_register(instruction, search->displacement);
	return category == ZYDIS_CATEGORY_CALL || category == ZYDIS_CATEGORY_UNCOND_BR ? arguments[search->argument - 1] : REGISTERS;
}

static size_t find(const uint8_t *code, size_t size, uint64_t address, const struct search *search, uint64_t *ret_addresses)
{
	uint64_t values[REGISTERS + 1] = { 0 };
	struct instruction instruction;
	size_t count = 0;

	for (size_t at = 0; at < size && instruction_decode(code + at, size - at, &instruction); at += instruction.decoded.length) {
		const ZydisDecodedOperand *operands = instruction.operands;
		unsigned taken = taken_register(&instruction, search);

		if (taken < REGISTERS && values[taken])
			count = add_once(ret_addresses, count, values[taken]);
		forget_written(&instruction, values);
		if (instruction.decoded.meta.category == ZYDIS_CATEGORY_CALL)
			forget_called(values);
		if (instruction.decoded.mnemonic == ZYDIS_MNEMONIC_LEA && operands[1].mem.base == ZYDIS_REGISTER_RIP)
			values[register_number(operands[0].reg.value)] =
				address + at + instruction.decoded.length + (uint64_t)operands[1].mem.disp.value;
	}
	return count;
}

size_t site_find_stored(const uint8_t *code, size_t size, uint64_t address, int64_t displacement, uint64_t ret_addresses[STORED_MAX])
{
	const struct search search = { .displacement = displacement };

	return find(code, size, address, &search, ret_addresses);
}

size_t site_find_passed(const uint8_t *code, size_t size, uint64_t address, unsigned argument, uint64_t ret_addresses[STORED_MAX])
{
	const struct search search = { .argument = argument };

	return find(code, size, address, &search, ret_addresses);
}
