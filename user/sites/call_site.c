/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/call_site.h"

#include <errno.h>

#include "sites/decode.h"
#include "sites/leave.h"

static bool writes_rdx(const struct instruction *instruction)
{
	for (unsigned i = 0; i < instruction->decoded.operand_count; i++) {
		const ZydisDecodedOperand *operand = &instruction->operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && operand_writes(operand) &&
		    whole_register(operand->reg.value) == ZYDIS_REGISTER_RDX)
			return true;
	}
	return false;
}

int site_after_call(const uint8_t *code, size_t size, size_t call, const struct jump_targets *targets,
		    struct call_site *ret_site)
{
	struct call_site site = { .class = SITE_EMULATED, .second_intact = true };
	struct instruction instruction;
	struct return_site found;
	size_t length;
	int err;

	if (call >= size || size > UINT32_MAX || !instruction_decode(code + call, size - call, &instruction) ||
	    instruction.decoded.meta.category != ZYDIS_CATEGORY_CALL)
		return -EINVAL;
	length = instruction.decoded.length;
	site.return_offset = (uint32_t)(call + length);
	err = site_of_return_address(code + call, length, code + site.return_offset, size - site.return_offset, &found);
	if (err)
		return err;
	site.offset = site.return_offset + found.offset;
	site.value_intact = found.value_intact;
	for (size_t at = site.return_offset; at < site.offset; at += instruction.decoded.length, site.steps++) {
		if (!instruction_decode(code + at, size - at, &instruction))
			return -ENOENT;
		site.second_intact &= !writes_rdx(&instruction);
	}
	site.joined = !targets || !targets->complete || jump_targets_between(targets, site.return_offset, site.offset);
	*ret_site = site;
	return 0;
}
