/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/usage.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "target/process.h"

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static FILE *open_proc(uint32_t pid, const char *task, const char *name)
{
	char path[96];

	if (task)
		snprintf(path, sizeof(path), "/proc/%u/task/%.16s/%s", pid, task, name);
	else
		snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	return fopen(path, "re");
}

/* proc(5), /proc/PID/stat: fields 10 and 12 are of all threads, cminflt and cmajflt between them of children. */
static void read_faults(uint32_t pid, struct process_usage *usage)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, NULL, "stat");
	char text[1024];
	const char *after;
	size_t n;

	if (!file)
		return;
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	after = strrchr(text, ')'); /* the name may hold anything */
	if (after)
		sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64, &usage->minor_faults, &usage->major_faults);
}

static void read_io(uint32_t pid, struct process_usage *usage)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, NULL, "io");
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "read_bytes: %" SCNu64, &usage->read_bytes);
		sscanf(line, "write_bytes: %" SCNu64, &usage->write_bytes);
	}
}

/* Documentation/scheduler/sched-stats.rst: time on the CPU, time on a run queue, timeslices. */
static void add_thread(uint32_t pid, const char *task, struct process_usage *usage)
{
	_cleanup_fclose_ FILE *schedstat = open_proc(pid, task, "schedstat"), *status = open_proc(pid, task, "status");
	uint64_t wait_ns, switches;
	char line[256];

	if (schedstat && fscanf(schedstat, "%*u %" SCNu64, &wait_ns) == 1)
		usage->wait_ns += wait_ns;
	while (status && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &switches) == 1)
			usage->voluntary_switches += switches;
		if (sscanf(line, "nonvoluntary_ctxt_switches: %" SCNu64, &switches) == 1)
			usage->involuntary_switches += switches;
	}
	usage->threads++;
}

int process_usage_read(uint32_t pid, struct process_usage *ret_usage)
{
	struct process_usage usage = { .at_ns = clock_ns() };
	_cleanup_(cleanup_closedir) DIR *tasks = NULL;
	struct dirent *entry;
	char path[64];
	int err = process_cpu_ns(pid, &usage.cpu_ns);

	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.')
			add_thread(pid, entry->d_name, &usage);
	read_faults(pid, &usage);
	read_io(pid, &usage);
	*ret_usage = usage;
	return 0;
}
