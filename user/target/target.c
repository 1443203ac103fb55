/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "target/process.h"

void target_free(struct target *target)
{
	for (size_t i = 0; i < target->count; i++) {
		free(target->processes[i].comm);
		free(target->processes[i].exe);
	}
	free(target->processes);
	*target = (struct target){ 0 };
}

struct target_process *target_find(struct target *target, uint32_t pid)
{
	/* From the end: a pid can come again, and its last bearer is meant. */
	for (size_t i = target->count; i > 0; i--)
		if (target->processes[i - 1].pid == pid)
			return &target->processes[i - 1];
	return NULL;
}

static void replace(char **text, const char *with)
{
	char *copy = strdup(with);

	if (!copy)
		return;
	free(*text);
	*text = copy;
}

void target_refresh(struct target_process *process)
{
	char comm[64], exe[4096];

	if (!process_comm(process->pid, comm, sizeof(comm)))
		replace(&process->comm, comm);
	if (!process_exe(process->pid, exe, sizeof(exe)))
		replace(&process->exe, exe);
}

static int add(struct target *target, uint32_t pid, bool joined)
{
	struct target_process *process = target_find(target, pid);

	if (process && process->running)
		return 0;
	if (VEC_RESERVE(target->processes, target->count, target->capacity))
		return -ENOMEM;
	process = &target->processes[target->count++];
	*process = (struct target_process){ .pid = pid, .running = true, .joined = joined };
	process->comm = strdup("");
	process->exe = strdup("");
	if (!process->comm || !process->exe) {
		free(process->comm);
		free(process->exe);
		target->count--;
		return -ENOMEM;
	}
	target_refresh(process);
	if (joined)
		process->usage_start.at_ns = clock_ns();
	else
		process_cpu_ns(pid, &process->cpu_start_ns);
	return 0;
}

int target_joined(struct target *target, uint32_t pid)
{
	struct target_process *process;
	int err = add(target, pid, true);

	if (err)
		return err;
	process = target_find(target, pid);
	process->scanned = false;
	target_refresh(process);
	return 0;
}

void target_ended(struct target *target, uint32_t pid, uint64_t cpu_ns, uint64_t peak_rss_bytes)
{
	struct target_process *process = target_find(target, pid);

	if (!process)
		return;
	process->running = false;
	process->cpu_end_ns = cpu_ns;
	process->peak_rss_bytes = peak_rss_bytes;
}

int target_add_descendants(struct target *target)
{
	_cleanup_free_ uint32_t *pids = NULL;
	bool found = true;
	size_t count;
	int err = process_list(&pids, &count);

	/* Ids wrap, so that a child can come before its parent: again until nothing is new. */
	while (!err && found) {
		found = false;
		for (size_t i = 0; i < count && !err; i++) {
			struct target_process *known = target_find(target, pids[i]), *parent;
			uint32_t tgid, parent_pid;

			if ((known && known->running) || process_status(pids[i], &tgid, &parent_pid))
				continue;
			parent = target_find(target, parent_pid);
			if (!parent || !parent->running)
				continue;
			err = add(target, pids[i], false);
			found = true;
		}
	}
	return err;
}

int target_add_tree(struct target *target, uint32_t pid)
{
	uint32_t tgid, parent;
	int err = process_status(pid, &tgid, &parent);

	if (err == -ESRCH)
		log_error("there is no process %u", pid);
	else if (err)
		log_error("cannot look at process %u: %s", pid, strerror(-err));
	if (err)
		return err;
	return add(target, tgid, false) ?: target_add_descendants(target);
}

static bool exe_is(uint32_t pid, const char *name)
{
	char exe[4096];
	const char *last;

	if (process_exe(pid, exe, sizeof(exe)))
		return false;
	if (strchr(name, '/'))
		return !strcmp(exe, name);
	last = strrchr(exe, '/');
	return !strcmp(last ? last + 1 : exe, name);
}

long target_add_exe(struct target *target, const char *name)
{
	_cleanup_free_ uint32_t *pids = NULL;
	size_t count;
	long found = 0;
	int err = process_list(&pids, &count);

	for (size_t i = 0; !err && i < count; i++) {
		uint32_t tgid, parent;

		if (!exe_is(pids[i], name) || process_status(pids[i], &tgid, &parent))
			continue;
		err = add(target, pids[i], false);
		found++;
	}
	return err ? err : found;
}

size_t target_running(const struct target *target)
{
	size_t running = 0;

	for (size_t i = 0; i < target->count; i++)
		running += target->processes[i].running;
	return running;
}

uint64_t target_cpu_ns(const struct target *target)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < target->count; i++) {
		const struct target_process *p = &target->processes[i];
		uint64_t now = p->cpu_end_ns;

		if (p->running && process_cpu_ns(p->pid, &now))
			continue;
		if (now > p->cpu_start_ns)
			sum += now - p->cpu_start_ns;
	}
	return sum;
}
