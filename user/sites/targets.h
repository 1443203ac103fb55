/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the jumps of a body lead within it: to know whether a place is reached in one way only. Read once per body, asked often.
 * Pure functions of bytes.
 */
#ifndef WEIR_TARGETS_H
#define WEIR_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jump_targets {
	uint32_t *offsets; /* from the body's start, sorted, each as often as it is jumped to; owned */
	size_t count, capacity;
	bool complete;     /* no jump through a table, and the body could be decoded to its end */
};

/*
 * Jumps from elsewhere are not seen: a function's cold part jumps back into it, and handlers of exceptions are often there. Returns 0,
 * or -ENOMEM; -EFBIG for a body of 4 GiB and more.
 */
int jump_targets_read(const uint8_t *code, size_t size, struct jump_targets *ret_targets);
void jump_targets_free(struct jump_targets *targets);

/* How many jumps lead to one of the offsets `first` to `last`, both included. */
size_t jump_targets_between(const struct jump_targets *targets, size_t first, size_t last);

#endif
