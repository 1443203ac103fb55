/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots by hand and a clock by hand for the tests of alerts. Counters are set on flat rows and nodes alike; what came of
 * an evaluation is kept as text, "firing Slow f=12 s". Included after cmocka.h.
 */
#ifndef WEIR_ALERT_FIXTURE_H
#define WEIR_ALERT_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_text.h"
#include "alert/alerts.h"
#include "weir/hist.h"

#define SECOND 1000000000ULL

struct fixture {
	struct alerts *alerts;
	char said[4096]; /* changes since the last look, with ", " between */
};

static struct snapshot *snapshot_at(uint64_t seconds)
{
	struct snapshot *s = NULL;

	assert_int_equal(snapshot_new(&s), 0);
	s->duration_ns = seconds * SECOND;
	s->taken_at.tv_sec = 1700000000 + (time_t)seconds;
	s->nodes = calloc(64, sizeof(*s->nodes));
	assert_non_null(s->nodes);
	return s;
}

/* `latency` may be NULL: counts by slot. */
static struct counters *add_row(struct snapshot *s, uint32_t parent, enum weir_level level, const char *function,
				const char *label)
{
	struct snapshot_node *n = &s->nodes[s->nodes_count++];

	assert_true(s->nodes_count < 64);
	*n = (struct snapshot_node){ .id = (uint32_t)s->nodes_count, .parent = parent, .level = level, .profile = "p",
				     .module = "m", .function = function, .label = label,
				     .counters.have = HAVE_LATENCY | HAVE_ROWS | HAVE_ERRORS | HAVE_CACHE };
	return &n->counters;
}

/* `calls` calls of this length. */
__attribute__((unused)) static void add_latency(struct counters *c, uint64_t ns, uint64_t calls)
{
	uint64_t slots[WEIR_HIST_SLOTS] = { 0 };
	struct histogram more = { 0 };

	if (!calls)
		return;
	slots[weir_hist_slot(weir_hist_time_units(ns))] = calls;
	assert_int_equal(histogram_from_slots(slots, &more), 0);
	assert_int_equal(histogram_add(&c->latency, &more), 0);
	histogram_free(&more);
	c->calls += calls;
	c->completed += calls;
	c->min_ns = c->min_ns && c->min_ns < ns ? c->min_ns : ns;
	c->max_ns = c->max_ns > ns ? c->max_ns : ns;
}

static struct alert_rules rules_of(const char *text)
{
	struct alert_rules rules = { 0 };
	char *complaints = NULL;
	size_t size;
	FILE *out = open_memstream(&complaints, &size);

	assert_non_null(out);
	if (alert_rules_parse(text, strlen(text), "rules", out, &rules)) {
		fclose(out);
		fail_msg("%s", complaints);
	}
	fclose(out);
	free(complaints);
	return rules;
}

static void fixture_init(struct fixture *f, const char *rules_text)
{
	struct alert_rules rules = rules_of(rules_text);

	*f = (struct fixture){ 0 };
	assert_int_equal(alerts_new(&rules, &f->alerts), 0);
	assert_int_equal(rules.count, 0);
}

static void note(void *context, const struct alert *alert)
{
	struct fixture *f = context;
	size_t used = strlen(f->said);
	char value[32];

	snprintf(f->said + used, sizeof(f->said) - used, "%s%s %s %s%s%s=%s", used ? ", " : "", alert_state_name(alert->state),
		 alert->rule->name, alert->row.path ? alert->row.path : alert->row.function ? alert->row.function : "-",
		 alert->row.label ? ":" : "", alert->row.label ? alert->row.label : "",
		 alert_value_format(alert_expression_unit(alert->rule->expression), alert->value, value));
}

/* The snapshot is evaluated at its own time, and freed. */
__attribute__((unused)) static void look(struct fixture *f, struct snapshot *s)
{
	assert_int_equal(snapshot_flatten(s), 0);
	f->said[0] = '\0';
	assert_int_equal(alerts_evaluate(f->alerts, s, 1000 * SECOND + s->duration_ns, note, f), 0);
	snapshot_free(&s);
}

#define assert_said(f, expected) assert_string_equal((f)->said, (expected))

#endif
