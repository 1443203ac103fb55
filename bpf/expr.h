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

/* A value is unknown because of memory that is not resident: 1; or for want of a return value. */
#define UNKNOWN_RETURN 2

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
	row->arguments_unknown = 0;
	row->constant_end = site->constant_end;
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

/* Eight bytes of the line, at any address in it. */
static __always_inline u64 line_value(struct row *row, u64 offset)
{
	u32 i = offset / 8, shift = offset % 8 * 8;
	u64 low = row->line[i & (WEIR_LINE / 8 - 1)];

	return shift ? low >> shift | row->line[(i + 1) & (WEIR_LINE / 8 - 1)] << (64 - shift) : low;
}

/* Is the value at `address` in the line? It may be read for that. */
static __always_inline bool line_has(struct row *row, u64 address)
{
	if (row->line_known && address - row->line_at <= WEIR_LINE - 8)
		return true;
	row->line_at = address & ~(u64)(WEIR_LINE_BEFORE - 1); /* on the same page */
	row->line_known = !bpf_probe_read_user(row->line, WEIR_LINE, (void *)row->line_at);
	return row->line_known;
}

/* `size_and_sign`: 1, 2, 4 or 8, and what a load is besides (wire.h). */
static __always_inline u64 expr_load(struct row *row, u64 address, u32 size_and_sign)
{
	u32 size = ((size_and_sign - 1) & 7) + 1, spare; /* which the verifier sees to be 1 to 8 */
	u64 value = 0;

	spare = (64 - 8 * size) & 63;
	if (size_and_sign & WEIR_LOAD_LINE && line_has(row, address)) {
		value = line_value(row, address - row->line_at) << spare >> spare;
	} else if (bpf_probe_read_user(&value, size, (void *)address)) {
		row->unknown = 1;
		return 0;
	}
	if (!(size_and_sign & WEIR_LOAD_SIGNED))
		return value;
	return (s64)(value << spare) >> spare;
}

/* How much has value `index` of the probe grown since it was looked at last in this process? The first time: not at all. */
VERIFIED_ONCE u64 expr_since(u32 probe, u32 index, u64 value)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;
	struct since_key key = { .tgid = process_of(leader), .probe = probe, .index = index };
	struct since now = { .value = value, .started = leader->start_time };
	struct since *last = bpf_map_lookup_elem(&sinces, &key);
	u64 before;

	if (!last || last->started != now.started) {
		if (bpf_map_update_elem(&sinces, &key, &now, BPF_ANY))
			lose(WEIR_LOSS_PROCESS_TABLE, 1);
		return 0;
	}
	before = __sync_lock_test_and_set(&last->value, value);
	return value >= before ? value - before : value;
}

static __always_inline u64 expr_binary(u32 code, u64 a, u64 b)
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

static __always_inline void expr_count(struct expr *x, u32 code, u32 a, u64 value)
{
	struct weir_shard *shard = x->shard;

	switch (code) {
	case WEIR_OP_ROWS: add(shard->rows, value); return;
	case WEIR_OP_BYTES: add(shard->bytes, value); return;
	case WEIR_OP_HITS: add(shard->hits, value); return;
	case WEIR_OP_MISSES: add(shard->misses, value); return;
	case WEIR_OP_EXTRA: add(shard->extra[a & (WEIR_EXTRA_MAX - 1)], value); return;
	case WEIR_OP_ERROR:
		add(shard->errors, 1);
		error_count(x->node, WEIR_ERROR_CODE, x->row->error_code);
		return;
	}
}

