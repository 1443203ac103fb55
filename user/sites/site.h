/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instruction of a function to put the breakpoint on. A site is a choice, not the symbol's address:
 * the kernel emulates some instructions and single-steps the rest, which is 3 to 60 times dearer.
 * Pure functions of bytes (Zydis decodes); no ELF, no kernel.
 */
#ifndef WEIR_SITE_H
#define WEIR_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the kernel does with a breakpoint on the instruction. Source: arch/x86/kernel/uprobes.c
 * (uprobe_init_insn, branch_setup_xol_ops, push_setup_xol_ops), each line below tried on 6.18. The class is what
 * every kernel gives that weir runs on: where kernels differ, the dearer one.
 */
enum site_class {
	SITE_NOP5,     /* 0f 1f 44 00 00: a syscall instead of a trap on kernels that have it, else emulated */
	SITE_EMULATED, /* nop (the kernel's own forms of 1 to 8 bytes), push r64, jmp/jcc/call rel */
	SITE_STEPPED,  /* any other: executed out of line, with a single-step trap */
	SITE_REFUSED,  /* invalid; a prefix that the kernel refuses or that never fires (CS, DS, ES, SS, LOCK, a branch
			* with 66); or one that the kernel accepts and gets wrong (some VEX, xchg r8, rax: see site.c) */
	SITE_CLASS_COUNT
};

const char *site_class_name(enum site_class class); /* "nop5", "emulated", "stepped", "refused" */

/*
 * The class of the instruction at `code`, and its length in bytes (0 if it cannot be decoded).
 *
 * SITE_NOP5 has a price: kernels that turn it into a call push its return address, and so overwrite the red zone
 * below the stack pointer. site_choose_entry() sees to that; whoever puts a site elsewhere in a function must not
 * choose a SITE_NOP5 there (seen on 6.18: a leaf function that kept a variable there read the address instead).
 */
enum site_class site_classify(const uint8_t *code, size_t size, unsigned *ret_length);

/* Registers that hold the integer arguments of the System V ABI, as a mask: bit 0 = rdi (arg1) ... bit 5 = r9. */
enum {
	SITE_ARG1 = 1 << 0,
	SITE_ARG2 = 1 << 1,
	SITE_ARG3 = 1 << 2,
	SITE_ARG4 = 1 << 3,
	SITE_ARG5 = 1 << 4,
	SITE_ARG6 = 1 << 5,
	/* further registers that can be asked to stay as they are */
	SITE_RAX = 1 << 6,
	SITE_RBX = 1 << 7,
	SITE_R14 = 1 << 8,
};

enum { SITE_STEPS_MAX = 16 };

struct entry_site {
	uint32_t offset;       /* from the function's start, bytes */
	enum site_class class;
	char instruction[48];  /* as text: "push rbp" */
};

/*
 * Choose the entry site of the function whose `size` bytes are at `code` (link-time address `address`, for the
 * text of branch targets and the place in the page). Steps over leading instructions (SITE_STEPS_MAX at most) that
 * change neither the stack pointer nor the return address nor control flow nor a register of `needed_args`, to the
 * first one that the kernel emulates; nothing inside the function may jump into the part stepped over or onto the
 * site. Jumps to the function's first byte do not count: they are a call again, as a tail call to itself is.
 * Where no such site exists, the first instruction, or, where that is refused, the first one after it that is not
 * and that meets the same terms.
 * The stack pointer is unchanged at the site, so that the return address is on top of the stack.
 *
 * `complete`: code[0 .. size) is the whole function. Where it is not (bounds unknown), jumps from further on cannot
 * be seen and only offset 0, or a push behind endbr64, is chosen. Where the function jumps through a table or
 * cannot be decoded to its end, only offset 0, a push, or what comes right behind endbr64.
 * Other functions that jump into the part stepped over (a second symbol there) are the caller's to know.
 * Returns 0, or -EINVAL where no site can be had.
 */
int site_choose_entry(const uint8_t *code, size_t size, bool complete, uint64_t address, uint32_t needed_args,
		      struct entry_site *ret_site);

/*
 * A site at exactly this place, which somebody else chose; *ret_site as there. Returns 0, or -EINVAL where it can carry none, or none
 * that is safe in the middle of a function.
 */
int site_at(const uint8_t *code, size_t size, uint64_t address, struct entry_site *ret_site);

#endif
