/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From processes to modules, and from the plan's new probes to breakpoints. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "session/session_internal.h"
#include "plan/unwinder.h"
#include "symbols/module.h"
#include "target/library.h"
#include "target/process.h"

/* Processes whose mappings are read again at one rescan: reading them costs the machine, not the target alone. */
#define RESCAN_PROCESSES 8

static int scan_mapping(struct session *s, uint32_t pid, const struct mapping *m)
{
	bool is_wanted = plan_wants(&s->plan, m->path), is_unwinder = unwinder_is_library(m->path);
	char path[PATH_MAX], root[32];
	int err;

	if (!is_wanted && !is_unwinder && !plan_looks_inside(&s->plan, m->device, m->inode))
		return 0;
	err = mapping_path(pid, m, path, sizeof(path));
	if (err == -ESRCH || (err && !is_wanted && !is_unwinder))
		return 0; /* it ended, or unmapped it again; or nobody asked for it */
	if (err) {
		log_error("cannot open %s of process %u: %s%s", m->path, pid, strerror(-err),
			  err == -EACCES || err == -EPERM ? " (CAP_SYS_PTRACE or CAP_SYS_ADMIN is missing)" : "");
		return err;
	}
	snprintf(root, sizeof(root), "/proc/%u/root", pid);
	err = is_unwinder ? unwinders_add_library(&s->unwinders, path, m->path, root) : 0;
	if (!err && is_wanted)
		err = plan_add_module(&s->plan, path, m->path, root, true);
	else if (!err && plan_looks_inside(&s->plan, m->device, m->inode))
		err = plan_look_inside(&s->plan, m->device, m->inode, path, m->path, root, true);
	return err < 0 ? err : 0;
}

/* Whether it switches stacks must be known before the plan chooses how calls are seen to leave. */
static int look_at_stacks(struct session *s, uint32_t pid, const struct mapping *m)
{
	char path[PATH_MAX], root[32];

	if (mapping_path(pid, m, path, sizeof(path)))
		return 0;
	snprintf(root, sizeof(root), "/proc/%u/root", pid);
	return stacks_look(&s->stacks, &s->plan, m->device, m->inode, path, m->path, root);
}

/* Returns the number of executable mappings, or -errno. */
static long scan_process(struct session *s, uint32_t pid)
{
	struct mapping *mappings = NULL;
	size_t count = 0;
	int err = process_mappings(pid, &mappings, &count);

	for (size_t i = 0; !err && i < count; i++)
		err = look_at_stacks(s, pid, &mappings[i]);
	for (size_t i = 0; !err && i < count; i++)
		err = scan_mapping(s, pid, &mappings[i]);
	if (!err && s->memory >= WEIR_MEMORY_SIZES)
		err = allocators_look(&s->allocators, &s->plan, pid, mappings, count);
	mappings_free(mappings, count);
	return err ? err : (long)count;
}

static int cover_process(struct session *s, struct target_process *p)
{
	if (!p->running || !p->layout || p->covered)
		return 0;
	p->covered = true;
	return callers_cover_direct(&s->callers, s->tracer, p->pid, p->layout);
}

int session_scan(struct session *s)
{
	int err;

	for (size_t i = 0; i < s->target.count; i++) {
		struct target_process *p = &s->target.processes[i];
		long found;

		if (!p->running || p->scanned)
			continue;
		p->scanned = true;
		p->covered = false;
		found = scan_process(s, p->pid);
		if (found == -EACCES || found == -EPERM)
			log_error("cannot read the memory map of process %u: the kernel refuses ptrace access to it "
				  "(CAP_SYS_PTRACE is missing, or a security module forbids it)", p->pid);
		if (found < 0 && found != -ESRCH)
			return (int)found;
		if (!found && !s->tracer && !*p->exe) {
			log_error("process %u is a thread of the kernel: it runs no program in user space", p->pid);
			return -ENOTSUP;
		}
	}
	err = session_attach_new(s);
	for (size_t i = 0; !err && s->tracer && i < s->target.count; i++)
		err = cover_process(s, &s->target.processes[i]);
	return err;
}

