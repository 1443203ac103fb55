#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A program whose file was deleted or replaced since it started is measured as it runs.
. tests/lib/e2e.sh

cp "$TARGETS/calls" "$T/program"
target_start program "$T/program" nested
rm "$T/program"
cp "$TARGETS/threads" "$T/program" # what the path means now
weir_start -p "$program_pid" -f 'program*:nested_*'
target_go program
target_end program
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("program")["counts"])
PYTHON
