/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/keys.h"

#include <string.h>

#include "out/utf8.h"

const struct key_spec keys[] = {
	{"?", "Show this help, or hide it", "help"},
	{"q", "Quit; the target goes on, without breakpoints", "quit"},
	{"1 to 6", "Tree, operators, queries, memory, errors, processes; Tab goes to the next", NULL},
	{"Up Down PgUp PgDn Home End", "Choose a row", NULL},
	{"Left Right < >", "Choose the column that rows are sorted by", NULL},
	{"<>", NULL, "sort"},
	{"r", "Reverse the order", NULL},
	{"Enter", "Show the selected row in detail: latencies, callers, callees, slowest queries", "detail"},
	{"f", "Fold what is below the selected row of the tree, or unfold it; F: unfold all", NULL},
	{"w", "Show the last interval, or all since weir attached", "window"},
	{"/", "Filter rows by function, label or module; Enter keeps it, Esc drops it", "filter"},
	{"space", "Pause: what is shown stays; measuring goes on", "pause"},
	{"+ -", "A longer or a shorter interval", NULL},
	{"s", "Write all counters to a file, as weir snapshot does", "save"},
};

const size_t keys_count = sizeof(keys) / sizeof(keys[0]);

static void select_row(const struct picture *picture, size_t index)
{
	const struct rows *rows = picture->rows;
	struct view_place *place = view_place(picture->state);

	if (!rows->count)
		return;
	place->index = index < rows->count ? index : rows->count - 1;
	place->selected = rows->items[place->index].key;
}

static void move(const struct picture *picture, uint32_t key, size_t page)
{
	size_t at = rows_selected(picture->rows, view_place(picture->state));
	struct view_state *state = picture->state;

	page = page ? page : 1;
	if (state->help) {
		size_t step = key == KEY_CODE_PAGE_UP || key == KEY_CODE_PAGE_DOWN ? page : 1;

		if (key == KEY_CODE_UP || key == KEY_CODE_PAGE_UP)
			state->help_scroll -= state->help_scroll < step ? state->help_scroll : step;
		else
			state->help_scroll += step;
		return;
	}
	if (key == KEY_CODE_UP)
		select_row(picture, at ? at - 1 : 0);
	else if (key == KEY_CODE_DOWN)
		select_row(picture, at + 1);
	else if (key == KEY_CODE_PAGE_UP)
		select_row(picture, at > page ? at - page : 0);
	else if (key == KEY_CODE_PAGE_DOWN)
		select_row(picture, at + page);
	else
		select_row(picture, key == KEY_CODE_HOME ? 0 : SIZE_MAX);
}

/* To the next column that the view has, from the left to the right. */
static void choose_sort(const struct picture *picture, int step)
{
	const struct columns *columns = picture->columns;
	struct view_place *place = view_place(picture->state);

	for (long i = (long)place->sort + step; i >= 0 && i < (long)columns->count; i += step) {
		if (!table_has_column(picture, &columns->items[i]))
			continue;
		place->sort = (size_t)i;
		return;
	}
}

static void fold(const struct picture *picture)
{
	const struct rows *rows = picture->rows;
	size_t at = rows_selected(rows, view_place(picture->state));

	if (picture->state->view == VIEW_TREE && at < rows->count && rows->items[at].has_children)
		(void)view_fold(picture->state, rows->items[at].key); /* out of memory: it stays as it is */
}

static void set_view(struct view_state *state, enum view view)
{
	state->view = view;
	state->help = false;
}

static void change_interval(struct view_state *state, int step)
{
	static const uint64_t steps_ms[] = {100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000};
	int count = (int)(sizeof(steps_ms) / sizeof(steps_ms[0])), i = 0;

	while (i < count - 1 && steps_ms[i] * 1000000 < state->interval_ns)
		i++;
	if (steps_ms[i] * 1000000 > state->interval_ns && step > 0)
		i--; /* between two of them: to the next one */
	i += step;
	state->interval_ns = steps_ms[i < 0 ? 0 : i >= count ? count - 1 : i] * 1000000;
}

static size_t character_length(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static void filter_append(struct view_state *state, uint32_t c)
{
	size_t used = strlen(state->filter), length = character_length(c);
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	char *to = state->filter + used;

	if (c < 0x20 || c == 0x7f || c > 0x10ffff || used + length > FILTER_MAX)
		return;
	to[length] = '\0';
	for (size_t i = length; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(leads[length == 1 ? 0 : length] | c);
}

static void filter_cut(struct view_state *state)
{
	size_t used = strlen(state->filter);

	while (used && (state->filter[used - 1] & 0xc0) == 0x80)
		used--;
	state->filter[used ? used - 1 : 0] = '\0';
}

static void type(struct view_state *state, uint32_t key)
{
	if (key == KEY_CODE_ENTER) {
		state->typing = false;
	} else if (key == KEY_CODE_ESCAPE) {
		state->typing = false;
		state->filter[0] = '\0';
	} else if (key == KEY_CODE_BACKSPACE) {
		filter_cut(state);
	} else {
		filter_append(state, key);
	}
}

static enum press press_special(uint32_t key, const struct picture *picture, size_t lines)
{
	struct view_state *state = picture->state;

	switch (key) {
	case KEY_CODE_LEFT:
		choose_sort(picture, -1);
		break;
	case KEY_CODE_RIGHT:
		choose_sort(picture, 1);
		break;
	case KEY_CODE_ENTER:
		state->detail = !state->detail && !state->help;
		state->help = false;
		break;
	case KEY_CODE_ESCAPE: /* out of the innermost thing */
		if (state->help)
			state->help = false;
		else if (state->detail)
			state->detail = false;
		else
			state->filter[0] = '\0';
		break;
	case KEY_CODE_RESIZE:
	case KEY_CODE_BACKSPACE:
		break;
	default:
		move(picture, key, lines);
	}
	return PRESS_REDRAW;
}

static enum press press_character(uint32_t key, const struct picture *picture)
{
	struct view_state *state = picture->state;

	switch (key) {
	case 'q':
		return PRESS_QUIT;
	case 's':
		return PRESS_SAVE;
	case ' ':
		return PRESS_PAUSE;
	case '+':
	case '=': /* the same key without shift */
	case '-':
		change_interval(state, key == '-' ? -1 : 1);
		return PRESS_INTERVAL;
	case '?':
	case 'h':
		state->help = !state->help;
		state->help_scroll = 0;
		break;
	case '/':
		state->typing = true;
		state->help = false;
		break;
	case '<':
		choose_sort(picture, -1);
		break;
	case '>':
		choose_sort(picture, 1);
		break;
	case 'r':
		view_place(state)->ascending = !view_place(state)->ascending;
		break;
	case 'f':
		fold(picture);
		break;
	case 'F':
		state->folded_count = 0;
		break;
	case 'w':
		state->since_start = !state->since_start;
		break;
	case '\t':
		set_view(state, (state->view + 1) % VIEW_COUNT);
		break;
	default:
		if (key >= '1' && key < '1' + VIEW_COUNT)
			set_view(state, (enum view)(key - '1'));
	}
	return PRESS_REDRAW;
}

enum press keys_press(uint32_t key, const struct picture *picture, size_t lines)
{
	picture->state->note[0] = '\0';
	if (picture->state->typing && key != KEY_CODE_RESIZE) {
		type(picture->state, key);
		return PRESS_REDRAW;
	}
	return key >= KEY_CODE_UP ? press_special(key, picture, lines) : press_character(key, picture);
}
