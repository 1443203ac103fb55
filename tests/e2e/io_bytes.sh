#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bytes read from and written to the disk by a function are those the kernel accounts to the thread.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" blocks
weir_start -p "$calls_pid" -f 'calls:blocks_*'
target_go calls
target_end calls
weir_end
grep -q '"blocks_write_bytes": 0' "$T/calls.out" && skip "the file system of $TMPDIR accounts no I/O to its processes"
check <<'PYTHON'
values = truth("calls")["values"]
expect("write_bytes of blocks_write", values["blocks_write_bytes"], total(snapshot, "blocks_write", "write_bytes"))
expect("read_bytes of blocks_read", values["blocks_read_bytes"], total(snapshot, "blocks_read", "read_bytes"))
PYTHON
