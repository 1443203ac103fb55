# SPDX-License-Identifier: GPL-2.0-or-later
# The program of a check (weircheck.py): each class of operator of each query of $T/queries has the rows that DuckDB's JSON profile of the same
# execution tells, $T/profiles/$NAME.N.json.
T, NAME = os.environ["TMPDIR"], os.environ["NAME"]
CLASSES = {
    "HASH_GROUP_BY": "HashAggregate", "PERFECT_HASH_GROUP_BY": "PerfectHashAggregate", "ORDER_BY": "Order",
    "ASOF_JOIN": "AsOfJoin", "DELETE_OPERATOR": "Delete", "CREATE_TABLE_AS": "Insert", "BATCH_CREATE_TABLE_AS": "Insert",
    "BATCH_INSERT": "Insert", "RECURSIVE_CTE": "RecursiveCTE", "RECURSIVE_CTE_SCAN": "ColumnDataScan", "DELIM_SCAN": "ColumnDataScan",
}
# A union is no operator when it runs: its inputs go where it leads. What collects a result or a table gives no rows; DuckDB says one.
UNCOUNTED = {"Union", "ResultCollector", "MaterializedCollector", "BatchCollector"}

def operators(plan):
    if "operator_type" in plan:
        kind = plan["operator_type"]
        yield CLASSES.get(kind) or "".join(word.capitalize() for word in kind.split("_")), plan["operator_cardinality"]
    for child in plan.get("children", ()):
        yield from operators(child)

def sums(pairs):
    result = {}
    for name, rows in pairs:
        if name not in UNCOUNTED:
            result[name] = result.get(name, 0) + rows
    return {name: rows for name, rows in result.items() if rows}

nodes = {node["id"]: node for node in snapshot["nodes"]}

def query_of(node):
    while node["function"] != "query":
        if node["parent"] not in nodes:
            return ""
        node = nodes[node["parent"]]
    return node.get("label", "no text")

expect("failed statements", [], [s for s in truth("statements") if s["error"] and "meant_to_fail" not in s["sql"]])
found = {}
for node in nodes_of(snapshot, "operator"):
    found.setdefault(query_of(node), []).append((node["label"].removeprefix("duckdb::Physical").replace("BatchInsert", "Insert"), node["rows"]))
seen, spilled = set(), 0
queries = open(f"{T}/queries", encoding="utf-8").read().splitlines()
for number, query in enumerate(queries, 1):
    with open(f"{T}/profiles/{NAME}.{number}.json", encoding="utf-8") as file:
        profile = json.load(file)
    told, spilled = sums(operators(profile)), spilled + (profile["system_peak_temp_dir_size"] > 0)
    came = [pairs for label, pairs in found.items() if f"q{number:02}" in label and "profiling" not in label]
    expect(f"{NAME}: rows of operators of \"{query}\"", told, sums(pair for pairs in came for pair in pairs))
    seen |= set(told)
expect_true("queries that spilled", spilled >= 2 or NAME != "tight", spilled)
expect_true("queries", len(queries) >= 28, len(queries))
expect_true("kinds of operators", len(seen) >= 20, sorted(seen))
expect("operators without a query", [], found.get("", []))
expect_no_loss(snapshot)
