/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/callers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "sites/leave.h"
#include "target/process.h"

/* Text read before and behind a return address. */
#define BEFORE 16
#define BEHIND 256

struct caller_event {
	uint32_t pid, layout, probe;
	uint64_t address;
};

/* A file that callers stand in. */
struct caller_file {
	uint64_t device, inode;
	int fd;
	char path[32], *display;
	struct caller_site *sites;
	size_t sites_count, sites_capacity;
	size_t attached; /* the first so many are */
};

struct caller_site {
	uint64_t return_offset; /* of the return address in the file */
	uint64_t offset;        /* of the site; 0: it has none */
	uint64_t cookie;
};

void callers_free(struct callers *callers)
{
	for (size_t i = 0; i < callers->files_count; i++) {
		close(callers->files[i].fd);
		free(callers->files[i].display);
		free(callers->files[i].sites);
	}
	free(callers->files);
	free(callers->told);
	*callers = (struct callers){ 0 };
}

void callers_tell(struct callers *callers, const struct weir_event *event)
{
	if (VEC_RESERVE(callers->told, callers->told_count, callers->told_capacity))
		return; /* its calls stay untimed, and are counted so */
	callers->told[callers->told_count++] = (struct caller_event){
		.pid = event->tgid, .layout = event->layout, .probe = event->probe, .address = event->address,
	};
}

/* The file that `mapping` maps, opened once. */
static int find_file(struct callers *c, uint32_t pid, const struct mapping *mapping, struct caller_file **ret_file)
{
	_cleanup_close_ int fd = -1;
	struct caller_file f = { 0 };
	char path[PATH_MAX];
	struct stat st;
	int err = mapping_path(pid, mapping, path, sizeof(path));

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	for (size_t i = 0; i < c->files_count; i++) {
		if (c->files[i].device == st.st_dev && c->files[i].inode == st.st_ino) {
			*ret_file = &c->files[i];
			return 0;
		}
	}
	if (VEC_RESERVE(c->files, c->files_count, c->files_capacity))
		return -ENOMEM;
	f.display = strdup(mapping->path);
	if (!f.display)
		return -ENOMEM;
	f.device = st.st_dev;
	f.inode = st.st_ino;
	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", fd);
	f.fd = TAKE_FD(fd);
	c->files[c->files_count] = f;
	*ret_file = &c->files[c->files_count++];
	return 0;
}

static struct caller_site *find_site(struct caller_file *file, uint64_t return_offset)
{
	for (size_t i = 0; i < file->sites_count; i++)
		if (file->sites[i].return_offset == return_offset)
			return &file->sites[i];
	return NULL;
}

/* Work out the return site behind a return address, from the file's own text. */
static int add_site(struct caller_file *file, uint64_t return_offset)
{
	struct caller_site site = { .return_offset = return_offset };
	uint8_t code[BEFORE + BEHIND];
	uint64_t start = return_offset > BEFORE ? return_offset - BEFORE : 0;
	ssize_t n = pread(file->fd, code, sizeof(code), (off_t)start);
	size_t before = return_offset - start;
	struct return_site found;

	if (VEC_RESERVE(file->sites, file->sites_count, file->sites_capacity))
		return -ENOMEM;
	if (n > (ssize_t)before && !site_of_return_address(code, before, code + before, (size_t)n - before, &found)) {
		site.offset = return_offset + found.offset;
		site.cookie = WEIR_RETURN_SITE(found.offset, found.value_intact);
	}
	file->sites[file->sites_count++] = site;
	return 0;
}

static int learn(struct callers *c, const struct caller_event *event)
{
	struct caller_file *file;
	struct mapping mapping;
	uint64_t offset;
	int err = process_resolve(event->pid, event->address, &mapping, &offset);

	if (err == -ENOENT)
		rets_keep(c->rets, event->probe); /* code made at run time */
	if (err)
		return err == -ENOMEM ? err : 0;
	err = find_file(c, event->pid, &mapping, &file);
	free(mapping.path);
	if (err)
		return err == -ENOMEM ? err : 0;
	return find_site(file, offset) ? 0 : add_site(file, offset);
}

static int attach_file(struct callers *c, struct caller_file *file, struct tracer *tracer)
{
	size_t fresh = file->sites_count - file->attached, count = 0;
	_cleanup_free_ uint64_t *offsets = calloc(fresh + 1, sizeof(*offsets));
	_cleanup_free_ uint64_t *cookies = calloc(fresh + 1, sizeof(*cookies));
	_cleanup_free_ bool *refused = calloc(fresh + 1, sizeof(*refused));
	long attached;

	if (!offsets || !cookies || !refused)
		return -ENOMEM;
	for (size_t i = file->attached; i < file->sites_count; i++) {
		if (!file->sites[i].offset)
			continue;
		offsets[count] = file->sites[i].offset;
		cookies[count++] = file->sites[i].cookie;
	}
	attached = tracer_attach_return_sites(tracer, file->path, file->display, offsets, cookies, count, refused);
	if (attached < 0)
		return (int)attached;
	count = 0;
	for (size_t i = file->attached; i < file->sites_count; i++) {
		if (!file->sites[i].offset)
			continue;
		if (refused[count++])
			file->sites[i].offset = 0;
	}
	file->attached = file->sites_count;
	c->covered += (size_t)attached;
	return 0;
}

static int cover(struct callers *c, const struct caller_event *event, struct tracer *tracer)
{
	struct caller_file *file;
	struct caller_site *site;
	struct mapping mapping;
	uint64_t offset;

	if (process_resolve(event->pid, event->address, &mapping, &offset))
		return 0;
	if (find_file(c, event->pid, &mapping, &file)) {
		free(mapping.path);
		return 0;
	}
	free(mapping.path);
	site = find_site(file, offset);
	if (!site || !site->offset) {
		rets_keep(c->rets, event->probe);
		return 0;
	}
	rets_caller_came(c->rets, event->probe);
	return tracer_cover_caller(tracer, event->layout, event->address);
}

int callers_attach(struct callers *callers, struct tracer *tracer)
{
	int err = 0;

	for (size_t i = 0; !err && i < callers->told_count; i++)
		err = learn(callers, &callers->told[i]);
	for (size_t i = 0; !err && i < callers->files_count; i++)
		if (callers->files[i].attached < callers->files[i].sites_count)
			err = attach_file(callers, &callers->files[i], tracer);
	for (size_t i = 0; !err && i < callers->told_count; i++)
		err = cover(callers, &callers->told[i], tracer);
	callers->told_count = 0;
	return err;
}
