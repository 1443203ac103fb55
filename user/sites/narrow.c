/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/narrow.h"

#include <errno.h>
#include <stdbool.h>

#include "sites/branch.h"
#include "sites/decode.h"
#include "sites/targets.h"

enum {
	STEPS_MAX = 48, /* instructions to the jump, and as many behind it */
	REGISTERS = 16,
};

/* ---- what is asked ------------------------------------------------------------------------------- */

enum relation { NEVER_OR_ALWAYS, EQUAL, NOT_EQUAL, BELOW, AT_LEAST };

/* A question about 32 bits, in one way of several: x > 20 is x >= 21. */
struct question {
	enum relation relation;
	bool is_signed;
	uint32_t value;
};

static struct question question_of(unsigned op, uint32_t value)
{
	struct question q = { .is_signed = op >= WEIR_OP_SLT, .value = value };
	uint32_t last = q.is_signed ? INT32_MAX : UINT32_MAX;

	if (op >= WEIR_OP_SLT)
		op -= WEIR_OP_SLT - WEIR_OP_LT;
	switch (op) {
	case WEIR_OP_EQ:
	case WEIR_OP_NE:
		q = (struct question){ .relation = op == WEIR_OP_EQ ? EQUAL : NOT_EQUAL, .value = value };
		break;
	case WEIR_OP_LT:
	case WEIR_OP_GE:
		q.relation = op == WEIR_OP_LT ? BELOW : AT_LEAST;
		break;
	case WEIR_OP_LE:
	case WEIR_OP_GT:
		q.value = value + 1;
		if (value != last)
			q.relation = op == WEIR_OP_LE ? BELOW : AT_LEAST;
		break;
	default:
		break;
	}
	return q;
}

static bool question_is(const struct question *q, enum relation relation, const struct question *other)
{
	return q->relation == relation && q->value == other->value && q->is_signed == other->is_signed;
}

static enum relation opposite(enum relation relation)
{
	switch (relation) {
	case EQUAL: return NOT_EQUAL;
	case NOT_EQUAL: return EQUAL;
	case BELOW: return AT_LEAST;
	case AT_LEAST: return BELOW;
	default: return NEVER_OR_ALWAYS;
	}
}

/* The question that a conditional jump asks of a comparison with a number; 0: another one. */
static unsigned jump_op(ZydisMnemonic mnemonic, uint32_t *value)
{
	switch (mnemonic) {
	case ZYDIS_MNEMONIC_JZ: return WEIR_OP_EQ;
	case ZYDIS_MNEMONIC_JNZ: return WEIR_OP_NE;
	case ZYDIS_MNEMONIC_JB: return WEIR_OP_LT;
	case ZYDIS_MNEMONIC_JBE: return WEIR_OP_LE;
	case ZYDIS_MNEMONIC_JNBE: return WEIR_OP_GT;
	case ZYDIS_MNEMONIC_JNB: return WEIR_OP_GE;
	case ZYDIS_MNEMONIC_JL: return WEIR_OP_SLT;
	case ZYDIS_MNEMONIC_JLE: return WEIR_OP_SLE;
	case ZYDIS_MNEMONIC_JNLE: return WEIR_OP_SGT;
	case ZYDIS_MNEMONIC_JNL: return WEIR_OP_SGE;
	case ZYDIS_MNEMONIC_JS: return *value ? 0 : WEIR_OP_SLT; /* the sign of x - 0 */
	case ZYDIS_MNEMONIC_JNS: return *value ? 0 : WEIR_OP_SGE;
	default: return 0;
	}
}

/* ---- the straight line from the entry ------------------------------------------------------------ */

struct line {
	const uint8_t *code;
	size_t size;
	size_t offset;                 /* of the next instruction */
	uint32_t needed;               /* registers of arguments that must stay, as bits of register numbers */
	uint32_t copies;               /* registers whose lower half is the argument's, as bits of register numbers */
	bool compared;                 /* the flags are those of comparing it with `value` */
	uint32_t value;
	struct instruction now;        /* the one that was read last */
};

/* The number of a register that is a whole one or its lower half; REGISTERS: it is no such. */
static unsigned wide_register(const ZydisDecodedOperand *operand)
{
	ZydisRegister reg = operand->type == ZYDIS_OPERAND_TYPE_REGISTER ? operand->reg.value : ZYDIS_REGISTER_NONE;

	if (reg >= ZYDIS_REGISTER_EAX && reg <= ZYDIS_REGISTER_R15D)
		return (unsigned)(reg - ZYDIS_REGISTER_EAX);
	return reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15 ? (unsigned)(reg - ZYDIS_REGISTER_RAX) : REGISTERS;
}

