/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal while weir has it: ncurses paints a screen, keys are read. However weir ends (return, exit, a signal, a crash) the
 * terminal gets back what it had; SIGKILL alone leaves it as it is. One at a time.
 */
#ifndef WEIR_TOP_TERMINAL_H
#define WEIR_TOP_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "top/screen.h"

/* Are stdin and stdout a terminal that can be painted? */
bool terminal_usable(void);

/* Take the terminal. Returns 0 or -errno (logged: what $TERM says is not known). */
int terminal_start(bool color);
void terminal_stop(void); /* as often as you like */

void terminal_size(unsigned *ret_rows, unsigned *ret_columns);
void terminal_paint(const struct screen *screen);

/* A key (a character, or one of enum key) or -1: there is none. Never waits. */
int64_t terminal_key(void);

#endif
