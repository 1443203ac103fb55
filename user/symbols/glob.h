/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell globs on names that are not paths: no character is special to * and ?, and no input takes long. */
#ifndef WEIR_GLOB_H
#define WEIR_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does all of text[0 .. length) match `pattern`? `*`, `?`, `[a-z]`, `[!a-z]`, `[^a-z]` and `\` as in
 * POSIX.1-2017, Shell, 2.13 without classes; a `[` that is not closed stands for itself. Time is
 * O(pattern * text).
 */
bool glob_match(const char *pattern, const char *text, size_t length);

#endif
