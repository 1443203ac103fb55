/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code for the kernel's machine of what the profile's compiler made: each operation there costs a call, so that two which always
 * follow one another become one (wire.h), and a span's site asks its first question without the machine. What the code does stays the
 * same.
 */
#ifndef WEIR_FUSE_H
#define WEIR_FUSE_H

#include <stddef.h>

#include "weir/wire.h"

/* `count` operations at `from`, a whole piece of code, into `to`, which has room for as many. Returns how many there are now. */
size_t fuse(const struct weir_op *from, size_t count, struct weir_op *to);

/*
 * The code of a condition (a WHEN at its end): where it is false unless an argument's lower half compares with a number, and that is asked
 * first, the question goes to *ret_guard and the rest of the code to `to`. Returns how many operations are left: none where the guard
 * alone decides.
 */
size_t fuse_guard(const struct weir_op *from, size_t count, struct weir_op *to, struct weir_guard *ret_guard);

#endif