static __always_inline void expr_output(struct expr *x, u32 code, u32 a, u64 value)
{
	struct row *row = x->row;

	row->top = 0;
	if (unlikely(row->unknown)) { /* nothing is added, and that is counted */
		enum weir_loss loss = row->unknown & UNKNOWN_RETURN ? WEIR_LOSS_RETURN_VALUE : WEIR_LOSS_READ_FAULT;

		row->unknown = 0;
		if (code == WEIR_OP_SAVE)
			x->saved->unknown |= 1 << (a & (WEIR_SAVED_MAX - 1));
		if (code == WEIR_OP_LABEL_LENGTH)
			row->label_size = 1;
		if (code == WEIR_OP_OPERAND) { /* what depends on it is what is lost */
			row->arguments_unknown |= 1 << (a & 7);
			return;
		}
		lose(loss, 1);
		return;
	}
	switch (code) {
	case WEIR_OP_SAVE:
		x->saved->value[a & (WEIR_SAVED_MAX - 1)] = value;
		return;
	case WEIR_OP_LABEL_LENGTH:
		row->label_size = value < WEIR_QUERY_READ ? value + 1 : WEIR_QUERY_READ;
		return;
	case WEIR_OP_LABEL_NUMBER:
	case WEIR_OP_LABEL_STRING:
	case WEIR_OP_LABEL_QUERY:
		row->label_op = code; /* looked up outside: calls nest 8 deep at most */
		row->label_value = value;
		row->label_dialect = a;
		return;
	case WEIR_OP_ERROR_CODE:
		row->error_code = value;
		return;
	case WEIR_OP_WHEN:
		row->when = value != 0;
		return;
	case WEIR_OP_KEY:
		row->key = value;
		return;
	case WEIR_OP_OPERAND:
		row->registers[a & 7] = value;
		return;
	case WEIR_OP_REQUEST:
		row->when = 1;
		row->request_bytes = value;
		return;
	}
	if (!x->shard || !value)
		return;
	if (follows_queries && row->queries)
		query_count(row, x->node, code, value);
	expr_count(x, code, a, value);
}

static __always_inline u64 expr_saved(struct expr *x, u32 i)
{
	i &= WEIR_SAVED_MAX - 1;
	if (x->saved->unknown & (1 << i))
		x->row->unknown = 1;
	return x->saved->value[i];
}

static __always_inline u64 expr_argument(struct row *row, u32 i)
{
	i &= 7;
	if (unlikely(row->arguments_unknown & (1 << i)))
		row->unknown = 1;
	return row->registers[i];
}

/* A register of the machine, or the lower part of it. */
static __always_inline u64 expr_register(struct row *row, struct weir_op *op)
{
	u64 value = row->machine[op->a & (WEIR_MACHINE_REGISTERS - 1)];
	u32 spare = (64 - 8 * op->imm) & 63; /* WEIR_LOAD_SIGNED falls out of it */

	if (op->imm & WEIR_LOAD_SIGNED)
		return (s64)(value << spare) >> spare;
	return value << spare >> spare;
}

static __always_inline void expr_choice(struct row *row, u32 code, u64 *top, s32 pass_over)
{
	if (!*top == (code == WEIR_OP_LAND)) {
		*top = code == WEIR_OP_LOR;
		row->skip = pass_over;
	} else {
		row->top--;
	}
}

