/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/decode.h"

#include <string.h>

enum { NOP5_BYTES = 5 };

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

const char *site_class_name(enum site_class class)
{
	static const char *const names[SITE_CLASS_COUNT] = {
		[SITE_NOP5] = "nop5",
		[SITE_EMULATED] = "emulated",
		[SITE_STEPPED] = "stepped",
		[SITE_REFUSED] = "refused",
	};

	return (unsigned)class < SITE_CLASS_COUNT ? names[class] : "unknown";
}

/* ---- classes: what arch/x86/kernel/uprobes.c makes of an instruction ----------------------------- */

static bool has_prefix(const ZydisDecodedInstruction *decoded, uint8_t value)
{
	for (unsigned i = 0; i < decoded->raw.prefix_count; i++) {
		if (decoded->raw.prefixes[i].value == value)
			return true;
	}
	return false;
}

/* is_prefix_bad() */
static bool has_bad_prefix(const ZydisDecodedInstruction *decoded)
{
	static const uint8_t bad[] = { 0x26, 0x2e, 0x36, 0x3e, 0xf0 }; /* ES CS SS DS LOCK */

	for (size_t i = 0; i < LENGTH(bad); i++) {
		if (has_prefix(decoded, bad[i]))
			return true;
	}
	return false;
}

struct opcode_range {
	uint8_t first, last;
};

static bool opcode_is_in(uint8_t opcode, const struct opcode_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (opcode >= ranges[i].first && opcode <= ranges[i].last)
			return true;
	}
	return false;
}

/* good_insns_64: the one-byte opcodes that are not in it. */
static bool is_bad_opcode(uint8_t opcode)
{
	static const struct opcode_range bad[] = {
		{ 0x06, 0x07 }, { 0x0e, 0x0e }, { 0x16, 0x17 }, { 0x1e, 0x1f }, { 0x27, 0x27 }, { 0x2f, 0x2f },
		{ 0x37, 0x37 }, { 0x3f, 0x3f }, { 0x60, 0x62 }, { 0x6c, 0x6f }, { 0x82, 0x82 }, { 0x9a, 0x9a },
		{ 0xcc, 0xcf }, { 0xd4, 0xd6 }, { 0xe4, 0xe7 }, { 0xea, 0xea }, { 0xec, 0xef }, { 0xf1, 0xf1 },
		{ 0xf4, 0xf4 }, { 0xfa, 0xfb },
	};

	return opcode_is_in(opcode, bad, LENGTH(bad));
}

/* good_2byte_insns: some kernels take these all the same, none needs them as a site. */
static bool is_bad_0f_opcode(uint8_t opcode)
{
	static const struct opcode_range bad[] = {
		{ 0x00, 0x01 }, { 0x05, 0x09 }, { 0x0b, 0x0b }, { 0x30, 0x30 }, { 0x34, 0x35 }, { 0x37, 0x37 },
		{ 0x78, 0x79 }, { 0xae, 0xae },
	};

	return opcode_is_in(opcode, bad, LENGTH(bad));
}

/*
 * The kernel looks at the opcode byte without asking whether a VEX, EVEX or XOP prefix stands before it. A
 * breakpoint on vmovdqu [m], x (7f) or vzeroupper (77) is emulated as a jcc, so that nothing is stored or zeroed;
 * vpor (eb) as a jmp, vpsubsb (e8) as a call; vcmpps (c2), taken for a ret, is left running in the out-of-line copy;
 * after an FMA (9d), taken for popf, the trap flag stays set. Each seen on 6.18 to change what the target computes, or
 * to kill it, but for the call.
 */
static bool is_misread_vector_opcode(uint8_t opcode)
{
	static const struct opcode_range misread[] = {
		{ 0x70, 0x7f }, { 0x90, 0x90 }, { 0x9d, 0x9d }, { 0xc2, 0xc3 }, { 0xca, 0xcb }, { 0xe8, 0xe9 },
		{ 0xeb, 0xeb }, { 0xff, 0xff },
	};

	return opcode_is_in(opcode, misread, LENGTH(misread));
}

