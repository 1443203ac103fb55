#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A return probe would end a Go program, and an unknown runtime would be misread: refused in one sentence, with the reason.
. tests/lib/e2e.sh

[ -x "$TARGETS/goroutines" ] || skip 'there is no Go compiler (go)'
target_start go "$TARGETS/goroutines"
for insist in '' --unsafe; do
	# shellcheck disable=SC2086 # no argument where there is nothing
	weir_refuses 1 'goroutines.*Go program.*return probe' stat -p "$go_pid" -f 'goroutines:main.*' -d 1 --returns trampoline $insist
done
target_go go
target_end go

# The same program, said to be made by another Go.
for minor in 99 16; do
	"$PYTHON" - "$TARGETS/goroutines" "$T/other" $minor <<'PYTHON'
import re, sys
program = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(re.sub(rb"\bgo1\.\d\d(?=[.\s])", b"go1." + sys.argv[3].encode(), program))
PYTHON
	chmod +x "$T/other"
	target_start "other$minor" "$T/other"
	pid=other${minor}_pid
	weir_refuses 1 "other.*Go program.*Go 1\.$minor" stat -p "${!pid}" -f 'other:main.*' -d 1
	kill "${!pid}"
	rm "$T/other"
done
