#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A MariaDB whose structures the profile does not know: one sentence says so, and everything that needs none of them goes on.
. tests/lib/e2e.sh
. tests/lib/mariadb.sh

mariadb_needs_known_version
mariadb_start
export DATABASE=d
sql -e 'create table t (id int primary key, a int); insert into t select seq, seq from seq_1_to_100'
# The profile without the layout of this version: the others do not fit, for the server's own code is asked.
case $(mariadbd --version) in
*' 10.11.'*) version=10.11 ;;
*) version=11.8 ;;
esac
"$PYTHON" - "$version" >"$T/mariadb.yaml" <<'PYTHON'
import re, sys
text = open("profiles/mariadb.yaml", encoding="utf-8").read()
print(re.sub(rf"(?ms)^  # {re.escape(sys.argv[1])}\n  - code:.*?(?=^  # \d|^$)", "", text, count=1), end="")
PYTHON
grep -q "^  # $version" "$T/mariadb.yaml" && fail 'the layout is still in the profile'

weir_start -p "$mariadb_pid" --profile "$T/mariadb.yaml" --detail rows
for i in $(seq 30); do echo "select a from t where a > $i order by a;"; done | sql >"$T/work.out"
echo 'selekt;' | sql >"$T/failed.out" 2>&1
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'lines of weir' 1 "$(wc -l <"$T/weir.err")" "$T/weir.err"
expect_match 'what weir says' 'has other structures than those that profile mariadb knows' "$(cat "$T/weir.err")"
check <<'PYTHON'
expect("statements", 30, total(snapshot, "statement", "completed"))
expect("labels, rows and errors of statements", [], [n for n in nodes_of(snapshot, "statement") if "label" in n or "rows" in n or n.get("errors")])
# A scan ends with a call that finds nothing.
expect("calls for rows", 30 * 101, total(snapshot, "read_rnd_next", "calls"))
expect("errors that clients are sent", {"ER_PARSE_ERROR": 1}, {e["name"]: e["count"] for e in snapshot["errors"]})
expect_no_loss(snapshot)
PYTHON
