/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays: pointer, count and capacity stay plain members of their owner. */
#ifndef WEIR_VEC_H
#define WEIR_VEC_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * Make room for `count + 1` items of `size` bytes in *items, of which *capacity fit now; grows 1.5 times.
 * Returns 0, or -ENOMEM with everything as it was.
 */
static inline int vec_reserve(void *items_ptr, size_t count, size_t *capacity, size_t size)
{
	void **items = items_ptr;
	size_t grown;
	void *moved;

	if (count < *capacity)
		return 0;
	grown = *capacity + *capacity / 2 + 8;
	if (grown > SIZE_MAX / size)
		return -ENOMEM;
	moved = realloc(*items, grown * size);
	if (!moved)
		return -ENOMEM;
	*items = moved;
	*capacity = grown;
	return 0;
}

#define VEC_RESERVE(items, count, capacity) vec_reserve(&(items), (count), &(capacity), sizeof(*(items)))

#endif
