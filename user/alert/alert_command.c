/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_command.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

extern char **environ;

/* The document as a file that is at its beginning. Returns a descriptor or -errno. */
static int document_open(const char *document)
{
	_cleanup_close_ int fd = memfd_create("alert", MFD_CLOEXEC);
	size_t left = strlen(document);

	if (fd < 0)
		return -errno;
	while (left) {
		ssize_t n = write(fd, document, left);

		if (n < 0)
			return -errno;
		document += n;
		left -= (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET))
		return -errno;
	return TAKE_FD(fd);
}

/* weir has signals blocked; a group of its own, so that Ctrl-C for weir does not end a handler half-way. */
static int prepare(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setsigmask(attributes, &none);
	err = err ?: posix_spawnattr_setsigdefault(attributes, &all);
	err = err ?: posix_spawnattr_setpgroup(attributes, 0);
	return err ?: posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
								   POSIX_SPAWN_SETPGROUP);
}

static int spawn(const char *command, int input, pid_t *ret_pid)
{
	char *argv[] = { "sh", "-c", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawnattr_init(&attributes);
	if (!err) {
		err = prepare(&attributes) ?: posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
		/* weir's stdout is a report */
		err = err ?: posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
		err = err ?: posix_spawn(ret_pid, "/bin/sh", &actions, &attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int alert_command_run(struct alert_command *command, const char *document)
{
	_cleanup_close_ int input = -1;
	pid_t pid;
	int err;

	alert_command_reap(command);
	if (command->running_count == ALERT_COMMANDS_MAX) {
		command->skipped++;
		return -EBUSY;
	}
	input = document_open(document);
	err = input < 0 ? input : spawn(command->command, input, &pid);
	if (err) {
		command->failed++;
		return err;
	}
	command->started++;
	command->running[command->running_count++] = pid;
	return 0;
}

void alert_command_reap(struct alert_command *command)
{
	size_t kept = 0;

	for (size_t i = 0; i < command->running_count; i++) {
		int status = 0;
		pid_t pid = waitpid(command->running[i], &status, WNOHANG);

		if (!pid)
			command->running[kept++] = command->running[i];
		else if (status)
			command->failed++;
	}
	command->running_count = kept;
}

void alert_command_finish(struct alert_command *command, uint64_t patience_ns)
{
	const struct timespec pause = { 0, 10000000 };
	uint64_t deadline = clock_ns() + patience_ns;

	alert_command_reap(command);
	while (command->running_count && clock_ns() < deadline) {
		nanosleep(&pause, NULL);
		alert_command_reap(command);
	}
}
