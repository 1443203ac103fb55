#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The man page and the bash completion know every command and every option that --help knows.
. tests/lib/e2e.sh

page=$(sed 's/\\-/-/g' docs/man/weir.1)
# shellcheck source=/dev/null
. completions/weir.bash

# WORD...: what the completion answers for the last word, sorted, in one line
completed() {
	COMP_WORDS=("$WEIR" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_weir
	printf '%s\n' "${COMPREPLY[@]}" | sort -u | xargs
}

commands=$("$WEIR" --help | sed -nE 's/^  ([a-z]+) +.*/\1/p')
[ "$(wc -l <<<"$commands")" -ge 6 ] || fail "weir --help lists too few commands: $commands"
expect 'the commands completed' "$(printf '%s\n--help\n--version\n' "$commands" | sort | xargs)" "$(completed '')"
for command in $commands; do
	"$WEIR" "$command" --help >"$T/help"
	usage=$(sed -n '1s/^Usage: //p' "$T/help" | sed 's/ *$//')
	grep -qxF ".SS $usage" <<<"$page" || fail "docs/man/weir.1 has no line \".SS $usage\"" "$T/help"
	options=$(grep -E '^ {2,6}-' "$T/help" | grep -oE '^ *(-[a-z], )?--[a-z-]+' | tr -d ' ' | tr ',' '\n' | sort)
	for option in $options; do
		grep -qE -- "(^|[^a-z-])$option([^a-z-]|$)" <<<"$page" || fail "docs/man/weir.1 lacks $option of weir $command"
	done
	expect "the options completed of $command" "$(xargs <<<"$options")" "$(completed "$command" -)"
done
expect 'what --detail completes' 'queries' "$(completed stat --detail q)"
expect 'what --profile completes' 'sqlite' "$(completed stat --profile sqlit)"
expect 'what profile completes' 'check list' "$(completed profile '')"
expect 'what stands behind --' 'true' "$(completed stat -- tru | tr ' ' '\n' | grep -x true)"
