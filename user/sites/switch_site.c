/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/switch_site.h"

#include <sys/ucontext.h>

#include "sites/decode.h"

#define STACK_POINTER offsetof(ucontext_t, uc_mcontext.gregs[REG_RSP])

static bool takes_stack_pointer(const struct instruction *in)
{
	const ZydisDecodedOperand *to = &in->operands[0], *from = &in->operands[1];

	return in->decoded.mnemonic == ZYDIS_MNEMONIC_MOV && to->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       to->reg.value == ZYDIS_REGISTER_RSP && from->type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       from->mem.base == ZYDIS_REGISTER_RDX && from->mem.index == ZYDIS_REGISTER_NONE &&
	       from->mem.disp.value == (int64_t)STACK_POINTER;
}

static bool writes_context(const struct instruction *in)
{
	for (uint8_t i = 0; i < in->decoded.operand_count; i++) {
		const ZydisDecodedOperand *op = &in->operands[i];

		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER && operand_writes(op) &&
		    whole_register(op->reg.value) == ZYDIS_REGISTER_RDX)
			return true;
	}
	return false;
}

/* The site for the stack pointer taken just before `offset`: the first emulated instruction, else the first that will do. */
static bool choose(const uint8_t *code, size_t size, size_t offset, uint32_t *ret_offset)
{
	struct instruction in;
	bool found = false;

	for (; offset < size && instruction_decode(code + offset, size - offset, &in); offset += in.decoded.length) {
		if (in.class == SITE_EMULATED || (in.class == SITE_STEPPED && !found)) {
			*ret_offset = (uint32_t)offset;
			found = true;
		}
		if (in.class == SITE_EMULATED || instruction_changes_flow(&in) || writes_context(&in))
			break;
	}
	return found;
}

size_t site_find_switches(const uint8_t *code, size_t size, uint32_t *ret_offsets)
{
	struct instruction in;
	size_t count = 0;

	for (size_t offset = 0; offset < size && count < SWITCH_SITES_MAX; offset += in.decoded.length) {
		if (!instruction_decode(code + offset, size - offset, &in))
			break;
		if (takes_stack_pointer(&in) && choose(code, size, offset + in.decoded.length, &ret_offsets[count]))
			count++;
	}
	return count;
}
