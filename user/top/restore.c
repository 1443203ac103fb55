/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/restore.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

/* What a signal handler needs cannot be handed to it. */
static struct {
	volatile sig_atomic_t now;
	struct termios modes;
	char text[256]; /* the escape sequences that end the screen */
	size_t length;
} armed;

/* Only what POSIX lets a handler do (signal-safety(7)): endwin() is not among it. */
static void restore_in_handler(void)
{
	if (!armed.now)
		return;
	armed.now = 0;
	if (write(STDOUT_FILENO, armed.text, armed.length) < 0)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &armed.modes);
}

/* SA_RESETHAND has put the default back: it comes again and ends the process as it should. */
static void handle_fatal(int signal)
{
	restore_in_handler();
	raise(signal);
}

static void catch_fatal(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP,
				      SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2};
	/* a stack of its own: a stack overflow is a crash too */
	static char stack[16384];
	const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = handle_fatal, .sa_flags = SA_RESETHAND | SA_ONSTACK | SA_NODEFER};

	sigaltstack(&alternative, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction before;

		/* what the user ignores (nohup) stays ignored */
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
	}
}

static void add_restore(const char *capability)
{
	const char *text = tigetstr(capability);
	size_t length;

	if (!text || text == (const char *)-1)
		return;
	length = strlen(text);
	if (armed.length + length > sizeof(armed.text))
		return;
	memcpy(armed.text + armed.length, text, length);
	armed.length += length;
}

void restore_arm(const struct termios *modes)
{
	armed.modes = *modes;
	armed.length = 0;
	add_restore("sgr0");
	add_restore("rmkx");
	add_restore("cnorm");
	add_restore("rmcup");
	armed.now = 1;
	catch_fatal();
}

void restore_disarm(void)
{
	armed.now = 0;
}
