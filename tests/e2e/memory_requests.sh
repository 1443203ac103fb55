#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is asked of an engine's own allocator, as its profile names it, is counted by size on the innermost call, apart from the blocks that it takes.
. tests/lib/e2e.sh

cat >"$T/engine.c" <<'C'
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#define WORK __attribute__((noinline, noipa))
#define BLOCK 65536
struct pool { char *block; size_t used; struct pool *older; };
static _Thread_local struct pool *pool;
WORK void *pool_get(struct pool **pool, size_t count, size_t size)
{
	size_t bytes = (count * size + 15) & ~15UL;
	if (!*pool || (*pool)->used + bytes > BLOCK) {
		struct pool *fresh = malloc(sizeof(*fresh) + BLOCK);
		*fresh = (struct pool){ (char *)(fresh + 1), 0, *pool };
		*pool = fresh;
	}
	(*pool)->used += bytes;
	return (*pool)->block + (*pool)->used - bytes;
}
WORK void pool_reset(struct pool **pool)
{
	for (struct pool *older; *pool; *pool = older) {
		older = (*pool)->older;
		free(*pool);
	}
}
WORK void engine_sort(int rows)
{
	for (int i = 0; i < rows; i++)
		*(char *)pool_get(&pool, 1, 8 + i % 100) = 1;
	__asm__ volatile("" ::: "memory");
}
WORK void engine_query(int rows)
{
	*(char *)pool_get(&pool, 10, 100) = 1;
	engine_sort(rows);
	__asm__ volatile("" ::: "memory");
}
static void *work(void *arg)
{
	(void)arg;
	*(char *)pool_get(&pool, 1, 77) = 1;
	for (int i = 0; i < 10; i++) {
		engine_query(1000);
		pool_reset(&pool);
	}
	return NULL;
}
int main(void)
{
	pthread_t threads[4];
	puts("ready");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
C
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
probes:
  - {function: engine_query, level: query}
  - {function: engine_sort, level: operator}
  - {function: pool_get, level: alloc, entry_only: true, bytes: arg2 * arg3}
YAML
cc -O1 -fno-omit-frame-pointer -pthread -o "$T/engine" "$T/engine.c" || fail 'cannot compile the target'

measure() { # MODE
	rm -f "$T"/engine.{in,out,err}
	target_start engine "$T/engine"
	weir_start -p "$engine_pid" --profile "$T/engine.yaml" --memory "$1"
	if [ "$1" = pages ]; then
		has_breakpoint "$engine_pid" "$T/engine" pool_get && fail 'there is a breakpoint on an allocator that is not looked at'
	fi
	weir_settle
	target_go engine
	target_end engine
	weir_end
}

for mode in sizes live; do
	measure "$mode"
	check <<PYTHON
sizes = [8 + i % 100 for i in range(1000)] * 40
expect_no_loss(snapshot)
expect("nodes", {"engine_query", "engine_sort"}, {node["function"] for node in snapshot["nodes"]})
query, sort = nodes_of(snapshot, "engine_query")[0]["memory"], nodes_of(snapshot, "engine_sort")[0]["memory"]
expect("requests of engine_sort", (len(sizes), sum(sizes)), (sort["requests"], sort["requested_bytes"]))
expect("requests of engine_query", (40, 40000), (query["requests"], query["requested_bytes"]))
expect("with those below", (40 + len(sizes), 40000 + sum(sizes)), (query["total_requests"], query["total_requested_bytes"]))
asked = sort["request_size_bytes"]
expect("their sizes", (len(sizes), sum(sizes), 8, 107), tuple(asked[key] for key in ("count", "sum", "min", "max")))
for index, count in enumerate(asked["histogram"]["counts"]):
    low, high = (2 ** ((asked["histogram"]["offset"] + index + more) / 8) for more in (0, 1))
    expect(f"sizes in ({low:.1f}, {high:.1f}]", sum(low < size <= high for size in sizes), count)
outside = snapshot["memory"]["outside"]
expect("requests in no call", (4, 4 * 77), (outside["requests"], outside["requested_bytes"]))
expect("requests of the whole", len(sizes) + 44, snapshot["memory"]["requests"])
# Each round's first request is the query's, and takes a block; the first round has what the thread's own request took.
expect("blocks, not requests, are allocations", {65560}, {memory["size_bytes"]["max"] for memory in (query,)})
expect("allocations of engine_query: a block a round, but for the first", 36, query["allocations"])
if "$mode" == "live":
    for memory in (query, sort):
        expect("live when the pools are reset", (0, 0), (memory["live"], memory["live_bytes"]))
        expect("frees", memory["allocations"], memory["frees"])
    expect_true("a pool's blocks are held until it is reset", 65560 <= query["live_bytes_peak"] <= 4 * 65560, query["live_bytes_peak"])
operator, = [row for row in snapshot["operators"] if row["function"] == "engine_sort"]
expect("in the row of operators", sort["requests"], operator["memory"]["requests"])
PYTHON
done

measure pages
check <<'PYTHON'
expect("nodes", {"engine_query", "engine_sort"}, {node["function"] for node in snapshot["nodes"]})
expect("requests where sizes are not measured", False, "requests" in snapshot["memory"])
PYTHON

rm -f "$T"/engine.{in,out,err}
weir stat --profile "$T/engine.yaml" --memory sizes -- "$T/engine"
expect 'exit code' 0 "$status" "$T/weir.err"
expect_match 'the line on allocations' 'asked of the engine.s own allocator in 40,044 requests' "$(grep '^allocations' "$T/weir.out")"
expect_match 'the column of operators' ' asked ' "$(grep 'operator, by' "$T/weir.out")"
