/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal as it was, put back by a signal handler where weir is ended or crashes while it paints. */
#ifndef WEIR_TOP_RESTORE_H
#define WEIR_TOP_RESTORE_H

struct termios;

/* From now on fatal signals put back `modes` and end ncurses' screen. terminfo has been set up (newterm). */
void restore_arm(const struct termios *modes);
void restore_disarm(void); /* the screen has ended as it should */

#endif
