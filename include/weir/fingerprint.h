/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Query fingerprints: the text of a statement with its literals, comments and white space folded, one byte at
 * a time. Compiled on both sides: the kernel side runs it on the target's memory, so that a literal never leaves the kernel;
 * the tests run the same code in user space.
 *
 *   numbers, 'strings', ?, ?1, $1, :name, @name    -> ?
 *   IN (1, 2, 3)                                   -> in(?)
 *   comments and white space                       -> one space between words, canonical space elsewhere
 *   words                                          -> lower case; "quoted", `quoted` and [quoted] names stay
 *   trailing ;                                     -> dropped
 *
 * Engines differ in what is a literal; struct weir_fingerprint's `dialect` tells. Where a text can be read in two ways, the one is
 * taken that lets less through.
 *
 * The 64-bit hash covers the whole folded text; the text itself is kept as far as the buffer goes.
 */
#ifndef WEIR_FINGERPRINT_H
#define WEIR_FINGERPRINT_H

#include "hist.h"

/*
 * The parts are global functions in BPF: the verifier walks a global function once, whatever its callers know,
 * and would walk the product of all paths otherwise. It asks for a check of the pointer and an int result;
 * weak, for several objects include this and the linker keeps one.
 */
#ifdef __bpf__
#define WEIR_FINGERPRINT_PART __attribute__((noinline, weak)) int
#define WEIR_FINGERPRINT_CHECK(f) \
	if (!(f)) \
		return 0
#else
#define WEIR_FINGERPRINT_PART static inline int
#define WEIR_FINGERPRINT_CHECK(f)
#endif

#define WEIR_FINGERPRINT_TEXT 480 /* bytes kept, the final NUL included */
#define WEIR_FINGERPRINT_BUFFER 512 /* a power of two, for the verifier */

/* What differs from SQLite's SQL, whose dialect is 0. */
enum weir_sql {
	WEIR_SQL_ARRAYS = 1 << 0,          /* [ ] hold array elements, and not a name; @ is an operator's */
	WEIR_SQL_BACKSLASH = 1 << 1,       /* \ escapes in all strings */
	WEIR_SQL_BACKSLASH_MAYBE = 1 << 2, /* it may, by a setting: behind \' nothing is let through */
	WEIR_SQL_DOUBLE_STRINGS = 1 << 3,  /* "x" is a string */
	WEIR_SQL_HASH_COMMENTS = 1 << 4,   /* # begins a comment */
	WEIR_SQL_NESTED_COMMENTS = 1 << 5,
	WEIR_SQL_DOLLAR_STRINGS = 1 << 6,  /* $$x$$ and $tag$x$tag$ */
	WEIR_SQL_PREFIXES = 1 << 7,        /* e'x' (with \ escapes), b'1', x'ff', n'x' */
};

enum weir_token {
	WEIR_TOKEN_NONE, /* nothing yet */
	WEIR_TOKEN_WORD,
	WEIR_TOKEN_VALUE, /* ? */
	WEIR_TOKEN_OPERATOR,
	WEIR_TOKEN_COMMA,
	WEIR_TOKEN_OPEN,
	WEIR_TOKEN_CLOSE,
	WEIR_TOKEN_DOT,
};

