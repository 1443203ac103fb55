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
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "sites/call_site.h"
#include "sites/leave.h"
#include "symbols/call_scan.h"
#include "symbols/module.h"
#include "target/process.h"

/* Text read before and behind a return address. */
#define BEFORE 16
#define BEHIND 256

/* Direct calls of one file that get their return site before they were seen; others are learned. */
#define DIRECT_MAX 8192
/* Room that they may take in the table of known return addresses, all processes together. */
#define DIRECT_COVERED_MAX (WEIR_CALLERS / 2)

struct caller_event {
	uint32_t pid, layout, probe;
	enum tracer_frames frames;
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
	size_t direct;   /* sites that come from a scan, not from a call that was seen */
	uint32_t *layouts; /* in which these are covered; owned */
	size_t layouts_count, layouts_capacity;
};

struct caller_site {
	uint64_t return_offset; /* of the return address in the file */
	uint64_t offset;        /* of the site; 0: it has none */
	uint64_t cookie;
	enum tracer_frames frames; /* of the functions that return there */
	bool direct;
};

void callers_free(struct callers *callers)
{
	for (size_t i = 0; i < callers->files_count; i++) {
		close(callers->files[i].fd);
		free(callers->files[i].display);
		free(callers->files[i].sites);
		free(callers->files[i].layouts);
	}
	free(callers->files);
	free(callers->told);
	*callers = (struct callers){ 0 };
}

void callers_tell(struct callers *callers, const struct weir_event *event, enum tracer_frames frames)
{
	if (VEC_RESERVE(callers->told, callers->told_count, callers->told_capacity))
		return; /* its calls stay untimed, and are counted so */
	callers->told[callers->told_count++] = (struct caller_event){
		.pid = event->tgid, .layout = event->layout, .probe = event->probe, .address = event->address,
		.frames = frames,
	};
}

static struct caller_file *known_file(struct callers *c, uint64_t device, uint64_t inode)
{
	for (size_t i = 0; i < c->files_count; i++)
		if (c->files[i].device == device && c->files[i].inode == inode)
			return &c->files[i];
	return NULL;
}

/* The file that can be opened at `path`, opened once. */
static int find_file(struct callers *c, const char *path, const char *display, struct caller_file **ret_file)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct caller_file f = { 0 }, *known;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	known = known_file(c, st.st_dev, st.st_ino);
	if (known) {
		*ret_file = known;
		return 0;
	}
	if (VEC_RESERVE(c->files, c->files_count, c->files_capacity))
		return -ENOMEM;
	f.display = strdup(display);
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

/* The file that `address` of the process is mapped from, and where in it. */
static int find_address(struct callers *c, uint32_t pid, uint64_t address, struct caller_file **ret_file, uint64_t *ret_offset)
{
	char path[PATH_MAX];
	struct mapping mapping;
	int err = process_resolve(pid, address, &mapping);

	if (err)
		return err;
	*ret_offset = mapping_offset(&mapping, address);
	err = mapping_path(pid, &mapping, path, sizeof(path)) ?: find_file(c, path, mapping.path, ret_file);
	free(mapping.path);
	return err == -ENOENT ? -ESTALE : err; /* -ENOENT: code made at run time, which no file holds */
}

static struct caller_site *find_site(struct caller_file *file, uint64_t return_offset)
{
	for (size_t i = 0; i < file->sites_count; i++)
		if (file->sites[i].return_offset == return_offset)
			return &file->sites[i];
	return NULL;
}

/* Work out the return site behind a return address, from the file's own text; a stepped one where there must be one. */
static int add_site(struct caller_file *file, uint64_t return_offset, enum tracer_frames frames, bool stepped)
{
	struct caller_site site = { .return_offset = return_offset, .frames = frames };
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
	} else if (stepped && n > (ssize_t)before && site_at_return_address(code, before, code + before, (size_t)n - before)) {
		site.offset = return_offset;
		site.cookie = WEIR_RETURN_SITE(0, true);
	}
	file->sites[file->sites_count++] = site;
	return 0;
}

static int learn(struct callers *c, const struct caller_event *event)
{
	struct caller_file *file;
	uint64_t offset;
	int err = find_address(c, event->pid, event->address, &file, &offset);

	if (err == -ENOENT)
		rets_keep(c->rets, event->probe); /* code made at run time */
	if (err)
		return err == -ENOMEM ? err : 0;
	return find_site(file, offset) ? 0 : add_site(file, offset, event->frames, rets_are_none(c->rets, event->probe));
}

