/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USDT sites: places in a program's code that its authors marked, each a nop with a note in .note.stapsdt that tells its name, where its
 * arguments are, and, where making them is dear, the counter (semaphore) that must not be 0 for the place to be reached. Format of the
 * note: sourceware.org/systemtap/wiki/UserSpaceProbeImplementation; of operands: AT&T syntax, as the compiler put them in.
 */
#ifndef WEIR_USDT_H
#define WEIR_USDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;

enum {
	USDT_NOTES_MAX_BYTES = 16 << 20,
	USDT_SITES_MAX = 16384, /* QEMU has some 8,000 */
	USDT_OPERANDS_MAX = 6, /* that expressions have names for */
};

struct usdt_site {
	const char *name;      /* "provider:name"; owned by the module */
	const char *operands;  /* as the note has them: "8@%rax -4@$0"; owned by the module */
	uint64_t address;      /* link-time */
	uint64_t file_offset;
	uint64_t semaphore_offset; /* of its counter, 16 bits, in the module's file; 0: it has none */
	bool semaphore_lost;   /* it has one, but not in the file's data: the place cannot be made to be reached */
};

/*
 * All sites of the module whose place is code, in the order of the notes; several may have one name. The array belongs to the
 * module. Returns 0 (also with none) or -errno (logged once).
 */
int module_usdt(struct module *module, const struct usdt_site **ret_sites, size_t *ret_count);

enum usdt_operand_kind {
	USDT_NOTHING,  /* it cannot be read: %xmm0, %fs:8, a symbol of a shared object ... */
	USDT_CONSTANT, /* `value` */
	USDT_REGISTER, /* `base` */
	USDT_MEMORY,   /* at base + index * scale + value; no base: at the link-time address of `symbol` + value */
};

struct usdt_operand {
	enum usdt_operand_kind kind;
	uint8_t size; /* bytes: 1, 2, 4, 8 */
	bool is_signed;
	bool high_byte; /* REGISTER: %ah and the like, bits 8 to 15 */
	uint8_t base, index; /* enum weir_register; WEIR_MACHINE_REGISTERS: none */
	uint8_t scale; /* 1, 2, 4, 8 */
	int64_t value;
	const char *symbol; /* in the text, not ended by a NUL; NULL: none */
	size_t symbol_length;
	const char *text; /* the whole operand, likewise */
	size_t text_length;
};

/* Take operands apart, USDT_OPERANDS_MAX at most. Takes hostile bytes. Returns how many there are. */
size_t usdt_operands_parse(const char *operands, struct usdt_operand ret_operands[USDT_OPERANDS_MAX]);

#endif