enum weir_fold_mode {
	WEIR_FOLD_BETWEEN, /* between tokens */
	WEIR_FOLD_WORD,
	WEIR_FOLD_NUMBER,
	WEIR_FOLD_PARAMETER, /* after ? $ : @ */
	WEIR_FOLD_NAME,       /* a quoted name, up to `quote` */
	WEIR_FOLD_NAME_END,   /* after a quote that ends the name, unless another follows */
	WEIR_FOLD_OPERATOR,
	WEIR_FOLD_DASH,       /* one -, a comment if another follows */
	WEIR_FOLD_SLASH,      /* one /, a comment if * follows */
	WEIR_FOLD_COLON,      /* one :, a parameter if a letter follows */
	WEIR_FOLD_DOT,        /* one ., a number if a digit follows */
	WEIR_FOLD_LINE_COMMENT,
	WEIR_FOLD_BLOCK_COMMENT,
	WEIR_FOLD_BLOCK_STAR, /* a * in a block comment */
	WEIR_FOLD_BLOCK_SLASH, /* a / in one, where comments nest */
	WEIR_FOLD_QUOTED, /* from here on: weir_fingerprint_quoted */
	WEIR_FOLD_STRING = WEIR_FOLD_QUOTED,
	WEIR_FOLD_STRING_END, /* after a quote that ends the string, unless another follows */
	WEIR_FOLD_PREFIX,     /* a letter that may belong to a string, held back in `word` */
	WEIR_FOLD_DOLLAR,     /* after $: a parameter, or the tag of a string */
	WEIR_FOLD_DOLLAR_STRING,
	WEIR_FOLD_OPAQUE,     /* nothing more is let through */
};

/* All zero is the state before the first byte. */
struct weir_fingerprint {
	weir_u64 hash;
	weir_u64 word;        /* the last word's letters, 8 at most; in a number, its last byte; the hash of a string's tag */
	weir_u64 tag;         /* in a string with a tag: hash of what may be the tag again; 0: cannot be */
	weir_u32 length;      /* of the folded text, kept or not */
	weir_u32 mode;        /* enum weir_fold_mode */
	weir_u32 last;        /* enum weir_token */
	weir_u32 quote;       /* what ends the quoted name or string; in a number, 1: it is hexadecimal */
	weir_u32 in_list;     /* 1: inside IN (, 2: and a value was written */
	weir_u32 comma;       /* a comma of an IN list held back */
	weir_u32 semicolon;   /* a semicolon held back */
	weir_u32 sign;        /* a - or + that may belong to a number, held back */
	weir_u32 dialect;     /* enum weir_sql; set before the first byte */
	weir_u32 escapes;     /* in a string, what \ does: enum weir_sql's BACKSLASH, BACKSLASH_MAYBE or 0 */
	weir_u32 escaped;     /* in a string: an odd number of \ came last */
	weir_u32 nesting;     /* block comments around this one */
	char text[WEIR_FINGERPRINT_BUFFER];
};

static inline __attribute__((always_inline)) void weir_fingerprint_put(struct weir_fingerprint *f, weir_u32 c)
{
	if (f->length < WEIR_FINGERPRINT_TEXT - 1)
		f->text[f->length & (WEIR_FINGERPRINT_BUFFER - 1)] = (char)c;
	f->length++;
	f->hash = (f->hash ^ c) * 0x100000001b3ULL;
}

/* Write what stands before a token: held-back punctuation and the canonical space. */
WEIR_FINGERPRINT_PART weir_fingerprint_begin(struct weir_fingerprint *f, weir_u32 token)
{
	weir_u32 space;

	WEIR_FINGERPRINT_CHECK(f);
	if (f->semicolon) {
		f->semicolon = 0;
		weir_fingerprint_put(f, ';');
		f->last = WEIR_TOKEN_COMMA;
	}
	if (f->comma) {
		f->comma = 0;
		weir_fingerprint_put(f, ',');
		f->last = WEIR_TOKEN_COMMA;
	}
	space = f->last != WEIR_TOKEN_NONE && f->last != WEIR_TOKEN_OPEN && f->last != WEIR_TOKEN_DOT;
	if (token == WEIR_TOKEN_COMMA || token == WEIR_TOKEN_CLOSE || token == WEIR_TOKEN_DOT)
		space = 0;
	if (token == WEIR_TOKEN_OPEN && f->last != WEIR_TOKEN_OPERATOR && f->last != WEIR_TOKEN_COMMA)
		space = 0;
	if (space)
		weir_fingerprint_put(f, ' ');
	f->last = token;
	return 0;
}

