/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction under a breakpoint, performed by weir's own program instead of by a single step of the kernel: on kernels
 * that let a uprobe program write the registers. Only forms whose effect is exact, flags included.
 *
 * Compiled on both sides: the kernel side performs it, the tests compare it with the processor. What it is travels in the attach
 * cookie, above the 16 bits that the program has for itself.
 */
#ifndef WEIR_EMULATE_H
#define WEIR_EMULATE_H

#include "hist.h"

/* Register numbers are those of the instruction encoding. */
enum { WEIR_REGISTER_SP = 4, WEIR_REGISTERS = 16 };

struct weir_registers {
	weir_u64 general[WEIR_REGISTERS];
	weir_u64 ip, flags;
};

enum weir_emulated {
	WEIR_EMULATED_NONE,
	WEIR_EMULATED_NOP,    /* endbr64 and the like */
	WEIR_EMULATED_RET,    /* ret; imm: bytes that it takes off the stack beside */
	WEIR_EMULATED_POP,    /* pop to */
	WEIR_EMULATED_MOV64,  /* mov to, from */
	WEIR_EMULATED_MOV32,
	WEIR_EMULATED_LEA64,  /* lea to, [from + imm] */
	WEIR_EMULATED_LEA_IP, /* lea to, [rip + imm] */
	WEIR_EMULATED_XOR64,  /* xor to, from */
	WEIR_EMULATED_XOR32,
	WEIR_EMULATED_ADD64,  /* add to, imm */
	WEIR_EMULATED_SUB64,  /* sub to, imm */
	WEIR_EMULATED_COUNT
};

/*
 * The cookie: bits 0 to 15 are the program's, 16 to 19 the operation, 20 to 23 `to`, 24 to 27 `from`, 28 to 31 the length of the
 * instruction, 32 to 43 where it stands in its page, 44 to 63 a signed number.
 */
#define WEIR_COOKIE_OWN(cookie) ((weir_u32)(cookie) & 0xffff)
#define WEIR_EMULATION(operation, to, from, length, imm) \
	((weir_u64)(operation) << 16 | (weir_u64)(to) << 20 | (weir_u64)(from) << 24 | (weir_u64)(length) << 28 | \
	 (weir_u64)(imm) << 44)
#define WEIR_EMULATION_AT(address) (((weir_u64)(address) & 0xfff) << 32)
#define WEIR_EMULATION_IMM_MAX ((1 << 19) - 1) /* and -1 - that */
#define WEIR_EMULATED(cookie) ((weir_u32)((cookie) >> 16) & 15)
#define WEIR_EMULATED_TO(cookie) ((weir_u32)((cookie) >> 20) & 15)
#define WEIR_EMULATED_FROM(cookie) ((weir_u32)((cookie) >> 24) & 15)
#define WEIR_EMULATED_LENGTH(cookie) ((weir_u32)((cookie) >> 28) & 15)
#define WEIR_EMULATED_PLACE(cookie) ((weir_u32)((cookie) >> 32) & 0xfff)
/* Sign-extended; a signed shift would be the compiler's to define. */
#define WEIR_EMULATED_IMM(cookie) ((((cookie) >> 44) ^ (1ULL << 19)) - (1ULL << 19))

/* Arithmetic flags (Intel SDM volume 1, 3.4.3.1). */
enum {
	WEIR_FLAG_CARRY = 1 << 0, WEIR_FLAG_PARITY = 1 << 2, WEIR_FLAG_ADJUST = 1 << 4, WEIR_FLAG_ZERO = 1 << 6,
	WEIR_FLAG_SIGN = 1 << 7, WEIR_FLAG_TRAP = 1 << 8, WEIR_FLAG_OVERFLOW = 1 << 11,
	WEIR_FLAGS_ARITHMETIC = WEIR_FLAG_CARRY | WEIR_FLAG_PARITY | WEIR_FLAG_ADJUST | WEIR_FLAG_ZERO | WEIR_FLAG_SIGN |
				WEIR_FLAG_OVERFLOW,
};

/* The end of what user space can address with four levels of page tables: a ret to beyond it faults, which is the processor's to do. */
#define WEIR_USER_END (1ULL << 47)

static inline __attribute__((always_inline)) weir_u64 weir_flags_of(weir_u64 result, weir_u64 sign, weir_u64 flags)
{
	weir_u64 bits = result & 0xff;

	bits ^= bits >> 4;
	bits ^= bits >> 2;
	bits ^= bits >> 1;
	flags |= bits & 1 ? 0 : WEIR_FLAG_PARITY;
	flags |= result ? 0 : WEIR_FLAG_ZERO;
	flags |= result & sign ? WEIR_FLAG_SIGN : 0;
	return flags;
}

