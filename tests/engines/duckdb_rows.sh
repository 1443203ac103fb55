#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB at detail rows: bytes of files as the kernel counts them, blocks that were not in memory, what is spilled, memory by tag as DuckDB
# counts it, and rows that operators take.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
mkdir "$T/spill"
"$TARGETS/duckdb_sql" "$DUCKDB" "$T/rows.db" "
create table t as select i as id, i % 97 as a, md5(i::varchar) as h from range(300000) x(i);
create table u as select 1 + i * 7 % 300000 as t_id, i % 50 as v from range(20000) x(i);
checkpoint" </dev/null >"$T/fill.out" 2>&1 || fail 'cannot fill the tables' "$T/fill.out"
duckdb_start "$T/rows.db" "set threads = 1; set temp_directory = '$T/spill'; set enable_external_file_cache = false"
cat >"$T/statements.sql" <<SQL
copy (select * from duckdb_memory()) to '$T/memory.0' (format json, array true)
select max(h) as first, sum(a) from t
select max(h) as second, sum(a) from t
copy (select id, h from t where id < 100000) to '$T/copy.parquet' (format parquet)
select count(*) as copied, max(h) from '$T/copy.parquet'
select t.a as joined, count(*) from t join u on t.id = u.t_id where u.v < 25 group by t.a
set memory_limit = '40MB'
select id as spilled, repeat(h, 4) from t order by h desc
set memory_limit = '1GB'
create temp table kept as select id, h from t where id < 50000
copy (select * from duckdb_memory()) to '$T/memory.1' (format json, array true)
SQL
weir_start -p "$duckdb_pid" --detail rows
duckdb_run "$T/statements.sql"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
PARQUET=$(stat -c %s "$T/copy.parquet") IN=$(($(stat -c %s "$T/statements.sql") + 5)) OUT=$(($(stat -c %s "$T/duckdb.out") - $(head -1 "$T/duckdb.out" | wc -c))) \
check <<'PYTHON'
T, PARQUET, IN, OUT = os.environ["TMPDIR"], *(int(os.environ[name]) for name in ("PARQUET", "IN", "OUT"))
expect("failed statements", [], [s for s in truth("statements") if s["error"]])
nodes = {node["id"]: node for node in snapshot["nodes"]}

def query_of(node):
    while node["function"] != "query":
        if node["parent"] not in nodes:
            return ""
        node = nodes[node["parent"]]
    return node["label"]

def counted(name, word="", function=None, label=None):
    return sum(node.get(name, node.get("counters", {}).get(name, 0)) for node in snapshot["nodes"]
               if word in query_of(node) and (function is None or node["function"] == function) and (label is None or label in node.get("label", "")))

told = truth("duckdb")["values"]
expect("bytes read, as the kernel counts them", told["read_bytes"] - IN, counted("file_read_bytes"))
expect("bytes written", told["written_bytes"] - OUT, counted("file_written_bytes"))
BLOCK = 262144
expect_true("blocks that were not in memory", counted("misses", "first") > 10)
expect("they were read", counted("misses", "first") * BLOCK, counted("file_read_bytes", "first"))
expect_true("blocks that were", counted("hits", "second") > 10)
expect("the second time all are", (0, 0), (counted("misses", "second"), counted("file_read_bytes", "second")))
# The first column alone is new.
expect("blocks of other columns", counted("misses", "joined") * BLOCK, counted("file_read_bytes", "joined"))
expect("a file that is written", PARQUET, counted("file_written_bytes", "select id, h from t where"))
expect_true("a file that is read", 0 < counted("file_read_bytes", "copied") <= PARQUET, counted("file_read_bytes", "copied"))
for word in ("first", "joined", "copied", "kept"):
    expect(f"nothing of {word} is spilled", 0, counted("spilled_bytes", word))
expect_true("a sort that is too large is spilled", counted("spilled_bytes", "spilled") > BLOCK, counted("spilled_bytes", "spilled"))
expect_true("and written", counted("file_written_bytes", "spilled") > BLOCK, counted("file_written_bytes", "spilled"))
for word, operator, rows in (("first", "UngroupedAggregate", 300000), ("joined", "PerfectHashAggregate", 10000), ("joined", "HashJoin", 10000),
                             ("spilled", "Order", 300000), ("copied", "UngroupedAggregate", 100000)):
    expect(f"rows that {operator} of {word} took", rows, counted("rows_in", word, "operator", "Physical" + operator))
usage = []
for i in (0, 1):
    with open(f"{T}/memory.{i}", encoding="utf-8") as file:
        usage.append({row["tag"]: row["memory_usage_bytes"] for row in json.load(file)})
for tag in usage[0]:
    expect(f"memory of {tag}", usage[1][tag] - usage[0][tag], counted("grown_bytes", label=tag) - counted("shrunk_bytes", label=tag))
expect_true("kinds of memory that came and went", sum(counted("grown_bytes", label=tag) > 0 for tag in usage[0]) >= 5)
expect_true("memory that stayed", usage[1]["BASE_TABLE"] + usage[1]["IN_MEMORY_TABLE"] > usage[0]["BASE_TABLE"] + usage[0]["IN_MEMORY_TABLE"])
expect_no_loss(snapshot)
PYTHON
