/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the place of the table, where no profile matches: what weir stat says then. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/unmatched.h"
#include "top/picture.h"

enum { WRAPPED = 120 }; /* columns of a sentence in a pipe */

static bool is_shown(const struct picture *picture)
{
	return picture->frame->now->unmatched && picture->state->view < VIEW_ERRORS && !picture->state->filter[0];
}

static char *text_of(const struct picture *picture, unsigned columns, bool utf8)
{
	const struct text_style style = { .columns = picture->plain || !columns ? WRAPPED : columns, .utf8 = utf8 };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if ((unmatched_write(picture->frame->now, &style, out) != 0) | (fclose(out) != 0)) {
		free(text);
		return NULL;
	}
	return text;
}

unsigned unmatched_lines(const struct picture *picture)
{
	_cleanup_free_ char *text = is_shown(picture) ? text_of(picture, 0, true) : NULL;
	unsigned lines = 0;

	for (const char *at = text; at && (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

bool unmatched_draw(const struct picture *picture, const struct area *area)
{
	_cleanup_free_ char *text = is_shown(picture) ? text_of(picture, area->columns, area->screen->utf8) : NULL;
	unsigned line = 0;

	for (char *at = text, *end; at && (end = strchr(at, '\n')) && line < area->rows; at = end + 1) {
		*end = '\0';
		area_put(area, line++, 0, INK_PLAIN, at);
	}
	return text != NULL;
}
