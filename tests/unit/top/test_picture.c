/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Screens of a fixed snapshot, in each view and size, against files that were looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../golden/golden.h"
#include "../out/fixture.h"
#include "moments.h"
#include "top/keys.h"

static char *text_of(struct moment *moment, unsigned rows, unsigned columns, bool utf8, bool color)
{
	struct screen screen;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	moment_draw(moment, rows, columns, utf8, &screen);
	screen_write(&screen, color, out);
	assert_int_equal(fclose(out), 0);
	screen_free(&screen);
	return text;
}

static const struct {
	unsigned rows, columns;
	bool utf8, color;
	const char *name;
} sizes[] = {
	{24, 80, true, false, "80x24-utf8"},
	{24, 80, false, false, "80x24-ascii"},
	{24, 80, true, true, "80x24-utf8-color"},
	{50, 200, true, false, "200x50-utf8"},
	{50, 200, false, true, "200x50-ascii-color"},
	{15, 60, true, false, "60x15-utf8"},
};

static void check_golden(struct moment *moment, const char *what)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char path[128];
		char *text = text_of(moment, sizes[i].rows, sizes[i].columns, sizes[i].utf8, sizes[i].color);

		snprintf(path, sizeof(path), "tests/golden/top-%s-%s.txt", what, sizes[i].name);
		golden_compare(path, text);
		free(text);
	}
}

static void every_view_is_as_looked_at(void **state)
{
	(void)state;
	for (int view = 0; view < VIEW_COUNT; view++) {
		struct moment moment;

		moment_init(&moment);
		moment.state.view = (enum view)view;
		check_golden(&moment, view_name((enum view)view));
		moment_free(&moment);
	}
}

static void the_detail_is_as_looked_at(void **state)
{
	static const enum view with_detail[] = {VIEW_TREE, VIEW_OPERATORS, VIEW_QUERIES};
	static const size_t selected[] = {3, 1, 0};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct moment moment;
		char what[32];

		moment_init(&moment);
		moment.state.view = with_detail[i];
		moment.state.detail = true;
		view_place(&moment.state)->index = selected[i];
		snprintf(what, sizeof(what), "detail-%s", view_name(with_detail[i]));
		check_golden(&moment, what);
		moment_free(&moment);
	}
}

static void the_help_is_as_looked_at(void **state)
{
	struct moment moment;

	(void)state;
	moment_init(&moment);
	moment.state.help = true;
	check_golden(&moment, "help");
	moment_free(&moment);
}

/* What the screen says of a target that has ended, while it pauses and a filter is typed, all at once. */
static void what_happens_to_the_target_is_told(void **state)
{
	struct moment moment;
	char *text;

	(void)state;
	moment_init(&moment);
	strcpy(moment.state.ended, "ENDED at 12:34:56");
	moment.state.paused = true;
	moment.state.typing = true;
	strcpy(moment.state.filter, "sort");
	text = text_of(&moment, 24, 80, true, false);
	assert_non_null(strstr(text, "ENDED at 12:34:56"));
	assert_non_null(strstr(text, "PAUSED"));
	assert_non_null(strstr(text, "\n/sort "));
	assert_non_null(strstr(text, "sort by price"));
	assert_null(strstr(text, "scan"));
	free(text);
	moment_free(&moment);
}

/* Any size, any view, all at once: no cell lies outside, and nothing of the labels reaches the terminal as control. */
static void no_size_does_harm(void **state)
{
	(void)state;
	for (unsigned size = 0; size < 300; size += size < 40 ? 1 : 17) {
		struct moment moment;

		moment_init(&moment);
		moment.state.view = (enum view)(size % VIEW_COUNT);
		moment.state.help = size % 7 == 0;
		moment.state.detail = size % 4 < 2;
		moment.state.typing = size % 5 == 0;
		moment.state.since_start = size % 2;
		for (int i = 0; i < 4; i++) {
			unsigned rows = i & 1 ? 1 + size : 24, columns = i & 2 ? 1 + size : 80;
			char *text = text_of(&moment, rows, columns, size % 3, false);

			for (const char *c = text; *c; c++)
				assert_true((unsigned char)*c >= 0x20 || *c == '\n');
			free(text);
		}
		moment_free(&moment);
	}
}

static void press(struct moment *moment, const char *text)
{
	for (; *text; text++)
		moment_press(moment, (unsigned char)*text);
}

static void a_row_stays_selected_when_the_order_changes(void **state)
{
	struct moment moment;
	uint64_t key;

	(void)state;
	moment_init(&moment);
	moment.state.view = VIEW_OPERATORS;
	moment_press(&moment, KEY_CODE_DOWN);
	moment_press(&moment, KEY_CODE_DOWN);
	key = view_place(&moment.state)->selected;
	assert_int_not_equal(key, 0);
	press(&moment, "r");
	moment_rows(&moment);
	assert_int_equal(moment.rows.items[rows_selected(&moment.rows, view_place(&moment.state))].key, key);
	moment_free(&moment);
}

