/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expression machine: a probe's compiled operations on a stack of 64-bit values that lives in the thread's
 * row. A load that faults makes the value unknown; outputs of unknown values are skipped and counted.
 */
#ifndef WEIR_BPF_EXPR_H
#define WEIR_BPF_EXPR_H

#include "maps.h"
#include "frame.h"
#include "error.h"
#include "label.h"

#define STACK_MASK (WEIR_STACK_MAX - 1)
_Static_assert((WEIR_STACK_MAX & STACK_MASK) == 0, "the expression stack is masked");

struct expr {
	struct row *row;
	struct saved *saved;      /* the call's values */
	struct weir_shard *shard; /* NULL at enter: outputs other than labels and saves wait for a node */
	u32 node;
};

/* The context may not be indexed, so what expressions read of it is copied to the row. */
static __always_inline void expr_take_arguments(struct row *row, struct pt_regs *regs, struct weir_probe *site)
{
	row->registers[7] = regs->ip - site->address;
#ifdef WEIR_GO_REGISTERS /* Go's ABIInternal; r9 to r11 hold three more, which expressions have no name for */
	row->registers[1] = regs->ax;
	row->registers[2] = regs->bx;
	row->registers[3] = regs->cx;
	row->registers[4] = regs->di;
	row->registers[5] = regs->si;
	row->registers[6] = regs->r8;
#else
	row->registers[1] = regs->di;
	row->registers[2] = regs->si;
	row->registers[3] = regs->dx;
	row->registers[4] = regs->cx;
	row->registers[5] = regs->r8;
	row->registers[6] = regs->r9;
#endif
}

static __noinline u64 expr_load(struct row *row, u64 address, u32 size_and_sign)
{
	u64 value = 0;
	long failed;

	switch (size_and_sign & 0xf) {
	case 1: failed = bpf_probe_read_user(&value, 1, (void *)address); break;
	case 2: failed = bpf_probe_read_user(&value, 2, (void *)address); break;
	case 4: failed = bpf_probe_read_user(&value, 4, (void *)address); break;
	default: failed = bpf_probe_read_user(&value, 8, (void *)address); break;
	}
	if (failed) {
		row->unknown = 1;
		return 0;
	}
	switch (size_and_sign) {
	case 0x11: return (s64)(s8)value;
	case 0x12: return (s64)(s16)value;
	case 0x14: return (s64)(s32)value;
	}
	return value;
}

static __noinline u64 expr_binary(u32 code, u64 a, u64 b)
{
	switch (code) {
	case WEIR_OP_ADD: return a + b;
	case WEIR_OP_SUB: return a - b;
	case WEIR_OP_GROWN: return a > b ? a - b : 0;
	case WEIR_OP_MUL: return a * b;
	case WEIR_OP_AND: return a & b;
	case WEIR_OP_OR: return a | b;
	case WEIR_OP_XOR: return a ^ b;
	case WEIR_OP_SHL: return b < 64 ? a << (b & 63) : 0;
	case WEIR_OP_SHR: return b < 64 ? a >> (b & 63) : 0;
	case WEIR_OP_EQ: return a == b;
	case WEIR_OP_NE: return a != b;
	case WEIR_OP_LT: return a < b;
	case WEIR_OP_LE: return a <= b;
	case WEIR_OP_GT: return a > b;
	case WEIR_OP_GE: return a >= b;
	case WEIR_OP_SLT: return (s64)a < (s64)b;
	case WEIR_OP_SLE: return (s64)a <= (s64)b;
	case WEIR_OP_SGT: return (s64)a > (s64)b;
	case WEIR_OP_SGE: return (s64)a >= (s64)b;
	}
	return 0;
}

static __always_inline void expr_output(struct expr *x, struct weir_op *op, u64 value)
{
	struct weir_shard *shard = x->shard;

	switch (op->code) {
	case WEIR_OP_SAVE:
		x->saved->value[op->a & (WEIR_SAVED_MAX - 1)] = value;
		return;
	case WEIR_OP_LABEL_LENGTH:
		x->row->label_size = value < WEIR_QUERY_READ ? value + 1 : WEIR_QUERY_READ;
		return;
	case WEIR_OP_LABEL_NUMBER:
	case WEIR_OP_LABEL_STRING:
	case WEIR_OP_LABEL_QUERY:
		x->row->label_op = op->code; /* looked up outside: calls nest 8 deep at most */
		x->row->label_value = value;
		x->row->label_dialect = op->a;
		return;
	case WEIR_OP_ERROR_CODE:
		x->row->error_code = value;
		return;
	case WEIR_OP_WHEN:
		x->row->when = value != 0;
		return;
	case WEIR_OP_KEY:
		x->row->key = value;
		return;
	case WEIR_OP_REQUEST:
		x->row->when = 1;
		x->row->request_bytes = value;
		return;
	}
	if (!shard || !value)
		return;
	if (follows_queries && x->row->queries)
		query_count(x->row, x->node, op->code, value);
	switch (op->code) {
	case WEIR_OP_ROWS: add(shard->rows, value); return;
	case WEIR_OP_BYTES: add(shard->bytes, value); return;
	case WEIR_OP_HITS: add(shard->hits, value); return;
	case WEIR_OP_MISSES: add(shard->misses, value); return;
	case WEIR_OP_EXTRA: add(shard->extra[op->a & (WEIR_EXTRA_MAX - 1)], value); return;
	case WEIR_OP_ERROR:
		add(shard->errors, 1);
		error_count(x->node, WEIR_ERROR_CODE, x->row->error_code);
		return;
	}
}

