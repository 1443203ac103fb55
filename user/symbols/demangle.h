/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WEIR_DEMANGLE_H
#define WEIR_DEMANGLE_H

/*
 * C++ (Itanium), Rust legacy and Rust v0 names (libiberty). Returns a string that the caller frees, or NULL
 * where `name` is not mangled or is hostile (too long, too deep).
 */
char *demangle(const char *name);

#endif