/* One operation. Flat, and in the loop's own function: calls are what costs here. */
static __always_inline void expr_step(struct expr *x, struct weir_op *op)
{
	struct row *row = x->row;
	u32 code = op->code, top = row->top;
	u64 *slot = &row->stack[(top - 1) & STACK_MASK], value = *slot;

	switch (code) {
	case WEIR_OP_CONST: value = (s64)op->imm; goto push;
	case WEIR_OP_ARG: value = expr_argument(row, op->a); goto push;
	case WEIR_OP_ARG_LOW: value = (u32)expr_argument(row, op->a); goto push;
	case WEIR_OP_REGISTER: value = expr_register(row, op); goto push;
	case WEIR_OP_RET:
		if (row->no_return_value)
			row->unknown = UNKNOWN_RETURN;
		value = row->registers[0];
		goto push;
	case WEIR_OP_SAVED: value = expr_saved(x, op->a); goto push;
	case WEIR_OP_SYMBOL: value = row->registers[7] + (u32)op->imm; goto push;
	case WEIR_OP_LOAD_SYMBOL: value = row->registers[7] + (u32)op->imm; goto load;
	case WEIR_OP_LOAD_ARG: value = expr_argument(row, WEIR_SOURCE(op)) + (s64)op->imm; goto load;
	case WEIR_OP_LOAD_SAVED: value = expr_saved(x, WEIR_SOURCE(op)) + (s64)op->imm; goto load;
	case WEIR_OP_LOAD:
	case WEIR_OP_LOADS:
		value += (s64)op->imm;
		top--;
		goto load;
	case WEIR_OP_LAND:
	case WEIR_OP_LOR:
		expr_choice(row, code, slot, op->imm);
		return;
	case WEIR_OP_HIGH: value = (value & 0xffffffff) | ((u64)(u32)op->imm << 32); goto replace;
	case WEIR_OP_NOT: value = !value; goto replace;
	case WEIR_OP_INV: value = ~value; goto replace;
	case WEIR_OP_NEG: value = -value; goto replace;
	case WEIR_OP_SINCE:
		if (!row->unknown)
			value = expr_since(row->since_probe, op->a, value);
		goto replace;
	case WEIR_OP_SUB_SAVED: value -= expr_saved(x, op->a); goto replace;
	case WEIR_OP_GROWN_SAVED: value = expr_binary(WEIR_OP_GROWN, value, expr_saved(x, op->a)); goto replace;
	}
	if (code >= WEIR_OP_SAVE && code <= WEIR_OP_LAST_OUTPUT) {
		expr_output(x, code, op->a, value);
		return;
	}
	if (code == WEIR_OP_WITH_CONST) {
		value = expr_binary(op->a, value, (s64)op->imm);
		goto replace;
	}
	top--;
	slot = &row->stack[(top - 1) & STACK_MASK];
	value = expr_binary(code, *slot, value);
replace:
	top--;
	goto push;
load:
	value = expr_load(row, value, code == WEIR_OP_LOADS ? op->a | WEIR_LOAD_SIGNED : op->a);
push:
	if (op->out == WEIR_OP_ADD) { /* of a load that is fused */
		row->stack[(top - 1) & STACK_MASK] += value;
		return;
	}
	if (op->out) {
		expr_output(x, op->out, WEIR_OUT_A(op), value);
		return;
	}
	row->stack[top & STACK_MASK] = value;
	row->top = top + 1;
}

struct expr_loop {
	struct expr *expr;
	struct weir_probe *probe;
	u32 first;
};

/* The whole machine is in this one function, which is no part of any other. */
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

	if (!charged_next(0, &loop))
		bpf_loop(WEIR_DEPTH_MAX, charged_next, &loop, 0);
	return loop.found;
}

#define EXPR_NO_NODE (~0U)
#define EXPR_WHERE(first, count, saved) ((first) | (count) << 8 | (saved) << 16)

/* `node`: what outputs are counted on; EXPR_NO_NODE at enter, where all but labels and saved values wait for one. */
VERIFIED_ONCE int expr_machine(struct row *row, struct weir_probe *probe, u32 where, u32 node)
{
	struct expr x = { .row = row, .node = node };
	struct expr_loop loop = { .expr = &x, .probe = probe, .first = where & 0xff };

	if (!row || !probe)
		return 0;
	x.saved = saved_at(row, where >> 16);
	if (node != EXPR_NO_NODE)
		x.shard = node_shard(node);
	row->top = 0;
	row->unknown = 0;
	row->error_code = 0;
	row->label_op = 0;
	row->label_size = WEIR_QUERY_READ;
	row->when = 0;
	row->skip = 0;
	row->key = 0;
	row->line_known = 0;
	bpf_loop(where >> 8 & 0xff, expr_next, &loop, 0);
	if (row->line_known) /* there can be anything beside what was asked for, texts too: a read that fails clears (label_wipe()) */
		bpf_probe_read_kernel(row->line, sizeof(row->line), NULL);
	return 0;
}

/* Run ops[first .. first + count) of the probe, with the saved values of frame `saved`. */
static __always_inline void expr_run(struct row *row, struct weir_probe *probe, u32 first, u32 count, u32 saved, u32 node)
{
	expr_machine(row, probe, EXPR_WHERE(first, count, saved & (WEIR_DEPTH_MAX - 1)), node);
}

#endif
