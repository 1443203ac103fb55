#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Failed statements are counted by error code, with the name that the profile gives it.
. tests/lib/e2e.sh

target_start pipeline "$DEMO/pipeline" --wait --rounds 3 --pace 0 --truth "$T/pipeline.truth"
weir_start -p "$pipeline_pid"
target_go pipeline
target_end pipeline
weir_end
check <<'PYTHON'
told = {}
for statement in truth("pipeline")["statements"]:
    for code, count in statement["codes"].items():
        told[int(code)] = told.get(int(code), 0) + count
seen, names = {}, {}
for error in snapshot["errors"]:
    if error["function"] == "sqlite3_step":
        seen[error["code"]] = seen.get(error["code"], 0) + error["count"]
        names[error["code"]] = error.get("name", "")
expect("errors of step by code", told, seen)
for code, name in ((5, "busy"), (19, "constraint")):
    expect_true(f"code {code} is named {name}", name in names.get(code, "").lower(), names)
prepared = sum(statement["prepare_errors"] for statement in truth("pipeline")["statements"])
expect("errors of the parser", prepared, total(snapshot, "sqlite3RunParser", "errors"))
PYTHON
