#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A program that only its own mount namespace can see, under a path that means another file outside.
. tests/lib/e2e.sh

mkdir "$T/place"
cp "$TARGETS/threads" "$T/place/program" # the decoy
cat >"$T/inside.sh" <<'SH'
mount -t tmpfs tmpfs "$1/place" && cp "$2" "$1/place/program" && exec "$1/place/program" nested
SH
target_start inside unshare --mount bash "$T/inside.sh" "$T" "$TARGETS/calls"
weir_start -p "$inside_pid" -f 'program:nested_*'
target_go inside
target_end inside
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("inside")["counts"])
PYTHON
