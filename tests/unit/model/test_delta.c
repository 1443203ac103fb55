/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../out/fixture.h"
#include "model/metrics.h"

/* Samples counted into one node, as the kernel side would. */
struct samples {
	uint64_t slots[WEIR_HIST_SLOTS];
	struct counters counters;
};

static void samples_add(struct samples *samples, uint64_t ns)
{
	struct counters *c = &samples->counters;

	samples->slots[weir_hist_slot(weir_hist_time_units(ns))]++;
	c->have = HAVE_LATENCY;
	c->min_ns = !c->completed || ns < c->min_ns ? ns : c->min_ns;
	c->max_ns = ns > c->max_ns ? ns : c->max_ns;
	c->calls++;
	c->completed++;
	c->total_ns += ns;
	c->self_ns += ns;
	c->latency_sum_ns += ns;
}

static struct snapshot *snapshot_of(const struct samples *samples, uint64_t duration_ns)
{
	struct snapshot *snapshot = NULL;

	assert_int_equal(snapshot_new(&snapshot), 0);
	snapshot->duration_ns = duration_ns;
	snapshot->nodes = calloc(1, sizeof(*snapshot->nodes));
	assert_non_null(snapshot->nodes);
	snapshot->nodes_count = 1;
	snapshot->nodes[0] = (struct snapshot_node){
		.id = 7, .level = WEIR_LEVEL_FUNCTION, .function = fixture_string(snapshot, "f"),
		.counters = samples->counters};
	assert_int_equal(histogram_from_slots(samples->slots, &snapshot->nodes[0].counters.latency), 0);
	assert_int_equal(snapshot_flatten(snapshot), 0);
	return snapshot;
}

static void an_interval_holds_its_own_samples_alone(void **state)
{
	struct samples all = {0}, interval = {0};
	struct snapshot *earlier, *later, *delta = NULL, *truth;
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < 5000; i++)
		samples_add(&all, 1000 + fixture_random(&random) % 1000000);
	earlier = snapshot_of(&all, 1000000000);
	for (int i = 0; i < 3000; i++) {
		uint64_t ns = 20000 + fixture_random(&random) % 50000;

		samples_add(&all, ns);
		samples_add(&interval, ns);
	}
	later = snapshot_of(&all, 3500000000);
	truth = snapshot_of(&interval, 2500000000);
	assert_int_equal(snapshot_delta(later, earlier, &delta), 0);
	assert_int_equal(delta->duration_ns, 2500000000);
	assert_int_equal(delta->nodes[0].counters.calls, 3000);
	assert_int_equal(delta->nodes[0].counters.total_ns, interval.counters.total_ns);
	assert_int_equal(delta->nodes[0].counters.latency.length, truth->nodes[0].counters.latency.length);
	assert_memory_equal(delta->nodes[0].counters.latency.counts, truth->nodes[0].counters.latency.counts,
			    truth->nodes[0].counters.latency.length * sizeof(uint64_t));
	assert_int_equal(delta->operators_count, 1);
	assert_int_equal(delta->operators[0].counters.completed, 3000);
	/* its extremes lie inside the old ones: as near as a bucket is wide */
	assert_true((double)delta->nodes[0].counters.max_ns > (double)interval.counters.max_ns / 1.046);
	assert_true((double)delta->nodes[0].counters.max_ns < (double)interval.counters.max_ns * 1.046);
	assert_true((double)delta->nodes[0].counters.min_ns > (double)interval.counters.min_ns / 1.046);
	assert_true((double)delta->nodes[0].counters.min_ns < (double)interval.counters.min_ns * 1.046);
	snapshot_free(&delta);
	snapshot_free(&earlier);
	snapshot_free(&later);
	snapshot_free(&truth);
}

static void extremes_that_the_interval_set_are_exact(void **state)
{
	struct samples all = {0};
	struct snapshot *earlier, *later, *delta = NULL;

	(void)state;
	samples_add(&all, 5000);
	earlier = snapshot_of(&all, 1000);
	samples_add(&all, 1234);
	samples_add(&all, 98765);
	later = snapshot_of(&all, 2000);
	assert_int_equal(snapshot_delta(later, earlier, &delta), 0);
	assert_int_equal(delta->nodes[0].counters.min_ns, 1234);
	assert_int_equal(delta->nodes[0].counters.max_ns, 98765);
	snapshot_free(&delta);
	snapshot_free(&earlier);
	snapshot_free(&later);
}

