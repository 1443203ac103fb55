#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit tests are built: without them the count at the end would say too little.
. tests/lib/e2e.sh

built=$(find "$BUILD/tests/unit" -type f -name 'test_*' -perm -u+x 2>/dev/null | wc -l)
written=$(find tests/unit -name 'test_*.c' | wc -l)
expect 'unit tests built' "$written" "$built"
