/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/allocators.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "plan/allocator.h"
#include "symbols/module.h"

enum { SITES_PREFIXED, SITES_ALL, SITES_KINDS };

struct allocator_module {
	uint64_t device, inode;
	int fd;        /* -1: it defines no malloc, and is not asked for prefixes */
	char path[32]; /* /proc/self/fd/N */
	char *display;
	bool own;      /* it defines malloc and free */
	struct tracer_alloc_site *sites[SITES_KINDS]; /* with a prefix only, or all; owned */
	size_t counts[SITES_KINDS];
};

struct allocator_use {
	uint32_t pid;
	size_t module;
	unsigned sites; /* SITES_... */
	bool attached;
};

void allocators_free(struct allocators *allocators)
{
	for (size_t i = 0; i < allocators->modules_count; i++) {
		struct allocator_module *m = &allocators->modules[i];

		if (m->fd >= 0)
			close(m->fd);
		free(m->display);
		free(m->sites[SITES_PREFIXED]);
		free(m->sites[SITES_ALL]);
	}
	free(allocators->modules);
	free(allocators->uses);
	*allocators = (struct allocators){ 0 };
}

static void module_release(struct module **module)
{
	module_free(module);
}

/* Read the module once, whoever maps it. */
static int read_module(const struct allocators *a, struct allocator_module *m, const char *root)
{
	_cleanup_(module_release) struct module *module = NULL;
	int err;

	if (module_open(m->path, m->display, root, &module))
		return 0; /* said by module_open; the rest goes on */
	m->own = allocator_is_own(module);
	err = allocator_find(module, false, a->live, &m->sites[SITES_PREFIXED], &m->counts[SITES_PREFIXED]);
	if (!err && m->own)
		err = allocator_find(module, true, a->live, &m->sites[SITES_ALL], &m->counts[SITES_ALL]);
	return err;
}

/* The module of a mapping, read where it was not yet. *ret_index is SIZE_MAX where it has no part in this. */
static int module_of(struct allocators *a, uint32_t pid, const struct mapping *mapping, size_t *ret_index)
{
	char path[PATH_MAX], root[32];
	_cleanup_close_ int fd = -1;
	struct allocator_module m = { .device = mapping->device, .inode = mapping->inode, .fd = -1 };
	int err;

	*ret_index = SIZE_MAX;
	for (size_t i = 0; i < a->modules_count; i++) {
		if (a->modules[i].device != mapping->device || a->modules[i].inode != mapping->inode)
			continue;
		*ret_index = a->modules[i].fd >= 0 ? i : SIZE_MAX;
		return 0;
	}
	if (mapping_path(pid, mapping, path, sizeof(path)))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* the process that mapped it is gone */
	if (VEC_RESERVE(a->modules, a->modules_count, a->modules_capacity))
		return -ENOMEM;
	m.display = strdup(mapping->path);
	if (!m.display)
		return -ENOMEM;
	snprintf(m.path, sizeof(m.path), "/proc/self/fd/%d", fd);
	snprintf(root, sizeof(root), "/proc/%u/root", pid);
	err = read_module(a, &m, root);
	if (m.own || m.counts[SITES_PREFIXED])
		m.fd = TAKE_FD(fd);
	a->modules[a->modules_count] = m;
	if (m.fd >= 0)
		*ret_index = a->modules_count;
	a->modules_count++;
	return err;
}

static int use(struct allocators *a, uint32_t pid, size_t module, unsigned sites)
{
	for (size_t i = 0; i < a->uses_count; i++)
		if ((a->uses[i].pid == pid || !a->by_pid) && a->uses[i].module == module && a->uses[i].sites == sites)
			return 0;
	if (!a->modules[module].counts[sites])
		return 0;
	if (VEC_RESERVE(a->uses, a->uses_count, a->uses_capacity))
		return -ENOMEM;
	a->uses[a->uses_count++] = (struct allocator_use){ .pid = pid, .module = module, .sites = sites };
	return 0;
}

