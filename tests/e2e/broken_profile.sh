#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A broken profile: exit code 1, each fault with file, line, column and what was expected.
. tests/lib/e2e.sh

cat >"$T/broken.yaml" <<'YAML'
engine: broken
match: {module: "calls"}
probes:
  - {function: nested_outer, level: qwery}
  - {function: nested_inner, level: function, rows: "ret =="}
YAML
weir profile check "$T/broken.yaml"
expect 'exit code of profile check' 1 "$status" "$T/weir.err"
cat "$T/weir.out" "$T/weir.err" >"$T/complaints"
expect_match 'the first fault' 'broken\.yaml:4:[0-9]+: .*qwery' "$(cat "$T/complaints")"
expect_match 'the first fault says what was expected' 'broken\.yaml:4:[0-9]+: .*(expected|one of).*query' "$(cat "$T/complaints")"
expect_match 'the second fault' 'broken\.yaml:5:[0-9]+: ' "$(cat "$T/complaints")"
target_start calls "$TARGETS/calls" nested
weir stat -p "$calls_pid" --profile "$T/broken.yaml" -d 1
expect 'exit code of stat' 1 "$status" "$T/weir.err"
expect_match 'stderr of stat' 'broken\.yaml:4:' "$(cat "$T/weir.err")"
printf 'engine: [unclosed\n' >"$T/broken.yaml"
weir profile check "$T/broken.yaml"
expect 'exit code for what is no YAML' 1 "$status" "$T/weir.err"
expect_match 'the place' 'broken\.yaml:[0-9]+:[0-9]+: ' "$(cat "$T/weir.out" "$T/weir.err")"
weir profile check "$T/no-such.yaml"
expect 'exit code for a file that is not there' 1 "$status" "$T/weir.err"
expect_match 'the sentence' 'no-such\.yaml.*no such file' "$(cat "$T/weir.err")"
