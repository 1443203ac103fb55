/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that appears under its name only when it is whole: written beside it, renamed at the end. Without a
 * name it is stdout. Devices and pipes are written directly.
 */
#ifndef WEIR_OUTPUT_H
#define WEIR_OUTPUT_H

#include <stdio.h>

struct output {
	FILE *stream;
	char *path, *temporary; /* owned; NULL: written directly */
};

/* `path` may be NULL: stdout. Logs one sentence and returns -errno where it cannot be written. */
int output_open(const char *path, struct output *ret_output);
/* Make it appear under its name. Logs one sentence and returns -errno, leaving nothing, where not all could be written. */
int output_commit(struct output *output);
/* Drop what was not committed. */
void output_discard(struct output *output);

/* One sentence on a failed write to `output`. */
void output_complain(const struct output *output, int err);

#endif
