#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# -f for a module that never came: weir waits, and names it at the end.
. tests/lib/e2e.sh

target_start late "$TARGETS/late" never
weir_start -p "$late_pid" -f 'liblate.so:late_*' -f 'late:main'
target_go late
target_end late
weir_end
one_sentence 'weir' 'liblate\.so'
