/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The callers of functions that are left at return sites: the kernel side tells each return address once, the site behind it is
 * attached, and calls from there are exact from then on.
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
	struct rets *rets;         /* borrowed: told of each caller */
};

void callers_free(struct callers *callers);

/* Keep a WEIR_EVENT_CALLER for callers_attach. */
void callers_tell(struct callers *callers, const struct weir_event *event);

/* Attach the return sites of all callers told since. Returns 0 or -errno (logged). */
int callers_attach(struct callers *callers, struct tracer *tracer);

#endif
