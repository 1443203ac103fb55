/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How inks look. Colours are of middling lightness, so that they read on dark and on light backgrounds alike (the unit
 * test computes their contrast); nothing is told by colour alone.
 */
#ifndef WEIR_TOP_PALETTE_H
#define WEIR_TOP_PALETTE_H

#include <stdbool.h>
#include <stdio.h>

#include "top/screen.h"

struct look {
	int color;      /* of 256 (xterm's palette); -1: the terminal's own */
	int basic;      /* of 8, where there are no more */
	bool bold, reverse;
};

extern const struct look palette[INK_COUNT];

bool palette_shows_blanks(enum ink ink); /* reversed: a blank is seen */
void palette_write(enum ink ink, FILE *out); /* the escape sequence that sets it, whatever was set before */

#endif
