#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worked example of docs/profiles.md works: its workload and its profile are taken from the page, and the counts are those it asks for.
. tests/lib/e2e.sh

command -v gdbmtool >/dev/null || fail 'there is no gdbmtool (packaging/deps.sh installs it)'

# LANGUAGE: the page's block in that language that is marked as the example's
block() { sed -n "/^\`\`\`$1 example\$/,/^\`\`\`\$/p" docs/profiles.md | sed '1d;$d'; }

block sh >"$T/work.sh"
block yaml >"$T/gdbm.yaml"
[ -s "$T/work.sh" ] && [ -s "$T/gdbm.yaml" ] || fail 'the page has no example'
(cd "$T" && sh work.sh) || fail 'the workload cannot be made'

weir profile check "$T/gdbm.yaml"
expect 'exit code of the check' 0 "$status" "$T/weir.err"
expect_match 'what the check says' 'engine gdbm, 7 probes, no fault' "$(cat "$T/weir.out")"

weir snapshot -o "$T/asked.json" -- gdbmtool -f "$T/work.gdbm" "$T/asked.db"
"$PYTHON" - "$T/asked.json" <<'E' || fail 'without a profile its functions are not proposed' "$T/asked.json"
import json, sys
proposed = {f["argument"].split(":")[1] for f in json.load(open(sys.argv[1]))["target"]["unmatched"]["functions"]}
sys.exit(not {"gdbm_store", "gdbm_fetch", "gdbm_delete"} <= proposed)
E

weir snapshot --profile "$T/gdbm.yaml" -o "$T/snapshot.json" -- gdbmtool -f "$T/work.gdbm" "$T/shop.db"
check <<'E'
counts = {"gdbm_store": 1000, "gdbm_fetch": 600, "gdbm_delete": 200, "gdbm_sync": 1}
expect_counts(snapshot, counts)
expect("keys that were found", 500, total(snapshot, "gdbm_fetch", "rows"))
expect("keys that were deleted", 200, total(snapshot, "gdbm_delete", "rows"))
stored = sum(len(f"customer{i}") + len("name") for i in range(1, 1001))
expect("bytes that were stored", stored, total(snapshot, "gdbm_store", "bytes"))
expect_no_loss(snapshot)
E

# Installed, it is found by itself.
mkdir "$T/profiles" && cp "$T/gdbm.yaml" "$T/profiles"
WEIR_PROFILES=$T/profiles weir stat -- gdbmtool -f "$T/work.gdbm" "$T/again.db"
expect_match 'the profile in use' '; profile gdbm' "$(cat "$T/weir.out")"
expect_match 'its stores' '^1,000 .* query gdbm_store$' "$(cat "$T/weir.out")"
