#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB in Node: queries of several connections at once, each begun, worked for and ended by threads of two pools, are exact by text, with their
# errors, their operators and the rows that those give.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
command -v node >/dev/null || skip 'there is no Node'
"$PYTHON" - >"$T/statements.json" <<'PYTHON'
import json
print(json.dumps([sql for i in range(30) for sql in (
    "select i as plain from t where i >= 20000", "select i as prepared from t where i < 30000", "select i as streamed from t",
    "select cast(s as integer) as failed from t", "select max(s) as largest, count(*) from t", "select i as large, s from t order by s",
    "select nosuchcolumn from t", "select cast(s as integer) as failed from t", "select cast(s as integer) as failed from t where i > 40000")]))
PYTHON
target_start node node tests/targets/duckdb_node.js "$BUILD/engines/duckdb/duckdb.node" "$T/statements.json"
weir_start -p "$node_pid" --detail rows
target_go node
target_end node
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
{ echo '['; grep -v ^ready "$T/node.out" | sed '$!s/$/,/'; echo ']'; } >"$T/statements.truth"
check <<'PYTHON'
told = truth("statements")
expect("statements", 270, len(told))
begun, failed, given = {}, {}, {}
for statement in told:
    words = sql_words(statement["sql"])
    begun[words] = begun.get(words, 0) + 1
    failed[words] = failed.get(words, 0) + (statement["error"] is not None)
    given[words] = given.get(words, 0) + statement["rows"]
came = {}
nodes = {node["id"]: node for node in snapshot["nodes"]}
for node in nodes_of(snapshot, "query"):
    words = sql_words(node["label"])
    expect(f"parent of {node['label']}", 0, node["parent"])
    entry = came.setdefault(words, [0, 0, 0])
    entry[0] += node["calls"]
    entry[1] += node["completed"]
    entry[2] += node["errors"]
expect("queries", {words: [n, n, failed[words]] for words, n in begun.items()}, came)

def rows(word, label):
    def below(node):
        while node["parent"] in nodes and node["function"] != "query":
            node = nodes[node["parent"]]
        return node["function"] == "query" and word in node["label"]
    return sum(n["rows"] for n in nodes_of(snapshot, "operator") if n["label"] == "duckdb::Physical" + label and below(n))

for word, operator in (("plain", "TableScan"), ("prepared", "TableScan"), ("streamed", "TableScan"), ("largest", "UngroupedAggregate"),
                       ("large,", "Order")):
    expect(f"rows of {operator} of {word}", sum(n for words, n in given.items() if word.strip(",") in words), rows(word, operator))
expect_true("rows came", rows("streamed", "TableScan") == 30 * 50000, rows("streamed", "TableScan"))
expect_no_loss(snapshot)
PYTHON