static uint32_t argument_bit(unsigned argument)
{
	static const uint8_t registers[] = { 7, 6, 2, 1, 8, 9 }; /* rdi, rsi, rdx, rcx, r8, r9 */

	return 1U << registers[argument - 1];
}

static uint32_t written_registers(const struct instruction *in)
{
	uint32_t written = 0;

	for (unsigned i = 0; i < in->decoded.operand_count; i++) {
		const ZydisDecodedOperand *operand = &in->operands[i];
		ZydisRegister whole;

		if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER || !operand_writes(operand))
			continue;
		whole = whole_register(operand->reg.value);
		if (whole >= ZYDIS_REGISTER_RAX && whole <= ZYDIS_REGISTER_R15)
			written |= 1U << (whole - ZYDIS_REGISTER_RAX);
	}
	return written;
}

static bool changes_flags(const struct instruction *in)
{
	const ZydisAccessedFlags *flags = in->decoded.cpu_flags;

	return flags && (flags->modified | flags->set_0 | flags->set_1 | flags->undefined);
}

/* cmp copy, number; test copy, copy: of 32 bits. */
static bool compares(const struct line *line, uint32_t *ret_value)
{
	const struct instruction *in = &line->now;
	unsigned first = wide_register(&in->operands[0]);

	if (first == REGISTERS || !(line->copies & 1U << first) || in->operands[0].size != 32)
		return false;
	if (in->decoded.mnemonic == ZYDIS_MNEMONIC_TEST && in->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    in->operands[1].reg.value == in->operands[0].reg.value) {
		*ret_value = 0;
		return true;
	}
	if (in->decoded.mnemonic != ZYDIS_MNEMONIC_CMP || in->operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return false;
	*ret_value = (uint32_t)in->operands[1].imm.value.u;
	return true;
}

/* Reads the next instruction. */
static bool line_read(struct line *line)
{
	return line->offset < line->size && instruction_decode(line->code + line->offset, line->size - line->offset, &line->now);
}

/* Steps over it. False where it takes a needed argument away. */
static bool line_pass(struct line *line)
{
	const struct instruction *in = &line->now;
	uint32_t written = written_registers(in), value;
	unsigned to = wide_register(&in->operands[0]), from = wide_register(&in->operands[1]);
	bool is_copy = in->decoded.mnemonic == ZYDIS_MNEMONIC_MOV && in->decoded.operand_count_visible == 2 && to < REGISTERS &&
		       from < REGISTERS && (line->copies & 1U << from);

	if (compares(line, &value)) {
		line->compared = true;
		line->value = value;
	} else if (changes_flags(in)) {
		line->compared = false;
	}
	line->copies &= ~written;
	if (is_copy)
		line->copies |= 1U << to;
	line->offset += in->decoded.length;
	return !(written & line->needed);
}

/* On to the first jump. */
static bool line_to_jump(struct line *line)
{
	for (unsigned steps = 0; steps < STEPS_MAX && line_read(line); steps++) {
		if (line->now.decoded.meta.category == ZYDIS_CATEGORY_COND_BR)
			return true;
		if (instruction_changes_flow(&line->now) || !line_pass(line))
			return false;
	}
	return false;
}

/* On to the first instruction that will carry a breakpoint cheaply. */
static bool line_to_site(struct line *line)
{
	for (unsigned steps = 0; steps < STEPS_MAX && line_read(line); steps++) {
		if (line->now.class == SITE_EMULATED)
			return true;
		if (instruction_changes_flow(&line->now) || !line_pass(line))
			return false;
	}
	return false;
}

/* ---- who else comes there ------------------------------------------------------------------------ */

/* Does no instruction of the body go on at `offset` but by a jump? Read from the start: nops behind a jump are filling. */
static bool is_reached_by_jumps_alone(const uint8_t *code, size_t size, size_t offset)
{
	struct instruction in;
	bool ended = false;
	size_t at = 0;

	while (at < offset && instruction_decode(code + at, size - at, &in)) {
		ZydisInstructionCategory category = in.decoded.meta.category;

		if (category == ZYDIS_CATEGORY_UNCOND_BR || category == ZYDIS_CATEGORY_RET || in.decoded.mnemonic == ZYDIS_MNEMONIC_UD2)
			ended = true;
		else if (in.decoded.mnemonic != ZYDIS_MNEMONIC_NOP)
			ended = false;
		at += in.decoded.length;
	}
	return at == offset && ended;
}

/* Where the body jumps that is not in it. False where there are too many. */
static bool find_exits(const uint8_t *code, size_t size, uint64_t address, struct narrow_exits *exits)
{
	struct branch branch;

	for (size_t at = 0; at < size && branch_decode(code + at, size - at, &branch); at += branch.length) {
		int64_t target = (int64_t)at + branch.target;
		bool known = false;

		if ((branch.kind != BRANCH_JUMP && branch.kind != BRANCH_CONDITIONAL) || branch.way != BRANCH_RELATIVE ||
		    (target >= 0 && target < (int64_t)size))
			continue;
		for (size_t i = 0; i < exits->count; i++)
			known |= exits->addresses[i] == address + (uint64_t)target;
		if (known)
			continue;
		if (exits->count == NARROW_EXITS_MAX)
			return false;
		exits->addresses[exits->count++] = address + (uint64_t)target;
	}
	return true;
}

bool site_leads_between(const uint8_t *code, size_t size, uint64_t address, uint64_t first, uint64_t last)
{
	struct branch branch;
	size_t at = 0;

	for (; at < size && branch_decode(code + at, size - at, &branch); at += branch.length) {
		uint64_t target = address + at + (uint64_t)branch.target;

		if (branch.kind == BRANCH_JUMP && branch.way == BRANCH_INDIRECT)
			return true;
		if (branch.kind != BRANCH_NONE && branch.way == BRANCH_RELATIVE && target >= first && target <= last)
			return true;
	}
	return at < size;
}

/* Jumps lead neither between the entry and the one that asks, nor to the site or before it, but for that one. */
static bool is_only_way(const struct line *line, const struct jump_targets *targets, size_t jump_end, size_t begin)
{
	size_t site = line->offset;

	if (!targets->complete || jump_targets_between(targets, 1, jump_end - 1))
		return false;
	if (begin == jump_end)
		return !jump_targets_between(targets, begin, site);
	return jump_targets_between(targets, begin, site) == 1 && is_reached_by_jumps_alone(line->code, line->size, begin);
}

/* Where the way of those begins of whom the guard is true; false where the jump asks something else. */
static bool choose_edge(const struct line *line, const struct weir_guard *guard, size_t jump_end, size_t *ret_begin)
{
	struct question wanted = question_of(guard->op, guard->value), asked;
	int64_t target = (int64_t)jump_end + line->now.decoded.raw.imm[0].value.s;
	uint32_t value = line->value;
	unsigned op = line->compared ? jump_op(line->now.decoded.mnemonic, &value) : 0;

	if (!op)
		return false;
	asked = question_of(op, value);
	if (asked.relation == NEVER_OR_ALWAYS)
		return false;
	if (question_is(&wanted, opposite(asked.relation), &asked)) {
		*ret_begin = jump_end;
		return true;
	}
	if (!question_is(&wanted, asked.relation, &asked) || target <= (int64_t)jump_end || target >= (int64_t)line->size)
		return false;
	*ret_begin = (size_t)target;
	return true;
}

int site_narrow(const uint8_t *code, size_t size, uint64_t address, const struct weir_guard *guard, uint32_t needed_args,
		struct entry_site *ret_site, struct narrow_exits *ret_exits)
{
	struct line line = { .code = code, .size = size };
	struct jump_targets targets = { 0 };
	struct narrow_exits exits = { 0 };
	size_t jump_end, begin;
	bool found;
	int err;

	if (guard->arg < 1 || guard->arg > 6)
		return -ENOENT;
	for (unsigned i = 1; i <= 6; i++)
		line.needed |= needed_args & (uint32_t)SITE_ARG1 << (i - 1) ? argument_bit(i) : 0;
	line.copies = argument_bit(guard->arg);
	if (!line_to_jump(&line))
		return -ENOENT;
	jump_end = line.offset + line.now.decoded.length;
	if (!choose_edge(&line, guard, jump_end, &begin))
		return -ENOENT;
	line.offset = begin;
	if (!line_to_site(&line))
		return -ENOENT;
	err = jump_targets_read(code, size, &targets);
	if (err)
		return err == -ENOMEM ? err : -ENOENT;
	found = is_only_way(&line, &targets, jump_end, begin) && find_exits(code, size, address, &exits);
	jump_targets_free(&targets);
	if (!found)
		return -ENOENT;
	site_describe(&line.now, line.offset, address, ret_site);
	*ret_exits = exits;
	return 0;
}
