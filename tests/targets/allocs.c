/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocations of known sizes, each kind in a function of its own, by 8 threads at once, some freed by another thread, and what alloc_keep made not
 * at all. What the truth says is counted here. Instead of that, by words: "swell": a large piece is taken, and given back, at a line each; "many N":
 * one thread holds N small ones at once and frees them.
 */
#include <malloc.h>
#include <pthread.h>

#include "target.h"

enum { THREADS = 8, ROUNDS = 250 };

static pthread_barrier_t line;
static void *handed[THREADS][ROUNDS]; /* to be freed by the next thread */
static void *kept[THREADS][ROUNDS];

static size_t size_of(int thread, int round)
{
	return (size_t)(17 + thread * 13 + round * 7);
}

WORK void *alloc_malloc(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

WORK void *alloc_calloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	KEEP(p);
	return p;
}

WORK void *alloc_realloc(void *old, size_t size)
{
	void *p = realloc(old, size);

	KEEP(p);
	return p;
}

WORK void *alloc_posix_memalign(size_t alignment, size_t size)
{
	void *p = NULL;

	if (posix_memalign(&p, alignment, size))
		abort();
	KEEP(p);
	return p;
}

WORK void *alloc_aligned_alloc(size_t alignment, size_t size)
{
	void *p = aligned_alloc(alignment, size);

	KEEP(p);
	return p;
}

WORK void *alloc_memalign(size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	KEEP(p);
	return p;
}

WORK void *alloc_keep(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

WORK void *alloc_handed(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

WORK void alloc_free(void *p)
{
	free(p);
	__asm__ volatile("" : : : "memory", "rbx");
}

static void work_round(int thread, int round)
{
	size_t size = size_of(thread, round);
	void *p;

	alloc_free(alloc_malloc(size));
	alloc_free(alloc_calloc(3, size));
	p = alloc_realloc(NULL, size);
	p = alloc_realloc(p, size * 40); /* up, and elsewhere */
	p = alloc_realloc(p, size / 2);  /* down */
	alloc_free(p);
	alloc_free(alloc_posix_memalign(8, size)); /* no more than malloc gives */
	alloc_free(alloc_posix_memalign(256, size));
	alloc_free(alloc_aligned_alloc(64, size / 64 * 64 + 64));
	alloc_free(alloc_memalign(128, size));
	kept[thread][round] = alloc_keep(size);
	handed[thread][round] = alloc_handed(size);
}

static void *work(void *number)
{
	int thread = (int)(uintptr_t)number;

	pthread_barrier_wait(&line);
	for (int round = 0; round < ROUNDS; round++)
		work_round(thread, round);
	pthread_barrier_wait(&line);
	for (int round = 0; round < ROUNDS; round++)
		alloc_free(handed[(thread + 1) % THREADS][round]);
	return NULL;
}

enum { SWELL_BYTES = 64 << 20 };

/* Says what it did and waits for a line, each time. */
static void swell(struct truth *truth)
{
	char *p = alloc_keep(SWELL_BYTES);

	memset(p, 1, SWELL_BYTES);
	target_say("swollen");
	target_read_line();
	alloc_free(p);
	target_say("shrunk");
	target_read_line();
	truth_value(truth, "bytes", SWELL_BYTES);
}

static void many(struct truth *truth, uint64_t number)
{
	void **all = calloc(number, sizeof(*all));

	for (uint64_t i = 0; i < number; i++)
		all[i] = alloc_keep(32 + i % 8);
	for (uint64_t i = 0; i < number; i++)
		alloc_free(all[i]);
	free(all);
	truth_value(truth, "number", number);
	truth_value(truth, "bytes", number / 8 * (8 * 32 + 28));
}

static void count_truth(struct truth *truth)
{
	uint64_t malloc_bytes = 0, realloc_bytes = 0, aligned_bytes = 0, half_bytes = 0;

	for (int thread = 0; thread < THREADS; thread++)
		for (int round = 0; round < ROUNDS; round++) {
			size_t size = size_of(thread, round);

			malloc_bytes += size;
			half_bytes += size / 2;
			realloc_bytes += size + size * 40 + size / 2;
			aligned_bytes += size / 64 * 64 + 64;
		}
	truth_value(truth, "each", THREADS * ROUNDS);
	truth_value(truth, "malloc_bytes", malloc_bytes);
	truth_value(truth, "realloc_bytes", realloc_bytes);
	truth_value(truth, "aligned_bytes", aligned_bytes);
	truth_value(truth, "smallest", size_of(0, 0));
	truth_value(truth, "largest", size_of(THREADS - 1, ROUNDS - 1));
	(void)half_bytes;
}

int main(int argc, char **argv)
{
	const char *path = target_truth_option(&argc, argv);
	pthread_t threads[THREADS];
	struct truth truth = { 0 };
	void *early = malloc(1234);
	struct mallinfo2 before, after;

	KEEP(early);
	pthread_barrier_init(&line, NULL, THREADS);
	target_wait_for_go();
	if (argc > 1) {
		if (!strcmp(argv[1], "swell"))
			swell(&truth);
		else
			many(&truth, strtoull(argv[2], NULL, 10));
		truth_write(&truth, path);
		return 0;
	}
	before = mallinfo2();
	alloc_free(early); /* allocated before anybody looked */
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)i))
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	after = mallinfo2();
	count_truth(&truth);
	truth_value(&truth, "mallinfo_bytes", after.uordblks - before.uordblks);
	truth_write(&truth, path);
	return 0;
}
