/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_lexer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct unit_word {
	const char *name;
	double size;
	enum alert_unit unit;
};

static const struct unit_word unit_words[] = {
	{ "ns", 1, ALERT_UNIT_TIME },
	{ "us", 1e3, ALERT_UNIT_TIME },
	{ "ms", 1e6, ALERT_UNIT_TIME },
	{ "s", 1e9, ALERT_UNIT_TIME },
	{ "m", 60e9, ALERT_UNIT_TIME },
	{ "h", 3600e9, ALERT_UNIT_TIME },
	{ "d", 86400e9, ALERT_UNIT_TIME },
	{ "B", 1, ALERT_UNIT_BYTES },
	{ "kB", 1e3, ALERT_UNIT_BYTES },
	{ "MB", 1e6, ALERT_UNIT_BYTES },
	{ "GB", 1e9, ALERT_UNIT_BYTES },
	{ "TB", 1e12, ALERT_UNIT_BYTES },
	{ "KiB", 1024.0, ALERT_UNIT_BYTES },
	{ "MiB", 1048576.0, ALERT_UNIT_BYTES },
	{ "GiB", 1073741824.0, ALERT_UNIT_BYTES },
	{ "TiB", 1099511627776.0, ALERT_UNIT_BYTES },
	{ "%", 0.01, ALERT_UNIT_RATIO },
};

enum { DIGITS_MAX = 18 }; /* of a number, before and behind the point together: more than a double holds */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void lex_fault(struct alert_token *t, struct alert_fault *fault, size_t position, const char *message)
{
	t->kind = ALERT_TOKEN_BAD;
	fault->position = position;
	snprintf(fault->message, sizeof(fault->message), "%s", message);
}

static void lex_number(const char *text, struct alert_token *t, struct alert_fault *fault)
{
	const char *start = text + t->position, *s = start, *unit;
	double scale = 1;
	size_t digits = 0;
	bool behind_point = false;

	t->kind = ALERT_TOKEN_NUMBER;
	for (; is_digit(*s) || (*s == '.' && !behind_point && is_digit(s[1])); s++) {
		if (*s == '.') {
			behind_point = true;
			continue;
		}
		if (++digits > DIGITS_MAX) {
			lex_fault(t, fault, t->position, "a number of more than 18 digits, expected fewer");
			return;
		}
		t->number = t->number * 10 + (*s - '0');
		scale *= behind_point ? 10 : 1;
	}
	t->number /= scale;
	unit = s;
	while (is_letter(*s) || is_digit(*s) || *s == '%')
		s++;
	t->length = (size_t)(s - start);
	for (size_t i = 0; s > unit && i < sizeof(unit_words) / sizeof(unit_words[0]); i++) {
		const struct unit_word *word = &unit_words[i];

		if (strlen(word->name) == (size_t)(s - unit) && !strncmp(word->name, unit, (size_t)(s - unit))) {
			t->number = word->unit == ALERT_UNIT_RATIO ? t->number / 100 : t->number * word->size;
			t->unit = word->unit;
			return;
		}
	}
	if (s > unit)
		lex_fault(t, fault, (size_t)(unit - text),
			  "unknown unit, expected ns, us, ms, s, m, h, d, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB or %");
}

static void lex_text(const char *text, struct alert_token *t, struct alert_fault *fault)
{
	const char *start = text + t->position, *s = start + 1;

	while (*s && *s != *start)
		s += *s == '\\' && s[1] ? 2 : 1;
	if (!*s) {
		lex_fault(t, fault, t->position, "text that does not end, expected a closing quote");
		return;
	}
	t->kind = ALERT_TOKEN_TEXT;
	t->length = (size_t)(s + 1 - start);
}

/* Names hold digits and points too, so that "p99.9" and "counters.name" are one. */
static void lex_name(const char *text, struct alert_token *t)
{
	const char *s = text + t->position;

	while (is_letter(*s) || is_digit(*s) || (*s == '.' && (is_letter(s[1]) || is_digit(s[1]))))
		s++;
	t->kind = ALERT_TOKEN_NAME;
	t->length = (size_t)(s - text) - t->position;
}

struct alert_token alert_token_next(const char *text, size_t position, struct alert_fault *fault)
{
	static const char *const signs[] = { ">=", "<=", "==", "!=", "=~", "!~", ">", "<", "=", "+", "-",
					     "*", "/", "(", ")", "{", "}", "[", "]", "," };
	struct alert_token t = { 0 };

	position += strspn(text + position, " \t\r\n");
	t.position = position;
	if (!text[position])
		return t;
	if (is_digit(text[position])) {
		lex_number(text, &t, fault);
		return t;
	}
	if (is_letter(text[position])) {
		lex_name(text, &t);
		return t;
	}
	if (text[position] == '"' || text[position] == '\'') {
		lex_text(text, &t, fault);
		return t;
	}
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (strncmp(text + position, signs[i], strlen(signs[i])) != 0)
			continue;
		t.kind = ALERT_TOKEN_SIGN;
		t.length = strlen(signs[i]);
		return t;
	}
	lex_fault(&t, fault, position, "an unknown sign, expected a metric, a number, an operator or a parenthesis");
	return t;
}

int alert_duration_parse(const char *text, uint64_t *ret_ns)
{
	struct alert_fault fault;
	struct alert_token t;

	if (!is_digit(*text))
		return -EINVAL;
	t = alert_token_next(text, 0, &fault);
	if (t.kind != ALERT_TOKEN_NUMBER || text[t.length] || t.number > (double)ALERT_WINDOW_MAX_NS * 366)
		return -EINVAL;
	if (t.unit != ALERT_UNIT_TIME && (t.unit != ALERT_UNIT_NUMBER || t.number != 0))
		return -EINVAL;
	*ret_ns = (uint64_t)t.number;
	return 0;
}