/* Attach the fresh return sites of functions whose frames are kept so. */
static int attach_sites(struct callers *c, struct caller_file *file, enum tracer_frames frames, struct tracer *tracer)
{
	size_t fresh = file->sites_count - file->attached, count = 0;
	_cleanup_free_ uint64_t *offsets = calloc(fresh + 1, sizeof(*offsets));
	_cleanup_free_ uint64_t *cookies = calloc(fresh + 1, sizeof(*cookies));
	_cleanup_free_ bool *refused = calloc(fresh + 1, sizeof(*refused));
	long attached;

	if (!offsets || !cookies || !refused)
		return -ENOMEM;
	for (size_t i = file->attached; i < file->sites_count; i++) {
		if (!file->sites[i].offset || file->sites[i].frames != frames)
			continue;
		offsets[count] = file->sites[i].offset;
		cookies[count++] = file->sites[i].cookie;
	}
	attached = tracer_attach_return_sites(tracer, frames, file->path, file->display, offsets, cookies, count, refused);
	if (attached < 0)
		return (int)attached;
	count = 0;
	for (size_t i = file->attached; i < file->sites_count; i++) {
		if (!file->sites[i].offset || file->sites[i].frames != frames)
			continue;
		if (refused[count++])
			file->sites[i].offset = 0;
	}
	c->covered += (size_t)attached;
	return 0;
}

static int attach_file(struct callers *c, struct caller_file *file, struct tracer *tracer)
{
	int err = attach_sites(c, file, TRACER_BY_THREAD, tracer) ?: attach_sites(c, file, TRACER_BY_GOROUTINE, tracer);

	if (!err)
		file->attached = file->sites_count;
	return err;
}