/* Must a word be read from the stack pointer on, to perform it? */
static inline __attribute__((always_inline)) int weir_emulation_pops(weir_u64 cookie)
{
	return WEIR_EMULATED(cookie) == WEIR_EMULATED_RET || WEIR_EMULATED(cookie) == WEIR_EMULATED_POP;
}

/*
 * Perform it on `r`; `popped` is the word on top of the stack where weir_emulation_pops(). Returns 0, or -1 where it is for the
 * processor to do; nothing has changed then.
 */
static inline __attribute__((always_inline)) int weir_emulate(struct weir_registers *r, weir_u64 cookie, weir_u64 popped)
{
	weir_u64 next = r->ip + WEIR_EMULATED_LENGTH(cookie), imm = WEIR_EMULATED_IMM(cookie), flags = 0, result;
	weir_u64 *to = &r->general[WEIR_EMULATED_TO(cookie)], old = *to, from = r->general[WEIR_EMULATED_FROM(cookie)];

	if (r->flags & WEIR_FLAG_TRAP)
		return -1; /* a debugger steps through it */
	switch (WEIR_EMULATED(cookie)) {
	case WEIR_EMULATED_NOP:
		break;
	case WEIR_EMULATED_RET:
		if (popped >= WEIR_USER_END)
			return -1;
		next = popped;
		r->general[WEIR_REGISTER_SP] += 8 + imm;
		break;
	case WEIR_EMULATED_POP:
		r->general[WEIR_REGISTER_SP] += 8;
		*to = popped;
		break;
	case WEIR_EMULATED_MOV64:
		*to = from;
		break;
	case WEIR_EMULATED_MOV32:
		*to = (weir_u32)from;
		break;
	case WEIR_EMULATED_LEA64:
		*to = from + imm;
		break;
	case WEIR_EMULATED_LEA_IP:
		*to = next + imm;
		break;
	case WEIR_EMULATED_XOR64:
	case WEIR_EMULATED_XOR32:
		result = WEIR_EMULATED(cookie) == WEIR_EMULATED_XOR64 ? old ^ from : (weir_u32)(old ^ from);
		flags = weir_flags_of(result, WEIR_EMULATED(cookie) == WEIR_EMULATED_XOR64 ? 1ULL << 63 : 1ULL << 31, 0);
		r->flags = (r->flags & ~(weir_u64)WEIR_FLAGS_ARITHMETIC) | flags;
		*to = result;
		break;
	case WEIR_EMULATED_ADD64:
		result = old + imm;
		flags = (result < old ? WEIR_FLAG_CARRY : 0) | ((old ^ imm ^ result) & WEIR_FLAG_ADJUST) |
			((old ^ result) & (imm ^ result) & 1ULL << 63 ? WEIR_FLAG_OVERFLOW : 0);
		r->flags = (r->flags & ~(weir_u64)WEIR_FLAGS_ARITHMETIC) | weir_flags_of(result, 1ULL << 63, flags);
		*to = result;
		break;
	case WEIR_EMULATED_SUB64:
		result = old - imm;
		flags = (old < imm ? WEIR_FLAG_CARRY : 0) | ((old ^ imm ^ result) & WEIR_FLAG_ADJUST) |
			((old ^ imm) & (old ^ result) & 1ULL << 63 ? WEIR_FLAG_OVERFLOW : 0);
		r->flags = (r->flags & ~(weir_u64)WEIR_FLAGS_ARITHMETIC) | weir_flags_of(result, 1ULL << 63, flags);
		*to = result;
		break;
	default:
		return -1;
	}
	r->ip = next;
	return 0;
}

/*
 * The stack pointer before the instruction, given that after it; for a program that comes second at a site whose instruction
 * another one has performed already.
 */
static inline __attribute__((always_inline)) weir_u64 weir_emulation_undo_sp(weir_u64 cookie, weir_u64 sp)
{
	weir_u64 imm = WEIR_EMULATED_IMM(cookie);
	int moves_sp = WEIR_EMULATED_TO(cookie) == WEIR_REGISTER_SP;

	switch (WEIR_EMULATED(cookie)) {
	case WEIR_EMULATED_RET:
		return sp - 8 - imm;
	case WEIR_EMULATED_POP:
		return sp - 8;
	case WEIR_EMULATED_LEA64:
	case WEIR_EMULATED_ADD64:
		return moves_sp ? sp - imm : sp;
	case WEIR_EMULATED_SUB64:
		return moves_sp ? sp + imm : sp;
	}
	return sp;
}

#endif
