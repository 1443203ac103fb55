# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo pipeline's own truth against weir's nodes of sqlite3_step, statement by statement."""
from weircheck import sql_words

FIELDS = {  # weir's name: the pipeline's
    "calls": "steps", "rows": "rows", "errors": "errors", "misses": "cache_misses", "hits": "cache_hits",
    "vm_steps": "vm_steps",
}


def counter(node, field):
    return node.get(field, node.get("counters", {}).get(field))


def steps_of(snapshot):
    """The nodes of sqlite3_step, each with its fields and its named counters in one dictionary."""
    return [
        {**node, **{field: counter(node, field) or 0 for field in FIELDS}}
        for node in snapshot["nodes"] if node["function"] == "sqlite3_step"
    ]


def by_statement(items, text, names):
    """Sums by what a fingerprint keeps of the text: one that differs in literals only is the same statement."""
    sums = {}
    for item in items:
        entry = sums.setdefault(sql_words(item[text]), dict.fromkeys(FIELDS, 0))
        for field, name in names.items():
            entry[field] += item.get(name, 0)
    return sums


def compare(snapshot, truth, fields, expect, expect_true):
    steps = steps_of(snapshot)
    for node in steps:
        # The engine's own statements, with which it reads its schema, have no text and run inside others.
        expect_true("a step without a label is the engine's own", "label" in node or node["parent"] != 0, node)
    seen = by_statement([node for node in steps if "label" in node], "label", {name: name for name in FIELDS})
    told = by_statement([item for item in truth["statements"] if item["steps"]], "sql", FIELDS)
    for words, wanted in told.items():
        came = seen.pop(words, dict.fromkeys(FIELDS, 0))
        for field in fields:
            expect(f"{field} of \"{' '.join(words)}\"", wanted[field], came[field])
    for words in seen:
        expect_true(f"\"{' '.join(words)}\" is the engine's own", {"sqlite_master", "sqlite_schema"} & set(words), words)
