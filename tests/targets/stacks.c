/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads with more than one stack, with known counts: coroutines that yield in the middle of calls (on stacks of one allocation, on
 * mappings of their own, resumed by another thread, abandoned and started anew), signal handlers on an alternate stack, a
 * child of vfork that runs on its parent's, a recursion 200 deep. `stacks [SHAPE...]`; without words all of them.
 *
 * The truth's values are the calls of each function that never returned.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "target.h"

enum {
	COROUTINES = 8,
	COROUTINE_ROUNDS = 20,
	COROUTINE_DEPTH = 5,
	STACK_BYTES = 64 * 1024,
	ABANDONED = 6,
	SIGNAL_CALLS = 25,
	VFORK_CALLS = 20,
	DOWN_CALLS = 5,
	DOWN_LEVELS = 200,
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- coroutines ---------------------------------------------------------------------------------- */

struct coroutine {
	ucontext_t context, resumer;
	int done;
};

static __thread struct coroutine *running;

static void coroutine_yield(void)
{
	struct coroutine *self = running;

	if (swapcontext(&self->context, &self->resumer) != 0)
		die("swapcontext");
}

static void coroutine_resume(struct coroutine *coroutine)
{
	running = coroutine;
	if (swapcontext(&coroutine->resumer, &coroutine->context) != 0)
		die("swapcontext");
	running = NULL;
}

WORK int yield_leaf(int number)
{
	KEEP(number);
	return number + 1;
}

/* Yields at each level, on the way down and on the way up, with calls before and after. */
WORK int yield_down(int depth)
{
	int sum = yield_leaf(depth);

	coroutine_yield();
	if (depth > 0)
		sum += yield_down(depth - 1);
	coroutine_yield();
	return sum + yield_leaf(depth);
}

/* Runs on the stack of whoever resumes, between two resumptions. */
WORK int yield_between(int number)
{
	return yield_leaf(number) + 1;
}

static void coroutine_main(void)
{
	for (int i = 0; i < COROUTINE_ROUNDS; i++)
		KEEP(yield_down(COROUTINE_DEPTH));
	running->done = 1;
}

static void coroutine_start(struct coroutine *coroutine, char *stack, void (*body)(void))
{
	if (getcontext(&coroutine->context) != 0)
		die("getcontext");
	coroutine->done = 0;
	coroutine->context.uc_stack.ss_sp = stack;
	coroutine->context.uc_stack.ss_size = STACK_BYTES;
	coroutine->context.uc_link = &coroutine->resumer;
	makecontext(&coroutine->context, body, 0);
}

static uint64_t yield_betweens, yield_downs, yield_abandoned, yield_leafs;

WORK void yield_round(struct coroutine *coroutines)
{
	for (int i = 0; i < COROUTINES; i++) {
		if (!coroutines[i].done)
			coroutine_resume(&coroutines[i]);
		KEEP(yield_between(i));
		yield_betweens++;
	}
}

static uint64_t yield_rounds;

static void run_all(struct coroutine *coroutines)
{
	/* Two yields a level, and the end. */
	for (int i = 0; i < COROUTINE_ROUNDS * (COROUTINE_DEPTH + 1) * 2 + 1; i++) {
		yield_round(coroutines);
		yield_rounds++;
	}
	for (int i = 0; i < COROUTINES; i++)
		if (!coroutines[i].done)
			exit(1);
	yield_downs += COROUTINES * COROUTINE_ROUNDS * (COROUTINE_DEPTH + 1);
	yield_leafs += COROUTINES * COROUTINE_ROUNDS * (COROUTINE_DEPTH + 1) * 2;
}

/* Stacks side by side in one allocation. */
static void run_arena(void)
{
	static struct coroutine coroutines[COROUTINES];
	char *stacks = malloc(COROUTINES * STACK_BYTES);

	if (!stacks)
		die("malloc");
	for (int i = 0; i < COROUTINES; i++)
		coroutine_start(&coroutines[i], stacks + i * STACK_BYTES, coroutine_main);
	run_all(coroutines);
	free(stacks);
}

/* A mapping for each stack, with a guard page below. */
static void run_mapped(void)
{
	static struct coroutine coroutines[COROUTINES];

	for (int i = 0; i < COROUTINES; i++) {
		char *pages = mmap(NULL, 4096 + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (pages == MAP_FAILED || mprotect(pages, 4096, PROT_NONE) != 0)
			die("mmap");
		coroutine_start(&coroutines[i], pages + 4096, coroutine_main);
	}
	run_all(coroutines);
}

/* Stacks on the stack of the function that runs them. */
static void run_inside(void)
{
	char stacks[COROUTINES][STACK_BYTES];
	struct coroutine coroutines[COROUTINES];

	for (int i = 0; i < COROUTINES; i++)
		coroutine_start(&coroutines[i], stacks[i], coroutine_main);
	run_all(coroutines);
}

/* Resumed by two threads in turns. */
static struct coroutine travellers[COROUTINES];
static pthread_barrier_t turn;

static void *travel_thread(void *which)
{
	uintptr_t mine = (uintptr_t)which;

	for (int i = 0; i < COROUTINE_ROUNDS * (COROUTINE_DEPTH + 1) * 2 + 1; i++) {
		pthread_barrier_wait(&turn);
		if ((uintptr_t)(i & 1) == mine) {
			yield_round(travellers);
			yield_rounds++;
		}
	}
	return NULL;
}

static void run_travel(void)
{
	char *stacks = malloc(COROUTINES * STACK_BYTES);
	pthread_t threads[2];

	if (!stacks || pthread_barrier_init(&turn, NULL, 2) != 0)
		die("travel");
	for (int i = 0; i < COROUTINES; i++)
		coroutine_start(&travellers[i], stacks + i * STACK_BYTES, coroutine_main);
	for (uintptr_t i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, travel_thread, (void *)i) != 0)
			die("pthread_create");
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < COROUTINES; i++)
		if (!travellers[i].done)
			exit(1);
	yield_downs += COROUTINES * COROUTINE_ROUNDS * (COROUTINE_DEPTH + 1);
	yield_leafs += COROUTINES * COROUTINE_ROUNDS * (COROUTINE_DEPTH + 1) * 2;
	free(stacks);
}

