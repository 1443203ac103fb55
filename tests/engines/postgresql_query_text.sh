#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --query-text on PostgreSQL: normalized, no literal of any statement is in what weir writes, tells of slow statements or keeps in the kernel; off, no text
# at all; raw, statements as they were written.
. tests/lib/e2e.sh
. tests/lib/maps.sh
. tests/lib/postgresql.sh

pg_start
sql -o /dev/null -c 'create table cellar(bottle text, price int)' || fail 'no table' "$T/postgres.log"
literals='petrus|77700|sommelier|7e7e7'
cat >"$T/work.sql" <<'E'
insert into cellar values ('chateau-petrus', 777001), (E'it\'s petrus', 777002), ($$petrus$$, 777003), ($wine$petrus$wine$, -777004);
select bottle from cellar where price > 777001 /* sommelier /* sommelier */ */ and bottle like '%petrus%'; -- sommelier
select 'petrus' as b, 777001.5 as c, .777001 as d, 0777001e3 as e, '777001'::int, date '2024-01-01', u&'petrus', b'01', x'7e7e7e', n'petrus';
select * from cellar where price in (777001, 777002, 777003) or bottle = any (array['petrus', 'sommelier']);
prepare q(int, text) as select count(*) from cellar where price = $1 and bottle = $2;
execute q(777001, 'petrus');
select 'petrus' / 777001;
select pg_sleep(0.02), 'petrus';
do $$ begin perform 'petrus', 777001; raise exception 'sommelier'; exception when others then null; end $$;
copy cellar from stdin;
petrus	777001
\.
begin; declare c cursor for select 'petrus', 777001; fetch all from c; commit;
create role r password 'petrus777001';
comment on table cellar is 'petrus';
set application_name = 'petrus';
update cellar set bottle = 'petrus
of two lines' where price = 777001;
E
cat >"$T/prepared.sql" <<'E'
\set price 777001
select bottle, 'petrus' from cellar where price = :price;
E

# MODE: the statements under weir with --query-text MODE; leaves $T/MODE.all, .slow and .maps
run_mode() {
	: >"$T/weir.out" >"$T/$1.slow"
	"$WEIR" snapshot -i 0.1 --detail rows --query-text "$1" --slow 10us --slow-log "$T/$1.slow" -p "$pg_pid" >"$T/weir.out" 2>"$T/weir.err" </dev/null &
	weir_pid=$!
	await 'the first snapshot' weir_has_lines 1
	"$PG_BIN/psql" -XqAt -o /dev/null -f "$T/work.sql" 2>"$T/errors.out"
	expect 'statements that failed' 1 "$(grep -c ERROR "$T/errors.out")" "$T/errors.out"
	sql -o /dev/null -c 'drop role r'
	pgbench -n -M prepared -t 10 -f "$T/prepared.sql" >"$T/pgbench.out" 2>&1 || fail 'pgbench failed' "$T/pgbench.out"
	weir_settle
	maps_dump "$weir_pid" "$T/$1.maps"
	kill -INT "$weir_pid"
	weir_end
	cp "$T/weir.out" "$T/$1.all"
	[ -s "$T/$1.slow" ] || fail "--query-text $1 told of no slow statement" "$T/weir.err"
}

# NAME PATTERN: not in the file; digits of figures are no text
is_without() {
	sed -E 's/"(ended_at|taken_at)": ?"[^"]*"//g; s/("[a-z_]+": ?)[0-9.]+/\1/g; s/"(fingerprint|build_id)": ?"[^"]*"//g' "$T/$1" >"$T/searched"
	! grep -qaiE "$2" "$T/searched" || fail "text in $1" <(grep -aoiE ".{0,60}($2).{0,40}" "$T/searched" | head -3)
}

run_mode normalized
grep -qa 'cellar' "$T/normalized.maps" || fail 'the maps were not read: they should hold the folded text'
grep -qa 'cellar' "$T/normalized.slow" || fail 'the slow-query log has no folded text'
for kind in all slow maps; do is_without "normalized.$kind" "$literals"; done
run_mode off
for kind in all slow maps; do is_without "off.$kind" "$literals|cellar|bottle"; done
run_mode raw
for text in "chateau-petrus', 777001" "sommelier /\\* sommelier" "execute q\\(777001, 'petrus'\\)" "password 'petrus777001'"; do
	for kind in all slow; do grep -qaE "$text" "$T/raw.$kind" || fail "raw.$kind is without $text"; done
done
for mode in normalized off raw; do
	cp "$T/$mode.all" "$T/weir.out"
	tail -n 1 "$T/$mode.all" >"$T/$mode.json"
	check "$T/$mode.json" <<<'expect_no_loss(snapshot)'
done
E=$("$PYTHON" - "$T" <<'PYTHON'
import json, sys
def fingerprints(mode):
    with open(f"{sys.argv[1]}/{mode}.json", encoding="utf-8") as file:
        return {q["fingerprint"] for q in json.load(file)["queries"] if "fingerprint" in q}
print(len(fingerprints("raw")), fingerprints("normalized") == fingerprints("off") == fingerprints("raw"))
PYTHON
)
expect_match 'the fingerprints are the same in all three' '^[1-9][0-9] True$' "$E"
