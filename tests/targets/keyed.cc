/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queries of an engine that works for contexts: begun by one thread, worked for by others, ended by any; and parts of the work that nest, and that
 * exceptions leave. How much of each there is stands in tests/e2e/profile_keyed.sh, which describes it as a profile.
 */
#include <thread>

#include "target.h"

#undef WORK
#define WORK extern "C" __attribute__((noinline))
#define BODY __asm__ volatile("" ::: "memory", "rbx")
struct query { const char *text; uint32_t pages; };
WORK void query_begin(query *q) { (void)q; BODY; }
WORK void query_end(int *result, query *q, int failed) { (void)result; (void)q; (void)failed; BODY; }
WORK void part_begin(query *q) { (void)q; BODY; }
WORK void part_end(int rows) { (void)rows; BODY; }
WORK void read_page(query *q) { q->pages++; BODY; }
WORK void parse(void) { BODY; }
WORK void work(query *q) { BODY; read_page(q); BODY; }
WORK void part(query *q, bool fails, int depth)
{
	part_begin(q);
	read_page(q);
	if (fails)
		throw 1;
	if (depth)
		part(q, false, depth - 1);
	part_end(3);
	BODY;
}

template <typename F> static void elsewhere(F f) { std::thread(f).join(); }

static int result;

int main(void)
{
	static query again = { "select again", 0 }, never = { "select never", 0 }, left = { "select left", 0 };

	target_wait_for_go();
	for (int i = 0; i < 40; i++) {
		query a = { "select a", 0 }, b = { "select b", 0 }, c = { "select c", 0 };

		/* a is open on this thread, b on another; each is worked for by both, and ended by the other one's. */
		query_begin(&a);
		work(&a);
		elsewhere([&] { query_begin(&b); work(&b); work(&a); work(&b); });
		work(&b);
		work(&a);
		elsewhere([&] { work(&a); query_end(&result, &a, i % 4 == 0); });
		parse(); /* belongs to nobody: a has ended */
		query_end(&result, &b, 0);
		/* c is ended where it began, with work of threads of its own around. */
		query_begin(&c);
		elsewhere([&] { part(&c, false, 2); });
		for (int k = 0; k < 3; k++) {
			try {
				part(&c, k == 1, 0);
			} catch (int) {
			}
		}
		work(&c);
		query_end(&result, &c, 0);
		query_end(&result, &c, 1); /* of nothing */
		query_begin(&again); /* again: it ends, and begins */
		work(&again);
	}
	query_end(&result, &again, 0);
	elsewhere([&] { query_begin(&never); });
	query_begin(&left);
	elsewhere([&] { query_end(&result, &left, 0); });
	printf("waits\n"); /* without a hit, so that what this thread began still stands on its stack */
	fflush(stdout);
	target_read_line();
	return 0;
}
