/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/palette.h"

const struct look palette[INK_COUNT] = {
	[INK_PLAIN] = {-1, -1, false, false},
	[INK_TITLE] = {-1, -1, true, false},
	[INK_FAINT] = {243, -1, false, false},
	[INK_HEADING] = {-1, -1, false, true},
	[INK_SORTED] = {-1, -1, true, false},
	[INK_SELECTED] = {-1, -1, false, true},
	[INK_KEY] = {30, 6, true, false},
	[INK_GOOD] = {28, 2, false, false},
	[INK_WARNING] = {130, 5, true, false},
	[INK_BAD] = {160, 1, true, false},
	[INK_BAR] = {30, 6, false, false},
	[INK_BAR_PAST] = {243, -1, false, false},
};

bool palette_shows_blanks(enum ink ink)
{
	return palette[ink].reverse;
}

void palette_write(enum ink ink, FILE *out)
{
	const struct look *look = &palette[ink];

	fputs("\033[0", out);
	if (look->bold)
		fputs(";1", out);
	if (look->reverse)
		fputs(";7", out);
	if (look->color >= 0)
		fprintf(out, ";38;5;%d", look->color);
	putc('m', out);
}
