/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One fixed snapshot that has something of everything, hostile labels included. Included by tests, after cmocka.h. */
#ifndef WEIR_TEST_FIXTURE_H
#define WEIR_TEST_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "model/snapshot.h"

#define FIXTURE_HOSTILE \
	"select\n\t\"x\", 'a\x1b[31mred\x1b[0m' \xc3\x28 \xff \xe2\x80\xae" \
	"right to left\x07\xc2\x9b" \
	"5n, \xc3\xa9\xe6\xbc\xa2\xe5\xad\x97\r\nfrom t"
#define FIXTURE_LONG \
	"select c.name, sum(o.price * o.amount) from orders o join customers c on c.id = o.customer " \
	"where o.placed between ? and ? and c.country in (?) group by c.name order by 2 desc limit ?"

struct fixture_node {
	uint32_t id, parent;
	enum weir_level level;
	const char *function, *label;
	bool recursive;
	uint32_t have;
	unsigned completed, unwound, untimed, open;
	uint64_t mean_ns; /* latencies lie between half and three halves of it */
	unsigned self_percent, blocked_percent;
	uint64_t rows, errors, hits, misses, bytes;
};

static const struct fixture_node fixture_nodes[] = {
	{1, 0, WEIR_LEVEL_RUN, "run_pipeline", NULL, false, HAVE_LATENCY, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},
	{2, 1, WEIR_LEVEL_STAGE, "stage", "load", false, HAVE_LATENCY | HAVE_ROWS, 12, 0, 0, 0, 200000000, 4, 30, 48000,
	 0, 0, 0, 0},
	{3, 2, WEIR_LEVEL_QUERY, "sqlite3_step", "insert into orders values (?, ?, ?)", false,
	 HAVE_LATENCY | HAVE_ROWS | HAVE_ERRORS | HAVE_CACHE, 48000, 37, 0, 0, 40000, 25, 10, 48000, 37, 91234, 612, 0},
	{4, 3, WEIR_LEVEL_OPERATOR, "scan", NULL, false, HAVE_LATENCY | HAVE_ROWS | HAVE_BYTES, 1000, 0, 0, 0, 310000, 60,
	 80, 999000, 0, 0, 0, 7340032},
	{5, 3, WEIR_LEVEL_OPERATOR, "sort", "by price", false, HAVE_LATENCY | HAVE_ROWS, 1000, 0, 0, 0, 400000, 50, 0,
	 5000, 0, 0, 0, 0},
	{6, 5, WEIR_LEVEL_OPERATOR, "sort", "by price", true, HAVE_LATENCY | HAVE_ROWS, 3000, 0, 0, 0, 60000, 100, 0, 2500,
	 0, 0, 0, 0},
	{7, 1, WEIR_LEVEL_QUERY, "sqlite3_step", FIXTURE_HOSTILE, false, HAVE_LATENCY | HAVE_ROWS | HAVE_ERRORS, 7, 0, 2, 1,
	 2500000, 90, 50, 70, 1, 0, 0, 0},
	{8, 7, WEIR_LEVEL_WAIT, "lock_wait", NULL, false, 0, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	{9, 1, WEIR_LEVEL_QUERY, "sqlite3_step", FIXTURE_LONG, false,
	 HAVE_LATENCY | HAVE_ROWS | HAVE_ERRORS | HAVE_CACHE, 300, 0, 0, 0, 9000000, 100, 2, 3000, 0, 0, 0, 0},
	{10, 2, WEIR_LEVEL_FUNCTION, "parse_line", NULL, false, HAVE_LATENCY, 48000, 0, 0, 0, 1800, 100, 0, 0, 0, 0, 0, 0},
};

static uint64_t fixture_random(uint64_t *state)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return *state >> 33;
}

static void fixture_latencies(struct counters *counters, unsigned count, uint64_t mean_ns)
{
	uint64_t slots[WEIR_HIST_SLOTS] = {0}, random = mean_ns;

	for (unsigned i = 0; i < count; i++) {
		uint64_t ns = mean_ns / 2 + fixture_random(&random) % mean_ns;

		slots[weir_hist_slot(weir_hist_time_units(ns))]++;
		counters->latency_sum_ns += ns;
		counters->max_ns = ns > counters->max_ns ? ns : counters->max_ns;
		counters->min_ns = !i || ns < counters->min_ns ? ns : counters->min_ns;
	}
	assert_int_equal(histogram_from_slots(slots, &counters->latency), 0);
}

