/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/screen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "out/utf8.h"
#include "top/palette.h"

int screen_init(unsigned rows, unsigned columns, bool utf8, struct screen *ret_screen)
{
	size_t count = (size_t)rows * columns;
	struct cell *cells = calloc(count ? count : 1, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	*ret_screen = (struct screen){rows, columns, utf8, cells};
	screen_clear(ret_screen);
	return 0;
}

void screen_clear(struct screen *screen)
{
	for (size_t i = 0; i < (size_t)screen->rows * screen->columns; i++)
		screen->cells[i] = (struct cell){.text = " ", .columns = 1};
}

void screen_free(struct screen *screen)
{
	free(screen->cells);
	*screen = (struct screen){0};
}

static unsigned row_end(const struct screen *screen, unsigned row)
{
	unsigned end = screen->columns;

	while (end) {
		const struct cell *cell = screen_cell(screen, row, end - 1);

		if (strcmp(cell->text, " ") || palette_shows_blanks(cell->ink))
			break;
		end--;
	}
	return end;
}

void screen_write(const struct screen *screen, bool color, FILE *out)
{
	for (unsigned row = 0; row < screen->rows; row++) {
		unsigned end = row_end(screen, row);
		uint8_t ink = INK_PLAIN;

		for (unsigned column = 0; column < end; column++) {
			const struct cell *cell = screen_cell(screen, row, column);

			if (color && cell->ink != ink)
				palette_write(cell->ink, out);
			ink = cell->ink;
			fwrite(cell->text, 1, strnlen(cell->text, sizeof(cell->text)), out);
		}
		if (color && ink != INK_PLAIN)
			palette_write(INK_PLAIN, out);
		putc('\n', out);
	}
}

struct area area_whole(struct screen *screen)
{
	return (struct area){screen, 0, 0, screen->rows, screen->columns};
}

struct area area_take_rows(struct area *area, unsigned rows)
{
	struct area taken = *area;

	taken.rows = rows < area->rows ? rows : area->rows;
	area->row += taken.rows;
	area->rows -= taken.rows;
	return taken;
}

struct area area_take_columns(struct area *area, unsigned columns)
{
	struct area taken = *area;

	taken.columns = columns < area->columns ? columns : area->columns;
	area->column += taken.columns;
	area->columns -= taken.columns;
	return taken;
}

/* What combines with the character before it joins its cell, as far as there is room. */
static void cell_join(struct cell *cell, const char *text, size_t length)
{
	size_t used = strnlen(cell->text, sizeof(cell->text));

	if (used + length < sizeof(cell->text))
		memcpy(cell->text + used, text, length);
}

unsigned area_put(const struct area *area, unsigned row, unsigned column, enum ink ink, const char *text)
{
	size_t length;

	for (; *text; text += length) {
		char character[8] = "";
		unsigned columns;
		struct cell *cell;

		utf8_decode(text, &length);
		memcpy(character, text, length);
		columns = (unsigned)utf8_columns(character);
		if (row >= area->rows || column + columns > area->columns)
			return column;
		cell = screen_cell(area->screen, area->row + row, area->column + column);
		if (!columns) {
			if (column)
				cell_join(cell - 1, text, length);
			continue;
		}
		*cell = (struct cell){.columns = (uint8_t)columns, .ink = (uint8_t)ink};
		memcpy(cell->text, character, sizeof(character));
		if (columns == 2)
			cell[1] = (struct cell){.ink = (uint8_t)ink};
		column += columns;
	}
	return column;
}

unsigned area_printf(const struct area *area, unsigned row, unsigned column, enum ink ink, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return area_put(area, row, column, ink, text);
}

void area_put_right(const struct area *area, unsigned row, unsigned end, enum ink ink, const char *text)
{
	unsigned columns = (unsigned)utf8_columns(text);

	area_put(area, row, columns < end ? end - columns : 0, ink, text);
}

void area_put_cut(const struct area *area, unsigned row, unsigned column, enum ink ink, const char *text)
{
	const char *ellipsis = area->screen->utf8 ? "\xe2\x80\xa6" : "...";
	unsigned room = column < area->columns ? area->columns - column : 0;
	char beginning[1024];
	size_t fits;

	if (utf8_columns(text) <= room) {
		area_put(area, row, column, ink, text);
		return;
	}
	fits = utf8_columns(ellipsis) < room ? utf8_fit(text, room - utf8_columns(ellipsis)) : 0;
	snprintf(beginning, sizeof(beginning), "%.*s", (int)fits, text);
	column = area_put(area, row, column, ink, beginning);
	area_put(area, row, column, ink, ellipsis);
}

void area_ink_row(const struct area *area, unsigned row, enum ink ink)
{
	for (unsigned i = 0; row < area->rows && i < area->columns; i++)
		screen_cell(area->screen, area->row + row, area->column + i)->ink = (uint8_t)ink;
}

void area_bar(const struct area *area, unsigned row, unsigned column, unsigned columns, enum ink ink, double share)
{
	unsigned eighths = (unsigned)(share * columns * 8 + 0.5);

	if (share > 0 && !eighths)
		eighths = 1;
	if (!area->screen->utf8)
		eighths = (eighths + 7) / 8 * 8;
	for (unsigned i = 0; i < columns && eighths; i++) {
		unsigned part = eighths < 8 ? eighths : 8;
		char block[4] = {(char)0xe2, (char)0x96, (char)(0x90 - part), 0}; /* U+2588 is full, U+258F an eighth */

		area_put(area, row, column + i, ink, area->screen->utf8 ? block : "#");
		eighths -= part;
	}
}
