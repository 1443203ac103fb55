/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "sites/switch_site.h"
#include "symbols/module.h"
#include "symbols/switches.h"

#define CODE_MAX 1024

/* A file; kept open where it may hold functions that switch. */
struct stacks_module {
	uint64_t device, inode;
	int fd; /* -1: it holds none */
	char *display, *root;
};

void stacks_free(struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->modules_count; i++) {
		if (stacks->modules[i].fd >= 0)
			close(stacks->modules[i].fd);
		free(stacks->modules[i].display);
		free(stacks->modules[i].root);
	}
	free(stacks->modules);
	*stacks = (struct stacks){ 0 };
}

static bool was_looked_at(const struct stacks *stacks, uint64_t device, uint64_t inode)
{
	for (size_t i = 0; i < stacks->modules_count; i++)
		if (stacks->modules[i].device == device && stacks->modules[i].inode == inode)
			return true;
	return false;
}

static bool has_return_probes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->probes_count; i++)
		if (plan->probes[i].leave == LEAVE_TRAMPOLINE)
			return true;
	return false;
}

static void switches(struct stacks *stacks, struct plan *plan, const char *display, const char *name)
{
	if (*stacks->why)
		return;
	snprintf(stacks->why, sizeof(stacks->why), "the target switches stacks (%s in %s)", name, display);
	plan->selection.switches = stacks->why;
	if (has_return_probes(plan) && !plan->selection.unsafe)
		log_warning("%s, and functions have return probes already: a switch in the middle of their calls may kill it; "
			    "--returns sites is safe", stacks->why);
}

int stacks_look(struct stacks *stacks, struct plan *plan, uint64_t device, uint64_t inode, const char *path, const char *display,
		const char *root)
{
	struct stacks_module m = { .device = device, .inode = inode, .fd = -1 };
	const char *name;

	if (was_looked_at(stacks, device, inode))
		return 0;
	if (VEC_RESERVE(stacks->modules, stacks->modules_count, stacks->modules_capacity))
		return -ENOMEM;
	name = file_switches_stacks(path, display);
	if (name)
		switches(stacks, plan, display, name);
	if (name || module_is_libc(display)) {
		m.display = strdup(display);
		m.root = strdup(root);
		if (!m.display || !m.root) {
			free(m.display);
			free(m.root);
			return -ENOMEM;
		}
		m.fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	stacks->modules[stacks->modules_count++] = m;
	return 0;
}

/* The places in the module's function of this name that have just switched, as offsets in the file. */
static size_t find_sites(struct module *module, const char *name, uint64_t *ret_offsets)
{
	_cleanup_free_ struct function *functions = NULL;
	uint32_t sites[SWITCH_SITES_MAX];
	uint8_t code[CODE_MAX];
	size_t count = 0;
	long n;

	if (module_find(module, name, &functions, &count) || !count)
		return 0;
	n = module_code(module, functions[0].address, code,
			functions[0].size && functions[0].size < CODE_MAX ? functions[0].size : CODE_MAX);
	count = n > 0 ? site_find_switches(code, (size_t)n, sites) : 0;
	for (size_t i = 0; i < count; i++)
		ret_offsets[i] = functions[0].file_offset + sites[i];
	return count;
}

static int attach_module(struct stacks_module *m, struct tracer *tracer)
{
	struct module *module = NULL;
	uint64_t offsets[2 * SWITCH_SITES_MAX];
	size_t count;
	char path[32];
	long attached;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", m->fd);
	if (module_open(path, m->display, m->root, &module))
		return 0;
	count = find_sites(module, "swapcontext", offsets);
	count += find_sites(module, "setcontext", offsets + count);
	module_free(&module);
	attached = count ? tracer_attach_switches(tracer, path, m->display, offsets, count) : 0;
	if (count)
		log_debug("%s: switches of stacks are seen at %zu places", m->display, count);
	return attached < 0 ? (int)attached : 0;
}

static bool has_return_sites(const struct plan *plan)
{
	for (size_t i = 0; i < plan->probes_count; i++)
		if (plan->probes[i].leave == LEAVE_SITES)
			return true;
	return false;
}

int stacks_attach(struct stacks *stacks, struct tracer *tracer, const struct plan *plan)
{
	int err = 0;

	if (!*stacks->why || !has_return_sites(plan))
		return 0;
	for (size_t i = 0; !err && i < stacks->modules_count; i++) {
		struct stacks_module *m = &stacks->modules[i];

		if (m->fd < 0)
			continue;
		err = attach_module(m, tracer);
		close(m->fd);
		m->fd = -1;
	}
	return err;
}
