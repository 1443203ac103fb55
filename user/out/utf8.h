/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels come from the target's memory: any bytes. Here they become valid UTF-8 for JSON, and harmless for terminals. */
#ifndef WEIR_OUT_UTF8_H
#define WEIR_OUT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_REPLACEMENT = 0xfffd };

/*
 * The code point at `text` (not at its NUL) and the bytes it takes. What is no UTF-8 gives U+FFFD for each maximal
 * part of a character, as the Unicode standard advises (chapter 3, "U+FFFD Substitution of Maximal Subparts").
 */
uint32_t utf8_decode(const char *text, size_t *ret_length);

/* A copy of `text` with U+FFFD for what is no UTF-8, nothing else changed; NULL when out of memory. The caller frees it. */
char *utf8_repair(const char *text);

/*
 * A copy of `text` that can be shown in a terminal: one line, runs of white space made one blank, control and
 * direction-changing characters as "\x1b" and "\u202e", without `utf8` anything but ASCII as "?".
 * NULL when out of memory. The caller frees it.
 */
char *utf8_flatten(const char *text, bool utf8);

/* Columns that `text` (flattened) takes in a terminal: 2 for wide characters, 0 for combining ones. */
size_t utf8_columns(const char *text);

/* Bytes of the longest beginning of `text` (flattened) that fits `columns`. */
size_t utf8_fit(const char *text, size_t columns);

#endif
