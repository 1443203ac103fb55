#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A command that wrappers exec in the end is seen from its first call on, with nothing asked for and an engine that is not where the linker looks.
. tests/lib/e2e.sh

mkdir "$T/lib"
cp "$(ldd "$DEMO/pipeline" | sed -n "s,.*libsqlite3.so.0 => \([^ ]*\).*,\1,p")" "$T/lib/libsqlite3.so.0" || fail 'there is no libsqlite3 to copy'
# shellcheck disable=SC2016 # for the inner shells
weir snapshot -o "$T/snapshot.json" -- sh -c 'true; exec env LD_LIBRARY_PATH="$0/lib" sh -c "sleep 0.1; exec \"\$0\" \"\$@\"" "$@"' "$T" \
	"$DEMO/pipeline" --rounds 2 --pace 0 --truth "$T/pipeline.truth"
expect 'exit code' 0 "$status" "$T/weir.err"
check <<'PYTHON'
import sqlitecheck
sqlitecheck.compare(snapshot, truth("pipeline"), ("calls", "rows", "errors"), expect, expect_true)
PYTHON
