#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory of DuckDB's operators: an aggregate with a million groups allocates and holds the most, as much as DuckDB says of its buffers.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
duckdb_start :memory: "set threads = 2; pragma enable_profiling = 'json'; set profiling_mode = 'standard'; set profiling_output = '$T/other.json'"
cat >"$T/statements.sql" <<SQL
select i % 10 as small, count(*) from range(1000000) t(i) group by small
set profiling_output = '$T/hungry.json'
select count(*) from (select i as hungry, count(*), max('value ' || i) from range(1000000) t(i) group by i)
set profiling_output = '$T/other.json'
select max(i) from range(1000000) t(i)
SQL
weir_start -p "$duckdb_pid" --memory live --detail rows
duckdb_run "$T/statements.sql"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
with open(os.environ["TMPDIR"] + "/hungry.json", encoding="utf-8") as file:
    buffers = json.load(file)["system_peak_buffer_memory"]
expect_true("DuckDB's buffers were large", buffers > 20 << 20, buffers)
operators = sorted(nodes_of(snapshot, "operator"), key=lambda node: -node["memory"]["live_bytes_peak"])
hungry = operators[0]
nodes = {node["id"]: node for node in snapshot["nodes"]}
above = hungry
while above["parent"] in nodes:
    above = nodes[above["parent"]]
expect("the hungry operator", "duckdb::PhysicalHashAggregate", hungry["label"])
expect_true("it is of the hungry query", "hungry" in above["label"], above["label"])
peak = hungry["memory"]["live_bytes_peak"]
print(f"held at the most: {peak}, DuckDB's buffers: {buffers}")
expect_true("it held what DuckDB says, and what was on its way to it", buffers / 2 <= peak <= 2 * buffers, (peak, buffers))
for other in operators[1:]:
    expect_true(f"{other['label']} held less", other["memory"]["live_bytes_peak"] < peak / 2, other["memory"])
most = max(snapshot["operators"], key=lambda operator: operator["memory"]["allocated_bytes"])
expect("what allocated the most", "duckdb::PhysicalHashAggregate", most.get("label"))
expect_no_loss(snapshot)
PYTHON
