/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others write to the terminal while a screen is on it (weir's own sentences, a launched command's output) is held in a file
 * without a name, and comes out when the screen is gone.
 */
#ifndef WEIR_TOP_HELD_H
#define WEIR_TOP_HELD_H

#include <stddef.h>
#include <stdint.h>

struct held {
	int fd;       /* the descriptor whose output is held; -1: nothing is */
	int original; /* what it was */
	int file;
	int64_t read; /* of the file */
};

#define HELD_NONE ((struct held){-1, -1, -1, 0})

/* From now on what goes to `fd` is held. Nothing where `fd` is no terminal. Returns 0 or -errno, with all as it was. */
int held_start(int fd, struct held *ret_held);
/* `fd` is what it was again; what processes that inherited it write is still held. */
void held_release(struct held *held);
/* Release, and write what was held to `fd`. */
void held_end(struct held *held);
/* The last whole line that came since the last call, without its newline, into `text`; "" where none came. */
void held_last_line(struct held *held, char *text, size_t size);

#endif
