/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/site.h"

#include <Zydis/Zydis.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

enum {
	PAGE_BYTES = 4096,
	NOP5_BYTES = 5,
	TABLE_WINDOW = 4, /* instructions before an indirect jump that may have computed its target */
};

struct instruction {
	ZydisDecodedInstruction decoded;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	enum site_class class;
};

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

static bool instruction_decode(const uint8_t *code, size_t size, struct instruction *ret_instruction)
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

/* ---- what an instruction changes ----------------------------------------------------------------- */

static ZydisRegister whole_register(ZydisRegister reg)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
}

static uint32_t argument_of(ZydisRegister whole)
{
	switch (whole) {
	case ZYDIS_REGISTER_RDI:
		return SITE_ARG1;
	case ZYDIS_REGISTER_RSI:
		return SITE_ARG2;
	case ZYDIS_REGISTER_RDX:
		return SITE_ARG3;
	case ZYDIS_REGISTER_RCX:
		return SITE_ARG4;
	case ZYDIS_REGISTER_R8:
		return SITE_ARG5;
	case ZYDIS_REGISTER_R9:
		return SITE_ARG6;
	default:
		return 0;
	}
}

static bool writes(const ZydisDecodedOperand *operand)
{
	return operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE; /* conditional writes included */
}

static bool changes_flow(const struct instruction *instruction)
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

/* What stepping over an instruction does to a site behind it. */
struct effects {
	bool bars;          /* the site must not lie behind it */
	bool uses_red_zone; /* it stores below the stack pointer */
};

/* A store relative to rsp: into the red zone, over the return address, or (harmless) into the caller's frame. */
static void effects_add_store(const ZydisDecodedOperand *operand, struct effects *effects)
{
	int64_t first = operand->mem.disp.has_displacement ? operand->mem.disp.value : 0;
	int64_t end = first + operand->size / 8;

	if (whole_register(operand->mem.base) != ZYDIS_REGISTER_RSP)
		return;
	if (operand->mem.index != ZYDIS_REGISTER_NONE || (first < 8 && end > 0))
		effects->bars = true;
	if (first < 0)
		effects->uses_red_zone = true;
}

static struct effects instruction_effects(const struct instruction *instruction, uint32_t needed_args)
{
	struct effects effects = { .bars = changes_flow(instruction) };

	for (unsigned i = 0; i < instruction->decoded.operand_count; i++) {
		const ZydisDecodedOperand *operand = &instruction->operands[i];
		ZydisRegister whole;

		if (!writes(operand))
			continue;
		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
			effects_add_store(operand, &effects);
		if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
			continue;
		whole = whole_register(operand->reg.value);
		if (whole == ZYDIS_REGISTER_RSP || (argument_of(whole) & needed_args))
			effects.bars = true;
	}
	return effects;
}

/* ---- where the function jumps -------------------------------------------------------------------- */

struct body {
	size_t first_target; /* the lowest offset above 0 that something in the function refers to; SIZE_MAX: none */
	bool has_unknown_targets;
};

static bool has_index(const struct instruction *instruction)
{
	for (unsigned i = 0; i < instruction->decoded.operand_count_visible; i++) {
		const ZydisDecodedOperand *operand = &instruction->operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.index != ZYDIS_REGISTER_NONE)
			return true;
	}
	return false;
}

/* Where the instructions begin that stand right before the one being looked at: a ring. */
struct window {
	size_t offsets[TABLE_WINDOW];
	size_t count; /* of all that were ever put in */
};

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
		    !writes(first) || whole_register(first->reg.value) != whole)
			continue;
		/* A plain load or move is a function pointer: a tail call. */
		return before.decoded.mnemonic != ZYDIS_MNEMONIC_MOV || has_index(&before);
	}
	return false;
}

static bool is_table_jump(const uint8_t *code, size_t size, size_t offset, const struct window *window)
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

/* Branch targets and addresses taken relative to rip (a computed goto); false where there is none. */
static bool relative_target(const ZydisDecodedInstruction *decoded, size_t offset, int64_t *ret_offset)
{
	int64_t next = (int64_t)offset + decoded->length;

	if (!(decoded->attributes & ZYDIS_ATTRIB_IS_RELATIVE))
		return false;
	*ret_offset = next + (decoded->raw.imm[0].is_relative ? decoded->raw.imm[0].value.s : decoded->raw.disp.value);
	return true;
}

