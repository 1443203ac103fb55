/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/fuse.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

static bool is_binary(const struct weir_op *op)
{
	return op->code >= WEIR_OP_ADD && op->code <= WEIR_OP_SGE;
}

static bool is_choice(const struct weir_op *op)
{
	return op->code == WEIR_OP_LAND || op->code == WEIR_OP_LOR;
}

static bool is_output(const struct weir_op *op)
{
	return op->code >= WEIR_OP_SAVE && op->code <= WEIR_OP_LAST_OUTPUT;
}

static bool is_load(const struct weir_op *op)
{
	return op->code == WEIR_OP_LOAD || op->code == WEIR_OP_LOADS;
}

/* A load of an object's member, of those that may be read together. */
static bool is_line_load(const struct weir_op *op)
{
	return op->code == WEIR_OP_LOAD_ARG || op->code == WEIR_OP_LOAD_SAVED || op->code == WEIR_OP_LOAD_SYMBOL;
}

/* A load of what `base` pushes. */
static bool fuse_load(struct weir_op *base, const struct weir_op *load)
{
	struct weir_op fused = { .a = (uint8_t)(load->a | (load->code == WEIR_OP_LOADS ? WEIR_LOAD_SIGNED : 0)), .imm = load->imm };

	switch (base->code) {
	case WEIR_OP_ARG:
		fused.code = WEIR_OP_LOAD_ARG;
		fused.b = base->a;
		break;
	case WEIR_OP_SAVED:
		fused.code = WEIR_OP_LOAD_SAVED;
		fused.b = base->a;
		break;
	case WEIR_OP_SYMBOL: {
		int64_t address = (int64_t)(uint32_t)base->imm + load->imm;

		if (address < 0 || address > UINT32_MAX)
			return false;
		fused.code = WEIR_OP_LOAD_SYMBOL;
		fused.imm = (int32_t)(uint32_t)address;
		break;
	}
	default:
		return false;
	}
	*base = fused;
	return true;
}

/* Can the second be done as part of the first? Then it is. */
static bool fuse_pair(struct weir_op *first, const struct weir_op *second)
{
	if (first->out)
		return false;
	if (is_load(second))
		return fuse_load(first, second);
	if (first->code == WEIR_OP_ARG && second->code == WEIR_OP_HIGH && !second->imm) {
		first->code = WEIR_OP_ARG_LOW;
		return true;
	}
	if (first->code == WEIR_OP_CONST && is_binary(second)) {
		first->code = WEIR_OP_WITH_CONST;
		first->a = second->code;
		return true;
	}
	if (first->code == WEIR_OP_SAVED && (second->code == WEIR_OP_SUB || second->code == WEIR_OP_GROWN)) {
		first->code = second->code == WEIR_OP_SUB ? WEIR_OP_SUB_SAVED : WEIR_OP_GROWN_SAVED;
		return true;
	}
	if (second->code == WEIR_OP_ADD && is_line_load(first)) {
		first->out = WEIR_OP_ADD;
		return true;
	}
	if (is_output(second) && !is_output(first) && !is_choice(first) && second->a < 16) {
		first->out = second->code;
		first->b |= (uint8_t)(second->a << 4);
		return true;
	}
	return false;
}

/* Operations that a choice passes on to stay first. */
static void find_targets(const struct weir_op *ops, size_t count, bool *targets)
{
	memset(targets, 0, (count + 1) * sizeof(*targets));
	for (size_t i = 0; i < count; i++)
		if (is_choice(&ops[i]) && i + 1 + (size_t)ops[i].imm <= count)
			targets[i + 1 + (size_t)ops[i].imm] = true;
}

/* Members of one object are read together: it is the reading that costs, hardly the bytes. */
static void mark_lines(struct weir_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = i + 1; is_line_load(&ops[i]) && k < count; k++) {
			int64_t distance = (int64_t)ops[k].imm - ops[i].imm;

			if (ops[k].code != ops[i].code || WEIR_SOURCE(&ops[k]) != WEIR_SOURCE(&ops[i]) || distance <= -WEIR_LINE_BEFORE ||
			    distance > WEIR_LINE - WEIR_LINE_BEFORE - 8)
				continue;
			ops[i].a |= WEIR_LOAD_LINE;
			ops[k].a |= WEIR_LOAD_LINE;
		}
	}
}

