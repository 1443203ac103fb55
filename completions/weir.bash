# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for weir. Commands and options come from weir's own --help, so that nothing is written twice.
# shellcheck shell=bash

# PROGRAM -> the subcommands
_weir_commands() { "$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) +.*/\1/p'; }

# PROGRAM COMMAND -> its options, short and long
_weir_options() {
	"$1" "$2" --help 2>/dev/null |
		sed -nE 's/^ {2}(-[a-zA-Z])?,? *(--[a-z-]+)?.*/\1 \2/p' | tr -s ' ' '\n' | grep -E '^-'
}

# PROGRAM -> the engines that have a profile
_weir_engines() { "$1" profile list 2>/dev/null | sed -n '2,$s/ .*//p'; }

_weir_pids() {
	local status

	for status in /proc/[0-9]*/cmdline; do
		[ -r "$status" ] && status=${status%/cmdline} && printf '%s\n' "${status#/proc/}"
	done
}

_weir() {
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]-} current=${COMP_WORDS[COMP_CWORD]} i
	local previous=${COMP_WORDS[COMP_CWORD - 1]} words=

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_weir_commands "$program") --help --version" -- "$current")
		return
	fi
	# Behind "--" stands a command of its own.
	for ((i = 2; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = -- ] || continue
		if declare -F _command_offset >/dev/null; then
			_command_offset $((i + 1))
		elif [ $((i + 1)) -eq "$COMP_CWORD" ]; then
			mapfile -t COMPREPLY < <(compgen -c -- "$current")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		fi
		return
	done
	case $previous in
	-p | --pid) words=$(_weir_pids) ;;
	--detail) words='queries operators rows' ;;
	--memory) words='off pages sizes live' ;;
	--slow-format) words='text json' ;;
	--query-text) words='normalized raw off' ;;
	--view) words='tree operators queries memory errors processes' ;;
	--returns) words='auto sites trampoline' ;;
	--profile)
		mapfile -t COMPREPLY < <(compgen -W "$(_weir_engines "$program")" -- "$current"; compgen -f -- "$current")
		return
		;;
	--exe)
		mapfile -t COMPREPLY < <(compgen -c -- "$current"; compgen -f -- "$current")
		return
		;;
	-o | --output | --slow-log | --alerts | --alert-log | check | convert)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--on-alert)
		mapfile -t COMPREPLY < <(compgen -c -- "$current")
		return
		;;
	-d | --duration | --measure | -i | --interval | -f | --function | --sort | --filter | --webhook) return ;;
	*)
		case $command:$COMP_CWORD:$current in
		profile:2:[!-]* | profile:2:) words='list check' ;;
		alerts:2:[!-]* | alerts:2:) words='check convert' ;;
		doc:2:[!-]* | doc:2:) words=metrics ;;
		*) words=$(_weir_options "$program" "$command") ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _weir weir
