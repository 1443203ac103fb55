#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir profile list names the profiles there are, with a line about each.
. tests/lib/e2e.sh

weir profile list
expect 'exit code' 0 "$status" "$T/weir.err"
expect_match 'the list' '^ *sqlite +[^ ].*[^ ]' "$(cat "$T/weir.out")"
expect 'a line of each file' "$(ls profiles/*.yaml | wc -l)" "$(grep -c '^[a-z]' "$T/weir.out")"
expect_match 'what it gives, and where from' '^ +structures of version 3\.37\.\*, .*; queries, stages, operators, .*; rows; cache hits; errors$' \
	"$(grep -A 1 '^sqlite' "$T/weir.out")"
expect_match 'what it is recognised by' 'in a module libsqlite3.so\*, or one that holds sqlite3_step, sqlite3_prepare_v2 and ' \
	"$(grep -A 2 '^sqlite' "$T/weir.out")"
for engine in $(sed -nE 's/^([a-z]+) .*/\1/p' "$T/weir.out"); do
	grep -qi "^## $engine\$" docs/engines.md || fail "docs/engines.md has no chapter about $engine"
done
expect 'stderr' '' "$(cat "$T/weir.err")"
