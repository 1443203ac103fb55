/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text to tree: a lexer, a parser by precedence climbing, and, while nodes are made, types and constant
 * folding. A fault is filled in once; from then on every function returns NULL up to expression_parse.
 */
#include "profile/expression_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_NAME,
	TOKEN_SIGN, /* operator or parenthesis */
	TOKEN_BAD,  /* the fault is filled in */
};

struct token {
	enum token_kind kind;
	size_t position, length;
	uint64_t number;
};

struct parser {
	const char *text;
	const struct expression_scope *scope;
	struct expression_tree *tree;
	struct expression_fault *fault;
	struct token token;
	unsigned nesting;
	bool failed, in_delta;
	bool unavailable; /* failed for a name that has no value here */
};

struct type_word {
	const char *name;
	struct expression_type type;
};

static const struct type_word type_words[] = {
	{ "u8", { 1, false, 0 } }, { "u16", { 2, false, 0 } }, { "u32", { 4, false, 0 } },
	{ "u64", { 8, false, 0 } }, { "s8", { 1, true, 0 } }, { "s16", { 2, true, 0 } },
	{ "s32", { 4, true, 0 } }, { "s64", { 8, true, 0 } },
};

struct binary_word {
	const char *sign;
	unsigned precedence; /* C's order, higher binds tighter */
	enum weir_op_code op, signed_op;
};

