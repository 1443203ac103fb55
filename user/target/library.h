/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared libraries that the dynamic linker would find by name (/etc/ld.so.cache). A breakpoint sits on an inode, so that a library
 * can be probed before any process has loaded it: not one call is missed then.
 */
#ifndef WEIR_LIBRARY_H
#define WEIR_LIBRARY_H

#include <stddef.h>

/*
 * Visit the path of every cached library whose file name matches the shell glob `pattern`, below `root` ("" or /proc/PID/root).
 * A cache that is not there or not understood has no libraries. Takes hostile bytes.
 */
void libraries_visit(const char *root, const char *pattern, void (*visit)(void *context, const char *path), void *context);

#endif
