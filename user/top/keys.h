/* SPDX-License-Identifier: GPL-2.0-or-later */
/* THE table of keys: what each does to the state of the view; the help and the footer come from it. */
#ifndef WEIR_TOP_KEYS_H
#define WEIR_TOP_KEYS_H

#include "top/picture.h"

/* Keys that are no characters. */
enum key {
	KEY_CODE_UP = 0x110000, /* behind the last character of Unicode */
	KEY_CODE_DOWN,
	KEY_CODE_LEFT,
	KEY_CODE_RIGHT,
	KEY_CODE_PAGE_UP,
	KEY_CODE_PAGE_DOWN,
	KEY_CODE_HOME,
	KEY_CODE_END,
	KEY_CODE_ENTER,
	KEY_CODE_ESCAPE,
	KEY_CODE_BACKSPACE,
	KEY_CODE_RESIZE, /* the terminal has another size */
};

/* What the caller has to do. */
enum press {
	PRESS_REDRAW,
	PRESS_QUIT,
	PRESS_SAVE,     /* write the snapshot */
	PRESS_INTERVAL, /* the interval has changed */
	PRESS_PAUSE,
};

struct key_spec {
	const char *name;  /* "<", "Enter" */
	const char *help;  /* one sentence without its full stop */
	const char *brief; /* for the footer; NULL: not there */
};

extern const struct key_spec keys[];
extern const size_t keys_count;

/* `picture`: as it was drawn last, on a table of `lines` lines. */
enum press keys_press(uint32_t key, const struct picture *picture, size_t lines);

#endif
