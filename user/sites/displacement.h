/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Displacements in a function's code: by them a build shows where the members of its structures are. */
#ifndef WEIR_DISPLACEMENT_H
#define WEIR_DISPLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Does one of the instructions of the `size` bytes at `code` address memory at `displacement` from a register other than the stack
 * pointer and the instruction pointer, or add it to one (lea)? Read in the order of the code up to the first bytes that are no instruction.
 */
bool site_has_displacement(const uint8_t *code, size_t size, int64_t displacement);

#endif
