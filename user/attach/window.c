/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attach/window.h"

#include <errno.h>
#include <sys/mman.h>

#include <bpf/libbpf.h>

#define STEP (256UL << 10) /* a multiple of the page size */

/* Addresses that nothing else gets, and nothing is behind. */
static void *reserve(void *at, size_t bytes)
{
	return mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);
}

int window_open(const struct bpf_map *map, size_t bytes, struct window *ret_window)
{
	void *base = reserve(NULL, bytes);

	if (base == MAP_FAILED)
		return -errno;
	*ret_window = (struct window){ .fd = bpf_map__fd(map), .base = base, .bytes = bytes };
	return 0;
}

void window_close(struct window *window)
{
	if (window->base)
		munmap(window->base, window->bytes);
	*window = (struct window){ 0 };
}

int window_show(struct window *window, size_t bytes)
{
	size_t end = (bytes + STEP - 1) / STEP * STEP;

	if (end > window->bytes)
		end = window->bytes;
	if (end <= window->shown)
		return 0;
	if (mmap(window->base + window->shown, end - window->shown, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, window->fd,
		 (off_t)window->shown) == MAP_FAILED)
		return -errno;
	window->shown = end;
	return 0;
}

void window_hide(struct window *window)
{
	if (window->shown && reserve(window->base, window->shown) != MAP_FAILED)
		window->shown = 0;
}
