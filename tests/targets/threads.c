/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Eight threads at once, each calling thread_work a different number of times, and thread_leaf twice in
 * each. One more thread starts after the others have ended. With `exit` as argument the main thread leaves
 * first (pthread_exit) and the others work on.
 */
#include <pthread.h>

#include "target.h"

enum { THREADS = 8, CALLS = 500, LEAVES = 2 };

static pthread_barrier_t start_line;
static const char *truth_path;

WORK uint64_t thread_leaf(uint64_t seed)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	KEEP(seed);
	return seed;
}

WORK uint64_t thread_work(uint64_t seed)
{
	for (int i = 0; i < LEAVES; i++)
		seed ^= thread_leaf(seed);
	return seed;
}

static void work(uintptr_t number)
{
	for (uintptr_t i = 0; i < CALLS * (number + 1); i++)
		KEEP(thread_work(i));
}

static void *worker(void *number)
{
	pthread_barrier_wait(&start_line);
	work((uintptr_t)number);
	return NULL;
}

static void *late_worker(void *number)
{
	work((uintptr_t)number);
	return NULL;
}

static void run(void)
{
	pthread_t threads[THREADS], late;
	uint64_t calls = CALLS * (THREADS + 1);
	struct truth truth = {0};

	pthread_barrier_init(&start_line, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, worker, (void *)i) != 0)
			abort();
		calls += CALLS * (i + 1);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (pthread_create(&late, NULL, late_worker, (void *)(uintptr_t)THREADS) != 0)
		abort();
	pthread_join(late, NULL);
	truth_count(&truth, "thread_work", calls);
	truth_count(&truth, "thread_leaf", calls * LEAVES);
	truth_write(&truth, truth_path);
}

static void *whole_run(void *unused)
{
	(void)unused;
	run();
	exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	truth_path = target_truth_option(&argc, argv);
	target_wait_for_go();
	if (argc > 1 && strcmp(argv[1], "exit") == 0) {
		if (pthread_create(&thread, NULL, whole_run, NULL) != 0)
			abort();
		pthread_exit(NULL);
	}
	run();
	return 0;
}