/* Longer signs stand before those they begin with. */
static const struct binary_word binary_words[] = {
	{ "<<", 8, WEIR_OP_SHL, WEIR_OP_SHL }, { ">>", 8, WEIR_OP_SHR, WEIR_OP_SHR },
	{ "<=", 7, WEIR_OP_LE, WEIR_OP_SLE }, { ">=", 7, WEIR_OP_GE, WEIR_OP_SGE },
	{ "==", 6, WEIR_OP_EQ, WEIR_OP_EQ }, { "!=", 6, WEIR_OP_NE, WEIR_OP_NE },
	{ "&&", 2, WEIR_OP_LAND, WEIR_OP_LAND }, { "||", 1, WEIR_OP_LOR, WEIR_OP_LOR },
	{ "*", 10, WEIR_OP_MUL, WEIR_OP_MUL }, { "+", 9, WEIR_OP_ADD, WEIR_OP_ADD },
	{ "-", 9, WEIR_OP_SUB, WEIR_OP_SUB }, { "<", 7, WEIR_OP_LT, WEIR_OP_SLT },
	{ ">", 7, WEIR_OP_GT, WEIR_OP_SGT }, { "&", 5, WEIR_OP_AND, WEIR_OP_AND },
	{ "^", 4, WEIR_OP_XOR, WEIR_OP_XOR }, { "|", 3, WEIR_OP_OR, WEIR_OP_OR },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct expression_type plain_unsigned = { 8, false, 0 };

static const char expected_value[] =
	"a value: arg1..arg6, ret, a number, a let's name, *(type *)address, delta(...) or (";

static struct expression_node *parse_binary(struct parser *p, unsigned lowest);
static struct expression_node *parse_unary(struct parser *p);

/* ---- faults -------------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static void *fail_at(struct parser *p, size_t position, const char *format, ...)
{
	va_list args;

	if (p->failed)
		return NULL;
	p->failed = true;
	p->fault->position = position;
	va_start(args, format);
	vsnprintf(p->fault->message, sizeof(p->fault->message), format, args);
	va_end(args);
	return NULL;
}

/* The present token is not what was expected. */
static void *fail_expected(struct parser *p, const char *expected)
{
	const struct token *t = &p->token;

	if (t->kind == TOKEN_END)
		return fail_at(p, t->position, "the expression ends too early, expected %s", expected);
	return fail_at(p, t->position, "unexpected \"%.*s\", expected %s",
		       (int)(t->length < 40 ? t->length : 40), p->text + t->position, expected);
}

/* ---- lexer --------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static void lex_number(struct parser *p)
{
	struct token *t = &p->token;
	const char *start = p->text + t->position, *s = start;
	unsigned base = 10;

	t->kind = TOKEN_BAD;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && is_digit(s[1])) {
		fail_at(p, t->position,
			"a number that begins with 0, expected decimal digits, or 0x and hexadecimal ones");
		return;
	}
	t->number = 0;
	if (digit_value(*s) >= (int)base) {
		fail_at(p, t->position, "a number without digits, expected hexadecimal digits behind 0x");
		return;
	}
	for (; digit_value(*s) < (int)base; s++) {
		if (__builtin_mul_overflow(t->number, (uint64_t)base, &t->number) ||
		    __builtin_add_overflow(t->number, (uint64_t)digit_value(*s), &t->number)) {
			fail_at(p, t->position,
				"a number that needs more than 64 bits, expected at most 0xffffffffffffffff");
			return;
		}
	}
	t->length = (size_t)(s - start);
	if (is_letter(*s) || is_digit(*s)) {
		fail_at(p, (size_t)(s - p->text), "\"%c\" in a number, expected %s digits without a suffix",
			*s, base == 16 ? "hexadecimal" : "decimal");
		return;
	}
	t->kind = TOKEN_NUMBER;
}

static void lex_character(struct parser *p)
{
	static const char escapes[] = "n\nt\tr\r0\0\\\\''";
	struct token *t = &p->token;
	const char *s = p->text + t->position + 1;
	size_t used = 1;

	t->kind = TOKEN_BAD;
	t->number = (unsigned char)s[0];
	if (s[0] == '\\') {
		size_t i = 0;

		while (i + 1 < sizeof(escapes) && (escapes[i] != s[1] || !s[1]))
			i += 2;
		if (i + 1 >= sizeof(escapes)) {
			fail_at(p, t->position,
				"unknown escape in a character, expected \\n \\t \\r \\0 \\\\ or \\'");
			return;
		}
		t->number = (unsigned char)escapes[i + 1];
		used = 2;
	}
	if (!s[0] || s[0] == '\'' || t->number > 0x7f || s[used] != '\'') {
		fail_at(p, t->position,
			"a bad character constant, expected one ASCII character between quotes, as 'c'");
		return;
	}
	t->length = used + 2;
	t->kind = TOKEN_NUMBER;
}

static void lex_sign(struct parser *p)
{
	struct token *t = &p->token;
	const char *s = p->text + t->position;

	t->kind = TOKEN_SIGN;
	t->length = 1;
	for (size_t i = 0; i < COUNT(binary_words); i++) {
		size_t length = strlen(binary_words[i].sign);

		if (strncmp(s, binary_words[i].sign, length) == 0) {
			t->length = length;
			return;
		}
	}
	if (strchr("()!~,", *s))
		return;
	t->kind = TOKEN_BAD;
	if (*s > ' ' && *s < 0x7f)
		fail_at(p, t->position,
			"unexpected character \"%c\", expected an operator, a parenthesis, a name or a number",
			*s);
	else
		fail_at(p, t->position,
			"unexpected byte 0x%02x, expected an operator, a parenthesis, a name or a number",
			(unsigned char)*s);
}

/* Step to the next token. */
static void advance(struct parser *p)
{
	struct token *t = &p->token;
	const char *s = p->text + t->position + t->length;

	s += strspn(s, " \t\r\n");
	t->position = (size_t)(s - p->text);
	t->length = 0;
	if (!*s) {
		t->kind = TOKEN_END;
	} else if (is_digit(*s)) {
		lex_number(p);
	} else if (*s == '\'') {
		lex_character(p);
	} else if (is_letter(*s)) {
		t->kind = TOKEN_NAME;
		while (is_letter(s[t->length]) || is_digit(s[t->length]))
			t->length++;
	} else {
		lex_sign(p);
	}
}

static bool token_is(const struct parser *p, const char *word)
{
	return (p->token.kind == TOKEN_SIGN || p->token.kind == TOKEN_NAME) &&
	       strlen(word) == p->token.length &&
	       strncmp(p->text + p->token.position, word, p->token.length) == 0;
}

static bool expect(struct parser *p, const char *sign)
{
	char expected[32];

	if (token_is(p, sign)) {
		advance(p);
		return !p->failed;
	}
	snprintf(expected, sizeof(expected), "\"%s\"", sign);
	fail_expected(p, expected);
	return false;
}

static const struct type_word *type_at(const struct parser *p)
{
	for (size_t i = 0; i < COUNT(type_words); i++)
		if (p->token.kind == TOKEN_NAME && token_is(p, type_words[i].name))
			return &type_words[i];
	return NULL;
}

/* ---- nodes --------------------------------------------------------------------------------------- */

static struct expression_node *node_new(struct parser *p, enum expression_kind kind, size_t position)
{
	struct expression_node *node;

	if (p->failed)
		return NULL;
	if (p->tree->nodes_count == EXPRESSION_NODES_MAX)
		return fail_at(p, position,
			       "the expression is too long, expected at most %d operands and operators",
			       EXPRESSION_NODES_MAX);
	node = &p->tree->nodes[p->tree->nodes_count++];
	*node = (struct expression_node){ .kind = kind, .type = plain_unsigned, .depth = 1 };
	return node;
}

static struct expression_node *node_checked(struct parser *p, struct expression_node *node, size_t position)
{
	if (node->depth > WEIR_STACK_MAX)
		return fail_at(p, position,
			       "the expression is too deep: %u values stand at once here, expected at most "
			       "%d; use let",
			       node->depth, WEIR_STACK_MAX);
	return node;
}

static uint64_t cast_constant(uint64_t value, struct expression_type type)
{
	unsigned spare;

	if (type.pointers || type.width == 8)
		return value;
	spare = 64 - 8u * type.width;
	return type.is_signed ? (uint64_t)((int64_t)(value << spare) >> spare) : value << spare >> spare;
}

static uint64_t fold_binary(enum weir_op_code op, uint64_t a, uint64_t b)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (op) {
	case WEIR_OP_ADD: return a + b;
	case WEIR_OP_SUB: return a - b;
	case WEIR_OP_MUL: return a * b;
	case WEIR_OP_AND: return a & b;
	case WEIR_OP_OR: return a | b;
	case WEIR_OP_XOR: return a ^ b;
	case WEIR_OP_SHL: return a << (b & 63);
	case WEIR_OP_SHR: return a >> (b & 63);
	case WEIR_OP_EQ: return a == b;
	case WEIR_OP_NE: return a != b;
	case WEIR_OP_LT: return a < b;
	case WEIR_OP_LE: return a <= b;
	case WEIR_OP_GT: return a > b;
	case WEIR_OP_GE: return a >= b;
	case WEIR_OP_SLT: return sa < sb;
	case WEIR_OP_SLE: return sa <= sb;
	case WEIR_OP_SGT: return sa > sb;
	case WEIR_OP_SGE: return sa >= sb;
	case WEIR_OP_LAND: return a && b;
	case WEIR_OP_LOR: return a || b;
	default: return 0;
	}
}

