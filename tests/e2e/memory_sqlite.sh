#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Of SQLite's statements, the aggregate that collects everything in memory allocates and holds the most; what the others hold is little.
. tests/lib/e2e.sh

cat >"$T/hungry.py" <<'PYTHON'
import sqlite3
connection = sqlite3.connect(":memory:", isolation_level=None)
connection.execute("create table small(id integer primary key, name text)")
connection.execute("insert into small values (1, 'a'), (2, 'b')")
hungry = connection.execute(
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) "
    "select group_concat('number ' || i, ', ') from n").fetchone()[0]
for _ in range(100):
    connection.execute("select name from small where id = 2").fetchall()
assert len(hungry) > 600000
PYTHON
weir snapshot --profile sqlite --memory live -o "$T/snapshot.json" -- "$PYTHON" "$T/hungry.py"
expect 'exit code' 0 "$status" "$T/weir.err"
check <<'PYTHON'
expect_no_loss(snapshot)
queries = sorted(snapshot["queries"], key=lambda query: -query["memory"]["total_allocated_bytes"])
expect_true("the hungry statement allocates the most", "group_concat" in queries[0].get("label", ""), queries[0].get("label", ""))
memory = queries[0]["memory"]
expect_true("it allocates at least its result", memory["total_allocated_bytes"] > 600000, memory)
expect_true("it held at least its result at once", memory["live_bytes_peak"] > 600000, memory)
for query in queries[1:]:
    expect_true(f"{query.get('label')} holds less", query["memory"]["live_bytes_peak"] < memory["live_bytes_peak"] / 2, query["memory"])
whole = snapshot["memory"]
expect_true("a launched command is followed from its first allocation: no more frees than its threads' ends make are unknown",
            whole["unknown_frees"] <= whole["frees"] // 100, (whole["unknown_frees"], whole["frees"]))
expect("allocations = frees + live", whole["allocations"], whole["frees"] + whole["live"])
PYTHON
