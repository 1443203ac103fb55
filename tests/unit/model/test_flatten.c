/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/metrics.h"

/* A node whose counter number m (in the registry's order) is `base` x (m + 1), with one sample in its histogram. */
static struct snapshot_node node_of(uint32_t id, enum weir_level level, const char *function, const char *label,
				    uint64_t base)
{
	struct snapshot_node node = {.id = id, .level = level, .profile = "p", .module = "m",
				     .function = function, .label = label};
	uint64_t slots[WEIR_HIST_SLOTS] = {0};

	slots[100 + 3 * id] = base;
	for (size_t m = 0; m < METRIC_COUNT; m++)
		if (metrics[m].kind != METRIC_KIND_HISTOGRAM)
			*(uint64_t *)((char *)&node.counters + metrics[m].offset) = base * (m + 1);
	node.counters.latency_sum_ns = base * 1000;
	node.counters.min_ns = base * 10;
	node.counters.max_ns = base * 20;
	node.counters.have = HAVE_LATENCY;
	assert_int_equal(histogram_from_slots(slots, &node.counters.latency), 0);
	return node;
}

static struct snapshot *snapshot_of(const struct snapshot_node *nodes, size_t count)
{
	struct snapshot *snapshot = NULL;

	assert_int_equal(snapshot_new(&snapshot), 0);
	snapshot->nodes = calloc(count, sizeof(*nodes));
	assert_non_null(snapshot->nodes);
	memcpy(snapshot->nodes, nodes, count * sizeof(*nodes));
	snapshot->nodes_count = count;
	return snapshot;
}

static void each_counter_is_summed_over_the_nodes_of_one_name(void **state)
{
	struct snapshot_node nodes[] = {node_of(1, WEIR_LEVEL_OPERATOR, "scan", "a", 1),
					node_of(2, WEIR_LEVEL_OPERATOR, "scan", "a", 100)};
	struct snapshot *snapshot = snapshot_of(nodes, 2);
	const struct counters *sum;

	(void)state;
	nodes[0].counters.have |= HAVE_ROWS;
	snapshot->nodes[0].counters.have |= HAVE_ROWS;
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot->operators_count, 1);
	assert_int_equal(snapshot->queries_count, 0);
	assert_string_equal(snapshot->operators[0].function, "scan");
	assert_string_equal(snapshot->operators[0].label, "a");
	assert_string_equal(snapshot->operators[0].module, "m");
	assert_string_equal(snapshot->operators[0].profile, "p");
	sum = &snapshot->operators[0].counters;
	for (size_t m = 0; m < METRIC_COUNT; m++)
		if (metrics[m].kind != METRIC_KIND_HISTOGRAM)
			assert_int_equal(metric_value(&metrics[m], sum), (metrics[m].greatest ? 100 : 101) * (m + 1));
	assert_int_equal(sum->oldest_open_ns, 100 * (METRIC_OLDEST_OPEN + 1));
	assert_int_equal(sum->latency_sum_ns, 101000);
	assert_int_equal(sum->min_ns, 10);
	assert_int_equal(sum->max_ns, 2000);
	assert_int_equal(sum->have, HAVE_LATENCY | HAVE_ROWS);
	assert_int_equal(histogram_count(&sum->latency), 101);
	snapshot_free(&snapshot);
}

static void a_recursive_node_adds_all_but_what_is_inclusive(void **state)
{
	struct snapshot_node nodes[] = {node_of(1, WEIR_LEVEL_OPERATOR, "scan", NULL, 1),
					node_of(2, WEIR_LEVEL_OPERATOR, "scan", NULL, 100)};
	struct snapshot *snapshot = snapshot_of(nodes, 2);
	const struct counters *sum;

	(void)state;
	snapshot->nodes[1].recursive = true;
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot->operators_count, 1);
	sum = &snapshot->operators[0].counters;
	for (size_t m = 0; m < METRIC_COUNT; m++)
		if (metrics[m].kind != METRIC_KIND_HISTOGRAM)
			assert_int_equal(metric_value(&metrics[m], sum), (metrics[m].inclusive ? 1 : metrics[m].greatest ? 100 : 101) * (m + 1));
	assert_int_equal(histogram_count(&sum->latency), 101);
	assert_int_equal(sum->latency_sum_ns, 101000);
	/* spelt out, so that the registry's own flags are tested too */
	assert_int_equal(sum->total_ns, METRIC_TOTAL + 1);
	assert_int_equal(sum->cpu_ns, METRIC_CPU + 1);
	assert_int_equal(sum->blocked_ns, METRIC_BLOCKED + 1);
	assert_int_equal(sum->wait_ns, METRIC_WAIT + 1);
	assert_int_equal(sum->minor_faults, METRIC_MINOR_FAULTS + 1);
	assert_int_equal(sum->major_faults, METRIC_MAJOR_FAULTS + 1);
	assert_int_equal(sum->voluntary_switches, METRIC_VOLUNTARY_SWITCHES + 1);
	assert_int_equal(sum->involuntary_switches, METRIC_INVOLUNTARY_SWITCHES + 1);
	assert_int_equal(sum->read_bytes, METRIC_READ_BYTES + 1);
	assert_int_equal(sum->write_bytes, METRIC_WRITE_BYTES + 1);
	assert_int_equal(sum->calls, 101 * (METRIC_CALLS + 1));
	assert_int_equal(sum->self_ns, 101 * (METRIC_SELF + 1));
	assert_int_equal(sum->rows, 101 * (METRIC_ROWS + 1));
	snapshot_free(&snapshot);
}