static uint64_t fold_unary(enum weir_op_code op, uint64_t value)
{
	switch (op) {
	case WEIR_OP_NOT: return !value;
	case WEIR_OP_INV: return ~value;
	default: return -value;
	}
}

static bool is_comparison(enum weir_op_code op)
{
	return op >= WEIR_OP_EQ && op <= WEIR_OP_SGE;
}

static bool is_signed(const struct expression_node *node)
{
	return node->type.is_signed && !node->type.pointers;
}

/* Is `left word right` sound? */
static bool check_binary(struct parser *p, const struct binary_word *word, const struct expression_node *left,
			 const struct expression_node *right, size_t position)
{
	bool is_shift = word->op == WEIR_OP_SHL || word->op == WEIR_OP_SHR;
	bool is_truth = is_comparison(word->op) || word->op == WEIR_OP_LAND || word->op == WEIR_OP_LOR;

	if (!is_truth && (left->type.pointers || right->type.pointers))
		fail_at(p, position,
			"\"%s\" on a pointer, expected plain values: work the address out before the cast, "
			"as in *(u32 *)(arg1 + 8)",
			word->sign);
	else if (is_shift && right->kind == NODE_CONST && right->value > 63)
		fail_at(p, position, "a shift by %llu bits, expected 0 to 63",
			(unsigned long long)right->value);
	else if (word->op == WEIR_OP_SHR && is_signed(left))
		fail_at(p, position,
			"\">>\" of a signed value, expected an unsigned one: cast it, as in (u64)value >> 8");
	return !p->failed;
}

