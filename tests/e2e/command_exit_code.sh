#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir's exit code is the command's, and 128 + n for one that signal n ended.
. tests/lib/e2e.sh

code_of() { # STATUS COMMAND...
	local wanted=$1

	shift
	weir stat -f 'libc.so*:getpid' -- "$@"
	expect "exit code of weir stat -- $*" "$wanted" "$status" "$T/weir.err"
}
code_of 0 /bin/sh -c 'exit 0'
code_of 7 /bin/sh -c 'exit 7'
code_of 137 /bin/sh -c 'kill -KILL $$'
code_of 143 /bin/sh -c 'kill -TERM $$'
