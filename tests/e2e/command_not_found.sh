#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A command that cannot be run: one sentence, and the exit code is 1.
. tests/lib/e2e.sh

weir_refuses 1 'no such file|not found' stat -f 'x:y' -- "$T/no-such-command"
: >"$T/not-a-program"
weir_refuses 1 'permission|denied|not.*(run|execut)' stat -f 'x:y' -- "$T/not-a-program"
