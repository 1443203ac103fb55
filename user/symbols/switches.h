/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a module switch stacks within a thread (coroutines, fibers, green threads)? Told by its name, or by the names in its string
 * tables of functions that do so: whether it calls them or holds them.
 */
#ifndef WEIR_SWITCHES_H
#define WEIR_SWITCHES_H

#include <stdbool.h>

/* Is it the C library? That one holds such functions for others. `display`: its path as the target sees it. */
bool module_is_libc(const char *display);

/*
 * The ELF file that can be opened at `path`. NULL where nothing tells (also where it cannot be read), else the function or the
 * library that does: a constant.
 */
const char *file_switches_stacks(const char *path, const char *display);

#endif