int session_rescan(struct session *s)
{
	size_t looked = 0;

	if (!plan_waits(&s->plan))
		return 0;
	for (size_t i = 0; i < s->target.count && looked < RESCAN_PROCESSES; i++) {
		struct target_process *p = &s->target.processes[s->rescan_next++ % s->target.count];

		if (!p->running)
			continue;
		looked++;
		scan_process(s, p->pid);
	}
	return session_attach_new(s);
}

static void add_library(void *context, const char *path)
{
	struct session *s = context;
	char real[PATH_MAX];

	/* By the name that mappings will show: the cache names links. */
	if (realpath(path, real) && plan_wants(&s->plan, real))
		plan_add_module(&s->plan, real, real, "", false);
}

static void find_library(void *context, const char *module_glob)
{
	libraries_visit("", module_glob, add_library, context);
}

int session_scan_libraries(struct session *s)
{
	plan_waiting(&s->plan, find_library, s);
	return session_attach_new(s);
}

/* Where the module's own code calls its probed functions: known before the first call. */
static int cover_direct(struct session *s, struct plan_module *m)
{
	int err = callers_find_direct(&s->callers, &s->plan, (size_t)(m - s->plan.modules));

	err = err ?: callers_attach(&s->callers, s->tracer);
	for (size_t i = 0; !err && i < s->target.count; i++) {
		s->target.processes[i].covered = false;
		err = cover_process(s, &s->target.processes[i]);
	}
	return err;
}

/* The sites of a module's probes; spans and events have none of their own. origins[k] is the index of sites[k] among the module's probes. */
static int fill_sites(struct session *s, const struct plan_module *m, struct tracer_site *sites, size_t *origins, size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct plan_probe *p = &s->plan.probes[m->first + i];
		int err = tracer_set_probe(s->tracer, p->id, &p->record);

		if (err) {
			log_error("%s: more probes than there is room for", m->display);
			return err;
		}
		if (plan_is_siteless(p))
			continue;
		origins[count] = i;
		sites[count++] = (struct tracer_site){
			.probe = p->id, .file_offset = p->file_offset, .returns = p->leave == LEAVE_TRAMPOLINE,
			.span = p->record.flags & (WEIR_PROBE_BEGINS | WEIR_PROBE_ENDS | WEIR_PROBE_COUNTS), .semaphore = p->semaphore, .go = p->record.flags & WEIR_PROBE_GO, .follows = p->follows,
			.emulation = p->emulation,
		};
	}
	*ret_count = count;
	return 0;
}

static int attach_module(struct session *s, struct plan_module *m)
{
	_cleanup_free_ struct tracer_site *sites = calloc(m->count, sizeof(*sites));
	_cleanup_free_ size_t *origins = calloc(m->count, sizeof(*origins));
	_cleanup_free_ bool *refused = calloc(m->count, sizeof(*refused));
	size_t count;
	long attached;
	int err;

	if (!sites || !origins || !refused)
		return -ENOMEM;
	err = fill_sites(s, m, sites, origins, &count);
	/* Rets come first: a probe that has them is exact from its first call on. */
	err = err ?: rets_attach(&s->rets, s->tracer, &s->plan, (size_t)(m - s->plan.modules));
	err = err ?: cover_direct(s, m);
	if (!err && m->go.is_go)
		err = tracer_attach_go(s->tracer, m->path, m->display, m->go.offsets, m->go.cookies);
	if (err)
		return err;
	attached = tracer_attach(s->tracer, m->path, m->display, sites, count, refused);
	for (size_t i = 0; i < count; i++)
		s->plan.probes[m->first + origins[i]].refused = attached < 0 || refused[i];
	return attached < 0 ? (int)attached : 0;
}

int session_attach_new(struct session *s)
{
	for (size_t i = 0; s->tracer && i < s->plan.modules_count; i++) {
		struct plan_module *m = &s->plan.modules[i];
		int err;

		if (m->attached || !m->count)
			continue;
		m->attached = true;
		err = attach_module(s, m);
		if (err)
			return err;
	}
	if (!s->tracer)
		return 0;
	return unwinders_attach(&s->unwinders, s->tracer, &s->plan) ?: stacks_attach(&s->stacks, s->tracer, &s->plan) ?:
	       allocators_attach(&s->allocators, s->tracer);
}
