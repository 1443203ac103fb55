#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# USDT sites: events and spans at places that the target's authors marked, with every form of operand; semaphores rise and fall again.
. tests/lib/e2e.sh

cat >"$T/shop.yaml" <<'YAML'
engine: shop
match: {module: usdt}
errors: {-5: SHOP_SOLD_OUT}
probes:
  # Places that are an event, or end another span, too: all see them.
  - {name: pause, level: stage, begin: {usdt: "shop:mixed", when: (u32)arg2 >= 50}, end: {usdt: "shop:order__st*"}, bytes: end2}
  - name: order
    level: query
    begin: {usdt: "shop:order__start"}
    end: {usdt: "shop:order__done"}
    label: str(arg1)
    bytes: arg2
    rows: -end1
    error: end2
    error_code: end2
  - {function: order_work, level: operator}
  - {usdt: "shop:order__start", name: started, level: operation, rows: arg2}
  - {usdt: "shop:item", rows: arg1, charge: query}
  - usdt: "shop:tick"
    name: tick
    entry_only: true
    level: cache
    rows: -arg1
    hits: arg2
    bytes: arg3
    error: (s64)arg1 < 0 && (s64)arg1 > -60
  - usdt: "shop:form?"
    rows: -arg1
    bytes: arg2
    hits: -arg3
    misses: arg4
  - {usdt: "shop:mixed", rows: arg1, bytes: arg2}
YAML
"$WEIR" profile check "$T/shop.yaml" >"$T/check.out" 2>&1 || fail 'the profile has faults' "$T/check.out"
target_start usdt "$TARGETS/usdt"

weir list -p "$usdt_pid" --profile "$T/shop.yaml"
expect 'exit code of weir list' 0 "$status" "$T/weir.err"
for pattern in 'shop:order__start +query +\+0x.* emulated +begins span order ' 'shop:order__done +query .* ends span order ' \
	'shop:order__start +operation .* none: counted' 'shop:form.* emulated +none: counted'; do
	expect_match 'weir list' "$pattern" "$(cat "$T/weir.out")"
done
expect 'sites of shop:tick' 3 "$(grep -c 'shop:tick ' "$T/weir.out")" "$T/weir.out"

# Counted only, from the first instruction on: three rounds of 540 sites.
yes '' | head -n 3 | "$WEIR" list --profile "$T/shop.yaml" --measure 60 -- "$TARGETS/usdt" >"$T/measure.out" 2>"$T/measure.err"
expect_match 'weir list --measure' '^# ([0-9]+) calls in ' "$(cat "$T/measure.out")" "$T/measure.err"
expect 'calls' "# $((3 * (9 * 60 + 60))) calls" "$(grep -o '^# [0-9]* calls' "$T/measure.out")" "$T/measure.out"
expect 'semaphores from the first instruction on' 3 "$(grep -c '^semaphores 1 1' "$T/measure.out")" "$T/measure.out"

one_round() { # NAME EXPECTED_ENABLED EXPECTED_SEMAPHORES
	lines=$(wc -l <"$T/usdt.out")
	target_go usdt
	await "a round of the target" has_lines "$T/usdt.out" $((lines + 2))
	expect "$1" "enabled $2 semaphores $3" "$(tail -n 2 "$T/usdt.out" | tr '\n' ' ' | sed 's/ $//')" "$T/weir.err"
}
one_round 'before weir' 0 '0 0'
for without in none uprobe_multi; do
	export WEIR_WITHOUT=$without
	weir_start -p "$usdt_pid" --profile "$T/shop.yaml"
	one_round "under weir ($without)" 120 '1 1'
	kill -INT "$weir_pid"
	weir_end
	one_round "after weir ($without)" 0 '0 0'
	grep -q 'is not shown: the argument "arg1" has no value' "$T/weir.err" || fail 'nothing is said of an operand that cannot be read' "$T/weir.err"
	expect 'sentences on stderr' 1 "$(wc -l <"$T/weir.err")" "$T/weir.err"
	check <<'PYTHON'
N = range(60)
for k, name in enumerate(("apples", "pears", "plums")):
    mine = [i for i in N if i % 3 == k]
    order, = nodes_of(snapshot, "order", name)
    expect(f"spans of {name}", (20, 20, 0), (order["calls"], order["completed"], order["unwound"]))
    expect("rows, of where it ends, and of the events inside, charged", sum(i % 7 for i in mine) + 2 * sum(mine), order["rows"])
    expect("bytes, of where it began", sum(mine), order["bytes"])
    expect("errors", sum(i % 10 == 9 for i in mine), order["errors"])
    work, = [n for n in nodes_of(snapshot, "order_work") if n["parent"] == order["id"]]
    expect("calls inside", 20, work["calls"])
pause, = nodes_of(snapshot, "pause")
expect("names of errors", {("SHOP_SOLD_OUT", -5)}, {(e.get("name"), e["code"]) for e in snapshot["errors"] if e["function"] == "order"})
expect("a span with a condition", (10, 9, 1), (pause["calls"], pause["completed"], pause["open"]))
expect("bytes, of where it ends", sum(range(51, 60)), pause["bytes"])
expect("an event where spans begin", (60, sum(N)), (total(snapshot, "started", "calls"), total(snapshot, "started", "rows")))
expect("two sites of one name in calls", 120, total(snapshot, "shop:item", "calls"))
tick, = nodes_of(snapshot, "tick")
expect("three sites of one name", (180, 180), (tick["calls"], tick["untimed"]))
expect("signed operands", 3 * sum(N), tick["rows"])
expect("and compared", 3 * 59, tick["errors"])
expect("operands of one byte", 3 * sum(i % 4 for i in N), tick["hits"])
expect("constants", 180 * 3000000000, tick["bytes"])
forms, = nodes_of(snapshot, "shop:forms")
expect("base and index", 60 * 200, forms["rows"])
expect("an object", sum(N), forms["bytes"])
expect("a register", 7 * sum(N), forms["hits"])
expect("the second byte of one", sum(N), forms["misses"])
expect("beside an operand that cannot be read", [60, sum(N), 0], [total(snapshot, "shop:mixed", c) for c in ("calls", "bytes", "rows")])
expect_no_loss(snapshot)
PYTHON
	# However weir ends, the semaphores fall; and two may look at once.
	weir_start -p "$usdt_pid" --profile "$T/shop.yaml"
	: >"$T/second.out"
	"$WEIR" snapshot -i 0.1 -p "$usdt_pid" --profile "$T/shop.yaml" >"$T/second.out" 2>"$T/second.err" &
	second=$!
	await 'the second weir' has_lines "$T/second.out" 1
	one_round "under two ($without)" 120 '1 1' # the kernel counts places, not who looks
	kill -KILL "$weir_pid"
	wait "$weir_pid" 2>/dev/null
	one_round "one of them killed ($without)" 120 '1 1'
	kill -KILL "$second"
	wait "$second" 2>/dev/null
	one_round "both killed ($without)" 0 '0 0'
done
