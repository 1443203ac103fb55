/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States and windows, on a clock set by hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

static const char busy[] = "alerts:\n"
			   "  - alert: Busy\n"
			   "    expr: open{level=\"query\"} > 10\n"
			   "    for: 3s\n"
			   "    keep_firing_for: 2s\n";

static void look_open(struct fixture *f, uint64_t seconds, uint64_t open)
{
	struct snapshot *s = snapshot_at(seconds);

	add_row(s, 0, WEIR_LEVEL_QUERY, "q", NULL)->open = open;
	look(f, s);
}

static void an_alert_is_pending_then_firing_then_resolved(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, busy);
	look_open(&f, 1, 10);
	assert_said(&f, "");
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_CLEAR);
	look_open(&f, 2, 11);
	assert_said(&f, "pending Busy q=11");
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_PENDING);
	look_open(&f, 4, 12);
	assert_said(&f, "");
	look_open(&f, 5, 13);
	assert_said(&f, "firing Busy q=13");
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_FIRING);
	look_open(&f, 6, 0);
	assert_said(&f, ""); /* kept for 2 s */
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_FIRING);
	look_open(&f, 8, 0);
	assert_said(&f, "resolved Busy q=13");
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_CLEAR);
	alerts_free(&f.alerts);
}

static void an_alert_that_flaps_never_fires(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, busy);
	for (uint64_t t = 1; t < 40; t += 3) {
		look_open(&f, t, 11);
		assert_said(&f, "pending Busy q=11");
		look_open(&f, t + 2, 11);
		assert_said(&f, "");
		look_open(&f, t + 2, 9);
		assert_said(&f, "dropped Busy q=11");
	}
	alerts_free(&f.alerts);
}

static void a_firing_alert_that_flaps_is_kept(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, busy);
	look_open(&f, 1, 11);
	look_open(&f, 4, 11);
	assert_said(&f, "firing Busy q=11");
	for (uint64_t t = 5; t < 40; t += 2) {
		look_open(&f, t, 0);
		assert_said(&f, "");
		look_open(&f, t + 1, 20);
		assert_said(&f, "");
	}
	alerts_free(&f.alerts);
}

static void an_alert_without_for_fires_at_once(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts: [{alert: A, expr: 'open > 1'}]");
	look_open(&f, 1, 2);
	assert_said(&f, "firing A q=2");
	look_open(&f, 2, 1);
	assert_said(&f, "resolved A q=2");
	alerts_free(&f.alerts);
}

static void a_row_that_is_gone_resolves_and_has_no_data(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts: [{alert: A, expr: 'open < 5'}]");
	look_open(&f, 1, 2);
	assert_said(&f, "firing A q=2");
	look(&f, snapshot_at(2)); /* nothing is there: that is not 0 */
	assert_said(&f, "resolved A q=2");
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_NO_DATA);
	alerts_free(&f.alerts);
}

static void a_metric_that_no_snapshot_has_is_no_data(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts:\n"
			 "  - {alert: Leak, expr: 'growth(rss_bytes, 10m) >= 0'}\n"
			 "  - {alert: Less, expr: 'rss_bytes < 1MiB'}\n"
			 "  - {alert: Extra, expr: 'counters.nothing >= 0'}\n"
			 "  - {alert: Absent, expr: 'absent(rss_bytes)'}\n");
	look_open(&f, 1, 2);
	look_open(&f, 2, 2);
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_NO_DATA);
	assert_int_equal(alerts_rule_status(f.alerts, 1), ALERT_RULE_NO_DATA);
	assert_int_equal(alerts_rule_status(f.alerts, 2), ALERT_RULE_NO_DATA);
	assert_int_equal(alerts_rule_status(f.alerts, 3), ALERT_RULE_FIRING);
	alerts_free(&f.alerts);
}

