/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reference machine for compiled expressions, written from wire.h alone, and a check that code keeps the
 * rules the kernel's machine relies on. For tests and fuzzers.
 */
#ifndef TEST_RUN_CODE_H
#define TEST_RUN_CODE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "profile/profile.h"

struct run_machine {
	uint64_t args[7]; /* args[1] .. args[6] */
	uint64_t ret;
	uint64_t bias; /* where the module lies, less its link-time address */
	const uint8_t *memory; /* what loads see at `base` and above */
	uint64_t base;
	size_t memory_size;
	/* results, and what is carried from enter to leave */
	uint64_t saved[WEIR_SAVED_MAX];
	bool saved_unknown[WEIR_SAVED_MAX];
	uint64_t since[WEIR_SAVED_MAX];
	bool since_known[WEIR_SAVED_MAX];
	bool given[WEIR_OP_COUNT][WEIR_SAVED_MAX]; /* by output operation and its a */
	uint64_t value[WEIR_OP_COUNT][WEIR_SAVED_MAX];
	unsigned unknowns; /* outputs that were skipped */
};

static inline bool run_is_output(unsigned code)
{
	return code >= WEIR_OP_SAVE && code <= WEIR_OP_LAST_OUTPUT;
}

static inline bool run_is_binary(unsigned code)
{
	return code >= WEIR_OP_ADD && code <= WEIR_OP_SGE;
}

static inline uint64_t run_binary(unsigned code, uint64_t a, uint64_t b)
{
	switch (code) {
	case WEIR_OP_ADD: return a + b;
	case WEIR_OP_SUB: return a - b;
	case WEIR_OP_GROWN: return a > b ? a - b : 0;
	case WEIR_OP_MUL: return a * b;
	case WEIR_OP_AND: return a & b;
	case WEIR_OP_OR: return a | b;
	case WEIR_OP_XOR: return a ^ b;
	case WEIR_OP_SHL: return b > 63 ? 0 : a << b;
	case WEIR_OP_SHR: return b > 63 ? 0 : a >> b;
	case WEIR_OP_EQ: return a == b;
	case WEIR_OP_NE: return a != b;
	case WEIR_OP_LT: return a < b;
	case WEIR_OP_LE: return a <= b;
	case WEIR_OP_GT: return a > b;
	case WEIR_OP_GE: return a >= b;
	case WEIR_OP_SLT: return (int64_t)a < (int64_t)b;
	case WEIR_OP_SLE: return (int64_t)a <= (int64_t)b;
	case WEIR_OP_SGT: return (int64_t)a > (int64_t)b;
	default: return (int64_t)a >= (int64_t)b;
	}
}

static inline uint64_t run_load(struct run_machine *m, uint64_t address, unsigned size, bool is_signed,
				bool *unknown)
{
	uint64_t offset = address - m->base, value = 0;
	unsigned spare = 64 - 8 * size;

	if (offset > m->memory_size || m->memory_size - offset < size) {
		*unknown = true;
		return 0;
	}
	memcpy(&value, (const void *)((uintptr_t)m->memory + offset), size);
	return is_signed ? (uint64_t)((int64_t)(value << spare) >> spare) : value;
}

static inline void run_output(struct run_machine *m, unsigned code, unsigned a, uint64_t value, bool unknown)
{
	if (code == WEIR_OP_SAVE) {
		m->saved[a] = value;
		m->saved_unknown[a] = unknown;
		return;
	}
	m->unknowns += unknown;
	if (unknown)
		return;
	m->given[code][a] = true;
	m->value[code][a] = value;
}

/* Address of a fused load. */
static inline uint64_t run_address(const struct run_machine *m, const struct weir_op *op, bool *unknown)
{
	if (op->code == WEIR_OP_LOAD_SYMBOL)
		return m->bias + (uint32_t)op->imm;
	if (op->code == WEIR_OP_LOAD_ARG)
		return m->args[WEIR_SOURCE(op)] + (uint64_t)(int64_t)op->imm;
	*unknown |= m->saved_unknown[WEIR_SOURCE(op)];
	return m->saved[WEIR_SOURCE(op)] + (uint64_t)(int64_t)op->imm;
}

