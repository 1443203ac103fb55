/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees to operations. What leave code needs of the time of enter (arguments, lets, the operands of delta) is
 * saved at enter, each once, however often it is used.
 */
#include "profile/expression.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/expression_tree.h"
#include "profile/profile.h"

enum {
	OUTPUTS = OUTPUT_EXTRA + WEIR_EXTRA_MAX,
	EMIT_MAX = 2048, /* operations that are counted for the message once WEIR_OPS_MAX is passed */
};

struct expression_builder {
	enum expression_scheme scheme;
	uint8_t dialect;
	const struct expression_names *names;
	struct expression_named lets[EXPRESSION_LETS_MAX];
	size_t lets_count;
	struct expression_tree outputs[OUTPUTS];
	uint8_t sinces; /* uses of since() so far */
};

struct emitter {
	const struct expression_builder *builder;
	struct weir_op ops[EMIT_MAX];
	size_t count, label_ops; /* label_ops: of a span, those of its label, which come first */
	bool at_leave;
	uint32_t needed_args, needed_end_args;
	const struct expression_node *saved[WEIR_SAVED_MAX];
	size_t saved_count, saved_wanted; /* wanted passes WEIR_SAVED_MAX where there are too many */
	size_t saved_ready;               /* those whose SAVE stands already */
};

int expression_builder_new(enum expression_scheme scheme, struct expression_builder **ret_builder)
{
	struct expression_builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		return -ENOMEM;
	builder->scheme = scheme;
	*ret_builder = builder;
	return 0;
}

void expression_builder_free(struct expression_builder **builder)
{
	struct expression_builder *b = *builder;

	if (!b)
		return;
	for (size_t i = 0; i < b->lets_count; i++)
		expression_tree_clear(&b->lets[i].tree);
	for (size_t i = 0; i < OUTPUTS; i++)
		expression_tree_clear(&b->outputs[i]);
	free(b);
	*builder = NULL;
}

void expression_set_dialect(struct expression_builder *builder, uint8_t dialect)
{
	builder->dialect = dialect;
}

void expression_set_names(struct expression_builder *builder, const struct expression_names *names)
{
	builder->names = names;
}

__attribute__((format(printf, 2, 3)))
static int refuse(struct expression_fault *fault, const char *format, ...)
{
	va_list args;

	fault->position = 0;
	va_start(args, format);
	vsnprintf(fault->message, sizeof(fault->message), format, args);
	va_end(args);
	return -EINVAL;
}

int expression_let(struct expression_builder *builder, const char *name, const char *text,
		   struct expression_fault *ret_fault)
{
	struct expression_scope scope = {
		.lets = builder->lets,
		.lets_count = builder->lets_count,
		.names = builder->names,
		.is_span = builder->scheme == EXPRESSION_SPAN,
		.is_entry_only = builder->scheme == EXPRESSION_ENTRY_ONLY,
		.no_leave = "inside let, expected a value that can be read at enter",
	};
	struct expression_named *let = &builder->lets[builder->lets_count];
	int err;

	if (builder->lets_count == EXPRESSION_LETS_MAX)
		return refuse(ret_fault, "too many lets, expected at most %d", EXPRESSION_LETS_MAX);
	if (!expression_name_is_free(name))
		return refuse(ret_fault,
			      "\"%.40s\" cannot be the name of a let, expected an identifier of at most %d "
			      "characters that is no word of the language",
			      name, EXPRESSION_NAME_MAX - 1);
	for (size_t i = 0; i < builder->lets_count; i++)
		if (strcmp(builder->lets[i].name, name) == 0)
			return refuse(ret_fault, "there is a let \"%s\" already, expected another name",
				      name);
	err = expression_parse(text, &scope, &let->tree, ret_fault);
	let->unavailable = err == -ENODATA;
	if (let->unavailable)
		err = expression_parse("0", &scope, &let->tree, ret_fault);
	if (err)
		return err;
	snprintf(let->name, sizeof(let->name), "%s", name);
	builder->lets_count++;
	return 0;
}