static void resident_memory_is_of_the_processes_that_run(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts: [{alert: Grows, expr: 'growth(rss_bytes, 10s) >= 3MiB'}]");
	for (uint64_t t = 1; t <= 12; t++) {
		struct snapshot *s = snapshot_at(t);

		s->processes = calloc(2, sizeof(*s->processes));
		assert_non_null(s->processes);
		s->processes_count = 2;
		s->processes[0] = (struct snapshot_process){ .pid = 1, .running = true,
							     .rss = { .known = true, .now = t << 19 } };
		s->processes[1] = (struct snapshot_process){ .pid = 2, .rss = { .known = true, .now = t << 30 } };
		look(&f, s);
		assert_said(&f, t == 11 ? "firing Grows -=5.0 MiB" : "");
	}
	alerts_free(&f.alerts);
}

static void absent_fires_until_the_node_appears(void **state)
{
	struct fixture f;
	struct snapshot *s;

	(void)state;
	fixture_init(&f, "alerts: [{alert: Gone, expr: 'absent(calls{function=\"commit*\"})', for: 2s}]");
	look_open(&f, 1, 1);
	assert_said(&f, "pending Gone -=1");
	look_open(&f, 3, 1);
	assert_said(&f, "firing Gone -=1");
	s = snapshot_at(4);
	add_row(s, 0, WEIR_LEVEL_QUERY, "commit_it", NULL)->calls = 1;
	look(&f, s);
	assert_said(&f, "resolved Gone -=1");
	alerts_free(&f.alerts);
}

static void a_node_that_appears_later_counts_from_nothing(void **state)
{
	struct fixture f;
	struct snapshot *s;

	(void)state;
	fixture_init(&f, "alerts: [{alert: Burst, expr: 'growth(calls{function=\"new\"}, 10s) > 50'}]");
	for (uint64_t t = 1; t < 30; t++)
		look_open(&f, t, 1);
	s = snapshot_at(30);
	add_row(s, 0, WEIR_LEVEL_QUERY, "new", NULL)->calls = 51;
	look(&f, s);
	assert_said(&f, "firing Burst new=51");
	for (uint64_t t = 31; t <= 40; t++) {
		s = snapshot_at(t);
		add_row(s, 0, WEIR_LEVEL_QUERY, "new", NULL)->calls = 51;
		look(&f, s);
	}
	assert_said(&f, "resolved Burst new=51"); /* at 40 s the window begins behind the burst */
	alerts_free(&f.alerts);
}

/* 100 fast calls a second; from 100 s to 110 s one slow one a second too. */
static void look_latency(struct fixture *f, uint64_t seconds)
{
	struct snapshot *s = snapshot_at(seconds);
	struct counters *c = add_row(s, 0, WEIR_LEVEL_QUERY, "q", "select ?");

	add_latency(c, 1000000, seconds * 100);
	if (seconds > 100)
		add_latency(c, 40 * SECOND, seconds < 110 ? seconds - 100 : 10);
	look(f, s);
}

static void quantiles_are_of_the_window_and_resolve(void **state)
{
	struct fixture f;
	uint64_t t = 1;

	(void)state;
	fixture_init(&f, "alerts:\n"
			 "  - {alert: Max, expr: 'max(latency{level=\"query\"}[30s]) > 30s'}\n"
			 "  - {alert: P99, expr: 'p99(latency{level=\"query\"}[5s]) > 900ms'}\n"
			 "  - {alert: P999, expr: 'p99.9(latency{level=\"query\"}[5s]) > 900ms'}\n");
	for (; t <= 100; t++) {
		look_latency(&f, t);
		assert_said(&f, "");
	}
	look_latency(&f, 101);
	assert_memory_equal(f.said, "firing Max q:select ?=", 22);
	assert_non_null(strstr(f.said, "firing P999"));
	assert_null(strstr(f.said, "P99 ")); /* one of a hundred and one is not one of a hundred */
	for (t = 102; t <= 110; t++) {
		look_latency(&f, t);
		assert_said(&f, "");
	}
	for (; !strstr(f.said, "resolved P999"); t++)
		look_latency(&f, t);
	assert_in_range(t - 1, 115, 116); /* the window, and at most a fifteenth or one interval */
	for (; !strstr(f.said, "resolved Max"); t++)
		look_latency(&f, t);
	assert_in_range(t - 1, 140, 142);
	alerts_free(&f.alerts);
}

