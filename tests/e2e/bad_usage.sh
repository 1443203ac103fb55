#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong usage: exit code 2, one sentence that names what was wrong.
. tests/lib/e2e.sh

weir_refuses 2 'subcommand|command' frobnicate
weir_refuses 2 'did you mean.*stat|"stat"|stat' statt -p 1
weir_refuses 2 '\-\-frobnicate' stat --frobnicate
weir_refuses 2 '\-\-jsom.*--json' stat -p 1 --jsom
weir_refuses 2 'abc' stat -p abc
weir_refuses 2 '12x' stat -p 12x
weir_refuses 2 '"?-5' stat -p -5
weir_refuses 2 '"?0"?' stat -p 0
weir_refuses 2 '99999999999' stat -p 99999999999
weir_refuses 2 '\-p' stat -p
weir_refuses 2 'duration|seconds' stat -p 1 -d soon
weir_refuses 2 'duration|seconds' stat -p 1 -d 0
weir_refuses 2 'duration|seconds' snapshot -p 1 -i -1
weir_refuses 2 'MODULE:GLOB|module' stat -p 1 -f sqlite3_step
weir_refuses 2 'target|-p' stat
weir_refuses 2 'command|--' stat --
weir_refuses 2 'one|both|together' stat -p 1 --exe calls
weir_refuses 2 'extra' stat -p 1 extra
weir_refuses 2 'list|check' profile
weir_refuses 2 'FILE|file' profile check
weir
expect 'exit code of weir without arguments' 2 "$status" "$T/weir.err"
expect_match 'stderr of weir without arguments' 'snapshot' "$(cat "$T/weir.err")"