static void fixture_counters(struct counters *counters, const struct fixture_node *from)
{
	uint64_t calls = (uint64_t)from->completed + from->unwound + from->untimed + from->open;

	*counters = (struct counters){
		.have = from->have, .calls = calls, .completed = from->completed, .unwound = from->unwound,
		.untimed = from->untimed, .open = from->open, .rows = from->rows, .errors = from->errors,
		.hits = from->hits, .misses = from->misses, .bytes = from->bytes};
	fixture_latencies(counters, from->completed, from->mean_ns);
	counters->total_ns = counters->latency_sum_ns;
	counters->self_ns = counters->latency_sum_ns * from->self_percent / 100;
	counters->blocked_ns = counters->total_ns * from->blocked_percent / 100;
	counters->wait_ns = counters->total_ns / 50;
	counters->cpu_ns = counters->total_ns - counters->blocked_ns - counters->wait_ns;
	counters->minor_faults = from->completed / 10;
	counters->voluntary_switches = from->blocked_percent * 3;
	counters->involuntary_switches = from->completed / 100;
	counters->read_bytes = from->blocked_percent * 409600ULL;
}

static const char *fixture_string(struct snapshot *snapshot, const char *text)
{
	const char *string = snapshot_string(snapshot, text);

	assert_non_null(string);
	return string;
}

static void fixture_fill_nodes(struct snapshot *snapshot)
{
	size_t count = sizeof(fixture_nodes) / sizeof(fixture_nodes[0]);

	snapshot->nodes = calloc(count, sizeof(*snapshot->nodes));
	assert_non_null(snapshot->nodes);
	for (size_t i = 0; i < count; i++) {
		const struct fixture_node *from = &fixture_nodes[i];
		struct snapshot_node *node = &snapshot->nodes[snapshot->nodes_count++];

		node->id = from->id;
		node->parent = from->parent;
		node->level = from->level;
		node->profile = from->level == WEIR_LEVEL_FUNCTION ? NULL : fixture_string(snapshot, "sqlite");
		node->module = fixture_string(snapshot, i < 2 ? "pipeline" : "libsqlite3.so.0");
		node->function = fixture_string(snapshot, from->function);
		node->label = from->label ? fixture_string(snapshot, from->label) : NULL;
		node->recursive = from->recursive;
		fixture_counters(&node->counters, from);
	}
	snapshot->nodes[4].counters.extra_names[0] = fixture_string(snapshot, "spills");
	snapshot->nodes[4].counters.extra[0] = 12;
	snapshot->nodes[5].counters.extra_names[0] = fixture_string(snapshot, "spills");
	snapshot->nodes[5].counters.extra[0] = 1;
	/* One of the two open calls surely runs. */
	snapshot->nodes[6].counters.have |= HAVE_OLDEST;
	snapshot->nodes[6].counters.oldest_open_ns = 95500000000;
}

/* Memory of two nodes, and of what lies above the second. */
static void fixture_fill_memory(struct snapshot *snapshot)
{
	struct counters *scan = &snapshot->nodes[3].counters, *insert = &snapshot->nodes[2].counters;

	for (size_t i = 0; i < snapshot->nodes_count; i++) {
		struct counters *counters = &snapshot->nodes[i].counters;

		counters->have |= HAVE_PAGES | HAVE_MAPPINGS;
		counters->faults = counters->minor_faults + counters->major_faults;
	}
	scan->rss_grown_bytes = scan->total_rss_grown_bytes = 12582912;
	scan->rss_shrunk_bytes = scan->total_rss_shrunk_bytes = 4194304;
	scan->mapped_bytes = scan->total_mapped_bytes = 16777216;
	insert->rss_grown_bytes = 49152;
	insert->total_rss_grown_bytes = scan->total_rss_grown_bytes + insert->rss_grown_bytes;
	insert->total_rss_shrunk_bytes = scan->total_rss_shrunk_bytes;
	insert->total_mapped_bytes = scan->total_mapped_bytes;
	snapshot->memory_mode = WEIR_MEMORY_PAGES;
	snapshot->outside = (struct counters){.have = HAVE_PAGES | HAVE_MAPPINGS, .rss_grown_bytes = 8192, .total_rss_grown_bytes = 8192};
	snapshot->memory = (struct counters){.have = HAVE_PAGES | HAVE_MAPPINGS, .rss_grown_bytes = 12640256,
		.rss_shrunk_bytes = 4194304, .mapped_bytes = 16777216, .total_rss_grown_bytes = 12640256,
		.total_rss_shrunk_bytes = 4194304, .total_mapped_bytes = 16777216};
}