static struct expression_node *node_binary(struct parser *p, const struct binary_word *word,
					   struct expression_node *left, struct expression_node *right,
					   size_t position)
{
	bool either_signed, is_shift = word->op == WEIR_OP_SHL || word->op == WEIR_OP_SHR;
	struct expression_node *node;
	enum weir_op_code op;

	if (!check_binary(p, word, left, right, position))
		return NULL;
	either_signed = is_signed(left) || (is_signed(right) && !is_shift);
	op = either_signed ? word->signed_op : word->op;
	if (left->kind == NODE_CONST && right->kind == NODE_CONST) {
		left->value = fold_binary(op, left->value, right->value);
		node = left;
	} else {
		node = node_new(p, NODE_BINARY, position);
		if (!node)
			return NULL;
		node->left = left;
		node->right = right;
		node->op = op;
		node->depth = left->depth > right->depth + 1 ? left->depth : right->depth + 1;
	}
	node->type = plain_unsigned;
	node->type.is_signed = either_signed && !is_comparison(op) && op != WEIR_OP_LAND && op != WEIR_OP_LOR;
	return node_checked(p, node, position);
}

static struct expression_node *node_unary(struct parser *p, enum weir_op_code op,
					  struct expression_node *operand, size_t position)
{
	struct expression_node *node = operand;
	bool was_signed = is_signed(operand);

	if (operand->type.pointers && op != WEIR_OP_NOT)
		return fail_at(p, position,
			       "an operator on a pointer, expected a plain value: cast it to u64");
	if (operand->kind == NODE_CONST) {
		node->value = fold_unary(op, node->value);
	} else {
		node = node_new(p, NODE_UNARY, position);
		if (!node)
			return NULL;
		node->op = op;
		node->left = operand;
		node->depth = operand->depth;
	}
	node->type = plain_unsigned;
	node->type.is_signed = op == WEIR_OP_NEG || (op == WEIR_OP_INV && was_signed);
	return node;
}

static struct expression_node *node_cast(struct parser *p, struct expression_type type,
					 struct expression_node *operand, size_t position)
{
	struct expression_node *node;

	if (operand->kind == NODE_CONST) {
		operand->value = cast_constant(operand->value, type);
		operand->type = type;
		return operand;
	}
	node = node_new(p, NODE_CAST, position);
	if (!node)
		return NULL;
	node->type = type;
	node->left = operand;
	node->depth = operand->depth;
	/* Cutting down takes a constant beside the value. */
	if (node->depth < 2 && !type.pointers && type.width < 8)
		node->depth = 2;
	return node;
}

static struct expression_node *node_load(struct parser *p, struct expression_node *address, size_t position)
{
	struct expression_node *node;

	if (!address->type.pointers)
		return fail_at(p, position,
			       "\"*\" of a value that is no pointer, expected a cast behind it, as in "
			       "*(u64 *)(arg1 + 8)");
	node = node_new(p, NODE_LOAD, position);
	if (!node)
		return NULL;
	node->left = address;
	node->type = address->type;
	node->type.pointers--;
	node->depth = address->depth;
	return node;
}

/* ---- grammar ------------------------------------------------------------------------------------- */

static struct expression_node *parse_parenthesised(struct parser *p)
{
	struct expression_node *node;

	if (!expect(p, "("))
		return NULL;
	node = parse_binary(p, 1);
	if (!node || !expect(p, ")"))
		return NULL;
	return node;
}

static struct expression_node *parse_delta(struct parser *p)
{
	size_t position = p->token.position;
	struct expression_node *node, *operand;