int expression_add(struct expression_builder *builder, enum expression_output output, unsigned index,
		   const char *text, struct expression_fault *ret_fault)
{
	struct expression_scope scope = {
		.lets = builder->lets,
		.lets_count = builder->lets_count,
		.names = builder->names,
		.is_label = output == OUTPUT_LABEL,
		.is_span = builder->scheme == EXPRESSION_SPAN,
		.is_entry_only = builder->scheme == EXPRESSION_ENTRY_ONLY,
		.sinces = builder->scheme == EXPRESSION_ENTRY_ONLY && output != OUTPUT_LABEL && output != OUTPUT_WHEN ? &builder->sinces : NULL,
	};
	struct expression_tree *tree = &builder->outputs[output + index];

	assert(output <= OUTPUT_EXTRA && (output == OUTPUT_EXTRA ? index < WEIR_EXTRA_MAX : index == 0));
	assert(!tree->root);
	if (output == OUTPUT_KEY)
		scope.no_leave = "in a key, expected a value that can be read at enter";
	else if (scope.is_label)
		scope.no_leave = "in a label, expected a value that can be read at enter";
	else if (builder->scheme == EXPRESSION_ENTRY_ONLY)
		scope.no_leave = "in a probe that is entry_only, expected a value that can be read at enter";
	return expression_parse(text, &scope, tree, ret_fault);
}

/* ---- saved values -------------------------------------------------------------------------------- */

static bool nodes_equal(const struct expression_node *a, const struct expression_node *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->kind != b->kind || a->op != b->op || a->index != b->index || a->value != b->value)
		return false;
	if (a->type.width != b->type.width || a->type.is_signed != b->type.is_signed ||
	    a->type.pointers != b->type.pointers)
		return false;
	return nodes_equal(a->left, b->left) && nodes_equal(a->right, b->right);
}

/* The place of a node's value among the saved ones; saved_count: none. */
static size_t saved_find(const struct emitter *e, const struct expression_node *node)
{
	size_t i = 0;

	while (i < e->saved_count && !nodes_equal(e->saved[i], node))
		i++;
	return i;
}

static void saved_want(struct emitter *e, const struct expression_node *node)
{
	if (saved_find(e, node) < e->saved_count)
		return;
	e->saved_wanted++;
	if (e->saved_count < WEIR_SAVED_MAX)
		e->saved[e->saved_count++] = node;
}

/* Arguments and lets that leave code reads. Operands of delta come in a second round: they may use these. */
static void want_names(struct emitter *e, const struct expression_node *node)
{
	if (!node)
		return;
	if (node->kind == NODE_ARG || node->kind == NODE_LET || node->kind == NODE_SYMBOL)
		saved_want(e, node);
	want_names(e, node->left);
	want_names(e, node->right);
}

static void want_deltas(struct emitter *e, const struct expression_node *node)
{
	if (!node)
		return;
	if (node->kind == NODE_DELTA)
		saved_want(e, node->left);
	want_deltas(e, node->left);
	want_deltas(e, node->right);
}

/* ---- operations ---------------------------------------------------------------------------------- */

static void emit(struct emitter *e, enum weir_op_code code, unsigned a, int32_t imm)
{
	if (e->count < EMIT_MAX)
		e->ops[e->count++] = (struct weir_op){ .code = (uint8_t)code, .a = (uint8_t)a, .imm = imm };
}

static void emit_constant(struct emitter *e, uint64_t value)
{
	emit(e, WEIR_OP_CONST, 0, (int32_t)(uint32_t)value);
	if ((uint64_t)(int64_t)(int32_t)(uint32_t)value != value)
		emit(e, WEIR_OP_HIGH, 0, (int32_t)(uint32_t)(value >> 32));
}

/* Cut the top to `type`. HIGH with 0 leaves the low 32 bits; (x ^ sign) - sign extends the sign. */
static void emit_cut(struct emitter *e, struct expression_type type)
{
	int32_t sign;

	if (type.pointers || type.width == 8)
		return;
	if (type.width == 4) {
		emit(e, WEIR_OP_HIGH, 0, 0);
	} else {
		emit(e, WEIR_OP_CONST, 0, type.width == 1 ? 0xff : 0xffff);
		emit(e, WEIR_OP_AND, 0, 0);
	}
	if (!type.is_signed)
		return;
	sign = type.width == 1 ? 0x80 : type.width == 2 ? 0x8000 : INT32_MIN;
	emit(e, WEIR_OP_CONST, 0, sign);
	emit(e, WEIR_OP_XOR, 0, 0);
	emit(e, WEIR_OP_CONST, 0, sign);
	emit(e, WEIR_OP_SUB, 0, 0);
}