/* An output whose value could not be read: nothing is added, and that is counted. */
static __always_inline void expr_unknown(struct expr *x, struct weir_op *op)
{
	if (op->code == WEIR_OP_SAVE)
		x->saved->unknown |= 1 << (op->a & (WEIR_SAVED_MAX - 1));
	if (op->code == WEIR_OP_LABEL_LENGTH)
		x->row->label_size = 1;
	lose(WEIR_LOSS_READ_FAULT, 1);
}

static __noinline void expr_step(struct expr *x, struct weir_op *op)
{
	struct row *row = x->row;
	u32 top = row->top;
	u64 *value = &row->stack[(top - 1) & STACK_MASK];

	switch (op->code) {
	case WEIR_OP_CONST:
		row->stack[top & STACK_MASK] = (s64)op->imm;
		row->top = top + 1;
		return;
	case WEIR_OP_ARG:
		row->stack[top & STACK_MASK] = row->registers[op->a & 7];
		row->top = top + 1;
		return;
	case WEIR_OP_RET:
		if (row->no_return_value)
			row->unknown = 1;
		row->stack[top & STACK_MASK] = row->registers[0];
		row->top = top + 1;
		return;
	case WEIR_OP_SAVED:
		if (x->saved->unknown & (1 << (op->a & (WEIR_SAVED_MAX - 1))))
			row->unknown = 1;
		row->stack[top & STACK_MASK] = x->saved->value[op->a & (WEIR_SAVED_MAX - 1)];
		row->top = top + 1;
		return;
	case WEIR_OP_SYMBOL:
		row->stack[top & STACK_MASK] = row->registers[7] + (u32)op->imm;
		row->top = top + 1;
		return;
	case WEIR_OP_LAND:
	case WEIR_OP_LOR:
		if (!*value == (op->code == WEIR_OP_LAND)) {
			*value = op->code == WEIR_OP_LOR;
			row->skip = op->imm;
		} else {
			row->top = top - 1;
		}
		return;
	case WEIR_OP_HIGH: *value = (*value & 0xffffffff) | ((u64)(u32)op->imm << 32); return;
	case WEIR_OP_LOAD: *value = expr_load(row, *value + (s64)op->imm, op->a); return;
	case WEIR_OP_LOADS: *value = expr_load(row, *value + (s64)op->imm, op->a | 0x10); return;
	case WEIR_OP_NOT: *value = !*value; return;
	case WEIR_OP_INV: *value = ~*value; return;
	case WEIR_OP_NEG: *value = -*value; return;
	}
	if (op->code < WEIR_OP_NOT) {
		u64 *left = &row->stack[(top - 2) & STACK_MASK];

		*left = expr_binary(op->code, *left, *value);
		row->top = top - 1;
		return;
	}
	row->top = 0;
	if (row->unknown) {
		row->unknown = 0;
		expr_unknown(x, op);
		return;
	}
	expr_output(x, op, *value);
}

struct expr_loop {
	struct expr *expr;
	struct weir_probe *probe;
	u32 first;
};

static long expr_next(u32 i, struct expr_loop *loop)
{
	struct row *row = loop->expr->row;

	if (row->skip) {
		row->skip--;
		return 0;
	}
	expr_step(loop->expr, &loop->probe->ops[(loop->first + i) & (WEIR_OPS_MAX - 1)]);
	return 0;
}

struct charge_loop {
	u32 level;
	u32 node;
	u32 found;
};

static long charged_next(u32 i, struct charge_loop *loop)
{
	u32 node = loop->node, id;
	struct weir_slot *slot = bpf_map_lookup_elem(&slots, &node);
	struct weir_probe *probe;

	(void)i;
	if (node <= WEIR_NODE_OTHER || !slot)
		return 1;
	id = WEIR_KEY_PROBE(slot->key);
	probe = bpf_map_lookup_elem(&probes, &id);
	if (probe && probe->level == loop->level) {
		loop->found = node;
		return 1;
	}
	loop->node = WEIR_KEY_PARENT(slot->key);
	return 0;
}

/* The node that the probe's outputs are counted on: the nearest of a level on the path to the call's own, or that. */
static __noinline __attribute__((unused)) u32 expr_charged(struct weir_probe *probe, u32 node)
{
	struct charge_loop loop = { .level = probe->charged, .node = node, .found = node };

	bpf_loop(WEIR_DEPTH_MAX, charged_next, &loop, 0);
	return loop.found;
}

/* Run ops[first .. first + count) of the probe. */
static __always_inline void expr_run(struct expr *x, struct weir_probe *probe, u32 first, u32 count)
{
	struct expr_loop loop = { .expr = x, .probe = probe, .first = first };

	x->row->top = 0;
	x->row->unknown = 0;
	x->row->error_code = 0;
	x->row->label_op = 0;
	x->row->label_size = WEIR_QUERY_READ;
	x->row->when = 0;
	x->row->skip = 0;
	x->row->key = 0;
	bpf_loop(count, expr_next, &loop, 0);
}

#endif
