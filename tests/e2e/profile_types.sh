#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Labels by the class of a C++ object, also in a program without symbols for its classes.
. tests/lib/e2e.sh

cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
probes:
  - {function: engine_step, level: operator, label: type(arg2)}
YAML
target_start engine "$TARGETS/engine"
weir_start -p "$engine_pid" --profile "$T/engine.yaml"
target_go engine
target_end engine
weir_end
check <<'PYTHON'
expect("calls by class", {"plan::scan": 30, "plan::join<long>": 15, "(anonymous namespace)::hidden": 15, None: 1},
       {node.get("label"): node["calls"] for node in nodes_of(snapshot, "engine_step")})
expect("values that could not be read", 1, snapshot["lost"]["read_fault"])
PYTHON
