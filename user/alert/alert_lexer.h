/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens of an alert's expression, and numbers with their units, which rules use on their own too (`for: 2m`). */
#ifndef WEIR_ALERT_LEXER_H
#define WEIR_ALERT_LEXER_H

#include "alert/alert_expression.h"

enum alert_token_kind {
	ALERT_TOKEN_END,
	ALERT_TOKEN_NUMBER, /* number, in ns or bytes where it has such a unit */
	ALERT_TOKEN_NAME,   /* letters, digits, _, and points: "counters.vm_steps", "p99.9" */
	ALERT_TOKEN_TEXT,   /* with its quotes */
	ALERT_TOKEN_SIGN,
	ALERT_TOKEN_BAD,    /* the fault is filled in */
};

struct alert_token {
	enum alert_token_kind kind;
	size_t position, length;
	double number;
	enum alert_unit unit;
};

/* The token at or behind byte `position` of `text`. */
struct alert_token alert_token_next(const char *text, size_t position, struct alert_fault *fault);

/* A whole number of ns from "2m", "1.5h", "0s". Returns 0 or -EINVAL. */
int alert_duration_parse(const char *text, uint64_t *ret_ns);

#endif
