/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/site.h"

#include <errno.h>
#include <stdio.h>

#include "sites/decode.h"

enum {
	PAGE_BYTES = 4096,
	NOP5_BYTES = 5,
};

/* ---- what an instruction changes ----------------------------------------------------------------- */

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
	case ZYDIS_REGISTER_RAX:
		return SITE_RAX;
	case ZYDIS_REGISTER_RBX:
		return SITE_RBX;
	case ZYDIS_REGISTER_R14:
		return SITE_R14;
	default:
		return 0;
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
	struct effects effects = { .bars = instruction_changes_flow(instruction) };

	for (unsigned i = 0; i < instruction->decoded.operand_count; i++) {
		const ZydisDecodedOperand *operand = &instruction->operands[i];
		ZydisRegister whole;

		if (!operand_writes(operand))
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

void site_describe(const struct instruction *instruction, size_t offset, uint64_t address, struct entry_site *ret_site)
{
	ZydisFormatter formatter;
	char text[128];

	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &instruction->decoded, instruction->operands,
							  instruction->decoded.operand_count_visible, text,
							  sizeof(text), address + offset, NULL)))
		snprintf(text, sizeof(text), "?");
	*ret_site = (struct entry_site){ .offset = (uint32_t)offset, .class = instruction->class };
	snprintf(ret_site->instruction, sizeof(ret_site->instruction), "%.*s",
		 (int)sizeof(ret_site->instruction) - 1, text);
}

static void walk_describe(const struct walk *walk, const struct instruction *instruction, enum site_class class,
			  struct entry_site *ret_site)
{
	site_describe(instruction, walk->offset, walk->address, ret_site);
	ret_site->class = class;
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
				walk_describe(&walk, &instruction, class, ret_site);
				return 0;
			}
		} else if (class == SITE_STEPPED && !has_fallback && walk_is_once(&walk, &instruction)) {
			walk_describe(&walk, &instruction, class, &fallback);
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

int site_at(const uint8_t *code, size_t size, uint64_t address, struct entry_site *ret_site)
{
	struct instruction instruction;

	if (!instruction_decode(code, size, &instruction) || instruction.class == SITE_NOP5 || instruction.class == SITE_REFUSED)
		return -EINVAL;
	site_describe(&instruction, 0, address, ret_site);
	return 0;
}
