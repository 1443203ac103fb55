/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smaller half of the parser of alert expressions: tokens, faults, and METRIC{selector}[window]. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_parser.h"
#include "base/edit_distance.h"
#include "profile/profile.h"

static const char *const field_names[] = { "level", "profile", "module", "function", "label", "path" };
static const char *const unit_names[] = { "number", "ratio", "per_second", "ns", "bytes", "bytes_per_second" };

static const struct alert_special specials[] = {
	{ "live_bytes", ALERT_SOURCE_LIVE, METRIC_COUNT, ALERT_UNIT_BYTES, METRIC_KIND_GAUGE, false },
	{ "rss_bytes", ALERT_SOURCE_RSS, METRIC_COUNT, ALERT_UNIT_BYTES, METRIC_KIND_GAUGE, false },
	{ "lost_total", ALERT_SOURCE_LOST, METRIC_COUNT, ALERT_UNIT_NUMBER, METRIC_KIND_COUNTER, false },
	{ "hit_ratio", ALERT_SOURCE_METRIC, METRIC_HITS, ALERT_UNIT_RATIO, METRIC_KIND_GAUGE, true },
	{ "pass_ratio", ALERT_SOURCE_METRIC, METRIC_ROWS, ALERT_UNIT_RATIO, METRIC_KIND_GAUGE, true },
	{ "overhead_ratio", ALERT_SOURCE_OVERHEAD_CPU, METRIC_COUNT, ALERT_UNIT_RATIO, METRIC_KIND_GAUGE, true },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *alert_unit_name(enum alert_unit unit)
{
	return unit_names[unit];
}

const char *alert_field_name(enum alert_field field)
{
	return field_names[field];
}

/* ---- faults -------------------------------------------------------------------------------------- */

int parser_fail_at(struct alert_parser *p, size_t position, const char *format, ...)
{
	va_list args;

	if (p->failed)
		return -1;
	p->failed = true;
	p->err = -EINVAL;
	p->fault->position = position;
	va_start(args, format);
	vsnprintf(p->fault->message, sizeof(p->fault->message), format, args);
	va_end(args);
	return -1;
}

int parser_fail_memory(struct alert_parser *p)
{
	if (!p->failed)
		p->err = -ENOMEM;
	p->failed = true;
	return -1;
}

int alert_shown_length(size_t length)
{
	return length < 40 ? (int)length : 40;
}

int parser_fail_expected(struct alert_parser *p, const char *expected)
{
	const struct alert_token *t = &p->token;

	if (t->kind == ALERT_TOKEN_END)
		return parser_fail_at(p, t->position, "the expression ends too early, expected %s", expected);
	return parser_fail_at(p, t->position, "unexpected \"%.*s\", expected %s", alert_shown_length(t->length),
		       p->text + t->position, expected);
}

/* ---- tokens -------------------------------------------------------------------------------------- */

void parser_advance(struct alert_parser *p)
{
	if (p->failed)
		return;
	p->token = alert_token_next(p->text, p->token.position + p->token.length, p->fault);
	if (p->token.kind == ALERT_TOKEN_BAD) {
		p->failed = true;
		p->err = -EINVAL;
	}
}

bool parser_is(const struct alert_parser *p, enum alert_token_kind kind, const char *text)
{
	return !p->failed && p->token.kind == kind && p->token.length == strlen(text) &&
	       !strncmp(p->text + p->token.position, text, p->token.length);
}

bool parser_accept(struct alert_parser *p, const char *sign)
{
	if (!parser_is(p, ALERT_TOKEN_SIGN, sign))
		return false;
	parser_advance(p);
	return true;
}

bool parser_require(struct alert_parser *p, const char *sign, const char *expected)
{
	if (p->failed)
		return false;
	if (parser_accept(p, sign))
		return !p->failed;
	parser_fail_expected(p, expected);
	return false;
}

/* ---- series -------------------------------------------------------------------------------------- */

static void selector_clear(struct alert_selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		free(selector->matchers[i].pattern);
	free(selector->matchers);
	*selector = (struct alert_selector){ 0 };
}

void alert_series_clear(struct alert_series *series)
{
	selector_clear(&series->selector);
	free(series->name);
	*series = (struct alert_series){ 0 };
}

void alert_metric_name_clear(struct alert_metric_name *name)
{
	alert_series_clear(&name->series);
}

int alert_selector_copy(const struct alert_selector *from, struct alert_selector *ret_to)
{
	struct alert_selector to = { .matchers = calloc(from->count + 1, sizeof(*to.matchers)) };

	if (!to.matchers)
		return -ENOMEM;
	for (; to.count < from->count; to.count++) {
		to.matchers[to.count] = from->matchers[to.count];
		to.matchers[to.count].pattern = strdup(from->matchers[to.count].pattern);
		if (!to.matchers[to.count].pattern) {
			selector_clear(&to);
			return -ENOMEM;
		}
	}
	*ret_to = to;
	return 0;
}

bool alert_name_equals(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && !strncmp(name, text, length);
}

static enum alert_unit unit_of_metric(enum metric_unit unit)
{
	return unit == METRIC_UNIT_NS	 ? ALERT_UNIT_TIME
	       : unit == METRIC_UNIT_BYTES ? ALERT_UNIT_BYTES
					   : ALERT_UNIT_NUMBER;
}

/* "latency" stands for "latency_ns". */
static bool find_registered(const char *text, size_t length, struct alert_metric_name *name)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		size_t full = strlen(metrics[i].name);
		bool short_form = metrics[i].unit == METRIC_UNIT_NS && full == length + 3;

		if ((full != length && !short_form) || strncmp(metrics[i].name, text, length))
			continue;
		name->series.source = ALERT_SOURCE_METRIC;
		name->series.metric = (enum metric_id)i;
		name->unit = unit_of_metric(metrics[i].unit);
		name->kind = metrics[i].kind;
		return true;
	}
	return false;
}

