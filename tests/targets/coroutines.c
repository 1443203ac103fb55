/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coroutines that yield in the middle of calls, with known counts: on stacks of one allocation, on mappings of their own, on their
 * resumer's own stack, resumed by two threads in turns, abandoned and started anew. `coroutines [SHAPE...]`; without
 * words all of them.
 *
 * They switch by swapcontext, or, built with HAND_SWITCH (target `fibers`), by code of their own, which nobody can know of.
 *
 * The truth's values are the calls of each function that never returned.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "target.h"

enum {
	COROUTINES = 8,
	COROUTINE_ROUNDS = 20,
	COROUTINE_DEPTH = 5,
	STACK_BYTES = 64 * 1024,
	ABANDONED = 6,
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- switching ----------------------------------------------------------------------------------- */

#ifdef HAND_SWITCH

struct context {
	void *sp;
};

/* Puts what a call preserves on the stack that is left, and goes on where `to` left off. */
void hand_switch(struct context *from, struct context *to);
__asm__(".text\n"
	".type hand_switch, @function\n"
	"hand_switch:\n"
	"	push %rbp\n	push %rbx\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov (%rsi), %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbx\n	pop %rbp\n"
	"	ret\n"
	".size hand_switch, . - hand_switch\n");

static void context_switch(struct context *from, struct context *to)
{
	hand_switch(from, to);
}

static void context_make(struct context *context, char *stack, void (*body)(void))
{
	void **top = (void **)(void *)(stack + STACK_BYTES) - 2;

	top[0] = (void *)body; /* popped by ret: the stack is then as a call would have it */
	top[1] = NULL;
	memset(top - 6, 0, 6 * sizeof(*top));
	context->sp = top - 6;
}

#else

#include <ucontext.h>

struct context {
	ucontext_t u;
};

static void context_switch(struct context *from, struct context *to)
{
	if (swapcontext(&from->u, &to->u) != 0)
		die("swapcontext");
}

static void context_make(struct context *context, char *stack, void (*body)(void))
{
	if (getcontext(&context->u) != 0)
		die("getcontext");
	context->u.uc_stack.ss_sp = stack;
	context->u.uc_stack.ss_size = STACK_BYTES;
	context->u.uc_link = NULL;
	makecontext(&context->u, body, 0);
}

#endif

struct coroutine {
	struct context context, resumer;
	int done;
};

static __thread struct coroutine *running;

static void coroutine_yield(void)
{
	struct coroutine *self = running;

	context_switch(&self->context, &self->resumer);
}

static void coroutine_resume(struct coroutine *coroutine)
{
	running = coroutine;
	context_switch(&coroutine->resumer, &coroutine->context);
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
	coroutine_yield();
}

static void coroutine_start(struct coroutine *coroutine, char *stack, void (*body)(void))
{
	coroutine->done = 0;
	context_make(&coroutine->context, stack, body);
}

static uint64_t yield_betweens, yield_downs, yield_abandoned, yield_leafs;

/* ---- the shapes ---------------------------------------------------------------------------------- */

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
	truth_count(truth, "yield_down", yield_downs);
	truth_value(truth, "yield_down", yield_abandoned);
	truth_count(truth, "yield_leaf", yield_leafs + yield_betweens);
	truth_count(truth, "yield_between", yield_betweens);
	truth_count(truth, "yield_round", yield_rounds);
}

/* -------------------------------------------------------------------------------------------------- */

static const struct shape {
	const char *name;
	void (*run)(void);
} shapes[] = {
	{"arena", run_arena}, {"mapped", run_mapped}, {"inside", run_inside}, {"travel", run_travel},
	{"abandoned", run_abandoned},
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
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (is_wanted(shapes[i].name, argc, argv))
			shapes[i].run();
	yields_truth(&truth);
	truth_write(&truth, truth_path);
	return 0;
}