static void a_quantile_without_calls_in_the_window_is_no_data(void **state)
{
	struct fixture f;
	struct snapshot *s;

	(void)state;
	fixture_init(&f, "alerts: [{alert: Fast, expr: 'p50(latency[2s]) < 1s'}]");
	for (uint64_t t = 1; t <= 4; t++) {
		s = snapshot_at(t);
		add_latency(add_row(s, 0, WEIR_LEVEL_QUERY, "q", NULL), 1000, 7);
		look(&f, s);
	}
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_NO_DATA);
	alerts_free(&f.alerts);
}

static void look_running(struct fixture *f, uint64_t seconds, uint64_t oldest_ns)
{
	struct snapshot *s = snapshot_at(seconds);

	for (int i = 0; i < 2; i++) { /* a row of two nodes has the older one */
		struct counters *c = add_row(s, 0, WEIR_LEVEL_QUERY, "f", NULL);

		c->calls = c->open = 1;
		c->oldest_open_ns = i ? oldest_ns : oldest_ns / 2;
		c->have |= oldest_ns ? HAVE_OLDEST : 0;
	}
	look(f, s);
}

static void a_call_that_runs_long_fires_before_it_ends(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts:\n  - alert: Slow\n    expr: p99(latency) > 30s or oldest_open > 30s\n    for: 10s\n");
	look_running(&f, 1, 29 * SECOND);
	assert_said(&f, "");
	look_running(&f, 3, 31 * SECOND);
	assert_said(&f, "pending Slow f=31.0 s");
	look_running(&f, 13, 41 * SECOND);
	assert_said(&f, "firing Slow f=41.0 s");
	look_running(&f, 14, 0); /* open, and not known to run */
	assert_said(&f, "resolved Slow f=41.0 s");
	alerts_free(&f.alerts);
}

static void rates_and_ratios_are_exact(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts:\n"
			 "  - {alert: Rate, expr: 'rate(calls{level=\"query\"}[10s]) >= 0'}\n"
			 "  - {alert: Errors, expr: 'ratio(errors, calls, 10s) > 0'}\n"
			 "  - {alert: Hits, expr: 'hit_ratio[10s] > 0'}\n"
			 "  - {alert: Pass, expr: 'pass_ratio[10s] > 0'}\n"
			 "  - {alert: Sum, expr: 'sum(rate(rows[10s])) > 0'}\n"
			 "  - {alert: Cpu, expr: 'rate(cpu[10s]) > 0'}\n");
	for (uint64_t t = 1; t <= 21; t++) {
		struct snapshot *s = snapshot_at(t);
		struct counters *q = add_row(s, 0, WEIR_LEVEL_QUERY, "q", NULL), *scan;

		scan = add_row(s, 1, WEIR_LEVEL_OPERATOR, "scan", NULL);
		/* 1 a second up to 10 s, 30 a second from there on */
		q->calls = t <= 10 ? t : 10 + (t - 10) * 30;
		q->errors = q->calls / 10;
		q->hits = 3 * q->calls;
		q->misses = q->calls;
		q->rows = q->calls;
		q->cpu_ns = q->calls * SECOND / 100;
		scan->rows = 8 * q->calls;
		look(&f, s);
	}
	{
		const struct alert *const *firing;
		size_t count = alerts_firing(f.alerts, &firing);
		const struct { const char *rule; double value; } wanted[] = {
			{ "Rate", 30 }, { "Errors", 0.1 }, { "Hits", 0.75 }, { "Pass", 0.125 }, { "Sum", 270 }, { "Cpu", 0.3 },
		};

		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			const struct alert *found = NULL;

			for (size_t k = 0; k < count; k++)
				if (!strcmp(firing[k]->rule->name, wanted[i].rule))
					found = firing[k];
			if (!found)
				fail_msg("%s does not fire", wanted[i].rule);
			assert_float_equal(found->value, wanted[i].value, 1e-9);
		}
		assert_int_equal(count, 6);
	}
	alerts_free(&f.alerts);
}

