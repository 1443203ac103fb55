/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as a rule file of Prometheus; their expressions are alert_promql.c's. */
#include "alert/alert_prometheus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "alert/alert_template.h"
#include "base/cleanup.h"

/* As a scalar of YAML: in single quotes, or as JSON where there is more than plain ASCII in it. Returns 0 or -ENOMEM. */
static int write_scalar(FILE *out, const char *text)
{
	bool plain = true;

	for (const char *c = text; *c; c++)
		plain &= *c >= 0x20 && *c < 0x7f;
	if (!plain) {
		json_t *string = json_string(text);
		int err = string && !json_dumpf(string, out, JSON_ENCODE_ANY) ? 0 : -ENOMEM;

		json_decref(string);
		return err;
	}
	fputc('\'', out);
	for (; *text; text++)
		fprintf(out, "%s%c", *text == '\'' ? "'" : "", *text);
	fputc('\'', out);
	return 0;
}

/* Whole ms, as Prometheus has them. */
static void write_duration(FILE *out, const char *key, uint64_t ns)
{
	uint64_t ms = (ns + 999999) / 1000000;

	if (!ns)
		return;
	if (ms % 1000)
		fprintf(out, "    %s: %" PRIu64 "ms\n", key, ms);
	else if (ms % 60000)
		fprintf(out, "    %s: %" PRIu64 "s\n", key, ms / 1000);
	else
		fprintf(out, "    %s: %" PRIu64 "m\n", key, ms / 60000);
}

/* ---- annotations --------------------------------------------------------------------------------- */

static const char *value_template(enum alert_unit unit)
{
	switch (unit) {
	case ALERT_UNIT_RATIO:
		return "{{ $value | humanizePercentage }}";
	case ALERT_UNIT_PER_SECOND:
		return "{{ $value | humanize }}/s";
	case ALERT_UNIT_TIME:
		return "{{ $value | humanizeDuration }}";
	case ALERT_UNIT_BYTES:
		return "{{ $value | humanize1024 }}B";
	case ALERT_UNIT_BYTES_PER_SECOND:
		return "{{ $value | humanize1024 }}B/s";
	default:
		return "{{ $value | humanize }}";
	}
}

static bool is_word(const char *word, const char *name, size_t length)
{
	return strlen(word) == length && !strncmp(word, name, length);
}

/* Text that is no template there, though it may look like one. */
static void write_literal(FILE *out, const char *text)
{
	const char *braces;

	for (; (braces = strstr(text, "{{")); text = braces + 2)
		fprintf(out, "%.*s{{ \"{{\" }}", (int)(braces - text), text);
	fputs(text, out);
}

/* $labels has those of the series; what the rule itself sets is known here. */
static int expand(void *context, const char *name, size_t length, FILE *out)
{
	const struct alert_rule *rule = context;

	if (is_word("value", name, length)) {
		fputs(value_template(alert_expression_unit(rule->expression)), out);
		return 0;
	}
	if (is_word("alert", name, length) || is_word("alertname", name, length)) {
		write_literal(out, rule->name);
		return 0;
	}
	for (size_t i = 0; i < rule->labels.count; i++) {
		if (is_word(rule->labels.items[i].name, name, length)) {
			write_literal(out, rule->labels.items[i].value);
			return 0;
		}
	}
	fprintf(out, "{{ $labels.%.*s }}", (int)length, name);
	return 0;
}

static int write_pairs(FILE *out, const char *key, const struct alert_pairs *pairs, const struct alert_rule *rule,
		       bool are_templates)
{
	int err = 0;

	if (pairs->count)
		fprintf(out, "    %s:\n", key);
	for (size_t i = 0; !err && i < pairs->count; i++) {
		_cleanup_free_ char *text = NULL;
		size_t size;
		FILE *value = open_memstream(&text, &size);

		if (!value)
			return -ENOMEM;
		if (are_templates)
			alert_template_write(pairs->items[i].value, expand, (void *)rule, value, NULL);
		else
			write_literal(value, pairs->items[i].value);
		if (fclose(value))
			return -ENOMEM;
		fprintf(out, "      %s: ", pairs->items[i].name);
		err = write_scalar(out, text);
		fputc('\n', out);
	}
	return err;
}

/* ---- rules --------------------------------------------------------------------------------------- */

static int write_rule(const struct alert_rule *rule, const char *expression, FILE *out)
{
	int err;

	fputs("  - alert: ", out);
	err = write_scalar(out, rule->name);
	fputs("\n    expr: ", out);
	err = err ?: write_scalar(out, expression);
	fputc('\n', out);
	write_duration(out, "for", rule->for_ns);
	write_duration(out, "keep_firing_for", rule->keep_firing_for_ns);
	err = err ?: write_pairs(out, "labels", &rule->labels, rule, false);
	return err ?: write_pairs(out, "annotations", &rule->annotations, rule, true);
}

int alert_prometheus_rules(const struct alert_rules *rules, const char *group, const char *name, FILE *out, FILE *complaints)
{
	int left_out = 0, err;

	fputs("# Written by `weir alerts convert`; the names of the metrics are those of weir's docs/metrics.md.\ngroups:\n- name: ", out);
	if (write_scalar(out, group))
		return -ENOMEM;
	fputs("\n  rules:\n", out);
	for (size_t i = 0; i < rules->count; i++) {
		const struct alert_rule *rule = &rules->items[i];
		_cleanup_free_ char *expression = NULL;
		const char *reason = NULL;

		err = alert_prometheus_expression(rule->expression, &expression, &reason);
		if (err == -ENOTSUP) {
			fprintf(complaints, "%s:%u: alert %s has no counterpart in Prometheus: %s\n", name, rule->line, rule->name,
				reason);
			left_out++;
			continue;
		}
		err = err ?: write_rule(rule, expression, out);
		if (err)
			return err;
	}
	return left_out;
}
