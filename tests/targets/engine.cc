// SPDX-License-Identifier: GPL-2.0-or-later
// Steps of objects of several classes, 60 of them and one of none. Its classes have no symbols: only engine_step keeps its own.
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