/* A sign that did not belong to a number after all. */
WEIR_FINGERPRINT_PART weir_fingerprint_flush_sign(struct weir_fingerprint *f)
{
	weir_u32 sign;

	WEIR_FINGERPRINT_CHECK(f);
	sign = f->sign;
	if (!sign)
		return 0;
	f->sign = 0;
	f->in_list = 0;
	weir_fingerprint_begin(f, WEIR_TOKEN_OPERATOR);
	weir_fingerprint_put(f, sign);
	return 0;
}

/* A token other than a value: an IN list is no plain list of values any more. */
WEIR_FINGERPRINT_PART weir_fingerprint_token(struct weir_fingerprint *f, weir_u32 token)
{
	WEIR_FINGERPRINT_CHECK(f);
	weir_fingerprint_flush_sign(f);
	f->in_list = 0;
	weir_fingerprint_begin(f, token);
	return 0;
}

WEIR_FINGERPRINT_PART weir_fingerprint_value(struct weir_fingerprint *f)
{
	WEIR_FINGERPRINT_CHECK(f);
	f->sign = 0;
	if (f->in_list == 2) {
		f->comma = 0; /* one value stands for the list */
		return 0;
	}
	if (f->in_list == 1)
		f->in_list = 2;
	weir_fingerprint_begin(f, WEIR_TOKEN_VALUE);
	weir_fingerprint_put(f, '?');
	return 0;
}

