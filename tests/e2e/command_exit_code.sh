#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir's exit code is the command's, and 128 + n for one that signal n ended.
. tests/lib/e2e.sh

code_of() { # STATUS ARGS...
	local wanted=$1

	shift
	weir stat -f 'ends:end_work' -- "$TARGETS/ends" "$@"
	expect "exit code of weir stat -- ends $*" "$wanted" "$status" "$T/weir.err"
}
code_of 0 exit 0
code_of 7 exit 7
code_of 255 exit 255
code_of 137 signal 9
code_of 143 signal 15
code_of 139 signal 11
