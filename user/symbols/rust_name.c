/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/rust_name.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	DEPTH_MAX = 512,
	LIFETIMES_MAX = 1000, /* of one binder */
};

/*
 * What begins at a byte of the name. A back reference has to lead to a thing of its own kind that was
 * seen; since every path is a type, one in place of a type may lead to a path.
 */
enum kind {
	KIND_PATH = 1 << 0,
	KIND_TYPE = 1 << 1,
	KIND_CONST = 1 << 2,
};

struct parser {
	const char *text; /* behind "_R" */
	size_t at;
	unsigned int depth;
	bool failed;
	uint8_t begun[RUST_NAME_MAX]; /* enum kind, per byte of the text */
};

static void parse_path(struct parser *parser);
static void parse_type(struct parser *parser);

static char peek(const struct parser *parser)
{
	return parser->failed ? '\0' : parser->text[parser->at];
}

static bool accept(struct parser *parser, char c)
{
	if (peek(parser) != c)
		return false;
	parser->at++;
	return true;
}

static char next(struct parser *parser)
{
	char c = peek(parser);

	if (c == '\0')
		parser->failed = true;
	else
		parser->at++;
	return c;
}

static uint64_t digit_base62(char c)
{
	if (isdigit((unsigned char)c))
		return (uint64_t)(c - '0');
	return islower((unsigned char)c) ? (uint64_t)(c - 'a') + 10 : (uint64_t)(c - 'A') + 36;
}

/* base-62-number: `_` is 0, any other number is one less than it means. Saturates. */
static uint64_t parse_base62(struct parser *parser)
{
	uint64_t value = 0;
	char c;

	if (accept(parser, '_'))
		return 0;
	while ((c = next(parser)) != '_' && !parser->failed) {
		if (!isalnum((unsigned char)c)) {
			parser->failed = true;
			return 0;
		}
		if (value > UINT64_MAX / 64)
			value = UINT64_MAX / 64;
		value = value * 62 + digit_base62(c);
	}
	return value + 1;
}

static void parse_backref(struct parser *parser, unsigned int kinds)
{
	size_t from = parser->at - 1; /* of the `B` */
	uint64_t target = parse_base62(parser);

	if (target >= from || !(parser->begun[target] & kinds))
		parser->failed = true;
}

static void parse_disambiguator(struct parser *parser)
{
	if (accept(parser, 's'))
		parse_base62(parser);
}

static void parse_identifier(struct parser *parser)
{
	size_t length = 0;

	accept(parser, 'u');
	if (!isdigit((unsigned char)peek(parser)))
		parser->failed = true;
	else if (!accept(parser, '0'))
		while (isdigit((unsigned char)peek(parser)) && length < RUST_NAME_MAX)
			length = 10 * length + (size_t)(next(parser) - '0');
	accept(parser, '_');
	if (parser->failed || strnlen(parser->text + parser->at, length) < length)
		parser->failed = true;
	else
		parser->at += length;
}

static void parse_binder(struct parser *parser)
{
	if (accept(parser, 'G') && parse_base62(parser) >= LIFETIMES_MAX)
		parser->failed = true;
}

static void parse_const(struct parser *parser)
{
	parser->begun[parser->at] |= KIND_CONST;
	if (accept(parser, 'p'))
		return;
	if (accept(parser, 'B')) {
		parse_backref(parser, KIND_CONST);
		return;
	}
	if (!islower((unsigned char)next(parser)))
		parser->failed = true;
	accept(parser, 'n');
	while (isxdigit((unsigned char)peek(parser)))
		parser->at++;
	if (!accept(parser, '_'))
		parser->failed = true;
}

static void parse_generic_arguments(struct parser *parser)
{
	while (!parser->failed && !accept(parser, 'E')) {
		if (accept(parser, 'L'))
			parse_base62(parser);
		else if (accept(parser, 'K'))
			parse_const(parser);
		else
			parse_type(parser);
	}
}

static void parse_types(struct parser *parser)
{
	while (!parser->failed && !accept(parser, 'E'))
		parse_type(parser);
}

static void parse_function(struct parser *parser)
{
	parse_binder(parser);
	accept(parser, 'U');
	if (accept(parser, 'K') && !accept(parser, 'C'))
		parse_identifier(parser);
	parse_types(parser);
	parse_type(parser);
}

static void parse_dyn(struct parser *parser)
{
	parse_binder(parser);
	while (!parser->failed && !accept(parser, 'E')) {
		parse_path(parser);
		while (accept(parser, 'p')) {
			parse_identifier(parser);
			parse_type(parser);
		}
	}
	if (accept(parser, 'L'))
		parse_base62(parser);
	else
		parser->failed = true;
}

static void parse_reference(struct parser *parser)
{
	if (accept(parser, 'L'))
		parse_base62(parser);
	parse_type(parser);
}

static void parse_array(struct parser *parser)
{
	parse_type(parser);
	parse_const(parser);
}

static void parse_type(struct parser *parser)
{
	char tag = peek(parser);

	if (++parser->depth > DEPTH_MAX)
		parser->failed = true;
	parser->begun[parser->at] |= KIND_TYPE;
	if (!strchr("CMXYNI", tag))
		next(parser);
	switch (tag) {
	case 'A': parse_array(parser); break;
	case 'B': parse_backref(parser, KIND_TYPE | KIND_PATH); break;
	case 'D': parse_dyn(parser); break;
	case 'F': parse_function(parser); break;
	case 'O': case 'P': case 'S': parse_type(parser); break;
	case 'Q': case 'R': parse_reference(parser); break;
	case 'T': parse_types(parser); break;
	case 'C': case 'I': case 'M': case 'N': case 'X': case 'Y': parse_path(parser); break;
	default: parser->failed |= !islower((unsigned char)tag);
	}
	parser->depth--;
}

static void parse_impl(struct parser *parser)
{
	parse_disambiguator(parser);
	parse_path(parser);
	parse_type(parser);
}

static void parse_nested(struct parser *parser)
{
	parser->failed |= !isalpha((unsigned char)next(parser));
	parse_path(parser);
	parse_disambiguator(parser);
	parse_identifier(parser);
}

static void parse_path(struct parser *parser)
{
	if (++parser->depth > DEPTH_MAX)
		parser->failed = true;
	parser->begun[parser->at] |= KIND_PATH;
	switch (next(parser)) {
	case 'C': parse_disambiguator(parser); parse_identifier(parser); break;
	case 'M': parse_impl(parser); break;
	case 'X': parse_impl(parser); parse_path(parser); break;
	case 'Y': parse_type(parser); parse_path(parser); break;
	case 'N': parse_nested(parser); break;
	case 'I': parse_path(parser); parse_generic_arguments(parser); break;
	case 'B': parse_backref(parser, KIND_PATH); break;
	default: parser->failed = true;
	}
	parser->depth--;
}

/*
 * A second path names the crate that a generic function was made for; what follows a dot is the compiler's.
 */
bool rust_name_is_sane(const char *name)
{
	struct parser parser = {.text = name + 2};

	if (strncmp(name, "_R", 2) != 0 || strnlen(name, RUST_NAME_MAX) == RUST_NAME_MAX)
		return false;
	parse_path(&parser);
	if (isupper((unsigned char)peek(&parser)))
		parse_path(&parser);
	return !parser.failed && (parser.text[parser.at] == '\0' || parser.text[parser.at] == '.');
}
