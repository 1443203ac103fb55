#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A full disk: one sentence, exit code 1, nothing half-written under the final name, the old file kept.
. tests/lib/e2e.sh

cat >"$T/inside.sh" <<'SH'
. tests/lib/e2e.sh
mkdir "$T/small"
mount -t tmpfs -o size=8k tmpfs "$T/small" || fail 'cannot mount a tmpfs'
echo old >"$T/small/kept.json"
dd if=/dev/zero of="$T/small/filler" bs=4096 count=1 status=none
target_start calls "$TARGETS/calls" nested
for name in new kept; do
	weir_refuses 1 "$name\.json.*(no space|full)" snapshot -p "$calls_pid" -f 'calls:nested_*' -d 0.3 -o "$T/small/$name.json"
done
expect 'files on the disk' 'filler kept.json' "$(cd "$T/small" && echo *)"
expect 'the old file' old "$(cat "$T/small/kept.json")"
weir snapshot -p "$calls_pid" -f 'calls:nested_*' -d 0.3 >/dev/null
"$WEIR" snapshot -p "$calls_pid" -f 'calls:nested_*' -d 0.3 >/dev/full 2>"$T/weir.err"
expect 'exit code with stdout on /dev/full' 1 $? "$T/weir.err"
one_sentence 'weir >/dev/full' 'no space|full'
"$WEIR" stat -p "$calls_pid" -f 'calls:nested_*' -d 0.3 >/dev/full 2>"$T/weir.err"
expect 'exit code of stat with stdout on /dev/full' 1 $? "$T/weir.err"
SH
unshare --mount bash "$T/inside.sh"