static inline __attribute__((always_inline)) int weir_is_word(weir_u32 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

static inline __attribute__((always_inline)) int weir_is_space(weir_u32 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline __attribute__((always_inline)) void weir_fingerprint_word_byte(struct weir_fingerprint *f, weir_u32 c)
{
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	f->word = (f->word << 8) | c;
	weir_fingerprint_put(f, c);
}

/* A sign is part of a number where a value can stand: after an operator, a comma, an opening parenthesis. */
WEIR_FINGERPRINT_PART weir_fingerprint_sign(struct weir_fingerprint *f, weir_u32 sign)
{
	WEIR_FINGERPRINT_CHECK(f);
	weir_fingerprint_flush_sign(f);
	if (f->comma || f->last == WEIR_TOKEN_OPERATOR || f->last == WEIR_TOKEN_COMMA || f->last == WEIR_TOKEN_OPEN) {
		f->sign = sign;
	} else {
		weir_fingerprint_token(f, WEIR_TOKEN_OPERATOR);
		weir_fingerprint_put(f, sign);
	}
	return 0;
}

static inline __attribute__((always_inline)) void weir_fingerprint_number(struct weir_fingerprint *f, weir_u32 c)
{
	weir_fingerprint_value(f);
	f->word = c;
	f->quote = 0;
	f->mode = WEIR_FOLD_NUMBER;
}

static inline __attribute__((always_inline)) void weir_fingerprint_string(struct weir_fingerprint *f, weir_u32 quote,
									  weir_u32 escapes)
{
	weir_fingerprint_value(f);
	f->quote = quote;
	f->escapes = escapes;
	f->escaped = 0;
	f->mode = WEIR_FOLD_STRING;
}

static inline __attribute__((always_inline)) int weir_is_prefix(weir_u32 c)
{
	c |= 0x20;
	return c == 'e' || c == 'b' || c == 'x' || c == 'n';
}

#define WEIR_TAG_SEED 0xcbf29ce484222325ULL

/* The first byte of a token. */
WEIR_FINGERPRINT_PART weir_fingerprint_start(struct weir_fingerprint *f, weir_u32 c)
{
	WEIR_FINGERPRINT_CHECK(f);
	f->mode = WEIR_FOLD_BETWEEN;
	if (weir_is_space(c))
		return 0;
	if (c >= '0' && c <= '9') {
		weir_fingerprint_number(f, c);
	} else if (f->dialect & WEIR_SQL_PREFIXES && weir_is_prefix(c)) {
		f->word = c;
		f->mode = WEIR_FOLD_PREFIX;
	} else if (weir_is_word(c)) {
		weir_fingerprint_token(f, WEIR_TOKEN_WORD);
		f->word = 0;
		weir_fingerprint_word_byte(f, c);
		f->mode = WEIR_FOLD_WORD;
	} else if (c == '\'' || (c == '"' && f->dialect & WEIR_SQL_DOUBLE_STRINGS)) {
		weir_fingerprint_string(f, c, f->dialect & (WEIR_SQL_BACKSLASH | WEIR_SQL_BACKSLASH_MAYBE));
	} else if (c == '$' && f->dialect & WEIR_SQL_DOLLAR_STRINGS) {
		f->word = WEIR_TAG_SEED;
		f->mode = WEIR_FOLD_DOLLAR;
	} else if (c == '#' && f->dialect & WEIR_SQL_HASH_COMMENTS) {
		f->mode = WEIR_FOLD_LINE_COMMENT;
	} else if (f->dialect & WEIR_SQL_ARRAYS && (c == '[' || c == ']')) {
		f->comma = 0;
		weir_fingerprint_token(f, c == '[' ? WEIR_TOKEN_OPEN : WEIR_TOKEN_CLOSE);
		weir_fingerprint_put(f, c);
	} else if (c == '?' || c == '$' || (c == '@' && !(f->dialect & WEIR_SQL_ARRAYS))) {
		weir_fingerprint_value(f);
		f->mode = WEIR_FOLD_PARAMETER;
	} else if (c == '"' || c == '`' || c == '[') {
		weir_fingerprint_token(f, WEIR_TOKEN_WORD);
		f->word = 0;
		weir_fingerprint_put(f, c);
		f->quote = c == '[' ? ']' : c;
		f->mode = WEIR_FOLD_NAME;
	} else if (c == ':') {
		f->mode = WEIR_FOLD_COLON;
	} else if (c == '-') {
		f->mode = WEIR_FOLD_DASH;
	} else if (c == '/') {
		f->mode = WEIR_FOLD_SLASH;
	} else if (c == '+') {
		weir_fingerprint_sign(f, c);
	} else if (c == ',') {
		weir_fingerprint_flush_sign(f);
		if (f->in_list == 2) {
			f->comma = 1;
		} else {
			weir_fingerprint_token(f, WEIR_TOKEN_COMMA);
			weir_fingerprint_put(f, c);
		}
	} else if (c == '(') {
		weir_u32 in_list = f->last == WEIR_TOKEN_WORD && f->word == (('i' << 8) | 'n');

		weir_fingerprint_token(f, WEIR_TOKEN_OPEN);
		weir_fingerprint_put(f, c);
		f->in_list = in_list;
	} else if (c == ')') {
		f->comma = 0;
		weir_fingerprint_token(f, WEIR_TOKEN_CLOSE);
		weir_fingerprint_put(f, c);
	} else if (c == '.') {
		f->mode = WEIR_FOLD_DOT;
	} else if (c == ';') {
		weir_fingerprint_flush_sign(f);
		f->semicolon = f->last != WEIR_TOKEN_NONE;
	} else {
		weir_fingerprint_token(f, WEIR_TOKEN_OPERATOR);
		weir_fingerprint_put(f, c);
		f->mode = WEIR_FOLD_OPERATOR;
	}
	return 0;
}

static inline __attribute__((always_inline)) int weir_is_operator(weir_u32 c)
{
	return c == '<' || c == '>' || c == '=' || c == '!' || c == '|' || c == '&' || c == '*' || c == '%' || c == '~' ||
	       c == '^' || c == '#';
}

/*
 * A byte where a string is, or may begin. Not 0: it is the first of another token. (It does not call weir_fingerprint_start, for
 * calls nest 8 deep at most in BPF.)
 */
WEIR_FINGERPRINT_PART weir_fingerprint_quoted(struct weir_fingerprint *f, weir_u32 c)
{
	WEIR_FINGERPRINT_CHECK(f);
	switch (f->mode) {
	case WEIR_FOLD_STRING:
		if (c == '\\') {
			f->escaped ^= 1;
			return 0;
		}
		if (c == f->quote && !(f->escaped && f->escapes))
			f->mode = WEIR_FOLD_STRING_END;
		else if (c == f->quote && f->escapes == WEIR_SQL_BACKSLASH_MAYBE)
			f->mode = WEIR_FOLD_OPAQUE;
		f->escaped = 0;
		return 0;
	case WEIR_FOLD_STRING_END:
		if (c != f->quote)
			return 1;
		f->mode = WEIR_FOLD_STRING;
		return 0;
	case WEIR_FOLD_PREFIX: {
		weir_u32 letter = f->word;

		if (c == '\'') {
			weir_fingerprint_string(f, c, (letter | 0x20) == 'e' ? WEIR_SQL_BACKSLASH :
						f->dialect & (WEIR_SQL_BACKSLASH | WEIR_SQL_BACKSLASH_MAYBE));
			return 0;
		}
		weir_fingerprint_token(f, WEIR_TOKEN_WORD);
		f->word = 0;
		weir_fingerprint_word_byte(f, letter);
		if (!weir_is_word(c) && c != '$')
			return 1;
		weir_fingerprint_word_byte(f, c);
		f->mode = WEIR_FOLD_WORD;
		return 0;
	}
	case WEIR_FOLD_DOLLAR:
		if (c == '$') {
			weir_fingerprint_value(f);
			f->tag = 0;
			f->mode = WEIR_FOLD_DOLLAR_STRING;
			return 0;
		}
		if (weir_is_word(c) && !(f->word == WEIR_TAG_SEED && c >= '0' && c <= '9')) {
			f->word = (f->word ^ c) * 0x100000001b3ULL;
			return 0;
		}
		weir_fingerprint_value(f);
		f->mode = WEIR_FOLD_PARAMETER;
		return !weir_is_word(c);
	case WEIR_FOLD_DOLLAR_STRING:
		if (c == '$') {
			if (f->tag == f->word)
				f->mode = WEIR_FOLD_BETWEEN;
			f->tag = WEIR_TAG_SEED;
		} else {
			f->tag = f->tag && weir_is_word(c) ? (f->tag ^ c) * 0x100000001b3ULL : 0;
		}
		return 0;
	}
	return 0;
}

/* Feed one byte. */
static inline __attribute__((always_inline)) void weir_fingerprint_step(struct weir_fingerprint *f, weir_u32 c)
{
	c &= 0xff;
	switch (f->mode) {
	case WEIR_FOLD_WORD:
		if (weir_is_word(c) || c == '$')
			weir_fingerprint_word_byte(f, c);
		else
			weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_NUMBER: /* 1, 1.5, 1e-9, 0x1f */
		if ((c == '+' || c == '-') && (f->word | 0x20) == 'e' && !f->quote) {
			f->word = c;
			return;
		}
		if (!weir_is_word(c) && c != '.') {
			weir_fingerprint_start(f, c);
			return;
		}
		f->quote |= (c | 0x20) == 'x';
		f->word = c;
		return;
	case WEIR_FOLD_PARAMETER:
		if (!weir_is_word(c))
			weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_NAME:
		weir_fingerprint_put(f, c);
		if (c == f->quote)
			f->mode = WEIR_FOLD_NAME_END;
		return;
	case WEIR_FOLD_NAME_END:
		if (c == f->quote && c != ']') {
			weir_fingerprint_put(f, c);
			f->mode = WEIR_FOLD_NAME;
			return;
		}
		weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_OPERATOR:
		if (weir_is_operator(c) && !(c == '#' && f->dialect & WEIR_SQL_HASH_COMMENTS))
			weir_fingerprint_put(f, c);
		else if (c == '@' && f->dialect & WEIR_SQL_ARRAYS)
			weir_fingerprint_put(f, c);
		else
			weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_DASH:
		if (c == '-') {
			f->mode = WEIR_FOLD_LINE_COMMENT;
			return;
		}
		if (c == '>') { /* ->, ->> */
			weir_fingerprint_token(f, WEIR_TOKEN_OPERATOR);
			weir_fingerprint_put(f, '-');
			weir_fingerprint_put(f, c);
			f->mode = WEIR_FOLD_OPERATOR;
			return;
		}
		weir_fingerprint_sign(f, '-');
		weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_SLASH:
		if (c == '*') {
			f->mode = WEIR_FOLD_BLOCK_COMMENT;
			return;
		}
		weir_fingerprint_token(f, WEIR_TOKEN_OPERATOR);
		weir_fingerprint_put(f, '/');
		weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_COLON:
		if (weir_is_word(c)) {
			weir_fingerprint_value(f);
			f->mode = WEIR_FOLD_PARAMETER;
			return;
		}
		weir_fingerprint_token(f, WEIR_TOKEN_OPERATOR);
		weir_fingerprint_put(f, ':');
		if (c == ':' || c == '=') {
			weir_fingerprint_put(f, c);
			f->mode = WEIR_FOLD_OPERATOR;
			return;
		}
		weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_DOT:
		if (c >= '0' && c <= '9') {
			weir_fingerprint_number(f, c);
			return;
		}
		weir_fingerprint_token(f, WEIR_TOKEN_DOT);
		weir_fingerprint_put(f, '.');
		weir_fingerprint_start(f, c);
		return;
	case WEIR_FOLD_LINE_COMMENT:
		if (c == '\n')
			f->mode = WEIR_FOLD_BETWEEN;
		return;
	case WEIR_FOLD_BLOCK_COMMENT:
		if (c == '*')
			f->mode = WEIR_FOLD_BLOCK_STAR;
		else if (c == '/' && f->dialect & WEIR_SQL_NESTED_COMMENTS)
			f->mode = WEIR_FOLD_BLOCK_SLASH;
		return;
	case WEIR_FOLD_BLOCK_STAR:
		if (c == '*')
			return;
		f->mode = c == '/' && !f->nesting ? WEIR_FOLD_BETWEEN : WEIR_FOLD_BLOCK_COMMENT;
		if (c == '/' && f->nesting)
			f->nesting--;
		return;
	case WEIR_FOLD_BLOCK_SLASH:
		if (c == '/')
			return;
		f->mode = WEIR_FOLD_BLOCK_COMMENT;
		if (c == '*')
			f->nesting++;
		return;
	case WEIR_FOLD_BETWEEN:
		weir_fingerprint_start(f, c);
		return;
	default:
		if (weir_fingerprint_quoted(f, c))
			weir_fingerprint_start(f, c);
	}
}

/* After the last byte: ends the text. Returns the number of bytes kept; more were folded if f->length exceeds it. */
static inline __attribute__((always_inline)) weir_u32 weir_fingerprint_end(struct weir_fingerprint *f)
{
	weir_u32 kept;

	if (f->mode == WEIR_FOLD_DASH || f->mode == WEIR_FOLD_SLASH || f->mode == WEIR_FOLD_COLON || f->mode == WEIR_FOLD_DOT ||
	    f->mode == WEIR_FOLD_PREFIX || f->mode == WEIR_FOLD_DOLLAR)
		weir_fingerprint_step(f, ' ');
	weir_fingerprint_flush_sign(f);
	kept = f->length < WEIR_FINGERPRINT_TEXT - 1 ? f->length : WEIR_FINGERPRINT_TEXT - 1;
	f->text[kept & (WEIR_FINGERPRINT_BUFFER - 1)] = '\0';
	return kept;
}

#endif
