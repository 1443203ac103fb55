/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/launch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

static _Noreturn void run_child(char **argv, int report)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		execvp(argv[0], argv);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

static int wait_for(struct launch *launch)
{
	while (waitpid(launch->pid, &launch->status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	launch->ended = WIFEXITED(launch->status) || WIFSIGNALED(launch->status);
	return 0;
}

/* The program's first instruction: AT_ENTRY of the auxiliary vector. */
static int read_entry(struct launch *launch)
{
	_cleanup_close_ int fd = -1;
	Elf64_auxv_t entry;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/auxv", launch->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && read(fd, &entry, sizeof(entry)) == sizeof(entry))
		if (entry.a_type == AT_ENTRY)
			launch->entry = entry.a_un.a_val;
	return launch->entry ? 0 : -ENOENT;
}

static long poke_debug(const struct launch *launch, int which, uint64_t value)
{
	size_t offset = offsetof(struct user, u_debugreg) + (size_t)which * sizeof(unsigned long);

	return ptrace(PTRACE_POKEUSER, launch->pid, (void *)offset, (void *)value);
}

/*
 * A hardware breakpoint at the program's entry leaves its text as it is. DR7: bit 0 enables breakpoint 0,
 * kind "execute" is all zero (Intel SDM volume 3, 17.2.4).
 */
static int break_at_entry(struct launch *launch)
{
	if (read_entry(launch) || poke_debug(launch, 0, launch->entry) || poke_debug(launch, 7, 1))
		return errno ? -errno : -ENOTSUP;
	return 0;
}

int launch_start(char **argv, struct launch *ret_launch)
{
	struct launch launch = { 0 };
	int report[2], child_errno = 0;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	launch.pid = fork();
	if (launch.pid < 0) {
		close(report[0]);
		close(report[1]);
		log_error("cannot start %s: %s", argv[0], strerror(errno));
		return -errno;
	}
	if (!launch.pid)
		run_child(argv, report[1]);
	close(report[1]);
	if (read(report[0], &child_errno, sizeof(child_errno)) != sizeof(child_errno))
		child_errno = 0;
	close(report[0]);
	if (wait_for(&launch) || launch.ended || child_errno) {
		if (!child_errno)
			child_errno = ECHILD;
		log_error("cannot run %s: %s", argv[0], strerror(child_errno));
		return -child_errno;
	}
	launch.state = LAUNCH_STARTING;
	ptrace(PTRACE_SETOPTIONS, launch.pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC));
	if (break_at_entry(&launch))
		log_warning("%s: its start cannot be watched; libraries that it loads are noticed a little late", argv[0]);
	*ret_launch = launch;
	return 0;
}

/* Did the system call that just returned map code from a file? */
static bool mapped_code(const struct user_regs_struct *regs)
{
	return regs->orig_rax == SYS_mmap && regs->rdx & PROT_EXEC && (int)regs->r8 >= 0 && (int64_t)regs->rax > 0;
}

/* Is it stopped where the program begins? */
static bool at_entry(const struct launch *launch, const struct user_regs_struct *regs)
{
	return launch->entry && regs->rip == launch->entry;
}

/*
 * One step: to the next system call's beginning or end, signal, or the entry. Returns 1: code was mapped, 0: ended or at the
 * entry, 2: neither.
 */
static int step(struct launch *launch, int *signal_number)
{
	struct user_regs_struct regs;
	int stop;

	if (ptrace(PTRACE_SYSCALL, launch->pid, NULL, (void *)(long)*signal_number))
		return -errno;
	*signal_number = 0;
	if (wait_for(launch))
		return -errno;
	if (launch->ended) {
		launch->state = LAUNCH_FREE;
		return 0;
	}
	stop = WSTOPSIG(launch->status);
	if (ptrace(PTRACE_GETREGS, launch->pid, NULL, &regs))
		return -errno;
	if (stop == SIGTRAP && at_entry(launch, &regs))
		return 0;
	if (stop == (SIGTRAP | 0x80)) /* at the beginning of a system call rax is -ENOSYS */
		return mapped_code(&regs) ? 1 : 2;
	if (stop != SIGTRAP)
		*signal_number = stop;
	return 2;
}

int launch_next(struct launch *launch)
{
	struct user_regs_struct regs;
	int signal_number = 0, result = 2;

	if (launch->state != LAUNCH_STARTING || !launch->entry)
		return 0;
	if (!ptrace(PTRACE_GETREGS, launch->pid, NULL, &regs) && at_entry(launch, &regs))
		return 0; /* static: nothing comes before it */
	while (result == 2)
		result = step(launch, &signal_number);
	if (result < 0)
		log_error("lost the command while it started: %s", strerror(-result));
	return result;
}

int launch_release(struct launch *launch, bool watch)
{
	if (launch->state != LAUNCH_STARTING)
		return 0;
	poke_debug(launch, 7, 0);
	launch->state = watch ? LAUNCH_WATCHED : LAUNCH_FREE;
	if (ptrace(watch ? PTRACE_CONT : PTRACE_DETACH, launch->pid, NULL, NULL) && errno != ESRCH) {
		log_error("cannot let the command go: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

/* A watched command stopped: for an exec, or because a signal is on its way to it. */
static enum launch_event take_stop(struct launch *launch)
{
	int stop = WSTOPSIG(launch->status);
	siginfo_t info;

	if (launch->status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
		launch->state = LAUNCH_STARTING;
		launch->entry = 0;
		if (break_at_entry(launch))
			launch->entry = 0;
		return LAUNCH_EXEC;
	}
	/* Stopped by job control, which a tracer would hold up: it is let go for good, stopped as it is. */
	if (ptrace(PTRACE_GETSIGINFO, launch->pid, NULL, &info) && errno == EINVAL) {
		launch->state = LAUNCH_FREE;
		ptrace(PTRACE_DETACH, launch->pid, NULL, (void *)(long)stop);
		return LAUNCH_NOTHING;
	}
	ptrace(PTRACE_CONT, launch->pid, NULL, (void *)(long)stop);
	return LAUNCH_NOTHING;
}

enum launch_event launch_poll(struct launch *launch)
{
	enum launch_event event = LAUNCH_NOTHING;

	while (!launch->ended && event == LAUNCH_NOTHING && waitpid(launch->pid, &launch->status, WNOHANG) == launch->pid) {
		launch->ended = WIFEXITED(launch->status) || WIFSIGNALED(launch->status);
		if (!launch->ended && WIFSTOPPED(launch->status))
			event = take_stop(launch);
	}
	if (launch->ended)
		launch->state = LAUNCH_FREE;
	return launch->ended ? LAUNCH_ENDED : event;
}

/* A tracer can only let go of what is stopped. */
void launch_unwatch(struct launch *launch)
{
	if (launch->state != LAUNCH_WATCHED || launch_poll(launch) == LAUNCH_ENDED)
		return;
	if (launch->state == LAUNCH_WATCHED && (kill(launch->pid, SIGSTOP) || wait_for(launch) || launch->ended))
		return;
	ptrace(PTRACE_DETACH, launch->pid, NULL,
	       (void *)(long)(WIFSTOPPED(launch->status) && WSTOPSIG(launch->status) != SIGSTOP &&
			      WSTOPSIG(launch->status) != SIGTRAP ? WSTOPSIG(launch->status) : 0));
	launch->state = LAUNCH_FREE;
}

int launch_exit_code(const struct launch *launch)
{
	return WIFSIGNALED(launch->status) ? 128 + WTERMSIG(launch->status) : WEXITSTATUS(launch->status);
}

void launch_abort(struct launch *launch)
{
	if (launch->ended || launch->pid <= 0)
		return;
	kill(launch->pid, SIGKILL);
	wait_for(launch);
}
