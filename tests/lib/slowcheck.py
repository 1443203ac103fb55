# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of weir's slow-query log: read, and held against the schema."""
import json
import os

import jsonschema


def slow_queries(name):
    """All lines of the log $TMPDIR/NAME, as objects; each valid."""
    root = os.path.dirname(os.environ["SCHEMA"])
    with open(os.path.join(root, "weir.slow-1.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema)(schema)
    with open(os.path.join(os.environ["TMPDIR"], name), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        for error in validator.iter_errors(line):
            raise AssertionError(f"{error.message} at {list(error.absolute_path)} in {line}")
        off = line["blocked_ns"] + line["wait_ns"]
        assert line["cpu_ns"] + off == line["duration_ns"], line
        for part in line["stages"] + line["operators"]:
            assert part["self_ns"] <= line["duration_ns"] and part["calls"] > 0, line
    return lines
