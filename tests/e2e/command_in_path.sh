#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A command without a slash is looked for in PATH, and its script interpreter is what runs.
. tests/lib/e2e.sh

mkdir "$T/bin"
cp "$TARGETS/calls" "$T/bin/calls-in-path"
printf '#!/bin/sh\nexec calls-in-path "$@"\n' >"$T/bin/wrapped-calls"
chmod +x "$T/bin/wrapped-calls"
PATH=$T/bin:$PATH
for command in calls-in-path wrapped-calls; do
	rm -f "$T/calls.truth"
	weir snapshot -o "$T/snapshot.json" -f 'calls-in-path:nested_*' -- "$command" nested --truth "$T/calls.truth"
	expect "exit code of $command" 0 "$status" "$T/weir.err"
	rm "$T/weir.out"
	check <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
PYTHON
done