	if (p->scope->no_leave)
		return fail_at(p, position, "delta() %s", p->scope->no_leave);
	if (p->in_delta)
		return fail_at(p, position,
			       "delta() inside delta(), expected a value that can be read at enter");
	advance(p);
	p->in_delta = true;
	operand = parse_parenthesised(p);
	p->in_delta = false;
	if (!operand)
		return NULL;
	node = node_new(p, NODE_DELTA, position);
	if (!node)
		return NULL;
	node->left = operand;
	node->type = plain_unsigned;
	node->type.is_signed = is_signed(operand);
	node->depth = operand->depth > 2 ? operand->depth : 2;
	return node;
}

/* since(x): where a probe has no leave to compare with. */
static struct expression_node *parse_since(struct parser *p)
{
	size_t position = p->token.position;
	struct expression_node *node, *operand;

	if (!p->scope->sinces)
		return fail_at(p, position, "since() %s", p->scope->is_entry_only ? "in a label or let, expected it in an output"
										   : "in a probe that is not entry_only, expected delta()");
	if (*p->scope->sinces == WEIR_SAVED_MAX)
		return fail_at(p, position, "one since() too many, expected at most %d in a probe", WEIR_SAVED_MAX);
	advance(p);
	operand = parse_parenthesised(p);
	node = operand ? node_new(p, NODE_SINCE, position) : NULL;
	if (!node)
		return NULL;
	node->left = operand;
	node->index = (*p->scope->sinces)++;
	node->type = plain_unsigned;
	node->depth = operand->depth;
	return node;
}

static int find_name(struct parser *p, enum expression_name kind, const struct token *token, uint64_t *ret_value)
{
	const struct expression_names *names = p->scope->names;
	char name[128];

	if (!names || token->length >= sizeof(name))
		return -ENOENT;
	snprintf(name, sizeof(name), "%.*s", (int)token->length, p->text + token->position);
	return names->find(names->context, kind, name, ret_value);
}

static void *fail_unavailable(struct parser *p, const struct token *token, const char *what)
{
	p->unavailable = !p->failed;
	return fail_at(p, token->position, "%s \"%.*s\" has no value for this module", what,
		       (int)(token->length < 40 ? token->length : 40), p->text + token->position);
}

/* symbol(name): names of objects hold dollars and points in some languages; those are not reached. */
static struct expression_node *parse_symbol(struct parser *p)
{
	struct expression_node *node;
	struct token name;
	uint64_t value;
	int err;

	advance(p);
	if (!expect(p, "("))
		return NULL;
	name = p->token;
	if (name.kind != TOKEN_NAME)
		return fail_expected(p, "the name of an object of the module");
	err = find_name(p, NAME_SYMBOL, &name, &value);
	if (err)
		return fail_unavailable(p, &name, "the object");
	advance(p);
	if (!expect(p, ")"))
		return NULL;
	node = node_new(p, NODE_SYMBOL, name.position);
	if (node)
		node->value = value;
	return node;
}

/* The number that the profile gives for the module's version; NULL, with nothing failed: no such name. */
static struct expression_node *parse_offset(struct parser *p)
{
	struct expression_node *node;
	uint64_t value;
	int err = find_name(p, NAME_OFFSET, &p->token, &value);

	if (err == -ENODATA)
		return fail_unavailable(p, &p->token, "the offset");
	if (err)
		return NULL;
	node = node_new(p, NODE_CONST, p->token.position);
	if (node)
		node->value = value;
	advance(p);
	return node;
}

static struct expression_node *parse_let_name(struct parser *p)
{
	const struct expression_scope *scope = p->scope;
	struct expression_node *node;

