/* SPDX-License-Identifier: GPL-2.0-or-later */
#define NCURSES_WIDECHAR 1
#include "top/terminal.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "top/keys.h"
#include "top/palette.h"
#include "top/restore.h"

/* atexit() hands nothing to its function. */
static struct {
	bool active;
	struct termios modes;
} terminal;

bool terminal_usable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

static void start_colors(bool color)
{
	if (!color || !has_colors())
		return;
	start_color();
	use_default_colors();
	for (int i = 0; i < INK_COUNT; i++)
		init_pair((short)(i + 1), (short)(COLORS >= 256 ? palette[i].color : palette[i].basic), -1);
}

int terminal_start(bool color)
{
	const char *term = getenv("TERM");

	setlocale(LC_CTYPE, "");
	if (tcgetattr(STDIN_FILENO, &terminal.modes))
		return -errno;
	set_escdelay(100); /* ms; the rest of a key can come late over a slow line */
	/* initscr() would end the process where it fails */
	if (!newterm(NULL, stdout, stdin)) {
		log_error("cannot use the terminal: nothing is known of TERM=%s", term ? term : "");
		return -ENOTTY;
	}
	terminal.active = true;
	restore_arm(&terminal.modes);
	atexit(terminal_stop);
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	start_colors(color);
	return 0;
}

void terminal_stop(void)
{
	if (!terminal.active)
		return;
	terminal.active = false;
	restore_disarm();
	endwin();
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.modes);
}

void terminal_size(unsigned *ret_rows, unsigned *ret_columns)
{
	*ret_rows = (unsigned)getmaxy(stdscr);
	*ret_columns = (unsigned)getmaxx(stdscr);
}

static attr_t attributes_of(enum ink ink)
{
	return (palette[ink].bold ? A_BOLD : A_NORMAL) | (palette[ink].reverse ? A_REVERSE : A_NORMAL);
}

/* Cells of one ink side by side go out at once. */
static void paint_row(const struct screen *screen, unsigned row)
{
	char text[4096];
	unsigned column = 0;

	move((int)row, 0);
	while (column < screen->columns) {
		enum ink ink = screen_cell(screen, row, column)->ink;
		size_t length = 0;

		for (; column < screen->columns && length < sizeof(text) - sizeof(struct cell); column++) {
			const struct cell *cell = screen_cell(screen, row, column);
			size_t bytes = strnlen(cell->text, sizeof(cell->text));

			if (cell->ink != ink)
				break;
			memcpy(text + length, cell->text, bytes);
			length += bytes;
		}
		attr_set(attributes_of(ink), has_colors() ? (short)(ink + 1) : 0, NULL);
		addnstr(text, (int)length);
	}
}

void terminal_paint(const struct screen *screen)
{
	erase();
	for (unsigned row = 0; row < screen->rows; row++)
		paint_row(screen, row);
	refresh();
}

static int64_t special_key(wint_t key)
{
	static const struct {
		wint_t curses;
		enum key key;
	} keys[] = {
		{KEY_UP, KEY_CODE_UP}, {KEY_DOWN, KEY_CODE_DOWN}, {KEY_LEFT, KEY_CODE_LEFT}, {KEY_RIGHT, KEY_CODE_RIGHT},
		{KEY_PPAGE, KEY_CODE_PAGE_UP}, {KEY_NPAGE, KEY_CODE_PAGE_DOWN}, {KEY_HOME, KEY_CODE_HOME},
		{KEY_END, KEY_CODE_END}, {KEY_ENTER, KEY_CODE_ENTER}, {KEY_BACKSPACE, KEY_CODE_BACKSPACE},
		{KEY_RESIZE, KEY_CODE_RESIZE}, {KEY_DC, KEY_CODE_BACKSPACE},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == key)
			return keys[i].key;
	return terminal_key();
}

int64_t terminal_key(void)
{
	wint_t key = 0;
	int kind = get_wch(&key);

	if (kind == ERR)
		return -1;
	if (kind == KEY_CODE_YES)
		return special_key(key);
	if (key == '\r' || key == '\n')
		return KEY_CODE_ENTER;
	if (key == 27)
		return KEY_CODE_ESCAPE;
	if (key == 127 || key == 8)
		return KEY_CODE_BACKSPACE;
	return (int64_t)key;
}
