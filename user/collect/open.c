/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the calls on the frame stacks run. One that was left by longjmp stands there until its thread's next hit, and a thread that
 * waits has none. A call runs as long as its return address stands where it was when the call began, and the calls around it run;
 * what was called since from the same place has put its own address there.
 */
#include "collect/open.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { WORDS_AT_ONCE = 256 }; /* of one process, and at most IOV_MAX */
_Static_assert(WORDS_AT_ONCE <= IOV_MAX, "one call of the kernel's");

/* The words at the stack pointers of calls of one process; 0 where one cannot be read. Spans have none. */
static void read_words(const struct weir_open_call *calls, size_t count, uint64_t *ret_words)
{
	struct iovec here[WORDS_AT_ONCE], there[WORDS_AT_ONCE];
	size_t wanted = 0;

	for (size_t i = 0; i < count; i++) {
		ret_words[i] = 0;
		if (!calls[i].word)
			continue;
		here[wanted] = (struct iovec){ &ret_words[i], sizeof(ret_words[i]) };
		there[wanted++] = (struct iovec){ (void *)(uintptr_t)calls[i].sp, sizeof(ret_words[i]) };
	}
	/* It stops where it fails: what stands in one place of memory tells nothing of the next. */
	for (size_t done = 0; done < wanted;) {
		ssize_t n = process_vm_readv((pid_t)calls[0].tgid, here + done, wanted - done, there + done, wanted - done, 0);

		done += n > 0 ? (size_t)n / sizeof(*ret_words) : 0;
		if (n < 0 && errno != EFAULT)
			return;
		if (done < wanted)
			done++;
	}
}

struct open {
	const struct weir_open_call *calls;
	size_t count;
	struct counters **by_node; /* NULL: not in the snapshot */
	size_t nodes;
	uint64_t now_ns;
	bool runs; /* the calls of the thread before this one do */
};

static void take(struct open *o, const struct weir_open_call *call, uint64_t word)
{
	struct counters *c = call->node < o->nodes ? o->by_node[call->node] : NULL;
	uint64_t age_ns = o->now_ns > call->start_ns ? o->now_ns - call->start_ns : 0;

	o->runs = (o->runs || call->first) && word == call->word;
	if (!o->runs || !c || !c->open)
		return;
	c->have |= HAVE_OLDEST;
	if (age_ns > c->oldest_open_ns)
		c->oldest_open_ns = age_ns;
}

/* Calls of one thread come together, and mostly those of one process. */
static void take_all(struct open *o)
{
	uint64_t words[WORDS_AT_ONCE];

	for (size_t i = 0; i < o->count;) {
		size_t n = 1;

		while (n < WORDS_AT_ONCE && i + n < o->count && o->calls[i + n].tgid == o->calls[i].tgid)
			n++;
		read_words(&o->calls[i], n, words);
		for (size_t k = 0; k < n; k++)
			take(o, &o->calls[i + k], words[k]);
		i += n;
	}
}

int collect_open(const struct tracer *tracer, struct snapshot *snapshot)
{
	_cleanup_free_ struct counters **by_node = calloc(tracer_tables(tracer)->slots_count, sizeof(*by_node));
	_cleanup_free_ struct weir_open_call *calls = NULL;
	struct open o = { .by_node = by_node, .nodes = tracer_tables(tracer)->slots_count };
	int err;

	if (!by_node)
		return -ENOMEM;
	err = tracer_open_calls(tracer, &calls, &o.count);
	if (err)
		return err == -ENOMEM ? err : 0; /* the kernel will not tell: nothing is known to run */
	for (size_t i = 0; i < snapshot->nodes_count; i++)
		if (snapshot->nodes[i].id < o.nodes)
			by_node[snapshot->nodes[i].id] = &snapshot->nodes[i].counters;
	o.calls = calls;
	o.now_ns = clock_ns();
	take_all(&o);
	return 0;
}