static void emit_node(struct emitter *e, const struct expression_node *node);

static bool is_offset(const struct expression_node *node)
{
	return node->kind == NODE_CONST && (uint64_t)(int64_t)(int32_t)(uint32_t)node->value == node->value;
}

static void emit_load(struct emitter *e, const struct expression_node *node)
{
	const struct expression_node *address = node->left;
	bool is_signed = node->type.is_signed && !node->type.pointers;
	uint64_t offset = 0;

	/* A cast to a pointer is no operation. */
	while (address->kind == NODE_CAST && (address->type.pointers || address->type.width == 8))
		address = address->left;
	if (address->kind == NODE_BINARY && address->op == WEIR_OP_ADD) {
		if (is_offset(address->right)) {
			offset = address->right->value;
			address = address->left;
		} else if (is_offset(address->left)) {
			offset = address->left->value;
			address = address->right;
		}
	}
	emit_node(e, address);
	emit(e, is_signed ? WEIR_OP_LOADS : WEIR_OP_LOAD, node->type.pointers ? 8 : node->type.width,
	     (int32_t)(uint32_t)offset);
}

static void emit_delta(struct emitter *e, const struct expression_node *node)
{
	const struct expression_node *operand = node->left;
	bool is_counter = operand->kind == NODE_LOAD && !operand->type.is_signed;

	emit_node(e, operand);
	emit(e, WEIR_OP_SAVED, (unsigned)saved_find(e, operand), 0);
	/* A counter of 64 bits that fell was set back, and nothing is known to have happened. */
	emit(e, is_counter && operand->type.width == 8 && !operand->type.pointers ? WEIR_OP_GROWN : WEIR_OP_SUB, 0, 0);
	/* A narrow counter may have wrapped in between: the difference is right modulo its width. */
	if (is_counter)
		emit_cut(e, operand->type);
}

/* Where the module lies is known at enter. */
static void emit_symbol(struct emitter *e, const struct expression_node *node)
{
	if (e->at_leave)
		emit(e, WEIR_OP_SAVED, (unsigned)saved_find(e, node), 0);
	else
		emit(e, WEIR_OP_SYMBOL, 0, (int32_t)(uint32_t)node->value);
}

static bool is_truth(const struct expression_node *node)
{
	return (node->kind == NODE_BINARY && ((node->op >= WEIR_OP_EQ && node->op <= WEIR_OP_SGE) ||
					      node->op == WEIR_OP_LAND || node->op == WEIR_OP_LOR)) ||
	       (node->kind == NODE_UNARY && node->op == WEIR_OP_NOT);
}

/* && and ||: the right side is passed over where the left one decides. */
static void emit_choice(struct emitter *e, const struct expression_node *node)
{
	size_t choice;

	emit_node(e, node->left);
	choice = e->count;
	emit(e, node->op, 0, 0);
	emit_node(e, node->right);
	if (!is_truth(node->right)) {
		emit(e, WEIR_OP_NOT, 0, 0);
		emit(e, WEIR_OP_NOT, 0, 0);
	}
	if (choice < EMIT_MAX)
		e->ops[choice].imm = (int32_t)(e->count - choice - 1);
}

/* An argument or a let. */
static void emit_name(struct emitter *e, const struct expression_node *node)
{
	size_t place = saved_find(e, node);

	if (e->at_leave || (node->kind == NODE_LET && place < e->saved_ready)) {
		emit(e, WEIR_OP_SAVED, (unsigned)place, 0);
	} else if (node->kind == NODE_ARG) {
		emit(e, WEIR_OP_ARG, node->index, 0);
		e->needed_args |= 1u << (node->index - 1);
	} else {
		emit_node(e, e->builder->lets[node->index].tree.root);
	}
}

