#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The script of another language is measured as it is: the rows of Python's sqlite3 module are exact.
. tests/lib/e2e.sh

cat >"$T/script.py" <<'PYTHON'
import sqlite3
db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)")
db.executemany("INSERT INTO t(b) VALUES (?)", [(str(i),) for i in range(300)])
assert len(db.execute("SELECT a, b FROM t WHERE a > ?", (100,)).fetchall()) == 200
PYTHON
weir snapshot -o "$T/snapshot.json" -- "$PYTHON" "$T/script.py"
expect 'exit code' 0 "$status" "$T/weir.err"
check <<'PYTHON'
steps = {sql_words(node.get("label", "")): node for node in snapshot["nodes"] if node["function"] == "sqlite3_step"}
select = steps.get(("select", "a", "b", "from", "t", "where", "a"), {})
insert = steps.get(("insert", "into", "t", "b", "values"), {})
expect("rows and calls of the SELECT", (200, 201), (select.get("rows"), select.get("calls")))
expect("rows and calls of the INSERT", (0, 300), (insert.get("rows"), insert.get("calls")))
PYTHON
