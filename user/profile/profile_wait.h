/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What threads of an engine wait for, where it keeps that as a number in its memory: the profile's key "waits" says where the number is and what its
 * values are called. The kernel side reads it as a thread leaves the CPU.
 */
#ifndef WEIR_PROFILE_WAIT_H
#define WEIR_PROFILE_WAIT_H

#include "profile/expression.h"
#include "profile/profile.h"

/*
 * Where the number is in a module, for which `names` knows symbols and offsets. Returns 0, -EINVAL or -ENODATA (a name has no value here) with
 * *ret_fault filled, or -ENOMEM.
 */
int wait_compile(const struct profile_wait *wait, const struct expression_names *names, struct weir_wait_source *ret_source,
		 struct expression_fault *ret_fault);

/* "Lock: relation", or the class and the number where the layout (NULL: none) has no name for it. */
void wait_name(const struct profile *profile, const struct profile_layout *layout, uint32_t code, char *buffer, size_t size);

void profile_wait_clear(struct profile_wait *wait);

#endif