static inline void run_ops(struct run_machine *m, const struct weir_op *ops, unsigned count)
{
	uint64_t stack[WEIR_STACK_MAX];
	unsigned top = 0;
	bool unknown = false;

	for (unsigned i = 0; i < count; i++) {
		const struct weir_op *op = &ops[i];

		if (run_is_output(op->code)) {
			run_output(m, op->code, op->a, stack[--top], unknown);
			unknown = false;
		} else if (run_is_binary(op->code)) {
			top--;
			stack[top - 1] = run_binary(op->code, stack[top - 1], stack[top]);
		} else switch (op->code) {
		case WEIR_OP_CONST: stack[top++] = (uint64_t)(int64_t)op->imm; break;
		case WEIR_OP_HIGH:
			stack[top - 1] = (uint32_t)stack[top - 1] | (uint64_t)(uint32_t)op->imm << 32;
			break;
		case WEIR_OP_ARG: stack[top++] = m->args[op->a]; break;
		case WEIR_OP_RET: stack[top++] = m->ret; break;
		case WEIR_OP_SAVED:
			unknown |= m->saved_unknown[op->a];
			stack[top++] = m->saved[op->a];
			break;
		case WEIR_OP_LOAD:
		case WEIR_OP_LOADS:
			stack[top - 1] = run_load(m, stack[top - 1] + (uint64_t)(int64_t)op->imm, op->a,
						  op->code == WEIR_OP_LOADS, &unknown);
			break;
		case WEIR_OP_LAND:
		case WEIR_OP_LOR:
			if (!stack[top - 1] == (op->code == WEIR_OP_LAND)) {
				stack[top - 1] = op->code == WEIR_OP_LOR;
				i += (unsigned)op->imm;
			} else {
				top--;
			}
			break;
		case WEIR_OP_SINCE: {
			uint64_t before = m->since[op->a], now = stack[top - 1];

			stack[top - 1] = !m->since_known[op->a] ? 0 : now >= before ? now - before : now;
			m->since[op->a] = now;
			m->since_known[op->a] = true;
			break;
		}
		case WEIR_OP_SYMBOL: stack[top++] = m->bias + (uint32_t)op->imm; break;
		case WEIR_OP_NOT: stack[top - 1] = !stack[top - 1]; break;
		case WEIR_OP_INV: stack[top - 1] = ~stack[top - 1]; break;
		case WEIR_OP_NEG: stack[top - 1] = -stack[top - 1]; break;
		case WEIR_OP_ARG_LOW: stack[top++] = (uint32_t)m->args[op->a]; break;
		case WEIR_OP_WITH_CONST: stack[top - 1] = run_binary(op->a, stack[top - 1], (uint64_t)(int64_t)op->imm); break;
		case WEIR_OP_SUB_SAVED:
			unknown |= m->saved_unknown[op->a];
			stack[top - 1] -= m->saved[op->a];
			break;
		case WEIR_OP_GROWN_SAVED:
			unknown |= m->saved_unknown[op->a];
			stack[top - 1] = run_binary(WEIR_OP_GROWN, stack[top - 1], m->saved[op->a]);
			break;
		case WEIR_OP_LOAD_ARG:
		case WEIR_OP_LOAD_SAVED:
		case WEIR_OP_LOAD_SYMBOL:
			stack[top] = run_load(m, run_address(m, op, &unknown), op->a & 0xf, op->a & WEIR_LOAD_SIGNED, &unknown);
			top++;
			break;
		}
		if (op->out == WEIR_OP_ADD) {
			top--;
			stack[top - 1] += stack[top];
		} else if (op->out) {
			run_output(m, op->out, WEIR_OUT_A(op), stack[--top], unknown);
			unknown = false;
		}
	}
}

