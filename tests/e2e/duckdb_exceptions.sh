#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB as its users have it, failing every other statement with an exception through its probed parser, binder and operators: it
# lives, answers what it answers untraced, and calls and what was unwound are its own counts. WEIR_TEST_SECONDS: how long (8).
. tests/lib/e2e.sh

library=$(packaging/fetch-duckdb "$BUILD/engines/duckdb")
status=$?
[ "$status" -ne 77 ] || skip "$library"
expect 'exit code of packaging/fetch-duckdb' 0 "$status"

"$TARGETS/duckdb" "$library" 0 --truth "$T/untraced.truth" </dev/null | grep -v ^ready >"$T/untraced.answers"
target_start duckdb "$TARGETS/duckdb" "$library" "${WEIR_TEST_SECONDS:-8}" --truth "$T/duckdb.truth"
weir_start -i 1 -p "$duckdb_pid" $(printf ' -f libduckdb.so:%s' duckdb_query 'duckdb::Parser::ParseQuery' \
	'duckdb::Planner::CreatePlan' 'duckdb::Binder::Bind' 'duckdb::Optimizer::Optimize' \
	'duckdb::PipelineExecutor::StartOperator' 'duckdb::PipelineExecutor::EndOperator' \
	'duckdb::PipelineExecutor::Execute*' 'duckdb::PipelineTask::ExecuteTask')
target_go duckdb
target_end duckdb
weir_end
expect 'answers' "$(cat "$T/untraced.answers")" "$(grep -v ^ready "$T/duckdb.out")" "$T/duckdb.out"
check <<'PYTHON'
told = truth("duckdb")

def starts(prefix, counter, outer=True):
    """Of all functions whose name begins so; outer: without those that an overload of theirs called."""
    names = {node["id"]: node["function"] for node in snapshot["nodes"]}
    return sum(node.get(counter, 0) for node in snapshot["nodes"] if node["function"].startswith(prefix)
               and not (outer and names.get(node["parent"], "").startswith(prefix)))

for function, calls in told["counts"].items():
    unwound = told["values"].get(function, 0)
    expect(f"calls of {function}", calls, starts(function, "calls"))
    # The calls of a caller that is still being learned can be untimed: how many depends on how soon weir gets a CPU.
    came = (starts(function, "unwound"), starts(function, "unwound") + starts(function, "untimed"))
    expect_true(f"unwound calls of {function}: {unwound}, but for untimed ones", came[0] <= unwound <= came[1], came)
    expect_true(f"few of {calls} calls of {function} are untimed", starts(function, "untimed") <= 10 + calls / 20, starts(function, "untimed"))
for prefix in ("duckdb::PipelineExecutor::StartOperator", "duckdb::PipelineExecutor::EndOperator"):
    expect_true(f"{prefix} was called", starts(prefix, "calls") > 0)
expect_true("an operator's exception passed through the executor", starts("duckdb::PipelineExecutor::Execute", "unwound", False) > 0)
PYTHON