	for (size_t i = 0; i < scope->lets_count; i++) {
		const struct expression_named *let = &scope->lets[i];

		if (!token_is(p, let->name))
			continue;
		if (let->unavailable)
			return fail_unavailable(p, &p->token, "the let");
		node = node_new(p, NODE_LET, p->token.position);
		if (!node)
			return NULL;
		node->index = (uint8_t)i;
		node->type = let->tree.root->type;
		node->depth = let->tree.root->depth;
		advance(p);
		return node;
	}
	if ((node = parse_offset(p)) || p->failed)
		return node;
	if (token_is(p, "str") || token_is(p, "query") || token_is(p, "name") || token_is(p, "type"))
		return fail_at(p, p->token.position, "%.*s() %s", (int)p->token.length,
			       p->text + p->token.position,
			       scope->is_label ? "inside an expression, expected it to be the whole label"
					       : "outside a label, expected a number");
	if (type_at(p))
		return fail_at(p, p->token.position,
			       "a type where a value should stand, expected (%.*s)value or *(%.*s *)address",
			       (int)p->token.length, p->text + p->token.position, (int)p->token.length,
			       p->text + p->token.position);
	return fail_at(p, p->token.position, "unknown name \"%.*s\", expected %s",
		       (int)(p->token.length < 40 ? p->token.length : 40), p->text + p->token.position,
		       expected_value);
}

/* Not every place has all arguments. False, with the fault filled in, where this one has not. */
static bool check_argument(struct parser *p)
{
	uint64_t value;

	if (find_name(p, NAME_ARGUMENT, &p->token, &value) != -ENODATA)
		return true;
	fail_unavailable(p, &p->token, "the argument");
	return false;
}

/* An argument of the call that ends a span. */
static struct expression_node *parse_end(struct parser *p)
{
	struct expression_node *node;

	if (!p->scope->is_span)
		return fail_at(p, p->token.position, "end1..end6 outside a span, expected arg1..arg6 or ret");
	if (p->scope->no_leave)
		return fail_at(p, p->token.position, "end1..end6 %s", p->scope->no_leave);
	if (p->in_delta)
		return fail_at(p, p->token.position, "end1..end6 inside delta(), expected a value that can be read at enter");
	if (!check_argument(p))
		return NULL;
	node = node_new(p, NODE_END, p->token.position);
	if (node)
		node->index = (uint8_t)(p->text[p->token.position + 3] - '0');
	advance(p);
	return node;
}

static struct expression_node *parse_name(struct parser *p)
{
	const char *name = p->text + p->token.position;
	size_t position = p->token.position;
	struct expression_node *node;

	if (p->token.length == 4 && strncmp(name, "arg", 3) == 0 && name[3] >= '1' && name[3] <= '6') {
		if (!check_argument(p))
			return NULL;
		node = node_new(p, NODE_ARG, position);
		if (node)
			node->index = (uint8_t)(name[3] - '0');
		advance(p);
		return node;
	}
	if (p->token.length == 4 && strncmp(name, "end", 3) == 0 && name[3] >= '1' && name[3] <= '6')
		return parse_end(p);
	if (token_is(p, "ret")) {
		if (p->scope->is_span)
			return fail_at(p, position,
				       "ret in a span, which returns nothing, expected end1..end6: the arguments of the call that ends it");
		if (p->scope->no_leave)
			return fail_at(p, position, "ret %s", p->scope->no_leave);
		if (p->in_delta)
			return fail_at(p, position,
				       "ret inside delta(), expected a value that can be read at enter");
		advance(p);
		return node_new(p, NODE_RET, position);
	}
	if (token_is(p, "delta"))
		return parse_delta(p);
	if (token_is(p, "since"))
		return parse_since(p);
	if (token_is(p, "symbol"))
		return parse_symbol(p);
	return parse_let_name(p);
}

/* Behind "(" stands a type: a cast. */
static struct expression_node *parse_cast(struct parser *p, size_t position)
{
	struct expression_type type = type_at(p)->type;
	struct expression_node *operand;

	advance(p);
	for (; token_is(p, "*"); advance(p))
		if (type.pointers++ == 4)
			return fail_at(p, p->token.position, "too many \"*\" in a type, expected at most 4");
	if (!expect(p, ")"))
		return NULL;
	operand = parse_unary(p);
	if (!operand)
		return NULL;
	return node_cast(p, type, operand, position);
}

static struct expression_node *parse_primary(struct parser *p)
{
	size_t position = p->token.position;
	struct expression_node *node;