static inline void run_enter(struct run_machine *m, const struct profile_code *code)
{
	run_ops(m, code->ops, code->enter_ops);
}

static inline void run_leave(struct run_machine *m, const struct profile_code *code)
{
	run_ops(m, code->ops + code->enter_ops, code->leave_ops);
}

struct run_check {
	unsigned depth, saved, codes;
	uint32_t args;
};

/* NULL, or the rule that the operation breaks. */
static inline const char *run_check_op(struct run_check *c, const struct weir_op *op, bool at_leave,
				       bool entry_only)
{
	if (run_is_output(op->code)) {
		if (c->depth != 1)
			return "an output does not find exactly one value";
		c->depth = 0;
		if (op->code == WEIR_OP_SAVE) {
			if (at_leave || entry_only || op->a >= WEIR_SAVED_MAX)
				return "SAVE is out of place";
			c->saved |= 1u << op->a;
		} else if (op->code <= WEIR_OP_LABEL_QUERY || op->code == WEIR_OP_KEY ? at_leave : at_leave == entry_only) {
			return "an output stands in the wrong half";
		}
		if (op->code == WEIR_OP_ERROR_CODE && c->codes & 1u << WEIR_OP_ERROR % 32)
			return "ERROR_CODE stands behind ERROR";
		c->codes |= 1u << op->code % 32;
		return op->code == WEIR_OP_EXTRA && op->a >= WEIR_EXTRA_MAX ? "no such counter" : NULL;
	}
	if (run_is_binary(op->code)) {
		c->depth--;
		return c->depth < 1 || c->depth > WEIR_STACK_MAX ? "a binary operation without two values"
								 : NULL;
	}
	switch (op->code) {
	case WEIR_OP_ARG:
		if (at_leave || op->a < 1 || op->a > 6)
			return "ARG is out of place";
		c->args |= 1u << (op->a - 1);
		break;
	case WEIR_OP_LAND:
	case WEIR_OP_LOR:
		if (op->imm < 1)
			return "nothing to pass over";
		return c->depth-- < 1 ? "a choice without a value" : NULL;
	case WEIR_OP_SYMBOL:
		if (at_leave)
			return "SYMBOL is out of place";
		break;
	case WEIR_OP_RET:
		if (!at_leave)
			return "RET is out of place";
		break;
	case WEIR_OP_SAVED:
		if (op->a >= WEIR_SAVED_MAX || !(c->saved & 1u << op->a))
			return "SAVED reads what was not saved";
		break;
	case WEIR_OP_CONST:
		break;
	case WEIR_OP_LOAD:
	case WEIR_OP_LOADS:
		if (op->a != 1 && op->a != 2 && op->a != 4 && op->a != 8)
			return "a load of a strange size";
		return c->depth < 1 ? "a load without an address" : NULL;
	default:
		return op->code >= WEIR_OP_COUNT || c->depth < 1 ? "an operation without a value" : NULL;
	}
	return ++c->depth > WEIR_STACK_MAX ? "the stack is too small" : NULL;
}

/* NULL, or the rule that the code breaks. */
static inline const char *run_check(const struct profile_code *code, bool entry_only)
{
	struct run_check c = { 0 };

	if (code->enter_ops + code->leave_ops > WEIR_OPS_MAX)
		return "too many operations";
	if (entry_only && code->leave_ops)
		return "leave code of a probe without leave";
	for (unsigned i = 0; i < (unsigned)code->enter_ops + code->leave_ops; i++) {
		const char *broken = run_check_op(&c, &code->ops[i], i >= code->enter_ops, entry_only);

		if (broken)
			return broken;
		if (i + 1 == code->enter_ops && c.depth)
			return "enter code leaves a value behind";
	}
	if (c.depth)
		return "leave code leaves a value behind";
	return c.args == code->needed_args ? NULL : "needed_args is not what the code reads";
}

#endif