/* Coroutines that are left in the middle of yield_down for good; their stack serves the next one. */
static void run_abandoned(void)
{
	struct coroutine coroutine;
	char *stack = malloc(STACK_BYTES);

	if (!stack)
		die("malloc");
	for (int i = 0; i < ABANDONED; i++) {
		coroutine_start(&coroutine, stack, coroutine_main);
		for (int k = 0; k < 3; k++)
			coroutine_resume(&coroutine);
	}
	yield_downs += ABANDONED * 3;
	yield_leafs += ABANDONED * 3;
	yield_abandoned += ABANDONED * 3;
	free(stack);
}

static void yields_truth(struct truth *truth)
{
	if (!yield_downs)
		return;
	truth_count(truth, "yield_down", yield_downs);
	truth_value(truth, "yield_down", yield_abandoned);
	truth_count(truth, "yield_leaf", yield_leafs + yield_betweens);
	truth_count(truth, "yield_between", yield_betweens);
	truth_count(truth, "yield_round", yield_rounds);
}

/* ---- signals on an alternate stack --------------------------------------------------------------- */

static sigjmp_buf alarm_jump;
static volatile sig_atomic_t alarm_jumps;
static uint64_t alarm_handled, alarm_raised, alarm_unwound;

WORK int alarm_inside(int number)
{
	KEEP(number);
	return number;
}

WORK void alarm_handle(int number)
{
	alarm_inside(number);
	if (alarm_jumps)
		siglongjmp(alarm_jump, 1);
	alarm_inside(number);
}

WORK int alarm_deep(int depth)
{
	if (depth)
		return alarm_deep(depth - 1) + 1;
	raise(SIGUSR1);
	return alarm_inside(0);
}

WORK int alarm_raise(int jumps)
{
	alarm_jumps = jumps;
	if (sigsetjmp(alarm_jump, 1) == 0)
		return alarm_deep(3);
	return alarm_inside(1);
}

