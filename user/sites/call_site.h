/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The return site of a call that was found in its caller's body. Where only the return address is known, site_of_return_address() of
 * leave.h, on which this rests, gives the same site with less about it. Pure functions of bytes.
 */
#ifndef WEIR_CALL_SITE_H
#define WEIR_CALL_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sites/site.h"
#include "sites/targets.h"

struct call_site {
	uint32_t return_offset; /* of the return address, from the body's start */
	uint32_t offset;        /* of the site, from the body's start */
	enum site_class class;  /* SITE_EMULATED: no other is chosen */
	unsigned steps;         /* instructions between the two */
	bool value_intact;      /* rax is still what the call returned */
	bool second_intact;     /* rdx too */
	bool joined;            /* jumps of the body lead here without the call, or its jumps are not all known */
};

/*
 * The return site of the call at offset `call` of a caller's body, which is what bounds it: the line must not run into the next
 * function behind a call that never returns. At the site the stack pointer is the callee's at entry plus 8.
 *
 * `targets` are those of the body; NULL: not known, and so joined. A joined site is also hit without the call, which costs and, where the
 * callee was left by longjmp or by an exception that its caller caught, misleads: the dead call's frame is still the innermost, with
 * this stack pointer and this return address.
 * Returns 0; -EINVAL where no call begins at `call`; -ENOENT where the line ends before a site.
 */
int site_after_call(const uint8_t *code, size_t size, size_t call, const struct jump_targets *targets,
		    struct call_site *ret_site);

#endif
