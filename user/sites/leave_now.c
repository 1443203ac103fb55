#include "sites/leave_now.h"
#include <errno.h>
#include <stdlib.h>
#include <Zydis/Zydis.h>
#include "sites/site.h"
#include "base/vec.h"
int site_of_return_address(const uint8_t *before, size_t before_size, const uint8_t *code, size_t size, struct return_site *ret)
{
	ZydisDecoder d; ZydisDecodedInstruction in; ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	size_t at = 0; bool intact = true;
	(void)before; (void)before_size;
	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (int i = 0; i < 24; i++) {
		unsigned len; enum site_class c;
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, code + at, size - at, &in, op))) return -ENOENT;
		c = site_classify(code + at, size - at, &len);
		if (c == SITE_EMULATED) { ret->offset = at; ret->value_intact = intact; return 0; }
		if (in.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE || in.meta.category == ZYDIS_CATEGORY_RET) return -ENOENT;
		for (int k = 0; k < in.operand_count; k++) {
			if (op[k].type != ZYDIS_OPERAND_TYPE_REGISTER || !(op[k].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) continue;
			ZydisRegister r = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, op[k].reg.value);
			if (r == ZYDIS_REGISTER_RSP) return -ENOENT;
			if (r == ZYDIS_REGISTER_RAX) intact = false;
		}
		at += in.length;
	}
	return -ENOENT;
}
int site_find_leaves(const uint8_t *code, size_t size, bool complete, struct leave_points *p)
{
	ZydisDecoder d; ZydisDecodedInstruction in; ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT]; size_t at = 0, cap = 0;
	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	p->complete = complete;
	while (at < size) {
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, code + at, size - at, &in, op))) { p->complete = false; break; }
		if (in.meta.category == ZYDIS_CATEGORY_RET) { if (VEC_RESERVE(p->rets, p->rets_count, cap)) return -ENOMEM; p->rets[p->rets_count++] = at; }
		if (in.mnemonic == ZYDIS_MNEMONIC_JMP) {
			if (op[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) { int64_t t = (int64_t)(at + in.length) + op[0].imm.value.s; if (t < 0 || t >= (int64_t)size) p->tails = true; }
			else p->tails = true;
		}
		at += in.length;
	}
	return 0;
}
void leave_points_free(struct leave_points *p) { free(p->rets); }
