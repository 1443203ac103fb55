/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A storm of exceptions: 8 threads that throw at random depths through probed functions, catch in the middle, rethrow, throw
 * while destructors run beside, leave by pthread_exit and by pthread_cancel. Counts every call and every way out for itself.
 * `storm ROUNDS`: rounds per thread; `storm on`: until a second line comes.
 */
#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <semaphore.h>
#include <stdexcept>
#include <unistd.h>

#include "target.h"

enum { THREADS = 8, DEPTH_MAX = 24 };

static std::atomic<uint64_t> dives, dives_unwound, catches, rethrows, rethrows_unwound, exits, cancels;
static std::atomic<uint64_t> rounds_done;
static int rounds = 200;
static std::atomic<bool> goes_on;

/* Its destructor calls a function that throws and catches, while an exception is on its way. */
extern "C" WORK int storm_beside(int n)
{
	try {
		if (n % 2)
			throw n;
	} catch (int) {
		return 1;
	}
	return 0;
}

static std::atomic<uint64_t> besides;

struct beside {
	explicit beside(int n) : n_(n) {}
	~beside()
	{
		besides++;
		storm_beside(n_);
	}
	int n_;
};

/* Down to `depth`, there throw if `thrown`; one frame up for each level. */
extern "C" WORK int storm_dive(int depth, bool thrown)
{
	beside guard(depth);

	dives++;
	if (thrown)
		dives_unwound++; /* every frame of a dive that ends in a throw is unwound */
	if (!depth) {
		if (thrown)
			throw std::runtime_error("deep");
		return 1;
	}
	return storm_dive(depth - 1, thrown) + 1;
}

extern "C" WORK int storm_rethrow(int depth, bool thrown)
{
	rethrows++;
	try {
		return storm_dive(depth, thrown);
	} catch (const std::exception &) {
		rethrows_unwound++;
		throw;
	}
}

extern "C" WORK int storm_catch(int depth, bool thrown)
{
	catches++;
	try {
		return storm_rethrow(depth, thrown);
	} catch (const std::exception &) {
		return -1;
	}
}

extern "C" void storm_exit(int depth);
static void (*volatile storm_exit_again)(int) = storm_exit; /* keeps the compiler from warning of endless recursion */

extern "C" WORK void storm_exit(int depth)
{
	exits++;
	if (depth <= 0)
		pthread_exit(nullptr);
	storm_exit_again(depth - 1);
	KEEP(depth);
}

extern "C" WORK void storm_cancel(sem_t *arrived)
{
	cancels++;
	sem_post(arrived);
	for (;;)
		pause();
}

static void *exit_thread(void *)
{
	storm_exit(3);
	return nullptr;
}

static void *cancel_thread(void *arrived)
{
	storm_cancel(static_cast<sem_t *>(arrived));
	return nullptr;
}

static void *storm_thread(void *seed_pointer)
{
	uint32_t seed = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(seed_pointer)) * 2654435761u + 1;

	for (int i = 0; goes_on || i < rounds; i++) {
		rounds_done++;
		seed = seed * 1664525u + 1013904223u;
		storm_catch(static_cast<int>((seed >> 16) % DEPTH_MAX), (seed >> 30) & 1);
	}
	return nullptr;
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct truth truth = {};
	pthread_t threads[THREADS], other;
	sem_t arrived;

	if (argc > 1)
		rounds = atoi(argv[1]);
	goes_on = argc > 1 && strcmp(argv[1], "on") == 0;
	target_wait_for_go();
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], nullptr, storm_thread, reinterpret_cast<void *>(i + 1));
	if (goes_on)
		target_read_line();
	goes_on = false;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], nullptr);
	sem_init(&arrived, 0, 0);
	for (int i = 0; i < 5; i++) {
		pthread_create(&other, nullptr, exit_thread, nullptr);
		pthread_join(other, nullptr);
		pthread_create(&other, nullptr, cancel_thread, &arrived);
		sem_wait(&arrived);
		pthread_cancel(other);
		pthread_join(other, nullptr);
	}
	truth_count(&truth, "storm_dive", dives);
	truth_count(&truth, "storm_rethrow", rethrows);
	truth_count(&truth, "storm_catch", catches);
	truth_count(&truth, "storm_beside", besides);
	truth_count(&truth, "storm_exit", exits);
	truth_count(&truth, "storm_cancel", cancels);
	truth_value(&truth, "storm_dive", dives_unwound);
	truth_value(&truth, "storm_rethrow", rethrows_unwound);
	truth_value(&truth, "storm_exit", exits);
	truth_value(&truth, "storm_cancel", cancels);
	truth_value(&truth, "rounds", rounds_done);
	truth_write(&truth, truth_path);
	return 0;
}
