/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks used otherwise than most do, with known counts: signal handlers on an alternate stack, a child of vfork that runs on its
 * parent's, a recursion 200 deep. `stacks [SHAPE...]`; without words all of them. For coroutines see coroutines.c.
 *
 * The truth's values are the calls of each function that never returned.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "target.h"

enum {
	STACK_BYTES = 64 * 1024,
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
	void (*tell)(struct truth *truth);
} shapes[] = {
	{"signals", run_signals, signals_truth}, {"vfork", run_vfork, vfork_truth},
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
		shapes[i].tell(&truth);
	}
	truth_write(&truth, truth_path);
	return 0;
}
