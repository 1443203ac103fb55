# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of weir's JSON documents: main() with FILE as its argument and a test's own Python on stdin.

Every document of FILE must be valid by the schema and hold the invariants. Then the program on stdin runs with
`snapshot` (the last document), `documents` (all of them) and the functions below.
"""
import json
import os
import re
import sys

import jsonschema

COUNTERS = (
    "calls", "completed", "unwound", "untimed", "open", "errors", "rows", "bytes", "hits", "misses", "self_ns",
)
faults = []


# ---- what the tests call ----------------------------------------------------------------------------------

def fault(text):
    faults.append(text)


def expect(what, expected, came):
    if expected != came:
        fault(f"{what}: expected {expected}, came {came}")


def expect_true(what, truth, came=""):
    if not truth:
        fault(f"{what}: not so; came {came}")


def truth(name):
    """The JSON that target NAME wrote: $TMPDIR/NAME.truth, else the last line of $TMPDIR/NAME.out."""
    base = os.path.join(os.environ["TMPDIR"], name)
    if os.path.exists(base + ".truth"):
        with open(base + ".truth", encoding="utf-8") as file:
            return json.load(file)
    with open(base + ".out", encoding="utf-8") as file:
        return json.loads(file.read().splitlines()[-1])


def nodes_of(document, function, label=None):
    return [
        node for node in document["nodes"]
        if node["function"] == function and (label is None or node.get("label") == label)
    ]


def total(document, function, counter, label=None):
    """The sum of a counter over the nodes of a function; 0 where there is none."""
    return sum(node.get(counter, 0) for node in nodes_of(document, function, label))


def latency_sum(nodes):
    return sum(node["latency_ns"]["sum"] for node in nodes if "latency_ns" in node)


def expect_counts(document, counts, all_completed=True):
    """Calls of each function are as its own program counted them; and all were seen to end."""
    for function, calls in counts.items():
        expect(f"calls of {function}", calls, total(document, function, "calls"))
        if all_completed:
            expect(f"completed calls of {function}", calls, total(document, function, "completed"))


def expect_ends(document, told):
    """Calls of each function as its own program counted them; the values of its truth never returned, all others did."""
    for function, calls in told["counts"].items():
        unwound = told["values"].get(function, 0)
        expect(f"calls of {function}", calls, total(document, function, "calls"))
        expect(f"unwound calls of {function}", unwound, total(document, function, "unwound"))
        expect(f"completed calls of {function}", calls - unwound, total(document, function, "completed"))


def lost_by_weir(document):
    """
    What was lost, without what only the kernel can lose: scheduler events that it did not deliver (6.18 leaves some out), and, since 7.0,
    runs of programs at tracepoints: these can be preempted now, and one that would then run inside itself is left out.
    """
    kernels = {"total", "switches"}
    if int(os.uname().release.split(".")[0]) >= 7:
        kernels.add("recursion")
    return {name: count for name, count in document["lost"].items() if count and name not in kernels}


def expect_no_loss(document):
    """Nothing was lost but what only the kernel can lose."""
    expect("lost", {}, lost_by_weir(document))


def sql_words(text):
    """What stays of a statement under any fingerprint: its words in lower case, without literals and placeholders."""
    text = re.sub(r"'(?:[^']|'')*'", " ", text.lower())
    text = re.sub(r"[?:@$]\w*", " ", text)
    return tuple(re.findall(r"[a-z_][a-z_0-9]*", text))


# ---- what holds in every document -------------------------------------------------------------------------

def where(node):
    label = f" [{node['label']}]" if "label" in node else ""
    return f"node {node['id']} {node['module']}:{node['function']}{label}"


def check_latency(name, counters):
    latency = counters["latency_ns"]
    histogram = latency["histogram"]
    counts = histogram["counts"]
    expect(f"{name}: completed = latency_ns.count", counters["completed"], latency["count"])
    expect(f"{name}: completed = sum of the histogram", counters["completed"], sum(counts))
    expect(f"{name}: scale of the histogram", 3, histogram["scale"])
    if not latency["count"]:
        return
    quantiles = [latency[name] for name in ("min", "p50", "p90", "p95", "p99", "p999", "max")]
    expect(f"{name}: min, quantiles and max rise", sorted(quantiles), quantiles)
    expect_true(f"{name}: count x min <= sum <= count x max",
                latency["count"] * latency["min"] <= latency["sum"] <= latency["count"] * latency["max"], latency)
    filled = [index for index, count in enumerate(counts) if count]
    # Bucket i holds 2^(i/8) s < x <= 2^((i+1)/8) s. Nanoseconds are counted in units of 2^-30 s by a multiplication that is
    # right to 8.3e-8 (include/weir/hist.h): allow as much, and two units.
    for what, index in (("min", filled[0]), ("max", filled[-1])):
        low, high = (2 ** ((histogram["offset"] + index + more) / 8) * 1e9 for more in (0, 1))
        expect_true(f"{name}: {what} lies in its bucket ({low:.1f}, {high:.1f}] ns",
                    low * (1 - 1e-7) - 2 < latency[what] <= high * (1 + 1e-7) + 2, latency[what])


def check_counters(name, counters):
    ends = sum(counters.get(key, 0) for key in ("completed", "unwound", "untimed", "open"))
    expect(f"{name}: calls = completed + unwound + untimed + open", counters["calls"], ends)
    for key, value in counters.items():
        if isinstance(value, (int, float)):
            expect_true(f"{name}: {key} is not negative", value >= 0, value)
    if "latency_ns" in counters:
        check_latency(name, counters)
        if "hits" in counters:
            expect_true(f"{name}: hits come with misses", "misses" in counters)
    else:
        expect(f"{name}: completed without latency_ns", 0, counters.get("completed", 0))


def check_tree(document):
    seen = set()
    for node in document["nodes"]:
        expect_true(f"{where(node)}: id is its own and above 0", node["id"] > 0 and node["id"] not in seen)
        expect_true(f"{where(node)}: its parent {node['parent']} comes before it",
                    node["parent"] == 0 or node["parent"] in seen)
        seen.add(node["id"])


def flat_sums(nodes):
    sums = {}
    for node in nodes:
        entry = sums.setdefault((node["function"], node.get("label")), dict.fromkeys(COUNTERS, 0))
        for counter in COUNTERS:
            entry[counter] += node.get(counter, 0)
    return sums


def check_flat(document):
    """operators[] and queries[] are the nodes' counters summed by (function, label)."""
    of_queries = [node for node in document["nodes"] if node["level"] in ("run", "query")]
    of_operators = [node for node in document["nodes"] if node["level"] not in ("run", "query")]
    for name, nodes in (("queries", of_queries), ("operators", of_operators)):
        for entry in document[name]:
            check_counters(f"{name} {entry['function']} {entry.get('label', '')}", entry)
        wanted, came = flat_sums(nodes), flat_sums(document[name])
        expect(f"{name}[] has the nodes' functions and labels", sorted(map(str, wanted)), sorted(map(str, came)))
        for key in wanted.keys() & came.keys():
            for counter in COUNTERS:
                expect(f"{counter} of {key} in {name}[] is the sum of the nodes", wanted[key][counter], came[key][counter])