static void a_ratio_of_nothing_is_no_data(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts: [{alert: R, expr: 'ratio(errors, calls) >= 0'}, {alert: H, expr: 'hit_ratio < 50%'}]");
	look_open(&f, 1, 3);
	look_open(&f, 2, 3);
	assert_int_equal(alerts_rule_status(f.alerts, 0), ALERT_RULE_NO_DATA);
	assert_int_equal(alerts_rule_status(f.alerts, 1), ALERT_RULE_NO_DATA);
	alerts_free(&f.alerts);
}

static void selectors_take_globs_and_paths(void **state)
{
	struct fixture f;
	struct snapshot *s = snapshot_at(1);

	(void)state;
	fixture_init(&f, "alerts:\n"
			 "  - {alert: Label, expr: 'calls{label=\"select *\", level=\"query\"} > 0'}\n"
			 "  - {alert: Not, expr: 'calls{function!=\"s*\"} > 0'}\n"
			 "  - {alert: Path, expr: 'calls{path=\"q/*\"} > 0'}\n"
			 "  - {alert: NoLabel, expr: 'calls{label=\"\", function=\"s*\"} > 0'}\n");
	add_row(s, 0, WEIR_LEVEL_QUERY, "q", "select ?")->calls = 1;
	add_row(s, 0, WEIR_LEVEL_QUERY, "q", "insert ?")->calls = 2;
	add_row(s, 2, WEIR_LEVEL_OPERATOR, "scan", NULL)->calls = 4;
	add_row(s, 3, WEIR_LEVEL_OPERATOR, "scan", NULL)->calls = 8;
	look(&f, s);
	assert_said(&f, "firing Label q:select ?=1, firing Not q:insert ?=2, firing Not q:select ?=1, "
			"firing Path q/scan=4, firing Path q/scan/scan=8, firing NoLabel scan=12");
	alerts_free(&f.alerts);
}

static void and_or_and_arithmetic(void **state)
{
	struct fixture f;
	struct snapshot *s = snapshot_at(1);

	(void)state;
	fixture_init(&f, "alerts:\n"
			 "  - {alert: And, expr: 'calls > 1 and rows > 10'}\n"
			 "  - {alert: Or, expr: 'calls > 100 or rows > 10'}\n"
			 "  - {alert: Sum, expr: '-calls + rows * 2 - 1 > 8'}\n"
			 "  - {alert: Share, expr: 'rows / sum(rows) > 75%'}\n"
			 "  - {alert: AndNoData, expr: 'calls > 0 and counters.x > 0'}\n"
			 "  - {alert: OrNoData, expr: 'counters.x > 0 or calls > 4'}\n"
			 "  - {alert: NoDiv, expr: 'rows / errors > 0 or errors / rows > 1'}\n");
	add_row(s, 0, WEIR_LEVEL_QUERY, "a", NULL)->calls = 2;
	s->nodes[0].counters.rows = 11;
	add_row(s, 0, WEIR_LEVEL_QUERY, "b", NULL)->calls = 5;
	s->nodes[1].counters.rows = 2;
	look(&f, s);
	assert_said(&f, "firing And a=2, firing Or a=11, firing Sum a=19, firing Share a=84.6 %, firing OrNoData b=5");
	assert_int_equal(alerts_rule_status(f.alerts, 4), ALERT_RULE_NO_DATA);
	alerts_free(&f.alerts);
}

