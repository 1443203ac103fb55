#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir counts what bpftrace's count() counts on the same functions in the same run.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested fib mutual deep jump
program='BEGIN { printf("attached\n"); }'
for function in nested_outer nested_middle nested_inner recurse_fib mutual_even mutual_odd deep_down \
	jump_catch jump_outer jump_middle jump_inner jump_after; do
	program+=" uprobe:$TARGETS/calls:$function /pid == $calls_pid/ { @[\"$function\"] = count(); }"
done
# What BEGIN prints is shown only when all probes are attached and the events are being read.
bpftrace -B line -e "$program" >"$T/bpftrace.out" 2>"$T/bpftrace.err" </dev/null &
bpftrace_pid=$!
await 'bpftrace is attached' has_line "$T/bpftrace.out" '^attached'
weir_start -p "$calls_pid" -f 'calls:nested_*' -f 'calls:recurse_*' -f 'calls:mutual_*' -f 'calls:deep_*' -f 'calls:jump_*'
target_go calls
target_end calls
weir_end
kill -INT "$bpftrace_pid"
wait "$bpftrace_pid"
check <<'PYTHON'
with open(os.environ["TMPDIR"] + "/bpftrace.out", encoding="utf-8") as file:
    counted = {name: int(count) for name, count in re.findall(r"@\[(\w+)\]: (\d+)", file.read())}
expect("functions that bpftrace saw", 12, len(counted))
expect_counts(snapshot, counted, all_completed=False)
expect("bpftrace's counts", truth("calls")["counts"], counted)
PYTHON