static void folding_hides_what_is_below(void **state)
{
	struct moment moment;
	size_t all;

	(void)state;
	moment_init(&moment);
	moment_rows(&moment);
	all = moment.rows.count;
	assert_int_equal(all, moment.now->nodes_count);
	moment_press(&moment, KEY_CODE_HOME);
	press(&moment, "f");
	moment_rows(&moment);
	assert_true(moment.rows.count < all);
	assert_true(moment.rows.items[0].folded);
	press(&moment, "F");
	moment_rows(&moment);
	assert_int_equal(moment.rows.count, all);
	moment_free(&moment);
}

static void a_filter_keeps_the_path_to_what_it_takes(void **state)
{
	struct moment moment;

	(void)state;
	moment_init(&moment);
	press(&moment, "/SCAN");
	moment_press(&moment, KEY_CODE_ENTER);
	moment_rows(&moment);
	/* scan, and the three calls above it */
	assert_int_equal(moment.rows.count, 4);
	assert_string_equal(moment.now->nodes[moment.rows.items[3].place].function, "scan");
	moment_press(&moment, KEY_CODE_ESCAPE);
	assert_string_equal(moment.state.filter, "");
	moment_free(&moment);
}

static void characters_of_any_length_can_be_typed_and_taken_back(void **state)
{
	static const uint32_t typed[] = {'a', 0xe9, 0x6f22, 0x1f600};
	struct moment moment;

	(void)state;
	moment_init(&moment);
	press(&moment, "/");
	for (size_t i = 0; i < 4; i++)
		moment_press(&moment, typed[i]);
	assert_string_equal(moment.state.filter, "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80");
	for (size_t i = 0; i < 3; i++)
		moment_press(&moment, KEY_CODE_BACKSPACE);
	assert_string_equal(moment.state.filter, "a");
	for (size_t i = 0; i < 2 * FILTER_MAX; i++)
		moment_press(&moment, 0x6f22);
	assert_true(strlen(moment.state.filter) <= FILTER_MAX);
	moment_free(&moment);
}

static void the_interval_has_steps_and_ends(void **state)
{
	struct moment moment;

	(void)state;
	moment_init(&moment);
	press(&moment, "+");
	assert_int_equal(moment.state.interval_ns, 2000000000);
	press(&moment, "--");
	assert_int_equal(moment.state.interval_ns, 500000000);
	press(&moment, "--------");
	assert_int_equal(moment.state.interval_ns, 100000000);
	press(&moment, "++++++++++++");
	assert_int_equal(moment.state.interval_ns, 60000000000);
	moment.state.interval_ns = 700000000;
	press(&moment, "+");
	assert_int_equal(moment.state.interval_ns, 1000000000);
	moment.state.interval_ns = 700000000;
	press(&moment, "-");
	assert_int_equal(moment.state.interval_ns, 500000000);
	moment_free(&moment);
}

/* Contrast of WCAG 2, (L1 + 0.05) / (L2 + 0.05), to black and to white: at least 3, what it asks of large and bold text. */
static double luminance_part(int value)
{
	double c = value / 255.0;

	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(int color)
{
	static const int levels[] = {0, 95, 135, 175, 215, 255};
	int grey = 8 + 10 * (color - 232), cube = color - 16;

	assert_in_range(color, 16, 255);
	if (color >= 232)
		return luminance_part(grey);
	return 0.2126 * luminance_part(levels[cube / 36]) + 0.7152 * luminance_part(levels[cube / 6 % 6]) +
	       0.0722 * luminance_part(levels[cube % 6]);
}

static void colours_read_on_dark_and_on_light(void **state)
{
	(void)state;
	for (int i = 0; i < INK_COUNT; i++) {
		double light;

		if (palette[i].color < 0)
			continue;
		light = luminance(palette[i].color);
		if ((light + 0.05) / 0.05 < 3.0 || 1.05 / (light + 0.05) < 3.0)
			fail_msg("ink %d: contrast %.1f to black, %.1f to white", i, (light + 0.05) / 0.05,
				 1.05 / (light + 0.05));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_view_is_as_looked_at),
		cmocka_unit_test(the_detail_is_as_looked_at),
		cmocka_unit_test(the_help_is_as_looked_at),
		cmocka_unit_test(what_happens_to_the_target_is_told),
		cmocka_unit_test(no_size_does_harm),
		cmocka_unit_test(a_row_stays_selected_when_the_order_changes),
		cmocka_unit_test(folding_hides_what_is_below),
		cmocka_unit_test(a_filter_keeps_the_path_to_what_it_takes),
		cmocka_unit_test(characters_of_any_length_can_be_typed_and_taken_back),
		cmocka_unit_test(the_interval_has_steps_and_ends),
		cmocka_unit_test(colours_read_on_dark_and_on_light),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
