#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A right profile passes the check, and measures what it says.
. tests/lib/e2e.sh

cat >"$T/mine.yaml" <<'YAML'
engine: mine
match: {module: "calls"}
probes:
  - {function: nested_outer, level: stage}
  - {function: "nested_i*", level: operator, rows: "ret == ret", label: "arg1 & 1"}
YAML
weir profile check "$T/mine.yaml"
expect 'exit code' 0 "$status" "$T/weir.err"
for profile in profiles/*.yaml; do
	weir profile check "$profile"
	expect "exit code for $profile" 0 "$status" "$T/weir.err"
done
weir snapshot --profile "$T/mine.yaml" -o "$T/snapshot.json" -- "$TARGETS/calls" nested
expect 'exit code of snapshot' 0 "$status" "$T/weir.err"
cp "$T/weir.out" "$T/calls.out"
check <<'PYTHON'
expect("calls of nested_outer", 100, total(snapshot, "nested_outer", "calls"))
expect("rows of nested_inner", 600, total(snapshot, "nested_inner", "rows"))
expect("levels", {("nested_outer", "stage"), ("nested_inner", "operator")}, {(node["function"], node["level"]) for node in snapshot["nodes"]})
expect("labels of nested_inner", {"0", "1"}, {node["label"] for node in nodes_of(snapshot, "nested_inner")})
expect("profile", {"mine"}, {node.get("profile") for node in snapshot["nodes"]})
PYTHON
