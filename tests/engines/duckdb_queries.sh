#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB's queries by their texts, as many as were executed, and its errors by the kind that its own messages name; simple,
# prepared and streamed statements.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
duckdb_start :memory: "create table t as select i, 's' || i s from range(10000) x(i); create table k (i integer primary key)"
for i in $(seq 50); do
	cat <<SQL
select count(*) from t where i > $i
select 'a secret', $i, i from t limit $i
\\prepared select max(s) from t where i <> $((i * 3)) /* secret */
\\stream select i from t where i > $i
insert into k values ($i)
insert into k values ($i)
select cast(s as integer) from t where i = $i
select nosuchcolumn from t
select * from nosuchtable
selec $i
\\prepared select nosuchcolumn from t
\\stream select cast(s as integer) from t where i < $i
select error('a secret ' || $i)
pragma nosuchpragma
begin
commit
commit
SQL
done >"$T/statements.sql"
weir_start -p "$duckdb_pid" --detail queries
duckdb_run "$T/statements.sql"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
! grep -q secret "$T/weir.out" || fail 'a literal got through'
check <<'PYTHON'
# How often the library began a query: what did not get through its parser, or to its execution, is none.
NOT_BEGUN = ("selec ", "pragma nosuchpragma")
told = truth("statements")
expect("statements", 850, len(told))
begun, failed = {}, {}
for number, statement in enumerate(told):
    prepared = number % 17 in (2, 3, 10, 11)
    kind = (statement["error"] or "").split(":")[0]
    if statement["sql"].startswith(NOT_BEGUN) or prepared and kind == "Binder Error":
        continue
    words = sql_words(statement["sql"].split("/*")[0])
    begun[words] = begun.get(words, 0) + 1
    if kind:
        failed[words, kind] = failed.get((words, kind), 0) + 1
came, errors = {}, {}
for node in nodes_of(snapshot, "query"):
    words = sql_words(node["label"])
    came[words] = came.get(words, 0) + node["calls"]
    expect(f"{node['label']}: completed", node["calls"], node["completed"])
labels = {node["id"]: node.get("label", "") for node in snapshot["nodes"]}
for error in snapshot["errors"]:
    if error["function"] == "query":
        key = sql_words(labels[error["node"]]), error["name"]
        errors[key] = errors.get(key, 0) + error["count"]
expect("queries", begun, came)
expect("errors of queries", failed, errors)
expect_true("kinds of errors", len({kind for _, kind in failed}) >= 5, failed)
# The parser throws at what is no SQL.
expect("syntax errors", 50, sum(e["count"] for e in snapshot["errors"] if e["function"] == "parse" and e.get("exception") == "duckdb::ParserException"))
expect_no_loss(snapshot)
PYTHON
