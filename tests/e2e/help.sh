#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every subcommand has --help on stdout that fits 80 columns; --version says the version.
. tests/lib/e2e.sh

for arguments in --help 'stat --help' 'snapshot --help' 'top --help' 'list --help' 'doctor --help' 'profile --help' help; do
	[ "$arguments" != help ] || arguments='-h'
	# shellcheck disable=SC2086 # words
	weir $arguments
	expect "exit code of weir $arguments" 0 "$status" "$T/weir.err"
	expect "stderr of weir $arguments" '' "$(cat "$T/weir.err")"
	[ "$(wc -l <"$T/weir.out")" -ge 3 ] || fail "weir $arguments says too little" "$T/weir.out"
	long=$(LC_ALL=C.UTF-8 grep -nE '.{81}' "$T/weir.out")
	expect "lines over 80 columns in weir $arguments" '' "$long"
done
weir --version
expect 'exit code of weir --version' 0 "$status" "$T/weir.err"
expect_match 'the version' '^weir [0-9]+\.[0-9]+' "$(cat "$T/weir.out")"
