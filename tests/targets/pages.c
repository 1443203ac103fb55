/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory as pages, of known sizes: each thread maps, touches, gives back and unmaps areas of its own in functions of their own. Words
 * are "one" (the main thread alone), "threads" (8 at once), "brk". No transparent huge pages: a touch is a page.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "target.h"

enum { THREADS = 8, ROUNDS = 5, PAGE = 4096 };

static uint64_t sizes[THREADS];

WORK void *pages_map(size_t size)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		abort();
	KEEP(area);
	return area;
}

WORK void pages_touch(volatile char *area, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE)
		area[at] = 1;
	KEEP(area);
}

WORK void pages_drop(void *area, size_t size)
{
	if (madvise(area, size, MADV_DONTNEED))
		abort();
	KEEP(area);
}

WORK void pages_unmap(void *area, size_t size)
{
	if (munmap(area, size))
		abort();
	KEEP(area);
}

WORK void pages_all(size_t size)
{
	char *area = pages_map(size);

	pages_touch(area, size);
	pages_drop(area, size);
	pages_unmap(area, size);
	KEEP(area);
}

static void *work(void *argument)
{
	uint64_t size = *(uint64_t *)argument;

	for (int round = 0; round < ROUNDS; round++)
		pages_all(size);
	return NULL;
}

WORK void pages_brk(long by)
{
	if (sbrk(by) == (void *)-1)
		abort();
	KEEP(by);
}

/* Resident memory, counted page by page. */
static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long long kilobytes = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Rss: %llu", &kilobytes) == 1)
			break;
	if (file)
		fclose(file);
	return kilobytes * 1024;
}

static void run_one(struct truth *truth)
{
	sizes[0] = 3000 * PAGE;
	work(&sizes[0]);
	truth_count(truth, "pages_all", ROUNDS);
	truth_value(truth, "bytes", sizes[0] * ROUNDS);
}

static void run_threads(struct truth *truth)
{
	pthread_t threads[THREADS];
	uint64_t all = 0;

	for (int i = 0; i < THREADS; i++) {
		sizes[i] = (uint64_t)(100 * (i + 1) + 7) * PAGE;
		all += sizes[i] * ROUNDS;
		if (pthread_create(&threads[i], NULL, work, &sizes[i]))
			abort();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	truth_count(truth, "pages_all", THREADS * ROUNDS);
	truth_value(truth, "bytes", all);
}

static void run_brk(struct truth *truth)
{
	pages_brk(300 * PAGE);
	pages_brk(-200 * PAGE);
	truth_count(truth, "pages_brk", 2);
	truth_value(truth, "brk_grown", 300 * PAGE);
	truth_value(truth, "brk_shrunk", 200 * PAGE);
}

int main(int argc, char **argv)
{
	const char *path = target_truth_option(&argc, argv);
	struct truth truth = { 0 };
	uint64_t before;

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	pages_all(PAGE); /* what the functions themselves need is resident */
	resident_bytes();
	target_wait_for_go();
	before = resident_bytes();
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "one"))
			run_one(&truth);
		else if (!strcmp(argv[i], "threads"))
			run_threads(&truth);
		else if (!strcmp(argv[i], "brk"))
			run_brk(&truth);
	}
	truth_value(&truth, "resident_before", before);
	truth_value(&truth, "resident_after", resident_bytes());
	truth_write(&truth, path);
	return 0;
}