/* x86_nops[] of arch/x86/include/asm/nops.h: kernels since 6.16 emulate these, newer ones also other forms. */
static bool is_kernel_nop(const uint8_t *code, size_t length)
{
	static const uint8_t nops[][8] = {
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40 },
		{ 0x0f, 0x1f, 0x44 },
		{ 0x66, 0x0f, 0x1f, 0x44 },
		{ 0x0f, 0x1f, 0x80 },
		{ 0x0f, 0x1f, 0x84 },
	};

	return length >= 3 && length <= 8 && memcmp(code, nops[length - 3], length) == 0;
}

/* opcode 90: branch_setup_xol_ops() takes it for a nop whatever stands before it */
static enum site_class classify_90(const ZydisDecodedInstruction *decoded)
{
	if (decoded->raw.rex.B) /* xchg r8, rax: skipped as if it were a nop (seen on 6.18) */
		return SITE_REFUSED;
	return has_prefix(decoded, 0xf3) ? SITE_STEPPED : SITE_EMULATED; /* pause: stepped since insn_is_nop() */
}

static enum site_class classify_branch(const ZydisDecodedInstruction *decoded)
{
	return has_prefix(decoded, 0x66) ? SITE_REFUSED : SITE_EMULATED;
}

static enum site_class classify_one_byte(const ZydisDecodedInstruction *decoded, const uint8_t *code)
{
	uint8_t opcode = decoded->opcode;

	if (is_bad_opcode(opcode))
		return SITE_REFUSED;
	if (opcode == 0x8e && decoded->raw.modrm.reg == 2) /* mov ss: insn_masking_exception() */
		return SITE_REFUSED;
	if (opcode == 0x90)
		return classify_90(decoded);
	if (opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb || (opcode >= 0x70 && opcode <= 0x7f))
		return classify_branch(decoded);
	if (opcode >= 0x50 && opcode <= 0x57) {
		/* push_setup_xol_ops(): alone or behind exactly 41 */
		if (decoded->length == 1 || (decoded->length == 2 && code[0] == 0x41))
			return SITE_EMULATED;
	}
	return SITE_STEPPED;
}

static enum site_class classify_0f(const ZydisDecodedInstruction *decoded, const uint8_t *code)
{
	if (is_bad_0f_opcode(decoded->opcode))
		return SITE_REFUSED;
	if (decoded->opcode >= 0x80 && decoded->opcode <= 0x8f)
		return classify_branch(decoded);
	if (is_kernel_nop(code, decoded->length))
		return decoded->length == NOP5_BYTES ? SITE_NOP5 : SITE_EMULATED;
	return SITE_STEPPED;
}

static enum site_class classify_decoded(const ZydisDecodedInstruction *decoded, const uint8_t *code)
{
	if (has_bad_prefix(decoded))
		return SITE_REFUSED;
	switch (decoded->encoding) {
	case ZYDIS_INSTRUCTION_ENCODING_LEGACY:
		break;
	case ZYDIS_INSTRUCTION_ENCODING_VEX:
	case ZYDIS_INSTRUCTION_ENCODING_EVEX:
		if (is_bad_opcode(decoded->opcode) || is_misread_vector_opcode(decoded->opcode))
			return SITE_REFUSED;
		return SITE_STEPPED;
	default: /* XOP, 3DNow!, MVEX: the kernel's decoder knows them in part */
		return SITE_REFUSED;
	}
	switch (decoded->opcode_map) {
	case ZYDIS_OPCODE_MAP_DEFAULT:
		return classify_one_byte(decoded, code);
	case ZYDIS_OPCODE_MAP_0F:
		return classify_0f(decoded, code);
	default:
		return SITE_STEPPED;
	}
}

bool instruction_decode(const uint8_t *code, size_t size, struct instruction *ret_instruction)
{
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, &ret_instruction->decoded,
						 ret_instruction->operands)))
		return false;
	ret_instruction->class = classify_decoded(&ret_instruction->decoded, code);
	return true;
}

enum site_class site_classify(const uint8_t *code, size_t size, unsigned *ret_length)
{
	struct instruction instruction;

	if (!instruction_decode(code, size, &instruction)) {
		*ret_length = 0;
		return SITE_REFUSED;
	}
	*ret_length = instruction.decoded.length;
	return instruction.class;
}
