/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of sites/ share about instructions; nobody else includes this. */
#ifndef WEIR_DECODE_H
#define WEIR_DECODE_H

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sites/site.h"

struct instruction {
	ZydisDecodedInstruction decoded;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	enum site_class class;
};

/* Instructions before an indirect jump that may have computed its target. */
enum { TABLE_WINDOW = 4 };

/* Where the instructions begin that stand right before the one being looked at: a ring. */
struct window {
	size_t offsets[TABLE_WINDOW];
	size_t count; /* of all that were ever put in */
};

/* Decode and classify; false where the bytes are no instruction. */
bool instruction_decode(const uint8_t *code, size_t size, struct instruction *ret_instruction);
/* Where the instruction stands (from the start of the function at link-time `address`), its class, and its text. */
void site_describe(const struct instruction *instruction, size_t offset, uint64_t address, struct entry_site *ret_site);
/* Calls, jumps, returns, system calls, traps: what is not simply followed by the next instruction. */
bool instruction_changes_flow(const struct instruction *instruction);
bool operand_writes(const ZydisDecodedOperand *operand);
/* The 64-bit register that `reg` is a part of. */
ZydisRegister whole_register(ZydisRegister reg);
/* Does the indirect jump at `offset` take its target from a table, so that it stays in the function? */
bool is_table_jump(const uint8_t *code, size_t size, size_t offset, const struct window *window);

#endif
