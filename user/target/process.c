/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/vec.h"

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int gone(int err)
{
	return err == ENOENT || err == ESRCH ? -ESRCH : -err;
}

static FILE *open_proc(uint32_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	return fopen(path, "re");
}

static void strip_deleted(char *path)
{
	size_t length = strlen(path);
	const char *mark = " (deleted)";

	if (length > strlen(mark) && !strcmp(path + length - strlen(mark), mark))
		path[length - strlen(mark)] = '\0';
}

/* One line of /proc/PID/maps. Returns false where it is no executable mapping of a file. */
static bool parse_mapping(char *line, struct mapping *ret_mapping)
{
	unsigned device_major, device_minor;
	struct mapping m = { 0 };
	char flags[5];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &m.start, &m.end, flags,
		   &m.offset, &device_major, &device_minor, &m.inode, &at) < 7 || !at)
		return false;
	if (flags[2] != 'x' || !m.inode || line[at] != '/')
		return false;
	m.device = makedev(device_major, device_minor);
	m.path = line + at;
	*ret_mapping = m;
	return true;
}

static bool has_mapping(const struct mapping *mappings, size_t count, const struct mapping *m)
{
	for (size_t i = 0; i < count; i++)
		if (mappings[i].device == m->device && mappings[i].inode == m->inode)
			return true;
	return false;
}

int process_mappings(uint32_t pid, struct mapping **ret_mappings, size_t *ret_count)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "maps");
	_cleanup_free_ char *line = NULL;
	struct mapping *mappings = NULL;
	size_t count = 0, capacity = 0, line_size = 0;
	struct mapping m;

	if (!file)
		return gone(errno);
	while (getline(&line, &line_size, file) > 0) {
		if (!parse_mapping(line, &m) || has_mapping(mappings, count, &m))
			continue;
		strip_deleted(m.path);
		m.path = strdup(m.path);
		if (!m.path || VEC_RESERVE(mappings, count, capacity)) {
			free(m.path);
			mappings_free(mappings, count);
			return -ENOMEM;
		}
		mappings[count++] = m;
	}
	*ret_mappings = mappings;
	*ret_count = count;
	return 0;
}

int process_resolve(uint32_t pid, uint64_t address, struct mapping *ret_mapping)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "maps");
	_cleanup_free_ char *line = NULL;
	size_t line_size = 0;
	struct mapping m;

	if (!file)
		return gone(errno);
	while (getline(&line, &line_size, file) > 0) {
		if (!parse_mapping(line, &m) || address < m.start || address >= m.end)
			continue;
		strip_deleted(m.path);
		m.path = strdup(m.path);
		if (!m.path)
			return -ENOMEM;
		*ret_mapping = m;
		return 0;
	}
	return -ENOENT;
}

void mappings_free(struct mapping *mappings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(mappings[i].path);
	free(mappings);
}

/*
 * map_files reaches deleted files and files behind other mounts, but asks for CAP_SYS_ADMIN or
 * CAP_CHECKPOINT_RESTORE; the path below the process's root asks for ptrace access and may meanwhile be another file.
 */
int mapping_path(uint32_t pid, const struct mapping *mapping, char *buffer, size_t size)
{
	struct stat found;

	snprintf(buffer, size, "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start, mapping->end);
	if (!stat(buffer, &found))
		return 0;
	if ((size_t)snprintf(buffer, size, "/proc/%u/root%s", pid, mapping->path) >= size)
		return -ENAMETOOLONG;
	if (stat(buffer, &found))
		return gone(errno);
	return found.st_ino == mapping->inode ? 0 : -ESTALE;
}

int process_comm(uint32_t pid, char *buffer, size_t size)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "comm");

	if (!file || !fgets(buffer, (int)size, file))
		return -ESRCH;
	buffer[strcspn(buffer, "\n")] = '\0';
	return 0;
}

int process_exe(uint32_t pid, char *buffer, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	n = readlink(path, buffer, size - 1);
	if (n < 0)
		return gone(errno);
	buffer[n] = '\0';
	strip_deleted(buffer);
	return 0;
}

int process_exe_id(uint32_t pid, uint64_t *ret_device, uint64_t *ret_inode)
{
	struct stat found;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	if (stat(path, &found))
		return gone(errno);
	*ret_device = found.st_dev;
	*ret_inode = found.st_ino;
	return 0;
}

int process_cpu_ns(uint32_t pid, uint64_t *ret_cpu_ns)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "stat");
	uint64_t user, system;
	char text[1024];
	const char *after;
	size_t n;

	if (!file)
		return gone(errno);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	after = strrchr(text, ')'); /* the name may hold anything */
	if (!after || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &user, &system) != 2)
		return -ESRCH;
	*ret_cpu_ns = (user + system) * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
	return 0;
}

int process_status(uint32_t pid, uint32_t *ret_tgid, uint32_t *ret_parent)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "status");
	uint32_t tgid = 0, parent = 0;
	char line[256], state = '?';

	if (!file)
		return gone(errno);
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "Tgid: %u", &tgid);
		if (sscanf(line, "PPid: %u", &parent) == 1)
			break;
	}
	if (!tgid || state == 'Z' || state == 'X')
		return -ESRCH;
	*ret_tgid = tgid;
	*ret_parent = parent;
	return 0;
}

int process_rss(uint32_t pid, struct process_rss *ret_rss)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "status");
	struct process_rss rss = { 0 };
	char line[256];
	bool known = false;

	if (!file)
		return gone(errno);
	while (fgets(line, sizeof(line), file)) {
		known |= sscanf(line, "VmRSS: %" SCNu64, &rss.now) == 1;
		sscanf(line, "VmHWM: %" SCNu64, &rss.peak);
		sscanf(line, "RssAnon: %" SCNu64, &rss.anon);
		sscanf(line, "RssFile: %" SCNu64, &rss.file);
		sscanf(line, "RssShmem: %" SCNu64, &rss.shmem);
	}
	if (!known)
		return -ESRCH; /* a zombie has no memory */
	*ret_rss = (struct process_rss){
		.now = rss.now * 1024, .peak = rss.peak * 1024, .file = rss.file * 1024, .anon = rss.anon * 1024,
		.shmem = rss.shmem * 1024,
	};
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int list_numbers(const char *path, uint32_t **ret_numbers, size_t *ret_count)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir(path);
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0, capacity = 0;
	struct dirent *entry;

	if (!dir)
		return gone(errno);
	while ((entry = readdir(dir))) {
		char *end;
		unsigned long number = strtoul(entry->d_name, &end, 10);

		if (*end || !number)
			continue;
		if (VEC_RESERVE(numbers, count, capacity))
			return -ENOMEM;
		numbers[count++] = (uint32_t)number;
	}
	qsort(numbers, count, sizeof(*numbers), compare_pids);
	*ret_numbers = TAKE_PTR(numbers);
	*ret_count = count;
	return 0;
}

unsigned process_threads(uint32_t pid)
{
	_cleanup_free_ uint32_t *threads = NULL;
	size_t count = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	return list_numbers(path, &threads, &count) ? 0 : (unsigned)count;
}

int process_list(uint32_t **ret_pids, size_t *ret_count)
{
	return list_numbers("/proc", ret_pids, ret_count);
}