def check_errors(document):
    for error in document["errors"]:
        expect_true(f"an error of {error.get('function')} has a count", error["count"] > 0, error)


def check_document(document, validator):
    for error in sorted(validator.iter_errors(document), key=str):
        fault(f"schema: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    if faults:
        return
    expect("schema", "weir.snapshot/1", document["schema"])
    expect("lost.total", sum(count for name, count in document["lost"].items() if name != "total"),
           document["lost"]["total"])
    check_tree(document)
    for node in document["nodes"]:
        check_counters(where(node), node)
    check_flat(document)
    check_errors(document)


def check_growth(documents):
    """Counters are cumulative: from one document to the next none falls."""
    for before, after in zip(documents, documents[1:]):
        expect_true("duration_ns rises", before["duration_ns"] < after["duration_ns"])
        later = {node["id"]: node for node in after["nodes"]}
        for node in before["nodes"]:
            if node["id"] not in later:
                fault(f"{where(node)}: is not in the next document")
                continue
            for counter in ("calls", "completed", "unwound", "errors", "rows", "hits", "misses"):
                came = (node.get(counter, 0), later[node["id"]].get(counter, 0))
                expect_true(f"{where(node)}: {counter} does not fall", came[0] <= came[1], came)


def read_documents(path):
    """One JSON document, or one a line."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def make_validator():
    with open(os.environ["SCHEMA"], encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker())


def main():
    documents = read_documents(sys.argv[1])
    stream = os.path.join(os.environ["TMPDIR"], "weir.out")
    earlier = []
    if sys.argv[1].endswith("/snapshot.json") and os.path.exists(stream):
        with open(stream, encoding="utf-8") as file:
            if file.read(1) == "{":
                earlier = read_documents(stream)
    validator = make_validator()
    for document in earlier or documents:
        check_document(document, validator)
        if faults:
            break
    check_growth(earlier or documents)
    if not faults:
        program = compile(sys.stdin.read(), "the test", "exec")
        exec(program, dict(globals(), snapshot=documents[-1], documents=earlier or documents))
    for text in faults[:30]:
        print(text)
    if len(faults) > 30:
        print(f"... and {len(faults) - 30} more")
    sys.exit(1 if faults else 0)
