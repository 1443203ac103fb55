#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir comes and goes while a Go program copies stacks, changes threads and panics: its output and exit are its own.
. tests/lib/e2e.sh

[ -x "$TARGETS/goroutines" ] || skip 'there is no Go compiler (go)'
GOGC=20 "$TARGETS/goroutines" <<<'' >"$T/untraced" || fail 'the target fails by itself' "$T/untraced"
for ((round = 0; round < ${ATTACH_ROUNDS:-4}; round++)); do
	rm -f "$T"/go.*
	target_start go "$TARGETS/goroutines"
	weir_start -p "$go_pid" -f 'goroutines:main.*' -f 'goroutines:runtime.chan*' -d "0.$((round * 2 + 3))"
	target_go go
	weir_end
	check </dev/null
	while is_running "$go_pid"; do
		weir snapshot -p "$go_pid" -f 'goroutines:main.*' -d 0.2 -o "$T/snapshot.json"
		[ "$status" -eq 0 ] || { is_gone "$go_pid" && break; }
		expect "exit code in round $round" 0 "$status" "$T/weir.err"
		: >"$T/weir.out"
		check </dev/null
	done
	target_end go
	expect "stderr in round $round" '' "$(cat "$T/go.err")"
	"$PYTHON" - "$T/untraced" "$T/go.out" <<'PYTHON' || fail 'the target counted otherwise than untraced' "$T/go.out"
import json, sys
one, two = (json.loads(open(name).read().splitlines()[-1])["counts"] for name in sys.argv[1:])
sys.exit(one != two)
PYTHON
done