static void rows_differ_by_each_part_of_the_identity(void **state)
{
	struct snapshot_node nodes[] = {
		node_of(1, WEIR_LEVEL_OPERATOR, "scan", "a", 1), node_of(2, WEIR_LEVEL_STAGE, "scan", "a", 1),
		node_of(3, WEIR_LEVEL_OPERATOR, "sort", "a", 1), node_of(4, WEIR_LEVEL_OPERATOR, "scan", "b", 1),
		node_of(5, WEIR_LEVEL_OPERATOR, "scan", NULL, 1), node_of(6, WEIR_LEVEL_OPERATOR, "scan", "a", 1),
		node_of(7, WEIR_LEVEL_OPERATOR, "scan", "a", 1)};
	struct snapshot *snapshot = snapshot_of(nodes, 7);

	(void)state;
	snapshot->nodes[5].module = "other";
	snapshot->nodes[6].profile = NULL;
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot->operators_count, 7);
	snapshot_free(&snapshot);
}

static void runs_and_queries_stand_apart_from_the_rest(void **state)
{
	struct snapshot_node nodes[WEIR_LEVEL_COUNT];
	struct snapshot *snapshot;

	(void)state;
	for (uint32_t level = 0; level < WEIR_LEVEL_COUNT; level++)
		nodes[level] = node_of(level + 1, (enum weir_level)level, "f", NULL, level + 1);
	snapshot = snapshot_of(nodes, WEIR_LEVEL_COUNT);
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot->queries_count, 2);
	assert_int_equal(snapshot->operators_count, WEIR_LEVEL_COUNT - 2);
	/* widest total, widest self first */
	assert_int_equal(snapshot->queries[0].level, WEIR_LEVEL_QUERY);
	assert_int_equal(snapshot->queries[1].level, WEIR_LEVEL_RUN);
	assert_int_equal(snapshot->operators[0].level, WEIR_LEVEL_OPERATION);
	for (size_t i = 1; i < snapshot->operators_count; i++)
		assert_true(snapshot->operators[i - 1].counters.self_ns >= snapshot->operators[i].counters.self_ns);
	snapshot_free(&snapshot);
}

static void extremes_of_nodes_without_completed_calls_do_not_count(void **state)
{
	struct snapshot_node nodes[] = {node_of(1, WEIR_LEVEL_OPERATOR, "scan", NULL, 5),
					node_of(2, WEIR_LEVEL_OPERATOR, "scan", NULL, 7)};
	struct snapshot *snapshot = snapshot_of(nodes, 2);

	(void)state;
	counters_free(&snapshot->nodes[0].counters);
	snapshot->nodes[0].counters.calls = snapshot->nodes[0].counters.open = 1;
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot->operators[0].counters.min_ns, 70);
	assert_int_equal(snapshot->operators[0].counters.max_ns, 140);
	snapshot_free(&snapshot);
}

static void extra_counters_are_summed_by_name(void **state)
{
	struct snapshot_node nodes[] = {node_of(1, WEIR_LEVEL_OPERATOR, "scan", NULL, 1),
					node_of(2, WEIR_LEVEL_OPERATOR, "scan", NULL, 2)};
	struct snapshot *snapshot = snapshot_of(nodes, 2);
	struct counters *a = &snapshot->nodes[0].counters, *b = &snapshot->nodes[1].counters;
	const struct counters *sum;

	(void)state;
	a->extra_names[0] = "spills", a->extra[0] = 3;
	a->extra_names[1] = "batches", a->extra[1] = 4;
	b->extra_names[0] = "batches", b->extra[0] = 50;
	b->extra_names[2] = "loops", b->extra[2] = 60;
	assert_int_equal(snapshot_flatten(snapshot), 0);
	sum = &snapshot->operators[0].counters;
	assert_string_equal(sum->extra_names[0], "spills");
	assert_int_equal(sum->extra[0], 3);
	assert_string_equal(sum->extra_names[1], "batches");
	assert_int_equal(sum->extra[1], 54);
	assert_string_equal(sum->extra_names[2], "loops");
	assert_int_equal(sum->extra[2], 60);
	assert_null(sum->extra_names[3]);
	snapshot_free(&snapshot);
}

static void flattening_again_gives_the_same(void **state)
{
	struct snapshot_node nodes[] = {node_of(1, WEIR_LEVEL_QUERY, "step", "select", 1),
					node_of(2, WEIR_LEVEL_OPERATOR, "scan", NULL, 2)};
	struct snapshot *snapshot = snapshot_of(nodes, 2);

	(void)state;
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot->queries_count, 1);
	assert_int_equal(snapshot->operators_count, 1);
	assert_int_equal(snapshot->queries[0].counters.calls, 1);
	snapshot_free(&snapshot);
}

static void an_empty_tree_has_empty_tables(void **state)
{
	struct snapshot *snapshot = NULL;

	(void)state;
	assert_int_equal(snapshot_new(&snapshot), 0);
	assert_int_equal(snapshot_flatten(snapshot), 0);
	assert_int_equal(snapshot->queries_count, 0);
	assert_int_equal(snapshot->operators_count, 0);
	snapshot_free(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_counter_is_summed_over_the_nodes_of_one_name),
		cmocka_unit_test(a_recursive_node_adds_all_but_what_is_inclusive),
		cmocka_unit_test(rows_differ_by_each_part_of_the_identity),
		cmocka_unit_test(runs_and_queries_stand_apart_from_the_rest),
		cmocka_unit_test(extremes_of_nodes_without_completed_calls_do_not_count),
		cmocka_unit_test(extra_counters_are_summed_by_name),
		cmocka_unit_test(flattening_again_gives_the_same),
		cmocka_unit_test(an_empty_tree_has_empty_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
