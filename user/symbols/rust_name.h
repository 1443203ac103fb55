/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a Rust v0 name (RFC 2603) one that libiberty may be given? Its demangler counts the lifetimes of a
 * binder in a loop, up to 2^64 of them, and where it prints nothing (the path of an impl) no output limit
 * ends that loop.
 */
#ifndef WEIR_RUST_NAME_H
#define WEIR_RUST_NAME_H

#include <stdbool.h>

enum {
	RUST_NAME_MAX = 4 << 10, /* bytes; longer names are refused */
};

/* True where `name` begins with "_R", follows the grammar, and each of its binders has a sensible size. */
bool rust_name_is_sane(const char *name);

#endif