size_t fuse(const struct weir_op *from, size_t count, struct weir_op *to)
{
	bool targets[WEIR_OPS_MAX + 1];
	size_t place[WEIR_OPS_MAX + 1], made = 0;

	if (count > WEIR_OPS_MAX)
		count = WEIR_OPS_MAX;
	find_targets(from, count, targets);
	for (size_t i = 0; i < count; i++) {
		bool more = made && !targets[i];

		place[i] = made;
		/* What is one now may go with what stands before it: an offset with a base, an output with all. */
		if (more && fuse_pair(&to[made - 1], &from[i])) {
			place[i] = made - 1;
			continue;
		}
		to[made++] = from[i];
	}
	place[count] = made;
	for (size_t i = 0; i < count; i++)
		if (is_choice(&from[i]))
			to[place[i]].imm = (int32_t)(place[i + 1 + (size_t)from[i].imm] - place[i] - 1);
	mark_lines(to, made);
	return made;
}

/* The argument, cut to 32 bits, signed or not. Returns how many operations that takes; 0: something else stands there. */
static size_t read_argument(const struct weir_op *ops, size_t count, bool *ret_signed)
{
	static const uint8_t sign_extend[] = { WEIR_OP_CONST, WEIR_OP_XOR, WEIR_OP_CONST, WEIR_OP_SUB };

	*ret_signed = false;
	if (count < 2 || ops[0].code != WEIR_OP_ARG || ops[1].code != WEIR_OP_HIGH || ops[1].imm)
		return 0;
	for (size_t i = 0; i < 4; i++)
		if (i + 2 >= count || ops[i + 2].code != sign_extend[i] || (sign_extend[i] == WEIR_OP_CONST && ops[i + 2].imm != INT_MIN))
			return 2;
	*ret_signed = true;
	return 6;
}

/* Is the whole false where its first operand is: do all choices that it comes to say so, until the WHEN? */
static bool decides_all(const struct weir_op *ops, size_t count, size_t at)
{
	while (at < count && ops[at].code == WEIR_OP_LAND)
		at += 1 + (size_t)ops[at].imm;
	return at + 1 == count && ops[at].code == WEIR_OP_WHEN;
}

/* Does the comparison with a constant mean the same for 32 bits as it does for the 64 of the machine? */
static bool is_same_in_32_bits(unsigned op, int32_t value, bool is_signed)
{
	if (op == WEIR_OP_EQ || op == WEIR_OP_NE)
		return is_signed || value >= 0;
	return op >= WEIR_OP_SLT ? is_signed || value >= 0 : !is_signed && value >= 0;
}

size_t fuse_guard(const struct weir_op *from, size_t count, struct weir_op *to, struct weir_guard *ret_guard)
{
	bool is_signed;
	size_t n = read_argument(from, count, &is_signed), rest = n + 2;
	unsigned op = rest < count ? from[n + 1].code : 0;

	*ret_guard = (struct weir_guard){ 0 };
	if (!n || rest >= count || from[n].code != WEIR_OP_CONST || op < WEIR_OP_EQ || op > WEIR_OP_SGE ||
	    !is_same_in_32_bits(op, from[n].imm, is_signed) || !decides_all(from, count, rest))
		return fuse(from, count, to);
	/* A value that is not signed and yet compared as such is never negative. */
	if (!is_signed && op >= WEIR_OP_SLT)
		op -= WEIR_OP_SLT - WEIR_OP_LT;
	*ret_guard = (struct weir_guard){ .arg = from[0].a, .op = (uint8_t)op, .value = (uint32_t)from[n].imm };
	if (from[rest].code == WEIR_OP_WHEN)
		return 0;
	return fuse(from + rest + 1, count - rest - 1, to);
}
