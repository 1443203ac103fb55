/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that a function's code puts into objects: how functions without a symbol are found. */
#ifndef WEIR_STORED_H
#define WEIR_STORED_H

#include <stddef.h>
#include <stdint.h>

enum { STORED_MAX = 32 };

/*
 * Addresses worked out relative to the instruction (lea reg, [rip + x]) that the `size` bytes at `code`, link-time address `address`,
 * store at `displacement` bytes from some register other than the stack pointer. Read in the order of the code, jumps aside.
 * Returns how many are put in ret_addresses, each once, STORED_MAX at most. Whether they are functions is the caller's to know.
 */
size_t site_find_stored(const uint8_t *code, size_t size, uint64_t address, int64_t displacement, uint64_t ret_addresses[STORED_MAX]);

/* The same of addresses that it hands to what it calls or jumps to, as integer argument `argument` (1 to 6). */
size_t site_find_passed(const uint8_t *code, size_t size, uint64_t address, unsigned argument, uint64_t ret_addresses[STORED_MAX]);

#endif
