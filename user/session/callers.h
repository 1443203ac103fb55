/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The callers of functions that are left at return sites. Those that call directly from the same module are found in its text before the
 * first call; the rest is learned: the kernel side tells each return address once, the site behind it is attached, and calls from there are
 * exact from then on.
 */
#ifndef WEIR_CALLERS_H
#define WEIR_CALLERS_H

#include <stddef.h>
#include <stdint.h>

#include "attach/tracer.h"
#include "session/rets.h"

struct callers {
	struct caller_event *told; /* not yet looked at; owned */
	size_t told_count, told_capacity;
	struct caller_file *files; /* owned */
	size_t files_count, files_capacity;
	size_t covered;            /* return sites attached */
	size_t covered_direct;     /* return addresses covered before they were seen, all processes together */
	struct rets *rets;         /* borrowed: told of each caller */
};

void callers_free(struct callers *callers);

/* Keep a WEIR_EVENT_CALLER for callers_attach; `frames`: of the function that was called. */
void callers_tell(struct callers *callers, const struct weir_event *event, enum tracer_frames frames);

/* Attach the return sites of all callers told since. Returns 0 or -errno (logged). */
int callers_attach(struct callers *callers, struct tracer *tracer);

/*
 * Find the direct calls of the module's functions in its own text; callers_attach() then attaches their return sites. Returns 0 or
 * -ENOMEM: what cannot be found is learned.
 */
int callers_find_direct(struct callers *callers, const struct plan *plan, size_t module);

/* Direct calls in the process, whose layout is this, are covered from here on. After callers_attach(). Returns 0 or -errno. */
int callers_cover_direct(struct callers *callers, struct tracer *tracer, uint32_t pid, uint32_t layout);

#endif
