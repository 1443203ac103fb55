/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The beginning of a kernel table, mapped as far as it is used, always at the same address. The kernel gives a mapping of a BPF map all of
 * its pages at once, used or not (remap_vmalloc_range()), and each counts as weir's own resident memory.
 */
#ifndef WEIR_WINDOW_H
#define WEIR_WINDOW_H

#include <stddef.h>

struct bpf_map;

struct window {
	int fd; /* borrowed from the map */
	char *base; /* NULL: not open */
	size_t bytes, shown; /* of the table; of those the first ones that can be read and written */
};

/* Nothing is shown yet. Returns 0 or -errno. */
int window_open(const struct bpf_map *map, size_t bytes, struct window *ret_window);
void window_close(struct window *window);

/* Show at least the first `bytes`, or all there are. Returns 0 or -errno. */
int window_show(struct window *window, size_t bytes);
/* Show none: what the table holds stays. */
void window_hide(struct window *window);

#endif
