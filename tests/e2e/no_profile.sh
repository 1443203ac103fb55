#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No profile matches and nothing was named: the process is shown, with why, and with functions that -f takes as they are printed.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested hold
weir stat -p "$calls_pid" -d 0.3
expect 'exit code' 0 "$status" "$T/weir.err"
one_sentence 'weir stat' 'no profile matches calls .*libsqlite3.so\* \(sqlite\)'
expect_match 'the sentence' 'no profile matches calls .*libsqlite3.so\* \(sqlite\)' "$(cat "$T/weir.out")"
expect_match 'the process' "^ *$calls_pid +1 +[0-9.]+ +[0-9.]+ [mun]?s .* calls$" "$(grep "^ *$calls_pid" "$T/weir.out")" "$T/weir.out"
heading=$(grep '^ *pid  ' "$T/weir.out") line=$(grep "^ *$calls_pid  " "$T/weir.out")
expect 'the column of the name' $((${#heading} - 7)) $((${#line} - 5)) "$T/weir.out"
expect_match 'losses' '^lost: 0$' "$(grep ^lost "$T/weir.out")"

# What is printed can be pasted.
argument=$(sed -nE "s/^  -f '(calls:run_fib)' +(emulated|nop5|stepped) .*, about .* a call$/\1/p" "$T/weir.out")
expect 'a function that looks like work' 'calls:run_fib' "$argument" "$T/weir.out"
class=$(sed -nE "s/^  -f 'calls:run_fib' +([a-z0-9]+) .*/\1/p" "$T/weir.out")
weir list -p "$calls_pid" -f "$argument"
expect_match 'weir list of it' "^calls +run_fib .* $class " "$(grep run_fib "$T/weir.out")" "$T/weir.out"
weir list -p "$calls_pid"
expect 'exit code of list' 0 "$status" "$T/weir.err"
expect_match 'weir list' "^# -f 'calls:run_fib'  $class, " "$(grep run_fib "$T/weir.out")" "$T/weir.out"

weir top --once -i 0.3 -p "$calls_pid"
expect 'exit code of top' 0 "$status" "$T/weir.err"
expect_match 'weir top' 'no profile matches calls ' "$(cat "$T/weir.out")"
expect_match 'weir top' "-f 'calls:run_fib'" "$(cat "$T/weir.out")"
weir top --once -i 0.3 --view processes -p "$calls_pid"
expect_match 'its processes' "^ *$calls_pid .*running" "$(cat "$T/weir.out")"
weir watch -p "$calls_pid" -d 0.3
expect 'exit code of watch' 0 "$status" "$T/weir.err"

weir_start -p "$calls_pid"
weir_settle
kill "$calls_pid"
weir_end
check <<'E'
unmatched = snapshot["target"]["unmatched"]
expect_true("the reason", "no profile matches calls" in unmatched["reason"], unmatched["reason"])
expect_true("a function", "calls:run_fib" in [f["argument"] for f in unmatched["functions"]], unmatched["functions"])
expect_true("what a call costs", all(f["call_cost_ns"] > 0 for f in unmatched["functions"]), unmatched["functions"])
expect("profiles", [], snapshot["target"]["profiles"])
process = documents[1]["target"]["processes"][0]
expect("threads", 1, process["usage"]["threads"])
expect_true("it has waited", process["usage"]["blocked_ns"] > 0, process["usage"])
E

# Programs that tell little: each its own words.
printf 'int main(void) { for (;;) __builtin_ia32_pause(); }\n' >"$T/bare.c"
gcc -static -s -o "$T/bare" "$T/bare.c" || fail 'no static program can be built'
"$T/bare" &
bare_pid=$!
weir snapshot -p "$bare_pid" -d 0.5
expect 'exit code of a static program' 0 "$status" "$T/weir.err"
one_sentence 'a static program' 'bare is linked statically.*bare is stripped'
check "$T/weir.out" <<'E'
usage = snapshot["target"]["processes"][0]["usage"]
expect_true("CPU time of a process that does nothing but run", usage["cpu_ns"] > 0, usage)
expect("functions", [], snapshot["target"]["unmatched"]["functions"])
E
kill "$bare_pid"

printf 'while :; do sleep 0.02; done\n' >"$T/script"
bash "$T/script" &
script_pid=$!
weir stat -p "$script_pid" -d 0.3
expect 'exit code of a script' 0 "$status" "$T/weir.err"
expect_match 'a script' 'bash is an interpreter and runs script' "$(cat "$T/weir.out")"
expect_match 'its children' ' sleep( \(ended\))?$' "$(cat "$T/weir.out")"
kill "$script_pid"

# What it runs stays its own.
bash -c 'secret=hunter2; while :; do sleep 0.02; done' &
text_pid=$!
weir stat -p "$text_pid" -d 0.2
expect_match 'a program in an argument' 'bash is an interpreter' "$(cat "$T/weir.out")"
grep -q hunter2 "$T/weir.out" "$T/weir.err" && fail 'the text of a program is shown' "$T/weir.out" "$T/weir.err"
kill "$text_pid"

# A command, and a process that ends.
weir stat -- true
expect 'exit code of a command' 0 "$status" "$T/weir.err"
expect_match 'a command' 'no profile matches true ' "$(cat "$T/weir.out")"
sleep 4 &
weir stat -p $!
expect 'exit code of a process that ends' 0 "$status" "$T/weir.err"
expect_match 'a process that ends' "\($!, ended\)" "$(cat "$T/weir.out")"

# A function that was named is another matter: what was asked for is not there.
sleep 10 &
weir_refuses 1 'no function of sleep matches' stat -p $! -f 'sleep:query' -d 0.1
