/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/branch.h"

#include <Zydis/Zydis.h>
#include <errno.h>

static bool decode(const ZydisDecoder *decoder, const uint8_t *code, size_t size, ZydisDecodedInstruction *ret_decoded)
{
	return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(decoder, NULL, code, size, ret_decoded));
}

static enum branch_kind kind_of(const ZydisDecodedInstruction *decoded)
{
	switch (decoded->meta.category) {
	case ZYDIS_CATEGORY_CALL:
		return BRANCH_CALL;
	case ZYDIS_CATEGORY_UNCOND_BR:
		return BRANCH_JUMP;
	case ZYDIS_CATEGORY_COND_BR:
		return BRANCH_CONDITIONAL;
	default:
		return BRANCH_NONE;
	}
}

bool branch_decode(const uint8_t *code, size_t size, struct branch *ret_branch)
{
	ZydisDecodedInstruction decoded;
	struct branch branch = { .way = BRANCH_INDIRECT };
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (!decode(&decoder, code, size, &decoded))
		return false;
	branch.length = decoded.length;
	branch.kind = kind_of(&decoded);
	if (branch.kind != BRANCH_NONE && decoded.attributes & ZYDIS_ATTRIB_IS_RELATIVE) {
		branch.way = decoded.raw.imm[0].is_relative ? BRANCH_RELATIVE : BRANCH_SLOT;
		branch.target = decoded.length +
				(branch.way == BRANCH_RELATIVE ? decoded.raw.imm[0].value.s : decoded.raw.disp.value);
	}
	*ret_branch = branch;
	return true;
}

int branch_align(const uint8_t *code, size_t size, size_t from, size_t to, size_t *ret_start)
{
	ZydisDecodedInstruction decoded;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (size_t at = from; at < size; at += decoded.length) {
		if (!decode(&decoder, code + at, size - at, &decoded))
			break;
		if (to < at + decoded.length) {
			*ret_start = at;
			return 0;
		}
	}
	return -EILSEQ;
}
