#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A module that can unwind is refused with the reason, and the program is not harmed.
. tests/lib/e2e.sh

target_start throwing "$TARGETS/throwing"
weir_refuses 1 'throwing.*(unwind|exception)' snapshot -p "$throwing_pid" -f 'throwing:throw_*' -d 1
target_go throwing
target_end throwing
expect 'exceptions caught' '"caught": 20' "$(grep -o '"caught": [0-9]*' "$T/throwing.out")"
weir_refuses 1 'throwing.*(unwind|exception)' stat -f 'throwing:throw_*' -- "$TARGETS/throwing"
