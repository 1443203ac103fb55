/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an instruction leads. Decodes no operands, for those who walk much text. Pure functions of bytes. */
#ifndef WEIR_BRANCH_H
#define WEIR_BRANCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum branch_kind {
	BRANCH_NONE,  /* none, or a return: the next instruction, or not to be told */
	BRANCH_CALL,
	BRANCH_JUMP,
	BRANCH_CONDITIONAL,
};

enum branch_way {
	BRANCH_RELATIVE, /* to `target` */
	BRANCH_SLOT,     /* to where the word at `target` points: relative to rip */
	BRANCH_INDIRECT, /* by a register or other memory; `target` is 0 */
};

struct branch {
	unsigned length; /* of the instruction, bytes */
	enum branch_kind kind;
	enum branch_way way;
	int64_t target; /* from where the instruction begins */
};

/* False where the bytes are no instruction. */
bool branch_decode(const uint8_t *code, size_t size, struct branch *ret_branch);

/*
 * Where the instruction begins that holds the byte at `to`, decoding from `from` <= `to` on. Returns 0, or -EILSEQ where bytes on
 * the way are no instruction or the code ends.
 */
int branch_align(const uint8_t *code, size_t size, size_t from, size_t to, size_t *ret_start);

#endif