static void emit_node(struct emitter *e, const struct expression_node *node)
{
	if (e->count == EMIT_MAX)
		return;
	switch (node->kind) {
	case NODE_CONST:
		emit_constant(e, node->value);
		break;
	case NODE_RET:
		emit(e, WEIR_OP_RET, 0, 0);
		break;
	case NODE_END:
		emit(e, WEIR_OP_ARG, node->index, 0);
		e->needed_end_args |= 1u << (node->index - 1);
		break;
	case NODE_ARG:
	case NODE_LET:
		emit_name(e, node);
		break;
	case NODE_LOAD:
		emit_load(e, node);
		break;
	case NODE_DELTA:
		emit_delta(e, node);
		break;
	case NODE_SINCE:
		emit_node(e, node->left);
		emit(e, WEIR_OP_SINCE, node->index, 0);
		break;
	case NODE_CAST:
		emit_node(e, node->left);
		emit_cut(e, node->type);
		break;
	case NODE_UNARY:
		emit_node(e, node->left);
		emit(e, node->op, 0, 0);
		break;
	case NODE_SYMBOL:
		emit_symbol(e, node);
		break;
	case NODE_BINARY:
		if (node->op == WEIR_OP_LAND || node->op == WEIR_OP_LOR) {
			emit_choice(e, node);
			break;
		}
		emit_node(e, node->left);
		emit_node(e, node->right);
		emit(e, node->op, 0, 0);
		break;
	}
}

/* ---- a probe's code ------------------------------------------------------------------------------ */

struct output_spec {
	const char *name;
	unsigned place; /* in the builder's outputs */
	enum weir_op_code op;
	unsigned a;
};

/* In the order of the code: ERROR stands after ERROR_CODE (wire.h). */
static const struct output_spec output_specs[] = {
	{ "when", OUTPUT_WHEN, WEIR_OP_WHEN, 0 },
	{ "key", OUTPUT_KEY, WEIR_OP_KEY, 0 },
	{ "label", OUTPUT_LABEL, WEIR_OP_LABEL_NUMBER, 0 },
	{ "rows", OUTPUT_ROWS, WEIR_OP_ROWS, 0 },
	{ "bytes", OUTPUT_BYTES, WEIR_OP_BYTES, 0 },
	{ "hits", OUTPUT_HITS, WEIR_OP_HITS, 0 },
	{ "misses", OUTPUT_MISSES, WEIR_OP_MISSES, 0 },
	{ "counter 1", OUTPUT_EXTRA, WEIR_OP_EXTRA, 0 },
	{ "counter 2", OUTPUT_EXTRA + 1, WEIR_OP_EXTRA, 1 },
	{ "counter 3", OUTPUT_EXTRA + 2, WEIR_OP_EXTRA, 2 },
	{ "counter 4", OUTPUT_EXTRA + 3, WEIR_OP_EXTRA, 3 },
	{ "error_code", OUTPUT_ERROR_CODE, WEIR_OP_ERROR_CODE, 0 },
	{ "error", OUTPUT_ERROR, WEIR_OP_ERROR, 0 },
};
_Static_assert(sizeof(output_specs) / sizeof(output_specs[0]) == OUTPUTS, "each output has its line");

enum { LABEL_SPEC = 2 }; /* the place of the label in it */

static void emit_output(struct emitter *e, const struct output_spec *spec)
{
	static const enum weir_op_code label_ops[] = {
		[LABEL_FORM_NUMBER] = WEIR_OP_LABEL_NUMBER,
		[LABEL_FORM_STRING] = WEIR_OP_LABEL_STRING,
		[LABEL_FORM_QUERY] = WEIR_OP_LABEL_QUERY,
		[LABEL_FORM_TYPE] = WEIR_OP_LABEL_STRING,
		[LABEL_FORM_NAMED] = WEIR_OP_LABEL_NUMBER,
	};
	const struct expression_tree *tree = &e->builder->outputs[spec->place];

	if (tree->length) {
		emit_node(e, tree->length);
		emit(e, WEIR_OP_LABEL_LENGTH, 0, 0);
	}
	emit_node(e, tree->root);
	if (spec->place != OUTPUT_LABEL)
		emit(e, spec->op, spec->a, 0);
	else
		emit(e, label_ops[tree->form], tree->form == LABEL_FORM_QUERY ? e->builder->dialect : 0, 0);
}

/* Whatever the scheme. */
static bool is_at_enter(unsigned output)
{
	return output == OUTPUT_LABEL || output == OUTPUT_KEY;
}

static void choose_saved(struct emitter *e)
{
	if (e->builder->scheme == EXPRESSION_ENTRY_ONLY)
		return;
	for (unsigned i = 0; i < OUTPUTS; i++)
		if (!is_at_enter(i))
			want_names(e, e->builder->outputs[i].root);
	for (unsigned i = 0; i < OUTPUTS; i++)
		if (!is_at_enter(i))
			want_deltas(e, e->builder->outputs[i].root);
}

