#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Functions whose first instruction is dear, skipped, refused by the kernel or jumped back to have exact counts.
. tests/lib/e2e.sh

target_start sites "$TARGETS/sites" 300 --truth "$T/sites.truth"
weir_start -p "$sites_pid" -f 'sites:site_*'
target_go sites
target_end sites
weir_end
check <<'PYTHON'
expect("calls that returned something wrong", 0, truth("sites")["values"]["wrong"])
expect_counts(snapshot, truth("sites")["counts"])
PYTHON
