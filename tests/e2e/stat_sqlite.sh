#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stat on a SQLite program shows its queries with calls, rows, errors, throughput and quantiles.
. tests/lib/e2e.sh

weir stat -- "$DEMO/pipeline" --rounds 2 --pace 5 --truth "$T/pipeline.truth"
expect 'exit code' 0 "$status" "$T/weir.err"
for word in calls rows errors p50 p95 p99 self 'insert into orders' 'begin exclusive'; do
	expect_match 'the text' "$word" "$(cat "$T/weir.out")" "$T/weir.out"
done
expect_match 'throughput' '/s' "$(cat "$T/weir.out")" "$T/weir.out"
