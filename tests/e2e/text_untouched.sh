#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# After weir has gone the text of the target is byte for byte what it was.
. tests/lib/e2e.sh

text_of() { # PID: the executable mapping of its own program, as hash
	"$PYTHON" - "$1" <<'PYTHON'
import hashlib, os, sys
pid = sys.argv[1]
exe = os.path.realpath(f"/proc/{pid}/exe")
digest = hashlib.sha256()
with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
    for line in maps:
        if " r-xp " in line and line.rstrip().endswith(exe):
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            memory.seek(start)
            digest.update(memory.read(end - start))
print(digest.hexdigest())
PYTHON
}
target_start calls "$TARGETS/calls" nested
before=$(text_of "$calls_pid")
weir_start -p "$calls_pid" -f 'calls:nested_*'
[ "$(text_of "$calls_pid")" != "$before" ] || fail 'no breakpoint is there while weir is attached'
kill -INT "$weir_pid"
weir_end
expect 'hash of the text after SIGINT' "$before" "$(text_of "$calls_pid")"
weir_start -p "$calls_pid" -f 'calls:nested_*'
kill -KILL "$weir_pid"
wait "$weir_pid" 2>/dev/null
text_is_back() { [ "$(text_of "$calls_pid")" = "$before" ]; }
await 'the text is as it was after SIGKILL' text_is_back
