#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Python's own allocator, by a profile that names it: as many requests as objects that Python says it made, and few pieces from malloc.
. tests/lib/e2e.sh

cat >"$T/python.yaml" <<'YAML'
engine: python
match: {module: "*python3*"}
probes:
  - {function: PyEval_EvalCode, level: stage}
  - {function: PyObject_Malloc, level: alloc, entry_only: true, bytes: arg1}
  - {function: PyObject_Calloc, level: alloc, entry_only: true, bytes: arg1 * arg2}
  - {function: PyObject_Realloc, level: alloc, entry_only: true, bytes: arg2}
YAML
cat >"$T/objects.py" <<'PYTHON'
import sys
before = sys.getallocatedblocks()
kept = [bytes(100 + i % 50) for i in range(100000)]
print(sys.getallocatedblocks() - before)
PYTHON
"$WEIR" snapshot --profile "$T/python.yaml" --memory live -o "$T/snapshot.json" -- "$PYTHON" "$T/objects.py" >"$T/made" 2>"$T/weir.err" ||
	fail 'weir failed' "$T/weir.err"
MADE=$(cat "$T/made") check <<'PYTHON'
made = int(os.environ["MADE"])
memory = snapshot["memory"]
expect_no_loss(snapshot)
expect_true("Python made an object for each", 100000 <= made <= 100100, made)
# Beside them are those that came and went, and those of the interpreter's start.
expect_true(f"requests: {made} and some", made <= memory["requests"] <= made + 20000, memory["requests"])
content = sum(100 + i % 50 for i in range(100000))
expect_true(f"bytes: {content}, and 33 for each object's head", content + 33 * 100000 <= memory["requested_bytes"] <= content + 33 * 100000 + 20e6,
            memory["requested_bytes"])
expect_true("most of them are of 133 to 182 bytes", 133 <= memory["request_size_bytes"]["p50"] <= 182, memory["request_size_bytes"])
expect_true("they are not taken for pieces from malloc", memory["allocations"] < memory["requests"] / 10, memory["allocations"])
PYTHON
