/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that run, and calls that are over without a return that anybody could see: told by a line on stdin each, in this order:
 *   1. stale_wait calls stale_inner, which waits for the next line
 *   2. stale_jump calls stale_thrown, which leaves both by longjmp; then the program waits deeper than both were, in a function with a
 *      buffer that it does not write to
 *   3. two threads run stale_thread: one waits, the other ends itself inside
 *   4. the end
 * After each the word "done" and its number.
 */
#include <pthread.h>
#include <setjmp.h>

#include "target.h"

static jmp_buf landing;

static void line_wait(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
}

static void done(int step)
{
	printf("done %d\n", step);
	fflush(stdout);
}

WORK void stale_inner(int n)
{
	KEEP(n);
	done(1);
	line_wait();
	KEEP(n);
}

WORK void stale_wait(int n)
{
	stale_inner(n + 1);
	KEEP(n);
}

WORK void stale_thrown(int n)
{
	KEEP(n);
	longjmp(landing, 1);
}

WORK void stale_jump(int n)
{
	char room[512];

	KEEP(room);
	stale_thrown(n);
	KEEP(n);
}

/* Not probed, and not called by who called stale_jump: what stale_jump left on the stack stays there. */
WORK void wait_deep(int n)
{
	char room[4096];

	KEEP(room);
	done(2);
	line_wait();
	KEEP(n);
}

WORK void wait_between(int n)
{
	wait_deep(n);
	KEEP(n);
}

WORK void stale_thread(long ends)
{
	KEEP(ends);
	if (ends)
		pthread_exit(NULL);
	done(3);
	for (;;)
		pause();
}

static void *thread_run(void *ends)
{
	stale_thread((long)ends);
	return NULL;
}

int main(void)
{
	pthread_t waits, ends;

	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	line_wait();
	stale_wait(1);
	if (!setjmp(landing))
		stale_jump(1);
	wait_between(1);
	pthread_create(&ends, NULL, thread_run, (void *)1L);
	pthread_join(ends, NULL);
	pthread_create(&waits, NULL, thread_run, NULL);
	line_wait();
	return 0;
}