static enum allocator_rank rank_of(uint32_t pid, const struct mapping *mapping)
{
	uint64_t device, inode;

	if (!process_exe_id(pid, &device, &inode) && device == mapping->device && inode == mapping->inode)
		return ALLOCATOR_EXECUTABLE;
	return allocator_is_libc(mapping->path) ? ALLOCATOR_LIBC : ALLOCATOR_LIBRARY;
}

/* The module whose malloc the process calls; SIZE_MAX: none is mapped yet. */
static int choose(struct allocators *a, uint32_t pid, const struct mapping *mappings, size_t count, size_t *ret_chosen)
{
	enum allocator_rank best = ALLOCATOR_LIBC;
	size_t chosen = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		enum allocator_rank rank = rank_of(pid, &mappings[i]);
		size_t module;
		int err = module_of(a, pid, &mappings[i], &module);

		if (err)
			return err;
		if (module == SIZE_MAX || !a->modules[module].own || (chosen != SIZE_MAX && rank >= best))
			continue;
		chosen = module;
		best = rank;
	}
	*ret_chosen = chosen;
	return 0;
}

int allocators_look(struct allocators *allocators, const struct plan *plan, uint32_t pid, const struct mapping *mappings,
		    size_t count)
{
	size_t chosen;
	int err = choose(allocators, pid, mappings, count, &chosen);

	for (size_t i = 0; !err && i < count; i++) {
		size_t module;

		if (rank_of(pid, &mappings[i]) != ALLOCATOR_EXECUTABLE && !plan_wants(plan, mappings[i].path))
			continue;
		err = module_of(allocators, pid, &mappings[i], &module);
		/* Those of the chosen one are among all of its sites. */
		if (!err && module != SIZE_MAX && module != chosen)
			err = use(allocators, pid, module, SITES_PREFIXED);
	}
	return err || chosen == SIZE_MAX ? err : use(allocators, pid, chosen, SITES_ALL);
}

int allocators_fork(struct allocators *allocators, uint32_t parent, uint32_t child)
{
	size_t count = allocators->uses_count;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++)
		if (allocators->uses[i].pid == parent)
			err = use(allocators, child, allocators->uses[i].module, allocators->uses[i].sites);
	return err;
}

void allocators_ended(struct allocators *allocators, struct tracer *tracer, uint32_t pid)
{
	size_t kept = 0;

	if (!allocators->by_pid)
		return;
	for (size_t i = 0; i < allocators->uses_count; i++)
		if (allocators->uses[i].pid != pid)
			allocators->uses[kept++] = allocators->uses[i];
	if (kept != allocators->uses_count)
		tracer_forget_allocator(tracer, pid);
	allocators->uses_count = kept;
}

/* One that is probed for the first time, and has run before under weir's eyes. */
static bool is_late(const struct allocators *a, const struct allocator_use *use)
{
	if (!a->late || !a->by_pid)
		return false;
	for (size_t i = 0; i < a->uses_count; i++)
		if (&a->uses[i] != use && a->uses[i].pid == use->pid && a->uses[i].attached)
			return false;
	return true;
}

int allocators_attach(struct allocators *allocators, struct tracer *tracer)
{
	for (size_t i = 0; i < allocators->uses_count; i++) {
		struct allocator_use *u = &allocators->uses[i];
		const struct allocator_module *m = &allocators->modules[u->module];
		long attached;

		if (u->attached)
			continue;
		u->attached = true;
		attached = tracer_attach_allocator(tracer, allocators->by_pid ? u->pid : 0, m->path, m->display,
						   m->sites[u->sites], m->counts[u->sites]);
		if (attached == -ESRCH)
			continue; /* the process has ended */
		if (attached < 0)
			return (int)attached;
		if (is_late(allocators, u))
			tracer_lose(tracer, WEIR_LOSS_ALLOCATOR_LATE, 1);
		log_debug("process %u: %ld breakpoints on the allocator in %s", u->pid, attached, m->display);
	}
	return 0;
}