/* Every counter of the registry goes to 0, gauges stay: what nobody thought of here is tested all the same. */
static void nothing_happened_between_equal_snapshots(void **state)
{
	struct snapshot *earlier = fixture_snapshot(), *later = fixture_snapshot(), *delta = NULL;

	(void)state;
	assert_int_equal(snapshot_delta(later, earlier, &delta), 0);
	assert_int_equal(delta->nodes_count, later->nodes_count);
	for (size_t i = 0; i < delta->nodes_count; i++) {
		const struct counters *c = &delta->nodes[i].counters;

		assert_int_equal(delta->nodes[i].id, later->nodes[i].id);
		assert_int_equal(c->have, later->nodes[i].counters.have);
		assert_int_equal(c->latency.length, 0);
		assert_int_equal(c->latency_sum_ns, 0);
		assert_int_equal(c->extra[0], 0);
		for (size_t m = 0; m < METRIC_COUNT; m++) {
			if (metrics[m].kind == METRIC_KIND_COUNTER)
				assert_int_equal(metric_value(&metrics[m], c), 0);
			if (metrics[m].kind == METRIC_KIND_GAUGE)
				assert_int_equal(metric_value(&metrics[m], c),
						 metric_value(&metrics[m], &later->nodes[i].counters));
		}
	}
	for (size_t i = 0; i < delta->errors_count; i++)
		assert_int_equal(delta->errors[i].count, 0);
	assert_int_equal(delta->waits_count, 3);
	for (size_t i = 0; i < delta->waits_count; i++)
		assert_int_equal(delta->waits[i].count + delta->waits[i].blocked_ns, 0);
	assert_int_equal(delta->hits, 0);
	assert_int_equal(snapshot_lost(delta), 0);
	snapshot_free(&delta);
	snapshot_free(&earlier);
	snapshot_free(&later);
}

static void since_the_start_is_everything(void **state)
{
	struct snapshot *later = fixture_snapshot(), *delta = NULL;

	(void)state;
	assert_int_equal(snapshot_delta(later, NULL, &delta), 0);
	for (size_t i = 0; i < delta->nodes_count; i++)
		for (size_t m = 0; m < METRIC_COUNT; m++)
			if (metrics[m].kind != METRIC_KIND_HISTOGRAM)
				assert_int_equal(metric_value(&metrics[m], &delta->nodes[i].counters),
						 metric_value(&metrics[m], &later->nodes[i].counters));
	for (size_t i = 0; i < delta->errors_count; i++)
		assert_int_equal(delta->errors[i].count, later->errors[i].count);
	assert_true(delta->tells_waits);
	for (size_t i = 0; i < delta->waits_count; i++)
		assert_int_equal(delta->waits[i].blocked_ns, later->waits[i].blocked_ns);
	assert_int_equal(delta->duration_ns, later->duration_ns);
	assert_int_equal(delta->operators_count, later->operators_count);
	assert_int_equal(delta->queries_count, later->queries_count);
	snapshot_free(&delta);
	snapshot_free(&later);
}

static void a_node_that_is_new_counts_from_its_beginning(void **state)
{
	struct snapshot *earlier = fixture_snapshot(), *later = fixture_snapshot(), *delta = NULL;

	(void)state;
	counters_free(&earlier->nodes[earlier->nodes_count - 1].counters);
	earlier->nodes_count--;
	assert_int_equal(snapshot_delta(later, earlier, &delta), 0);
	assert_int_equal(delta->nodes[delta->nodes_count - 1].counters.calls,
			 later->nodes[later->nodes_count - 1].counters.calls);
	assert_int_equal(delta->nodes[0].counters.completed, 0);
	snapshot_free(&delta);
	snapshot_free(&earlier);
	snapshot_free(&later);
}

static void waits_are_told_apart_by_node_and_code(void **state)
{
	struct snapshot *earlier = fixture_snapshot(), *later = fixture_snapshot(), *delta = NULL;

	(void)state;
	later->waits[2].count += 4;
	later->waits[2].blocked_ns += 777;
	earlier->waits[1].code = 5; /* another one: what is there now is new */
	assert_int_equal(snapshot_delta(later, earlier, &delta), 0);
	assert_int_equal(delta->waits[0].count, 0);
	assert_int_equal(delta->waits[1].count, later->waits[1].count);
	assert_int_equal(delta->waits[2].count, 4);
	assert_int_equal(delta->waits[2].blocked_ns, 777);
	snapshot_free(&delta);
	snapshot_free(&later);
	snapshot_free(&earlier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interval_holds_its_own_samples_alone),
		cmocka_unit_test(extremes_that_the_interval_set_are_exact),
		cmocka_unit_test(nothing_happened_between_equal_snapshots),
		cmocka_unit_test(since_the_start_is_everything),
		cmocka_unit_test(a_node_that_is_new_counts_from_its_beginning),
		cmocka_unit_test(waits_are_told_apart_by_node_and_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