static int cover(struct callers *c, const struct caller_event *event, struct tracer *tracer)
{
	struct caller_file *file;
	struct caller_site *site;
	uint64_t offset;

	int err = find_address(c, event->pid, event->address, &file, &offset);

	if (err && err != -ENOENT)
		return 0;
	site = err ? NULL : find_site(file, offset);
	if (!site || !site->offset) {
		rets_keep(c->rets, event->probe);
		return tracer_note_siteless(tracer, event->layout, event->address);
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

/* ---- direct callers, found before they call */

struct direct_scan {
	struct module *module;
	enum tracer_frames frames;
	struct caller_file *file;
	const struct callee *callees;
	const bool *no_rets;        /* of each: its rets cannot be probed */
	size_t callees_count;
	struct callee *jumpers;     /* functions that jump to one of them: who calls these is a caller of the callee too; owned */
	bool *jumpers_no_rets;      /* owned */
	size_t jumpers_count, jumpers_capacity, jumpers_no_rets_capacity;
};

/* A function that returns for another one. */
static int add_jumper(struct direct_scan *scan, const struct call *call)
{
	size_t last = scan->jumpers_count;

	if (call->body_address == scan->callees[call->callee].address ||
	    (last && scan->jumpers[last - 1].address == call->body_address))
		return 0;
	for (size_t i = 0; i < scan->callees_count; i++)
		if (scan->callees[i].address == call->body_address)
			return 0;
	if (vec_reserve(&scan->jumpers, last, &scan->jumpers_capacity, sizeof(*scan->jumpers)) ||
	    vec_reserve(&scan->jumpers_no_rets, last, &scan->jumpers_no_rets_capacity, sizeof(*scan->jumpers_no_rets)))
		return -ENOMEM;
	scan->jumpers[last] = (struct callee){ .address = call->body_address };
	scan->jumpers_no_rets[last] = scan->no_rets[call->callee];
	scan->jumpers_count++;
	return 0;
}

/* The site of a call: the cheap one, or where the callee's own rets cannot tell, the return address itself. */
static bool choose_direct(const struct call *call, bool no_rets, struct caller_site *site)
{
	uint64_t at = call->address - call->body_address, behind = call->return_address - call->body_address;
	struct call_site found;

	if (!site_after_call(call->body, call->body_size, at, NULL, &found)) {
		site->offset = site->return_offset + found.offset - found.return_offset;
		site->cookie = WEIR_RETURN_SITE(found.offset - found.return_offset, found.value_intact);
		return true;
	}
	if (!no_rets || behind >= call->body_size ||
	    !site_at_return_address(call->body + at, behind - at, call->body + behind, call->body_size - behind))
		return false;
	site->offset = site->return_offset;
	site->cookie = WEIR_RETURN_SITE(0, true);
	return true;
}

static int add_direct(void *context, const struct call *call)
{
	struct direct_scan *scan = context;
	struct caller_site site = { .direct = true, .frames = scan->frames };

	if (call->is_jump)
		return add_jumper(scan, call);
	if (module_file_offset(scan->module, call->return_address, &site.return_offset) ||
	    !choose_direct(call, scan->no_rets[call->callee], &site))
		return 0;
	if (scan->file->direct >= DIRECT_MAX)
		return -E2BIG;
	if (find_site(scan->file, site.return_offset))
		return 0;
	if (VEC_RESERVE(scan->file->sites, scan->file->sites_count, scan->file->sites_capacity))
		return -ENOMEM;
	scan->file->sites[scan->file->sites_count++] = site;
	scan->file->direct++;
	return 0;
}

static size_t list_callees(const struct plan *plan, const struct plan_module *m, struct callee *callees, bool *no_rets)
{
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct plan_probe *p = &plan->probes[m->first + i];

		if (p->leave != LEAVE_SITES)
			continue;
		no_rets[count] = !(p->record.flags & WEIR_PROBE_RETS);
		callees[count++] = (struct callee){ .address = p->address - p->site.offset, .name = p->symbol };
	}
	return count;
}

/* Who calls a function that jumps to a probed one: not those that jump to it in turn. */
static int find_callers_of_jumpers(struct direct_scan *scan, struct call_scan *told)
{
	struct direct_scan second = {
		.module = scan->module, .frames = scan->frames, .file = scan->file,
		.callees = scan->jumpers, .no_rets = scan->jumpers_no_rets, .callees_count = scan->jumpers_count,
	};
	int err = scan->jumpers_count ? callers_scan(scan->module, scan->jumpers, scan->jumpers_count, add_direct, &second, told) : 0;

	free(second.jumpers);
	free(second.jumpers_no_rets);
	return err;
}

int callers_find_direct(struct callers *callers, const struct plan *plan, size_t module)
{
	const struct plan_module *m = &plan->modules[module];
	_cleanup_free_ struct callee *callees = calloc(m->count + 1, sizeof(*callees));
	_cleanup_free_ bool *no_rets = calloc(m->count + 1, sizeof(*no_rets));
	struct direct_scan scan = {
		.module = m->module, .frames = m->go.is_go ? TRACER_BY_GOROUTINE : TRACER_BY_THREAD, .callees = callees, .no_rets = no_rets,
	};
	uint64_t start_ns = clock_ns();
	struct call_scan told;
	int err;

	if (!callees || !no_rets)
		return -ENOMEM;
	scan.callees_count = list_callees(plan, m, callees, no_rets);
	if (!scan.callees_count)
		return 0;
	err = find_file(callers, m->path, m->display, &scan.file);
	if (err)
		return err == -ENOMEM ? err : 0;
	err = callers_scan(m->module, callees, scan.callees_count, add_direct, &scan, &told);
	err = err ?: find_callers_of_jumpers(&scan, &told);
	free(scan.jumpers);
	free(scan.jumpers_no_rets);
	log_debug("%s: %zu direct calls of %zu functions found in %.1f ms", m->display, scan.file->direct, scan.callees_count,
		  (double)(clock_ns() - start_ns) / 1e6);
	return err == -ENOMEM ? err : 0; /* callers that were not found are learned as they call */
}

static bool is_covered(const struct caller_file *file, uint32_t layout)
{
	for (size_t i = 0; i < file->layouts_count; i++)
		if (file->layouts[i] == layout)
			return true;
	return false;
}

static int cover_mapping(struct callers *c, struct caller_file *file, struct tracer *tracer, uint32_t layout,
			 const struct mapping *mapping)
{
	if (c->covered_direct + file->direct > DIRECT_COVERED_MAX)
		return 0;
	if (VEC_RESERVE(file->layouts, file->layouts_count, file->layouts_capacity))
		return -ENOMEM;
	file->layouts[file->layouts_count++] = layout;
	c->covered_direct += file->direct;
	for (size_t i = 0; i < file->sites_count; i++) {
		const struct caller_site *site = &file->sites[i];
		uint64_t address = mapping->start + (site->return_offset - mapping->offset);
		int err;

		if (!site->direct || !site->offset || site->return_offset < mapping->offset || address >= mapping->end)
			continue;
		err = tracer_cover_caller(tracer, layout, address);
		if (err)
			return err;
	}
	return 0;
}

int callers_cover_direct(struct callers *callers, struct tracer *tracer, uint32_t pid, uint32_t layout)
{
	struct mapping *mappings = NULL;
	size_t count = 0, direct = 0;
	int err = 0;

	for (size_t i = 0; i < callers->files_count; i++)
		direct += callers->files[i].direct;
	if (!direct || process_mappings(pid, &mappings, &count))
		return 0;
	for (size_t i = 0; !err && i < count; i++) {
		char path[PATH_MAX];
		struct caller_file *file;
		struct stat st;

		if (mapping_path(pid, &mappings[i], path, sizeof(path)) || stat(path, &st))
			continue;
		file = known_file(callers, st.st_dev, st.st_ino);
		if (file && file->direct && file->attached == file->sites_count && !is_covered(file, layout))
			err = cover_mapping(callers, file, tracer, layout, &mappings[i]);
	}
	mappings_free(mappings, count);
	return err == -E2BIG ? 0 : err;
}
