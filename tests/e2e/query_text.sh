#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --query-text: normalized, no literal is in anything that weir writes or keeps in the kernel, scratch included; off, no text at
# all; raw, the text of each fingerprint's slowest query as it was written. The fingerprints are the same in all three.
. tests/lib/e2e.sh
. tests/lib/maps.sh

cat >"$T/load.py" <<'E'
import sqlite3, sys
db = sqlite3.connect(":memory:")
db.execute("create table cellar(bottle text, price int)")
print("ready", flush=True)
for line in sys.stdin:
    for i in range(20):
        db.execute(f"insert into cellar values('chateau-{i}-petrus', {777000 + i})")
        db.execute(f"SELECT bottle FROM cellar WHERE price > {777000 + i} /* sommelier-{i} */").fetchall()
    db.execute("select 'petrus-the-slow', count(*) from cellar a, cellar b, cellar c where a.price = 777001").fetchall()
    print("done", flush=True)
E
literals='petrus|77700|sommelier'

# MODE: one run under weir; leaves $T/MODE.json, .text and .maps
run_mode() {
	target_start "load_$1" "$PYTHON" "$T/load.py"
	pid=load_${1}_pid
	: >"$T/weir.out"
	"$WEIR" snapshot -i 0.1 --query-text "$1" -p "${!pid}" >"$T/weir.out" 2>"$T/weir.err" </dev/null &
	weir_pid=$!
	await 'the first snapshot' weir_has_lines 1
	target_go "load_$1"
	await 'the queries are done' has_line "$T/load_$1.out" '^done'
	weir_settle
	maps_dump "$weir_pid" "$T/$1.maps"
	kill -INT "$weir_pid"
	weir_end
	cp "$T/snapshot.json" "$T/$1.json"
	cp "$T/weir.out" "$T/$1.all"
	"$WEIR" stat -d 0.3 --query-text "$1" -p "${!pid}" >"$T/$1.text" 2>&1 &
	weir_pid=$!
	sleep 0.1
	target_go "load_$1"
	wait "$weir_pid"
	kill "${!pid}"
}

run_mode normalized
run_mode off
run_mode raw

grep -qa 'slow_queries' "$T/normalized.all" || fail 'no document'
grep -qa 'cellar' "$T/normalized.maps" || fail 'the maps were not read: they should hold the folded text'
for file in normalized.all normalized.text normalized.maps; do
	grep -qaiE "$literals" "$T/$file" && fail "a literal in $file" <(grep -aoiE ".{0,40}($literals).{0,40}" "$T/$file" | head -3)
done
for file in off.all off.text off.maps; do
	grep -qaiE "$literals|cellar|bottle" "$T/$file" && fail "text in $file" <(grep -aoiE ".{0,40}($literals|cellar|bottle).{0,40}" "$T/$file" | head -3)
done
T=$T check "$T/normalized.json" <<'E'
queries = {q["fingerprint"]: q for q in snapshot["queries"] if "label" in q}
labels = {q["label"] for q in queries.values()}
expect_true("a folded label", "select bottle from cellar where price > ?" in labels, labels)
directory = os.environ["T"]
for mode in ("off", "raw"):
    with open(f"{directory}/{mode}.json", encoding="utf-8") as file:
        other = {q["fingerprint"]: q for q in json.load(file)["queries"] if "label" in q}
    expect(f"{mode}: fingerprints", sorted(queries), sorted(other))
    for fingerprint, query in other.items():
        expect(f"{mode}: calls of {fingerprint}", queries[fingerprint]["calls"], query["calls"])
        if mode == "off":
            expect(f"{mode}: label", "#" + fingerprint, query["label"])
    if mode == "raw":
        texts = [q["label"] for q in other.values()]
        expect("raw: texts of the select", 1, sum(bool(re.match(r"SELECT bottle FROM cellar WHERE price > 7770\d\d /\* sommelier-\d+ \*/$", t)) for t in texts))
        expect_true("raw: the slow one", any(t.startswith("select 'petrus-the-slow', count(*)") for t in texts), texts)
E
weir_refuses 2 'query-text.*normalized, raw or off' stat -p $$ --query-text all