static bool find_special(const char *text, size_t length, struct alert_metric_name *name)
{
	for (size_t i = 0; i < COUNT(specials); i++) {
		if (!alert_name_equals(specials[i].name, text, length))
			continue;
		name->series.source = specials[i].source;
		name->series.metric = specials[i].metric;
		name->unit = specials[i].unit;
		name->kind = specials[i].kind;
		name->ratio = specials[i].is_ratio ? &specials[i] : NULL;
		return true;
	}
	return false;
}

/* The metric of the nearest name, as rules write it; false: none is near. */
static bool nearest_metric(const char *text, size_t length, char ret_name[32])
{
	char word[32], name[32];
	size_t best = 3;

	snprintf(word, sizeof(word), "%.*s", length < sizeof(word) ? (int)length : (int)sizeof(word) - 1, text);
	for (size_t i = 0; i < METRIC_COUNT + COUNT(specials); i++) {
		const char *full = i < METRIC_COUNT ? metrics[i].name : specials[i - METRIC_COUNT].name;
		bool is_time = i < METRIC_COUNT && metrics[i].unit == METRIC_UNIT_NS;
		size_t distance;

		snprintf(name, sizeof(name), "%.*s", (int)(strlen(full) - (is_time ? strlen("_ns") : 0)), full);
		distance = edit_distance(word, name, best);
		if (distance < best) {
			best = distance;
			strcpy(ret_name, name);
		}
	}
	return best < 3;
}

static int find_metric(struct alert_parser *p, struct alert_metric_name *name)
{
	static const char extra[] = "counters.";
	const char *text = p->text + p->token.position;
	size_t length = p->token.length;
	char nearest[32];

	name->position = p->token.position;
	name->length = length;
	name->series.metric = METRIC_COUNT;
	if (find_registered(text, length, name) || find_special(text, length, name))
		return 0;
	if (length > sizeof(extra) - 1 && !strncmp(text, extra, sizeof(extra) - 1)) {
		name->series.source = ALERT_SOURCE_EXTRA;
		name->unit = ALERT_UNIT_NUMBER;
		name->kind = METRIC_KIND_COUNTER;
		name->series.name = strndup(text + sizeof(extra) - 1, length - (sizeof(extra) - 1));
		return name->series.name ? 0 : parser_fail_memory(p);
	}
	if (nearest_metric(text, length, nearest))
		return parser_fail_at(p, name->position, "there is no metric \"%.*s\", expected \"%s\"?", alert_shown_length(length), text,
			       nearest);
	return parser_fail_at(p, name->position, "there is no metric \"%.*s\", expected one of docs/metrics.md or docs/alerts.md",
		       alert_shown_length(length), text);
}

/* Quotes off; a backslash stays for the glob, but before a quote. */
static char *text_of(const struct alert_parser *p)
{
	const char *s = p->text + p->token.position + 1, *end = s + p->token.length - 2;
	char *text = malloc(p->token.length), *out = text;

	if (!text)
		return NULL;
	for (; s < end; s++) {
		if (*s == '\\' && (s[1] == '"' || s[1] == '\''))
			s++;
		else if (*s == '\\' && s + 1 < end)
			*out++ = *s++;
		*out++ = *s;
	}
	*out = '\0';
	return text;
}

