/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to hold RULES rules against a snapshot of NODES nodes: the time of alerts_evaluate alone, over snapshots that are a second
 * apart and in which every node has moved. Rules of all kinds, a third of them for all nodes, the others for some.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alerts.h"
#include "base/clock.h"
#include "weir/hist.h"

enum { RULES = 1000, NODES = 2000, FUNCTIONS = 200, ROUNDS = 120, WARM = 20 };

#define SECOND 1000000000ULL

/* %d: a number of the rule's own, so that thresholds and selectors differ. */
static const char *const kinds[] = {
	"p99(latency{level=\\\"query\\\"}) > %dms",
	"p95(latency{function=\\\"f%d*\\\"}, 5m) > 20ms and rate(calls{function=\\\"f%d*\\\"}[5m]) > 1",
	"ratio(errors, calls, 5m) > %d%%",
	"hit_ratio{label=\\\"l%d?\\\"}[5m] < 50%% and growth(misses{label=\\\"l%d?\\\"}, 5m) > 1000",
	"rate(rows{level=\\\"operator\\\"}[1m]) < 0.2 * rate(rows{level=\\\"operator\\\"}[10m]) and calls > %d00000",
	"oldest_open{level=\\\"query\\\"} > %ds or max(latency{level=\\\"query\\\"}) > %ds",
	"self{path=\\\"f0/f%d*\\\"} > 1h",
	"growth(rss_bytes, 10m) > %dMiB",
	"sum(rate(calls{function=\\\"f%d*\\\"})) > 1000000 or absent(calls{function=\\\"f%d*\\\"})",
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void fail(const char *what)
{
	fprintf(stderr, "bench-alerts: %s\n", what);
	exit(1);
}

static struct alerts *make_alerts(void)
{
	struct alert_rules rules = { 0 };
	struct alerts *alerts = NULL;
	char *text = NULL, expression[512];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		fail("out of memory");
	fputs("alerts:\n", out);
	for (int i = 0; i < RULES; i++) {
		snprintf(expression, sizeof(expression), kinds[(size_t)i % KINDS], i % 97 + 2, i % 97 + 2);
		fprintf(out, "  - {alert: A%d, expr: \"%s\", for: 1m}\n", i, expression);
	}
	fclose(out);
	if (alert_rules_parse(text, size, "bench", stderr, &rules) || rules.count != RULES || alerts_new(&rules, &alerts))
		fail("the rules are refused");
	free(text);
	return alerts;
}

static void fill_node(struct snapshot_node *n, uint32_t id, uint64_t round, struct snapshot *snapshot)
{
	uint64_t slots[WEIR_HIST_SLOTS] = { 0 }, calls = 0;
	struct counters *c = &n->counters;
	char text[32];

	*n = (struct snapshot_node){ .id = id, .level = id % 4 ? WEIR_LEVEL_OPERATOR : WEIR_LEVEL_QUERY,
				     .parent = id % 4 && id > 4 ? id - id % 4 : 0 };
	n->profile = snapshot_string(snapshot, "bench");
	n->module = snapshot_string(snapshot, "module");
	snprintf(text, sizeof(text), "f%u", id % FUNCTIONS);
	n->function = snapshot_string(snapshot, text);
	snprintf(text, sizeof(text), "l%u", id / FUNCTIONS);
	n->label = snapshot_string(snapshot, text);
	c->have = HAVE_LATENCY | HAVE_ROWS | HAVE_ERRORS | HAVE_CACHE | (id % 4 ? 0 : HAVE_OLDEST);
	for (uint64_t k = 0; k < 12; k++) {
		uint64_t count = (round + 1) * (k + id % 7 + 1);

		slots[weir_hist_slot(weir_hist_time_units((1000 + id % 50) << k))] += count;
		calls += count;
	}
	if (histogram_from_slots(slots, &c->latency))
		fail("out of memory");
	c->calls = calls + 1;
	c->completed = calls;
	c->open = 1;
	c->oldest_open_ns = round * SECOND;
	c->min_ns = 1000;
	c->max_ns = 1050 << 11;
	c->latency_sum_ns = c->total_ns = c->self_ns = calls * 10000;
	c->rows = calls * 5;
	c->errors = calls / 500;
	c->hits = calls * 3;
	c->misses = calls;
}

static struct snapshot *make_snapshot(uint64_t round)
{
	struct snapshot *s = NULL;

	if (snapshot_new(&s) || !(s->nodes = calloc(NODES, sizeof(*s->nodes))))
		fail("out of memory");
	for (uint32_t i = 0; i < NODES; i++)
		fill_node(&s->nodes[i], i + 1, round, s);
	s->nodes_count = NODES;
	s->duration_ns = (round + 1) * SECOND;
	if (snapshot_flatten(s))
		fail("out of memory");
	return s;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

int main(void)
{
	struct alerts *alerts = make_alerts();
	uint64_t took[ROUNDS];
	const struct alert *const *firing;
	size_t data = 0, rows = 0;

	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct snapshot *s = make_snapshot(round);
		uint64_t start_ns = cpu_ns();

		rows = s->operators_count + s->queries_count;
		if (alerts_evaluate(alerts, s, (1000 + round) * SECOND, NULL, NULL))
			fail("out of memory");
		took[round] = cpu_ns() - start_ns;
		snapshot_free(&s);
	}
	for (size_t i = 0; i < RULES; i++)
		data += alerts_rule_status(alerts, i) != ALERT_RULE_NO_DATA;
	qsort(took + WARM, ROUNDS - WARM, sizeof(*took), compare);
	printf("%d rules, %d nodes (%zu rows), a second apart: CPU of an evaluation\n", RULES, NODES, rows);
	printf("median %.2f ms, 90 %% within %.2f ms, longest %.2f ms, first %.2f ms\n", (double)took[WARM + (ROUNDS - WARM) / 2] / 1e6,
	       (double)took[WARM + (ROUNDS - WARM) * 9 / 10] / 1e6, (double)took[ROUNDS - 1] / 1e6, (double)took[0] / 1e6);
	printf("%zu rules have data, %zu alerts fire\n", data, alerts_firing(alerts, &firing));
	alerts_free(&alerts);
	return 0;
}