/* Decodes without operands, which is what takes the time; jumps through a register or memory are few. */
static struct body body_scan(const uint8_t *code, size_t size)
{
	struct body body = { .first_target = SIZE_MAX };
	struct window window = { 0 };
	ZydisDecodedInstruction decoded;
	ZydisDecoder decoder;
	int64_t target;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (size_t offset = 0; offset < size; offset += decoded.length) {
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code + offset, size - offset,
								&decoded))) {
			body.has_unknown_targets = true;
			break;
		}
		if (relative_target(&decoded, offset, &target)) {
			if (target > 0 && (uint64_t)target < body.first_target)
				body.first_target = (size_t)target;
		}
		if (decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR && !decoded.raw.imm[0].is_relative &&
		    is_table_jump(code, size, offset, &window))
			body.has_unknown_targets = true;
		window.offsets[window.count++ % TABLE_WINDOW] = offset;
	}
	return body;
}

/* ---- the choice ---------------------------------------------------------------------------------- */

struct walk {
	const uint8_t *code;
	size_t size;
	size_t offset;          /* of the instruction looked at */
	uint64_t address;       /* of the function */
	bool complete;
	bool only_endbr;        /* all that was stepped over is endbr64 */
	bool uses_red_zone;     /* something stepped over stored there */
	bool is_scanned;
	struct body body;       /* once is_scanned */
};

/* Whether each call passes this instruction exactly once. The body is scanned only for those that ask. */
static bool walk_is_once(struct walk *walk, const struct instruction *instruction)
{
	bool is_push = instruction->decoded.mnemonic == ZYDIS_MNEMONIC_PUSH;

	if (walk->offset == 0)
		return true;
	if (!walk->complete)
		return is_push && walk->only_endbr;
	if (!walk->is_scanned) {
		walk->body = body_scan(walk->code, walk->size);
		walk->is_scanned = true;
	}
	if (walk->body.first_target <= walk->offset)
		return false;
	return !walk->body.has_unknown_targets || is_push || walk->only_endbr;
}

/* The class at this place: a nop5 is optimised only within a page, and is unsafe over a red zone in use. */
static enum site_class walk_class(const struct walk *walk, const struct instruction *instruction)
{
	if (instruction->class != SITE_NOP5)
		return instruction->class;
	if (walk->uses_red_zone)
		return SITE_REFUSED;
	return PAGE_BYTES - (walk->address + walk->offset) % PAGE_BYTES >= NOP5_BYTES ? SITE_NOP5 : SITE_EMULATED;
}

static void site_describe(const struct walk *walk, const struct instruction *instruction, enum site_class class,
			  struct entry_site *ret_site)
{
	ZydisFormatter formatter;
	char text[128];

	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &instruction->decoded, instruction->operands,
							  instruction->decoded.operand_count_visible, text,
							  sizeof(text), walk->address + walk->offset, NULL)))
		snprintf(text, sizeof(text), "?");
	*ret_site = (struct entry_site){ .offset = (uint32_t)walk->offset, .class = class };
	snprintf(ret_site->instruction, sizeof(ret_site->instruction), "%.*s",
		 (int)sizeof(ret_site->instruction) - 1, text);
}

int site_choose_entry(const uint8_t *code, size_t size, bool complete, uint64_t address, uint32_t needed_args,
		      struct entry_site *ret_site)
{
	struct walk walk = { .code = code, .size = size, .address = address, .complete = complete, .only_endbr = true };
	struct entry_site fallback;
	bool has_fallback = false;
	struct instruction instruction;

	for (unsigned steps = 0; steps <= SITE_STEPS_MAX && walk.offset < size; steps++) {
		struct effects effects;
		enum site_class class;

		if (!instruction_decode(code + walk.offset, size - walk.offset, &instruction))
			break;
		class = walk_class(&walk, &instruction);
		if (class == SITE_NOP5 || class == SITE_EMULATED) {
			if (walk_is_once(&walk, &instruction)) {
				site_describe(&walk, &instruction, class, ret_site);
				return 0;
			}
		} else if (class == SITE_STEPPED && !has_fallback && walk_is_once(&walk, &instruction)) {
			site_describe(&walk, &instruction, class, &fallback);
			has_fallback = true;
		}
		effects = instruction_effects(&instruction, needed_args);
		if (effects.bars)
			break;
		walk.uses_red_zone |= effects.uses_red_zone;
		walk.only_endbr &= instruction.decoded.mnemonic == ZYDIS_MNEMONIC_ENDBR64;
		walk.offset += instruction.decoded.length;
	}
	if (!has_fallback)
		return -EINVAL;
	*ret_site = fallback;
	return 0;
}
