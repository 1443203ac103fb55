#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Labels by the class of a C++ object, also in a program without symbols for its classes.
. tests/lib/e2e.sh

cat >"$T/engine.cc" <<'CC'
#include <cstdio>
#define WORK __attribute__((noinline, noipa))
#define BODY __asm__ volatile("" ::: "memory", "rbx")
namespace plan {
struct node { virtual int next() { return 0; } virtual ~node() {} };
struct scan : node { int next() override { return 1; } };
template <typename T> struct join : node { int next() override { return 2; } };
}
namespace { struct hidden : plan::node { int next() override { return 3; } }; }
extern "C" WORK void engine_step(int unused, plan::node *node) { (void)unused; (void)node; BODY; }
int main()
{
	plan::scan scan;
	plan::join<long> join;
	hidden local;
	plan::node *nodes[] = { &scan, &join, &local };
	std::puts("ready");
	std::fflush(stdout);
	std::getchar();
	for (int i = 0; i < 60; i++)
		engine_step(i, nodes[i % 4 == 3 ? 0 : i % 4]);
	engine_step(0, nullptr);
	return 0;
}
CC
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
probes:
  - {function: engine_step, level: operator, label: type(arg2)}
YAML
c++ -O1 -fno-omit-frame-pointer -fno-exceptions -o "$T/engine" "$T/engine.cc" || fail 'cannot compile the target'
strip --keep-symbol=engine_step "$T/engine" || fail 'cannot strip the target'
target_start engine "$T/engine"
weir_start -p "$engine_pid" --profile "$T/engine.yaml"
target_go engine
target_end engine
weir_end
check <<'PYTHON'
expect("calls by class", {"plan::scan": 30, "plan::join<long>": 15, "(anonymous namespace)::hidden": 15, None: 1},
       {node.get("label"): node["calls"] for node in nodes_of(snapshot, "engine_step")})
expect("values that could not be read", 1, snapshot["lost"]["read_fault"])
PYTHON
