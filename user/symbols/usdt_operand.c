/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operands of USDT notes: SIZE@OPERAND, with spaces between them, as the assembler would read the operand. */
#include <errno.h>
#include <string.h>

#include "symbols/usdt.h"
#include "weir/wire.h"

struct cursor {
	const char *at, *end;
};

static bool is_at_end(const struct cursor *c)
{
	return c->at == c->end;
}

static bool take(struct cursor *c, char wanted)
{
	if (is_at_end(c) || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '$';
}

static int digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Decimal, or hexadecimal behind 0x; no sign. False where there is none, or one of more than 64 bits. */
static bool take_number(struct cursor *c, uint64_t *ret_value)
{
	uint64_t value = 0;
	unsigned base = 10, digits = 0;

	if (c->end - c->at > 2 && c->at[0] == '0' && (c->at[1] | 0x20) == 'x') {
		base = 16;
		c->at += 2;
	}
	for (; !is_at_end(c) && (unsigned)digit_value(*c->at) < base; c->at++, digits++)
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit_value(*c->at), &value))
			return false;
	*ret_value = value;
	return digits && (is_at_end(c) || !is_word(*c->at));
}

struct register_name {
	char text[8];
	uint8_t number, bytes;
	bool high;
};

#define OLD(letter, number) \
	{ "r" letter "x", number, 8, false }, { "e" letter "x", number, 4, false }, { letter "x", number, 2, false }, \
	{ letter "l", number, 1, false }, { letter "h", number, 1, true }
#define POINTER(name, number) \
	{ "r" name, number, 8, false }, { "e" name, number, 4, false }, { name, number, 2, false }, { name "l", number, 1, false }
#define NEW(name, number) \
	{ name, number, 8, false }, { name "d", number, 4, false }, { name "w", number, 2, false }, { name "b", number, 1, false }

static const struct register_name registers[] = {
	OLD("a", WEIR_RAX), OLD("b", WEIR_RBX), OLD("c", WEIR_RCX), OLD("d", WEIR_RDX),
	POINTER("si", WEIR_RSI), POINTER("di", WEIR_RDI), POINTER("bp", WEIR_RBP), POINTER("sp", WEIR_RSP),
	NEW("r8", WEIR_R8), NEW("r9", WEIR_R9), NEW("r10", WEIR_R10), NEW("r11", WEIR_R11),
	NEW("r12", WEIR_R12), NEW("r13", WEIR_R13), NEW("r14", WEIR_R14), NEW("r15", WEIR_R15),
};

/* A general register; NULL: none that is known. */
static const struct register_name *take_register(struct cursor *c)
{
	struct cursor word = *c;
	size_t length;

	if (!take(&word, '%'))
		return NULL;
	c->at = word.at;
	while (!is_at_end(c) && is_word(*c->at))
		c->at++;
	length = (size_t)(c->at - word.at);
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (strlen(registers[i].text) == length && !memcmp(registers[i].text, word.at, length))
			return &registers[i];
	return NULL;
}

/* A sum of numbers and one symbol at most: "-16", "8+16", "64+CheckpointStats". Wraps as addresses do. */
static bool take_sum(struct cursor *c, struct usdt_operand *o)
{
	uint64_t sum = 0, number;

	for (bool first = true; first || (!is_at_end(c) && (*c->at == '+' || *c->at == '-')); first = false) {
		bool negative = false;

		while (!is_at_end(c) && (*c->at == '+' || *c->at == '-'))
			negative ^= *c->at++ == '-';
		if (is_at_end(c))
			return false;
		if (is_digit(*c->at)) {
			if (!take_number(c, &number))
				return false;
			sum += negative ? -number : number;
			continue;
		}
		if (negative || o->symbol || !is_word(*c->at))
			return false;
		o->symbol = c->at;
		while (!is_at_end(c) && is_word(*c->at))
			c->at++;
		o->symbol_length = (size_t)(c->at - o->symbol);
	}
	o->value = (int64_t)sum;
	return true;
}

/* "(%rip)", "(%rax)", "(%rax,%rbx,8)", "(,%rbx,8)": what stands behind the displacement. */
static bool take_base(struct cursor *c, struct usdt_operand *o)
{
	const struct register_name *r;
	uint64_t scale;

	if (c->end - c->at == 6 && !memcmp(c->at, "(%rip)", 6)) {
		c->at += 6;
		return o->symbol; /* else it would be a distance from an instruction that is not known */
	}
	if (!take(c, '(') || o->symbol)
		return false;
	if (!is_at_end(c) && *c->at == '%') {
		r = take_register(c);
		if (!r || r->bytes != 8)
			return false;
		o->base = r->number;
	}
	if (take(c, ',')) {
		r = take_register(c);
		if (!r || r->bytes != 8 || r->number == WEIR_RSP)
			return false;
		o->index = r->number;
		o->scale = 1;
		if (take(c, ',')) {
			if (!take_number(c, &scale) || (scale != 1 && scale != 2 && scale != 4 && scale != 8))
				return false;
			o->scale = (uint8_t)scale;
		}
	}
	return take(c, ')') && (o->base != WEIR_MACHINE_REGISTERS || o->index != WEIR_MACHINE_REGISTERS);
}

static enum usdt_operand_kind take_operand(struct cursor *c, struct usdt_operand *o)
{
	const struct register_name *r;

	if (take(c, '$'))
		return take_sum(c, o) && !o->symbol ? USDT_CONSTANT : USDT_NOTHING;
	if (!is_at_end(c) && *c->at == '%') {
		r = take_register(c);
		if (!r)
			return USDT_NOTHING;
		o->base = r->number;
		o->high_byte = r->high;
		if (o->size > r->bytes)
			o->size = r->bytes;
		return USDT_REGISTER;
	}
	if (!is_at_end(c) && *c->at != '(' && !take_sum(c, o))
		return USDT_NOTHING;
	if (is_at_end(c)) /* a symbol alone: its place in a program that is not moved */
		return o->symbol ? USDT_MEMORY : USDT_NOTHING;
	return take_base(c, o) ? USDT_MEMORY : USDT_NOTHING;
}

/* "8@", "-4@"; without one it is a word of the machine. */
static bool take_size(struct cursor *c, struct usdt_operand *o)
{
	uint64_t size;

	o->size = 8;
	if (!memchr(c->at, '@', (size_t)(c->end - c->at)))
		return true;
	o->is_signed = take(c, '-');
	if (!take_number(c, &size) || (size != 1 && size != 2 && size != 4 && size != 8))
		return false;
	o->size = (uint8_t)size;
	return take(c, '@');
}

static void parse_one(const char *text, size_t length, struct usdt_operand *ret_operand)
{
	struct usdt_operand o = { .base = WEIR_MACHINE_REGISTERS, .index = WEIR_MACHINE_REGISTERS, .scale = 1, .text = text, .text_length = length };
	struct cursor c = { text, text + length };

	if (take_size(&c, &o))
		o.kind = take_operand(&c, &o);
	if (!is_at_end(&c))
		o.kind = USDT_NOTHING;
	*ret_operand = o;
}

size_t usdt_operands_parse(const char *operands, struct usdt_operand ret_operands[USDT_OPERANDS_MAX])
{
	size_t count = 0;

	while (count < USDT_OPERANDS_MAX) {
		size_t length;

		operands += strspn(operands, " \t");
		length = strcspn(operands, " \t");
		if (!length)
			break;
		parse_one(operands, length, &ret_operands[count++]);
		operands += length;
	}
	return count;
}
