/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/unwinders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "plan/unwinder.h"
#include "symbols/module.h"

struct unwinder_module {
	uint64_t device, inode;
	char path[32]; /* /proc/self/fd/N */
	int fd;
	char *display, *root;
	bool attached;
};

void unwinders_free(struct unwinders *unwinders)
{
	for (size_t i = 0; i < unwinders->libraries_count; i++) {
		close(unwinders->libraries[i].fd);
		free(unwinders->libraries[i].display);
		free(unwinders->libraries[i].root);
	}
	free(unwinders->libraries);
	*unwinders = (struct unwinders){ 0 };
}

int unwinders_add_library(struct unwinders *unwinders, const char *path, const char *display, const char *root)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct unwinder_module m = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return 0; /* the process that mapped it is gone */
	for (size_t i = 0; i < unwinders->libraries_count; i++)
		if (unwinders->libraries[i].device == st.st_dev && unwinders->libraries[i].inode == st.st_ino)
			return 0;
	if (VEC_RESERVE(unwinders->libraries, unwinders->libraries_count, unwinders->libraries_capacity))
		return -ENOMEM;
	m.display = strdup(display);
	m.root = strdup(root);
	if (!m.display || !m.root) {
		free(m.display);
		free(m.root);
		return -ENOMEM;
	}
	m.device = st.st_dev;
	m.inode = st.st_ino;
	snprintf(m.path, sizeof(m.path), "/proc/self/fd/%d", fd);
	m.fd = TAKE_FD(fd);
	unwinders->libraries[unwinders->libraries_count++] = m;
	return 0;
}

static int attach(struct module *module, const char *path, const char *display, struct tracer *tracer, struct plan *plan)
{
	static const enum tracer_unwind kinds[] = {
		[UNWINDER_RAISE] = TRACER_RAISE, [UNWINDER_LAND] = TRACER_LAND, [UNWINDER_CATCH] = TRACER_CATCH,
	};
	struct unwinder unwinder;

	if (unwinder_find(module, &unwinder))
		return 0;
	for (unsigned i = 0; i < unwinder.sites_count; i++) {
		const struct unwinder_site *site = &unwinder.sites[i];
		long attached = tracer_attach_unwind(tracer, kinds[site->kind], path, display, &site->file_offset, &site->cookie, 1);

		if (attached < 0)
			return (int)attached;
	}
	plan->sees_exceptions = true;
	log_debug("%s: exceptions are seen where they are thrown and where they land", display);
	return 0;
}

static int attach_library(struct unwinder_module *m, struct tracer *tracer, struct plan *plan)
{
	struct module *module = NULL;
	int err;

	m->attached = true;
	if (module_open(m->path, m->display, m->root, &module))
		return 0;
	err = attach(module, m->path, m->display, tracer, plan);
	module_free(&module);
	return err;
}

/* Calls that are left through a return probe end where nothing is unwound. */
static bool needs_unwinders(const struct plan *plan)
{
	for (size_t i = 0; i < plan->probes_count; i++)
		if (plan->probes[i].leave == LEAVE_SITES)
			return true;
	return false;
}

int unwinders_attach(struct unwinders *unwinders, struct tracer *tracer, struct plan *plan)
{
	int err = 0;

	if (!needs_unwinders(plan))
		return 0;
	for (size_t i = 0; !err && i < unwinders->libraries_count; i++)
		if (!unwinders->libraries[i].attached)
			err = attach_library(&unwinders->libraries[i], tracer, plan);
	for (; !err && unwinders->modules_seen < plan->modules_count; unwinders->modules_seen++) {
		struct plan_module *m = &plan->modules[unwinders->modules_seen];

		if (m->module && module_unwinds(m->module) && !unwinder_is_library(m->display))
			err = attach(m->module, m->path, m->display, tracer, plan);
	}
	return err;
}