	if (p->token.kind == TOKEN_NUMBER) {
		node = node_new(p, NODE_CONST, position);
		if (node)
			node->value = p->token.number;
		advance(p);
		return node;
	}
	if (p->token.kind == TOKEN_NAME)
		return parse_name(p);
	if (!token_is(p, "("))
		return fail_expected(p, expected_value);
	advance(p);
	if (type_at(p))
		return parse_cast(p, position);
	node = parse_binary(p, 1);
	if (!node || !expect(p, ")"))
		return NULL;
	return node;
}

static struct expression_node *parse_prefixed(struct parser *p)
{
	static const struct { const char *sign; enum weir_op_code op; } prefixes[] = {
		{ "!", WEIR_OP_NOT }, { "~", WEIR_OP_INV }, { "-", WEIR_OP_NEG },
	};
	size_t position = p->token.position;
	struct expression_node *operand;

	if (token_is(p, "*")) {
		advance(p);
		operand = parse_unary(p);
		return operand ? node_load(p, operand, position) : NULL;
	}
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		if (!token_is(p, prefixes[i].sign))
			continue;
		advance(p);
		operand = parse_unary(p);
		return operand ? node_unary(p, prefixes[i].op, operand, position) : NULL;
	}
	return parse_primary(p);
}

static struct expression_node *parse_unary(struct parser *p)
{
	struct expression_node *node;

	if (p->failed)
		return NULL;
	if (p->nesting == EXPRESSION_NESTING_MAX)
		return fail_at(p, p->token.position, "nested too deeply, expected at most %d levels; use let",
			       EXPRESSION_NESTING_MAX);
	p->nesting++;
	node = parse_prefixed(p);
	p->nesting--;
	return p->failed ? NULL : node;
}

static const struct binary_word *binary_at(const struct parser *p)
{
	for (size_t i = 0; i < COUNT(binary_words); i++)
		if (token_is(p, binary_words[i].sign))
			return &binary_words[i];
	return NULL;
}

/* Operators that bind at least as tightly as `lowest`, all of which group from the left. */
static struct expression_node *parse_binary(struct parser *p, unsigned lowest)
{
	struct expression_node *left = parse_unary(p);
	const struct binary_word *word;

	while (left && !p->failed && (word = binary_at(p)) && word->precedence >= lowest) {
		size_t position = p->token.position;
		struct expression_node *right;

		advance(p);
		right = parse_binary(p, word->precedence + 1);
		left = right ? node_binary(p, word, left, right, position) : NULL;
	}
	return p->failed ? NULL : left;
}

/* name(table, code) and name(table, code, number): low half and upper half of the label's number. */
static struct expression_node *parse_named(struct parser *p)
{
	static const struct binary_word shift = { "<<", 8, WEIR_OP_SHL, WEIR_OP_SHL }, both = { "|", 3, WEIR_OP_OR, WEIR_OP_OR };
	static const struct expression_type half = { 4, false, 0 };
	size_t position = p->token.position;
	struct expression_node *code, *number, *bits;
	uint64_t table;
	int err;

	p->tree->form = LABEL_FORM_NAMED;
	advance(p);
	if (!expect(p, "("))
		return NULL;
	err = p->token.kind == TOKEN_NAME ? find_name(p, NAME_TABLE, &p->token, &table) : -ENOENT;
	if (err == -ENODATA)
		return fail_unavailable(p, &p->token, "the table of names");
	if (err)
		return fail_expected(p, "a table of names, as the layouts of the profile have them");
	p->tree->table = (uint8_t)table;
	advance(p);
	if (!expect(p, ",") || !(code = parse_binary(p, 1)) || !(code = node_cast(p, half, code, position)))
		return NULL;
	p->tree->has_number = token_is(p, ",");
	if (p->tree->has_number) {
		advance(p);
		if (!(number = parse_binary(p, 1)) || !(bits = node_new(p, NODE_CONST, position)))
			return NULL;
		bits->value = 32;
		number = node_binary(p, &shift, number, bits, position);
		code = number ? node_binary(p, &both, number, code, position) : NULL;
	}
	return code && expect(p, ")") ? code : NULL;
}

static struct expression_node *load_at(struct parser *p, struct expression_node *base, int64_t displacement, size_t position)
{
	static const struct binary_word plus = { "+", 9, WEIR_OP_ADD, WEIR_OP_ADD };
	static const struct expression_type pointer = { 8, false, 1 };
	struct expression_node *offset = node_new(p, NODE_CONST, position), *address;

