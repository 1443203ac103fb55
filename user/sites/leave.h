/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a call can be seen to leave without a mark on the stack: the return site in its caller, and the function's own
 * rets and jumps out of itself. Pure functions of bytes.
 */
#ifndef WEIR_LEAVE_H
#define WEIR_LEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instructions looked at behind a call; the median site is the second (ATLAS: p90 is 8). */
#define LEAVE_STEPS_MAX 24

struct return_site {
	uint32_t offset;   /* behind the return address */
	bool value_intact; /* rax is still what the call returned */
};

/*
 * The return site behind a return address: the first instruction that the kernel emulates in the straight line from there. `code` begins
 * at the return address; `before` are the `before_size` bytes in front of it, which must end in a call, or be the nop that the functions
 * at the bottom of Go's stacks return behind. A 5-byte nop is no
 * site here: newer kernels turn it into a call that pushes below the stack pointer, where a leaf's data may be.
 * Returns 0; -EINVAL where no call stands before it; -ENOENT where the line ends before such an instruction.
 */
int site_of_return_address(const uint8_t *before, size_t before_size, const uint8_t *code, size_t size,
			   struct return_site *ret_site);

/*
 * Can a breakpoint stand at the return address itself, where no other site is? It is single-stepped, so this is the last resort. `code`
 * begins there, `before` as above.
 */
bool site_at_return_address(const uint8_t *before, size_t before_size, const uint8_t *code, size_t size);

/* Where a function leaves itself. Offsets from its start. */
struct leave_points {
	uint32_t *rets;       /* owned */
	size_t rets_count, rets_capacity;
	uint32_t *tail_jumps; /* jumps to other functions, which return for it; owned */
	size_t tail_jumps_count, tail_jumps_capacity;
	bool complete;        /* these are all: the body was decoded to its end, and no other jump leaves it */
};

/*
 * Find them in the `size` bytes of a body, all of it where `complete`. A conditional jump out of the function (to its
 * cold part, or a conditional tail call) and code that cannot be decoded make the result incomplete. Returns 0 or -ENOMEM.
 */
int site_find_leaves(const uint8_t *code, size_t size, bool complete, struct leave_points *ret_points);
void leave_points_free(struct leave_points *points);

#endif
