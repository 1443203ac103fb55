#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A return probe in a module that can unwind would abort the target: it is refused, with the reason, unless insisted on.
. tests/lib/e2e.sh

target_start throwing "$TARGETS/throwing"
weir_refuses 1 'throwing.*(unwind|exception)' snapshot -p "$throwing_pid" -f 'throwing:throw_*' -d 1 --returns trampoline
target_go throwing
target_end throwing
expect 'exceptions caught' '"caught": 20' "$(grep -o '"caught": [0-9]*' "$T/throwing.out")"
weir_refuses 1 'throwing.*(unwind|exception)' stat -f 'throwing:throw_*' --returns trampoline -- "$TARGETS/throwing"
weir_refuses 2 'auto, sites or trampoline' stat -f 'throwing:throw_*' --returns never -- "$TARGETS/throwing"