static void the_whole_target_is_one_alert(void **state)
{
	struct fixture f;
	struct snapshot *s = snapshot_at(10);

	(void)state;
	fixture_init(&f, "alerts:\n"
			 "  - {alert: Lost, expr: 'growth(lost_total, 1m) > 0'}\n"
			 "  - {alert: Dear, expr: 'overhead_ratio > 5%'}\n");
	s->overhead_cpu_ns = SECOND / 10;
	s->target_cpu_ns = SECOND;
	look(&f, s);
	assert_said(&f, "firing Dear -=10.0 %");
	s = snapshot_at(11);
	s->overhead_cpu_ns = SECOND / 10;
	s->target_cpu_ns = 4 * SECOND;
	s->losses[WEIR_LOSS_NODE_TABLE] = 3;
	look(&f, s);
	assert_said(&f, "firing Lost -=3, resolved Dear -=10.0 %");
	alerts_free(&f.alerts);
}

static void a_target_that_is_attached_again_begins_anew(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "alerts: [{alert: Idle, expr: 'growth(calls{level=\"query\"}, 5s) < 3'}]");
	for (uint64_t t = 1; t < 20; t++) {
		struct snapshot *s = snapshot_at(t);

		add_row(s, 0, WEIR_LEVEL_QUERY, "q", NULL)->calls = 1000 * t;
		look(&f, s);
		assert_said(&f, "");
	}
	for (uint64_t t = 1; t < 3; t++) { /* the clock goes on, the counters do not */
		struct snapshot *s = snapshot_at(t);

		add_row(s, 0, WEIR_LEVEL_QUERY, "q", NULL)->calls = 4 * t;
		assert_int_equal(snapshot_flatten(s), 0);
		f.said[0] = '\0';
		assert_int_equal(alerts_evaluate(f.alerts, s, (2000 + t) * SECOND, note, &f), 0);
		snapshot_free(&s);
		assert_said(&f, "");
	}
	alerts_free(&f.alerts);
}

static void too_many_windows_are_refused(void **state)
{
	struct alert_rules rules;
	struct alerts *alerts = NULL;
	char text[8192] = "alerts:\n";

	(void)state;
	for (int i = 0; i <= ALERT_WINDOWS_MAX; i++)
		sprintf(text + strlen(text), "  - {alert: A%d, expr: 'rate(calls[%ds]) > 0'}\n", i, i + 1);
	rules = rules_of(text);
	assert_int_equal(alerts_new(&rules, &alerts), -E2BIG);
	assert_null(alerts);
	assert_int_equal(rules.count, ALERT_WINDOWS_MAX + 1);
	alert_rules_clear(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_is_pending_then_firing_then_resolved),
		cmocka_unit_test(an_alert_that_flaps_never_fires),
		cmocka_unit_test(a_firing_alert_that_flaps_is_kept),
		cmocka_unit_test(an_alert_without_for_fires_at_once),
		cmocka_unit_test(a_row_that_is_gone_resolves_and_has_no_data),
		cmocka_unit_test(a_metric_that_no_snapshot_has_is_no_data),
		cmocka_unit_test(resident_memory_is_of_the_processes_that_run),
		cmocka_unit_test(absent_fires_until_the_node_appears),
		cmocka_unit_test(a_node_that_appears_later_counts_from_nothing),
		cmocka_unit_test(quantiles_are_of_the_window_and_resolve),
		cmocka_unit_test(a_quantile_without_calls_in_the_window_is_no_data),
		cmocka_unit_test(a_call_that_runs_long_fires_before_it_ends),
		cmocka_unit_test(rates_and_ratios_are_exact),
		cmocka_unit_test(a_ratio_of_nothing_is_no_data),
		cmocka_unit_test(selectors_take_globs_and_paths),
		cmocka_unit_test(and_or_and_arithmetic),
		cmocka_unit_test(the_whole_target_is_one_alert),
		cmocka_unit_test(a_target_that_is_attached_again_begins_anew),
		cmocka_unit_test(too_many_windows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