	if (!offset)
		return NULL;
	offset->value = (uint64_t)displacement;
	address = node_binary(p, &plus, base, offset, position);
	address = address ? node_cast(p, pointer, address, position) : NULL;
	return address ? node_load(p, address, position) : NULL;
}

/*
 * type(object): the class of a C++ object that has virtual functions. Its first word is the virtual table, before which a pointer
 * to the type_info stands, whose second word is the name (C++ ABI for Itanium, 2.5.2 and 2.9.4).
 */
static struct expression_node *parse_type(struct parser *p)
{
	static const struct expression_type word = { 8, false, 0 };
	size_t position = p->token.position;
	struct expression_node *node;

	p->tree->form = LABEL_FORM_TYPE;
	advance(p);
	node = parse_parenthesised(p);
	if (node && node->type.pointers)
		node = node_cast(p, word, node, position);
	node = node ? load_at(p, node, 0, position) : NULL;
	node = node ? load_at(p, node, -8, position) : NULL;
	return node ? load_at(p, node, 8, position) : NULL;
}

/* str(address), str(address, length), and query() alike. */
static struct expression_node *parse_text(struct parser *p)
{
	struct expression_node *address;

	p->tree->form = token_is(p, "str") ? LABEL_FORM_STRING : LABEL_FORM_QUERY;
	advance(p);
	if (!expect(p, "(") || !(address = parse_binary(p, 1)))
		return NULL;
	if (token_is(p, ",")) {
		advance(p);
		p->tree->length = parse_binary(p, 1);
		if (!p->tree->length)
			return NULL;
	}
	return expect(p, ")") ? address : NULL;
}

static struct expression_node *parse_all(struct parser *p)
{
	struct expression_node *root;

	advance(p);
	if (p->failed)
		return NULL;
	if (p->scope->is_label && (token_is(p, "str") || token_is(p, "query"))) {
		root = parse_text(p);
	} else if (p->scope->is_label && token_is(p, "name")) {
		root = parse_named(p);
	} else if (p->scope->is_label && token_is(p, "type")) {
		root = parse_type(p);
	} else {
		root = parse_binary(p, 1);
	}
	if (root && p->token.kind != TOKEN_END)
		return fail_expected(p, p->tree->form == LABEL_FORM_NUMBER ?
					"an operator or the end" :
					"the end: str(), query(), name() and type() are the whole label");
	return p->failed ? NULL : root;
}

int expression_parse(const char *text, const struct expression_scope *scope, struct expression_tree *ret_tree,
		     struct expression_fault *ret_fault)
{
	struct expression_tree tree = { 0 };
	struct parser p = { .text = text, .scope = scope, .tree = &tree, .fault = ret_fault };

	tree.nodes = calloc(EXPRESSION_NODES_MAX, sizeof(*tree.nodes));
	if (!tree.nodes)
		return -ENOMEM;
	tree.root = parse_all(&p);
	if (!tree.root) {
		expression_tree_clear(&tree);
		return p.unavailable ? -ENODATA : -EINVAL;
	}
	*ret_tree = tree;
	return 0;
}

void expression_tree_clear(struct expression_tree *tree)
{
	free(tree->nodes);
	*tree = (struct expression_tree){ 0 };
}

bool expression_name_is_free(const char *name)
{
	static const char *const words[] = { "ret", "delta", "since", "str", "query", "name", "type", "symbol" };
	size_t length = 0;

	while (is_letter(name[length]) || (length > 0 && is_digit(name[length])))
		length++;
	if (name[length] || length == 0 || length >= EXPRESSION_NAME_MAX)
		return false;
	if ((strncmp(name, "arg", 3) == 0 || strncmp(name, "end", 3) == 0) && is_digit(name[3]))
		return false;
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(name, words[i]) == 0)
			return false;
	for (size_t i = 0; i < COUNT(type_words); i++)
		if (strcmp(name, type_words[i].name) == 0)
			return false;
	return true;
}
