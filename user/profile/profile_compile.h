/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A probe's expressions compiled for one module: symbols and offsets get the values that they have there. */
#ifndef WEIR_PROFILE_COMPILE_H
#define WEIR_PROFILE_COMPILE_H

#include "profile/expression.h"
#include "profile/profile.h"

/*
 * Outputs that use a name without a value (-ENODATA) are left out: *ret_left_out is their mask, 1 << enum expression_output (of
 * counters + index), and what the first of them lacked is in *ret_fault. Returns 0 or -ENOMEM, or -E2BIG with *ret_fault.
 */
int probe_compile(const struct profile_probe *probe, const struct expression_names *names, struct profile_code *ret_code,
		  uint32_t *ret_left_out, struct expression_fault *ret_fault);

/* The condition of a span's site, and its key. Returns 0, -ENODATA with *ret_fault where it cannot be told, or -ENOMEM. */
int site_compile(const struct profile_site *site, const struct expression_names *names, struct profile_code *ret_code,
		 struct expression_fault *ret_fault);

#endif