static int check_level(struct alert_parser *p, const struct alert_matcher *matcher)
{
	char list[200] = "";
	size_t used = 0;

	if (matcher->field != ALERT_FIELD_LEVEL || strpbrk(matcher->pattern, "*?[\\"))
		return 0;
	for (unsigned i = 0; i < WEIR_LEVEL_COUNT; i++) {
		const char *name = level_name((enum weir_level)i);

		if (!strcmp(name, matcher->pattern))
			return 0;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", name);
	}
	return parser_fail_at(p, p->token.position, "there is no level \"%.40s\", expected one of %s", matcher->pattern, list);
}

static int parse_field(struct alert_parser *p, enum alert_field *ret_field)
{
	if (p->token.kind == ALERT_TOKEN_NAME) {
		for (int i = 0; i < ALERT_FIELD_COUNT; i++) {
			if (!parser_is(p, ALERT_TOKEN_NAME, field_names[i]))
				continue;
			*ret_field = (enum alert_field)i;
			parser_advance(p);
			return 0;
		}
	}
	return parser_fail_expected(p, "level, profile, module, function, label or path");
}

static int parse_matcher(struct alert_parser *p, struct alert_selector *selector)
{
	struct alert_matcher *matcher = &selector->matchers[selector->count];
	enum alert_field field = ALERT_FIELD_LEVEL;
	bool negated;

	if (selector->count == ALERT_MATCHERS_MAX)
		return parser_fail_at(p, p->token.position, "more than %d matchers, expected fewer", ALERT_MATCHERS_MAX);
	if (parse_field(p, &field))
		return -1;
	if (parser_is(p, ALERT_TOKEN_SIGN, "=~") || parser_is(p, ALERT_TOKEN_SIGN, "!~"))
		return parser_fail_expected(p, "= or != with a glob, as function=\"sqlite3*\"");
	negated = parser_is(p, ALERT_TOKEN_SIGN, "!=");
	if (!negated && !parser_is(p, ALERT_TOKEN_SIGN, "="))
		return parser_fail_expected(p, "= or !=");
	parser_advance(p);
	if (p->failed || p->token.kind != ALERT_TOKEN_TEXT)
		return parser_fail_expected(p, "a glob in quotes");
	*matcher = (struct alert_matcher){ .field = field, .negated = negated, .pattern = text_of(p) };
	if (!matcher->pattern)
		return parser_fail_memory(p);
	selector->count++;
	if (check_level(p, matcher))
		return -1;
	p->expression->by_path |= field == ALERT_FIELD_PATH;
	parser_advance(p);
	return p->failed ? -1 : 0;
}

static int parse_selector(struct alert_parser *p, struct alert_metric_name *name)
{
	struct alert_selector *selector = &name->series.selector;

	if (!ALERT_SOURCE_IS_ROW(name->series.source))
		return parser_fail_at(p, p->token.position, "%.*s is of the whole target, expected no selector",
			       alert_shown_length(name->length), p->text + name->position);
	parser_advance(p);
	selector->matchers = calloc(ALERT_MATCHERS_MAX, sizeof(*selector->matchers));
	if (!selector->matchers)
		return parser_fail_memory(p);
	while (!parser_is(p, ALERT_TOKEN_SIGN, "}")) {
		if (parse_matcher(p, selector))
			return -1;
		if (!parser_accept(p, ",") && !parser_is(p, ALERT_TOKEN_SIGN, "}"))
			return parser_fail_expected(p, "\",\" or \"}\"");
	}
	parser_advance(p);
	return p->failed ? -1 : 0;
}

int parser_window(struct alert_parser *p, uint64_t *ret_window_ns)
{
	const struct alert_token *t = &p->token;

	if (p->failed)
		return -1;
	if (t->kind != ALERT_TOKEN_NUMBER || t->unit != ALERT_UNIT_TIME)
		return parser_fail_expected(p, "a window, as 5m");
	if (t->number < 1e6 || t->number > (double)ALERT_WINDOW_MAX_NS)
		return parser_fail_expected(p, "a window of 1 ms to 24 h");
	*ret_window_ns = (uint64_t)t->number;
	parser_advance(p);
	return p->failed ? -1 : 0;
}

/* METRIC[{...}][[window]] */
int parser_metric(struct alert_parser *p, struct alert_metric_name *name)
{
	if (p->failed)
		return -1;
	if (p->token.kind != ALERT_TOKEN_NAME)
		return parser_fail_expected(p, ALERT_EXPECTED_METRIC);
	if (find_metric(p, name))
		return -1;
	parser_advance(p);
	if (parser_is(p, ALERT_TOKEN_SIGN, "{") && parse_selector(p, name))
		return -1;
	if (!parser_accept(p, "["))
		return p->failed ? -1 : 0;
	if (parser_window(p, &name->series.window_ns))
		return -1;
	return parser_require(p, "]", "\"]\"") ? 0 : -1;
}

