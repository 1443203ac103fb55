#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Thousands of goroutines inside one function: all are followed, and beyond what the table holds each call is counted as lost.
. tests/lib/e2e.sh

[ -x "$TARGETS/crowd" ] || skip 'there is no Go compiler (go)'
for size in 2500 6000; do
	rm -f "$T"/crowd.*
	target_start crowd "$TARGETS/crowd" $size
	weir_start -p "$crowd_pid" -f 'crowd:main.waits' -f 'crowd:main.dies' -f 'crowd:main.exits'
	target_go crowd
	target_end crowd 7
	weir_end
	SIZE=$size check <<'PYTHON'
calls = 3 * int(os.environ["SIZE"])
expect("calls of main.waits", calls, total(snapshot, "main.waits", "calls"))
expect("unwound and open calls of main.waits", (0, 0),
       (total(snapshot, "main.waits", "unwound"), total(snapshot, "main.waits", "open")))
lost = snapshot["lost"]["goroutine_table"]
expect("untimed calls", lost, total(snapshot, "main.waits", "untimed") + total(snapshot, "main.dies", "untimed"))
expect_true("loss where there is room, and where there is not", (lost > 0) == (calls > 3 * 4096), lost)
expect("unwound calls of main.dies", 100, total(snapshot, "main.dies", "unwound"))
expect("unwound calls of main.exits", 1, total(snapshot, "main.exits", "unwound"))
PYTHON
done