static void fixture_fill_errors(struct snapshot *snapshot)
{
	const struct snapshot_node *insert = &snapshot->nodes[2], *hostile = &snapshot->nodes[6];
	const struct snapshot_error errors[] = {
		{3, insert->function, insert->label, 19, fixture_string(snapshot, "SQLITE_CONSTRAINT"), 30, NULL},
		{3, insert->function, insert->label, 5, fixture_string(snapshot, "SQLITE_BUSY"), 7, NULL},
		{7, hostile->function, hostile->label, -4242, NULL, 1, NULL},
		{7, hostile->function, hostile->label, 0, NULL, 12, fixture_string(snapshot, "std::out_of_range")}};

	snapshot->errors = calloc(sizeof(errors) / sizeof(errors[0]), sizeof(errors[0]));
	assert_non_null(snapshot->errors);
	memcpy(snapshot->errors, errors, sizeof(errors));
	snapshot->errors_count = sizeof(errors) / sizeof(errors[0]);
}

static void fixture_fill_waits(struct snapshot *snapshot)
{
	const struct snapshot_node *insert = &snapshot->nodes[2], *hostile = &snapshot->nodes[6];
	const char *relation = fixture_string(snapshot, "Lock: relation");
	const struct snapshot_wait waits[] = {
		{3, insert->function, insert->label, insert->function, insert->label, relation, 0x03000000, false, 12, 250000000},
		{7, hostile->function, hostile->label, NULL, NULL, fixture_string(snapshot, "not readable"), 0, true, 1, 1000000},
		{7, hostile->function, hostile->label, insert->function, insert->label, relation, 0x03000000, false, 1, 50000}};

	snapshot->waits = calloc(sizeof(waits) / sizeof(waits[0]), sizeof(waits[0]));
	assert_non_null(snapshot->waits);
	memcpy(snapshot->waits, waits, sizeof(waits));
	snapshot->waits_count = sizeof(waits) / sizeof(waits[0]);
	snapshot->tells_waits = true;
}

static void fixture_fill_target(struct snapshot *snapshot)
{
	const struct snapshot_process processes[] = {
		{4242, true, fixture_string(snapshot, "pipeline"), fixture_string(snapshot, "/usr/bin/pipeline"),
		 {true, true, 36909056, 41943040, 15728640, 21123072, 57344}, {0}},
		{4243, false, fixture_string(snapshot, "wor\x1bker"), NULL, {.peak_known = true, .peak = 52428800}, {0}},
		{4244, true, fixture_string(snapshot, "worker"), NULL, {0}, {0}},
		{4245, true, fixture_string(snapshot, "worker"), NULL, {0}, {0}}};

	snapshot->processes = calloc(4, sizeof(processes[0]));
	assert_non_null(snapshot->processes);
	memcpy(snapshot->processes, processes, sizeof(processes));
	snapshot->processes_count = 4;
	snapshot->profiles = calloc(1, sizeof(*snapshot->profiles));
	assert_non_null(snapshot->profiles);
	snapshot->profiles[snapshot->profiles_count++] = fixture_string(snapshot, "sqlite");
}

/* A snapshot in which nothing was hit. */
static inline struct snapshot *fixture_idle(void)
{
	struct snapshot *snapshot = NULL;

	assert_int_equal(snapshot_new(&snapshot), 0);
	snapshot->taken_at = (struct timespec){.tv_sec = 1767323045, .tv_nsec = 12345678}; /* 2026-01-02 03:04:05 */
	snapshot->duration_ns = 10000000000;
	snapshot->kernel = fixture_string(snapshot, "6.18.0-test");
	snapshot->cpus = 8;
	fixture_fill_target(snapshot);
	assert_int_equal(snapshot_flatten(snapshot), 0);
	return snapshot;
}

static inline struct snapshot *fixture_snapshot(void)
{
	struct snapshot *snapshot = fixture_idle();

	fixture_fill_nodes(snapshot);
	fixture_fill_memory(snapshot);
	fixture_fill_errors(snapshot);
	fixture_fill_waits(snapshot);
	snapshot->losses[WEIR_LOSS_LABEL_TEXT] = 12;
	snapshot->losses[WEIR_LOSS_LEAVE_WITHOUT_ENTER] = 3;
	snapshot->hits = 203456;
	snapshot->overhead_cpu_ns = 86000000;
	snapshot->target_cpu_ns = 9870000000;
	assert_int_equal(snapshot_flatten(snapshot), 0);
	return snapshot;
}

#endif