static void emit_saves(struct emitter *e)
{
	for (size_t i = 0; i < e->saved_count; i++) {
		emit_node(e, e->saved[i]);
		emit(e, WEIR_OP_SAVE, (unsigned)i, 0);
		e->saved_ready = i + 1;
	}
}

/* Too many operations: say what each part takes, so that the writer knows where to save. */
static void fill_cost_fault(const struct emitter *e, const size_t *costs, size_t saves,
			    struct expression_fault *fault)
{
	size_t used;

	fault->position = 0;
	used = (size_t)snprintf(fault->message, sizeof(fault->message),
				"the probe takes %s%zu operations, expected at most %d: ",
				e->count == EMIT_MAX ? "more than " : "", e->count, WEIR_OPS_MAX);
	used += (size_t)snprintf(fault->message + used, sizeof(fault->message) - used, "saving values %zu",
				 saves);
	for (size_t i = 0; i < OUTPUTS && used < sizeof(fault->message); i++)
		if (costs[i])
			used += (size_t)snprintf(fault->message + used, sizeof(fault->message) - used,
						 ", %s %zu", output_specs[i].name, costs[i]);
}

static int emit_all(struct emitter *e, size_t *ret_enter_ops, struct expression_fault *fault)
{
	const bool is_span = e->builder->scheme == EXPRESSION_SPAN;
	size_t costs[OUTPUTS] = { 0 }, saves, enter_ops;

	choose_saved(e);
	if (e->saved_wanted > WEIR_SAVED_MAX) {
		refuse(fault,
		       "the probe carries %zu values from enter to leave, expected at most %d: each "
		       "argument, let and delta() that is used at leave is one",
		       e->saved_wanted, WEIR_SAVED_MAX);
		return -E2BIG;
	}
	/* Whether a span goes on is a matter of its label: there it is made before anything is saved. */
	if (is_span && e->builder->outputs[OUTPUT_LABEL].root)
		emit_output(e, &output_specs[LABEL_SPEC]);
	costs[LABEL_SPEC] = e->label_ops = e->count;
	emit_saves(e);
	enter_ops = e->count;
	saves = enter_ops - e->label_ops;
	for (size_t i = 0; i < OUTPUTS; i++) {
		const struct output_spec *spec = &output_specs[i];
		size_t before = e->count;

		if (!e->builder->outputs[spec->place].root || (is_span && i == LABEL_SPEC))
			continue;
		e->at_leave = !is_at_enter(spec->place) && e->builder->scheme != EXPRESSION_ENTRY_ONLY;
		emit_output(e, spec);
		costs[i] = e->count - before;
		if (!e->at_leave)
			enter_ops = e->count;
	}
	if (e->count > WEIR_OPS_MAX) {
		fill_cost_fault(e, costs, saves, fault);
		return -E2BIG;
	}
	*ret_enter_ops = enter_ops;
	return 0;
}

int expression_finish(struct expression_builder *builder, struct profile_code *ret_code,
		      struct expression_fault *ret_fault)
{
	_cleanup_free_ struct emitter *e = calloc(1, sizeof(*e));
	struct profile_code code = { 0 };
	size_t enter_ops;
	int err;

	if (!e)
		return -ENOMEM;
	e->builder = builder;
	err = emit_all(e, &enter_ops, ret_fault);
	if (err)
		return err;
	memcpy(code.ops, e->ops, e->count * sizeof(e->ops[0]));
	code.label_ops = (uint8_t)e->label_ops;
	code.enter_ops = (uint8_t)enter_ops;
	code.leave_ops = (uint8_t)(e->count - enter_ops);
	code.needed_args = e->needed_args;
	code.types = builder->outputs[OUTPUT_LABEL].form == LABEL_FORM_TYPE;
	code.names = builder->outputs[OUTPUT_LABEL].form == LABEL_FORM_NAMED;
	code.names_table = builder->outputs[OUTPUT_LABEL].table;
	code.names_number = builder->outputs[OUTPUT_LABEL].has_number;
	code.needed_end_args = e->needed_end_args;
	*ret_code = code;
	return 0;
}
