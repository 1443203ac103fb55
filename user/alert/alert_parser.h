/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of the parser share: alert_series_parse.c (metrics and tokens), alert_parse.c (all else). Private. */
#ifndef WEIR_ALERT_PARSER_H
#define WEIR_ALERT_PARSER_H

#include "alert/alert_expression.h"
#include "alert/alert_lexer.h"

#define ALERT_EXPECTED_METRIC "a metric, as latency{level=\"query\"}"

struct alert_parser {
	const char *text;
	struct alert_expression *expression;
	struct alert_fault *fault;
	struct alert_token token;
	unsigned nesting;
	bool failed, in_aggregate;
	int err;
};

/* A metric that is not of the registry. `is_ratio`: a quotient of growths. */
struct alert_special {
	const char *name;
	enum alert_source source;
	enum metric_id metric;
	enum alert_unit unit;
	enum metric_kind kind;
	bool is_ratio;
};

/* What a name stands for, before it is known how it is read. */
struct alert_metric_name {
	size_t position, length;
	struct alert_series series; /* source, metric, name, selector and window are set */
	enum alert_unit unit;
	enum metric_kind kind;
	const struct alert_special *ratio; /* hit_ratio and its like; else NULL */
};

/* Each fails with -1, and so does everything after it: the first fault is the one that is told. */
int parser_fail_at(struct alert_parser *p, size_t position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int parser_fail_expected(struct alert_parser *p, const char *expected); /* the present token is not what was expected */
int parser_fail_memory(struct alert_parser *p);

void parser_advance(struct alert_parser *p);
bool parser_is(const struct alert_parser *p, enum alert_token_kind kind, const char *text);
bool parser_accept(struct alert_parser *p, const char *sign);
bool parser_require(struct alert_parser *p, const char *sign, const char *expected);

/* 0 or -1. The caller clears `name` (all zero before), whatever is returned. */
int parser_metric(struct alert_parser *p, struct alert_metric_name *name);
int parser_window(struct alert_parser *p, uint64_t *ret_window_ns);

void alert_metric_name_clear(struct alert_metric_name *name);
void alert_series_clear(struct alert_series *series);
int alert_selector_copy(const struct alert_selector *from, struct alert_selector *ret_to); /* 0 or -ENOMEM */

bool alert_name_equals(const char *name, const char *text, size_t length);
int alert_shown_length(size_t length); /* of a name in a sentence */

#endif