static void alarm_on(char *stack)
{
	stack_t alternate = {.ss_sp = stack, .ss_size = STACK_BYTES};
	struct sigaction action = {.sa_handler = alarm_handle, .sa_flags = SA_ONSTACK};

	if (sigaltstack(&alternate, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0)
		die("sigaltstack");
	for (int i = 0; i < SIGNAL_CALLS; i++) {
		KEEP(alarm_raise(i % 3 == 0));
		alarm_raised++;
		alarm_unwound += i % 3 == 0;
		alarm_handled++;
	}
	alternate.ss_flags = SS_DISABLE;
	sigaltstack(&alternate, NULL);
}

static char alarm_static[STACK_BYTES];

static void *alarm_thread(void *stack)
{
	alarm_on(stack);
	return NULL;
}

/* Alternate stacks in static memory, in a mapping, on the stack itself, and, for a thread, above its own. */
static void run_signals(void)
{
	char local[STACK_BYTES];
	char *mapped = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	if (mapped == MAP_FAILED)
		die("mmap");
	alarm_on(alarm_static);
	alarm_on(mapped);
	alarm_on(local);
	if (pthread_create(&thread, NULL, alarm_thread, mapped) != 0)
		die("pthread_create");
	pthread_join(thread, NULL);
}

static void signals_truth(struct truth *truth)
{
	truth_count(truth, "alarm_raise", alarm_raised);
	truth_count(truth, "alarm_deep", alarm_raised * 4);
	truth_value(truth, "alarm_deep", alarm_unwound * 4);
	truth_count(truth, "alarm_handle", alarm_handled);
	truth_value(truth, "alarm_handle", alarm_unwound);
	truth_count(truth, "alarm_inside", alarm_raised + alarm_handled * 2 - alarm_unwound);
}

/* ---- vfork --------------------------------------------------------------------------------------- */

WORK int fork_inside(int number)
{
	KEEP(number);
	return number;
}

WORK int fork_child(int number)
{
	return fork_inside(number) + fork_inside(number);
}

/* The child runs on this very frame until it execs or exits. */
WORK int fork_parent(int number)
{
	int status = 0;
	pid_t child = vfork();

	if (child < 0)
		die("vfork");
	if (child == 0) {
		KEEP(fork_child(number));
		if (number & 1)
			_exit(0);
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		die("the child of vfork");
	return fork_child(number);
}

static void run_vfork(void)
{
	for (int i = 0; i < VFORK_CALLS; i++)
		KEEP(fork_parent(i));
}

static void vfork_truth(struct truth *truth)
{
	truth_count(truth, "fork_parent", VFORK_CALLS);
	truth_count(truth, "fork_child", 2 * VFORK_CALLS);
	truth_count(truth, "fork_inside", 4 * VFORK_CALLS);
}

/* ---- deep ---------------------------------------------------------------------------------------- */

WORK int down_to(int depth)
{
	return depth > 1 ? down_to(depth - 1) + 1 : 1;
}

static void run_down(void)
{
	for (int i = 0; i < DOWN_CALLS; i++)
		KEEP(down_to(DOWN_LEVELS));
}

static void down_truth(struct truth *truth)
{
	truth_count(truth, "down_to", (uint64_t)DOWN_CALLS * DOWN_LEVELS);
}

/* -------------------------------------------------------------------------------------------------- */

static const struct shape {
	const char *name;
	void (*run)(void);
	void (*tell)(struct truth *truth); /* what this shape and those before it did */
} shapes[] = {
	{"arena", run_arena, NULL}, {"mapped", run_mapped, NULL}, {"inside", run_inside, NULL}, {"travel", run_travel, NULL},
	{"abandoned", run_abandoned, NULL}, {"signals", run_signals, signals_truth}, {"vfork", run_vfork, vfork_truth},
	{"down", run_down, down_truth},
};

static int is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return 1;
	return argc == 1;
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct truth truth = {0};

	target_wait_for_go();
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (!is_wanted(shapes[i].name, argc, argv))
			continue;
		shapes[i].run();
		if (shapes[i].tell)
			shapes[i].tell(&truth);
	}
	yields_truth(&truth);
	truth_write(&truth, truth_path);
	return 0;
}
