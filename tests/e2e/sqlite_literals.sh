#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A literal never leaves the kernel: no label holds one, and texts that differ in literals only are one statement.
. tests/lib/e2e.sh

weir snapshot -o "$T/snapshot.json" -- "$DEMO/pipeline" --rounds 2 --pace 0 --truth "$T/pipeline.truth"
expect 'exit code' 0 "$status" "$T/weir.err"
check <<'PYTHON'
held = [node["label"] for node in snapshot["nodes"] if any(literal in node.get("label", "") for literal in ("lost", "2500", "C00"))]
expect("labels that hold a literal", [], held)
wanted = sql_words("SELECT count(*), sum(cents) FROM orders WHERE state = 'x' AND cents > 1")
labels = {node["label"] for node in snapshot["nodes"] if node["function"] == "sqlite3_step" and sql_words(node.get("label", "")) == wanted}
expect("labels of the statement that comes with three literals and in two letter cases", 1, len(labels))
PYTHON
