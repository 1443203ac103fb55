#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A DuckDB whose structures are other ones than the profile knows: one sentence says so; queries, their errors and the calls of operators are
# counted as ever, and no rows are made up.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
sed 's/\(_ZTVN6duckdb12ExecutorTaskE: \)[0-9]*/\188/' profiles/duckdb.yaml >"$T/duckdb.yaml"
duckdb_start :memory: "create table t as select i, 's' || i s from range(10000) x(i)"
for i in $(seq 20); do
	echo "select count(*) from t where i > $i"
	echo 'select cast(s as integer) from t'
done >"$T/statements.sql"
weir_start -p "$duckdb_pid" --profile "$T/duckdb.yaml" --detail rows
duckdb_run "$T/statements.sql"
weir_end
expect 'what weir says' 1 "$(grep -c . "$T/weir.err")" "$T/weir.err"
expect_match 'what weir says' 'libduckdb.so has other structures than those that profile duckdb knows' "$(cat "$T/weir.err")"
check <<'PYTHON'
for label, errors in (("select count(*) from t where i > ?", 0), ("select cast(s as integer) from t", 20)):
    node, = nodes_of(snapshot, "query", label)
    expect(label, (20, 20, errors), (node["calls"], node["completed"], node["errors"]))
expect_true("operators are counted", total(snapshot, "operator", "calls") > 100)
expect("rows", 0, total(snapshot, "operator", "rows"))
expect_no_loss(snapshot)
PYTHON
