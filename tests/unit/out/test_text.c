/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../golden/golden.h"
#include "fixture.h"
#include "out/text.h"
#include "out/utf8.h"

static char *text_of(const struct snapshot *snapshot, struct text_style style)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(text_write(snapshot, &style, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(text);
	return text;
}

static void check_golden(const char *path, struct text_style style)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = text_of(snapshot, style);

	golden_compare(path, text);
	free(text);
	snapshot_free(&snapshot);
}

static void text_in_80_columns_is_as_looked_at(void **state)
{
	(void)state;
	check_golden("tests/golden/text-80-utf8.txt", (struct text_style){.columns = 80, .utf8 = true});
	check_golden("tests/golden/text-80-ascii.txt", (struct text_style){.columns = 80});
}

static void text_in_160_columns_is_as_looked_at(void **state)
{
	(void)state;
	check_golden("tests/golden/text-160-utf8-color.txt",
		     (struct text_style){.columns = 160, .utf8 = true, .color = true});
	check_golden("tests/golden/text-160-ascii.txt", (struct text_style){.columns = 160});
}

static void text_in_a_pipe_is_as_looked_at(void **state)
{
	(void)state;
	check_golden("tests/golden/text-pipe-utf8.txt", (struct text_style){.utf8 = true});
}

static void text_of_an_idle_target_is_one_sentence(void **state)
{
	struct snapshot *snapshot = fixture_idle();
	char *text = text_of(snapshot, (struct text_style){.columns = 80});

	(void)state;
	assert_non_null(strstr(text, "no probed function was called in 10.0 s\n"));
	golden_compare("tests/golden/text-idle.txt", text);
	free(text);
	snapshot_free(&snapshot);
}

/* Escape sequences are counted as 0 columns. */
static size_t line_columns(const char *line, size_t length)
{
	char plain[4096];
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (line[i] == '\033') {
			while (line[i] != 'm')
				i++;
			continue;
		}
		assert_true(used < sizeof(plain) - 1);
		plain[used++] = line[i];
	}
	plain[used] = '\0';
	return utf8_columns(plain);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();

	(void)state;
	for (unsigned columns = 80; columns <= 200; columns++) {
		for (int i = 0; i < 4; i++) {
			char *text = text_of(snapshot, (struct text_style){columns, i & 1, i & 2});

			for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
				if (line_columns(line, (size_t)(end - line)) > columns)
					fail_msg("wider than %u: %.*s", columns, (int)(end - line), line);
			free(text);
		}
	}
	snapshot_free(&snapshot);
}

static void narrow_terminals_do_no_harm(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();

	(void)state;
	for (unsigned columns = 1; columns < 80; columns++)
		free(text_of(snapshot, (struct text_style){.columns = columns, .utf8 = columns % 2}));
	snapshot_free(&snapshot);
}

static void nothing_is_cut_in_a_pipe(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = text_of(snapshot, (struct text_style){0});

	(void)state;
	assert_non_null(strstr(text, FIXTURE_LONG "\n"));
	assert_null(strstr(text, "..."));
	assert_null(strstr(text, "not in "));
	free(text);
	snapshot_free(&snapshot);
}

static void control_characters_never_reach_the_terminal(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();

	(void)state;
	for (int i = 0; i < 4; i++) {
		char *text = text_of(snapshot, (struct text_style){.columns = i & 1 ? 200 : 0, .utf8 = i & 2});

		for (const char *c = text; *c; c++) {
			assert_true((unsigned char)*c >= 0x20 || *c == '\n');
			assert_true(*c != 0x7f);
			assert_true(i & 2 || !(*c & 0x80));
		}
		assert_null(strstr(text, "\xc2\x9b"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_non_null(strstr(text, "\\x1b[31mred"));
		free(text);
	}
	snapshot_free(&snapshot);
}

static void losses_are_told_even_when_there_are_none(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text;

	(void)state;
	memset(snapshot->losses, 0, sizeof(snapshot->losses));
	text = text_of(snapshot, (struct text_style){0});
	assert_non_null(strstr(text, "\nlost: 0\n"));
	free(text);
	for (size_t i = 0; i < WEIR_LOSS_COUNT; i++)
		snapshot->losses[i] = 1000 + i;
	text = text_of(snapshot, (struct text_style){0});
#define CHECK_SENTENCE(name, key, sentence) assert_non_null(strstr(text, sentence "\n"));
	WEIR_LOSSES(CHECK_SENTENCE)
#undef CHECK_SENTENCE
	free(text);
	snapshot_free(&snapshot);
}

static void overhead_has_no_share_where_the_targets_time_is_not_known(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = text_of(snapshot, (struct text_style){0});

	(void)state;
	assert_non_null(strstr(text, "overhead: 203,456 hits, about 86.0 ms of CPU, 0.9 % of the target's\n"));
	free(text);
	snapshot->target_cpu_ns = 0;
	text = text_of(snapshot, (struct text_style){0});
	assert_non_null(strstr(text, "overhead: 203,456 hits, about 86.0 ms of CPU\n"));
	free(text);
	snapshot_free(&snapshot);
}

static void a_column_that_no_row_has_is_not_shown(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = text_of(snapshot, (struct text_style){0});

	(void)state;
	assert_non_null(strstr(text, "bytes"));
	free(text);
	for (size_t i = 0; i < snapshot->nodes_count; i++)
		snapshot->nodes[i].counters.have &= ~(uint32_t)(HAVE_BYTES | HAVE_CACHE);
	assert_int_equal(snapshot_flatten(snapshot), 0);
	text = text_of(snapshot, (struct text_style){0});
	assert_null(strstr(text, "bytes"));
	assert_null(strstr(text, "hit %"));
	free(text);
	snapshot_free(&snapshot);
}

/* As deep as a thread's frames can be, and with parents that are not there: no circle, no row lost. */
static void deep_and_broken_trees_are_drawn_whole(void **state)
{
	enum { COUNT = 2000 };
	struct snapshot *snapshot = fixture_idle();
	size_t lines = 0;
	char *text;

	(void)state;
	snapshot->nodes = calloc(COUNT, sizeof(*snapshot->nodes));
	assert_non_null(snapshot->nodes);
	snapshot->nodes_count = COUNT;
	for (uint32_t i = 0; i < COUNT; i++) {
		snapshot->nodes[i] = (struct snapshot_node){
			.id = i + 1, .parent = i == 1000 ? 1500 : i == 1500 ? 60000 : i, .function = "deep",
			.level = WEIR_LEVEL_FUNCTION, .counters.calls = 1, .counters.untimed = 1};
	}
	for (unsigned columns = 0; columns <= 80; columns += 80) {
		text = text_of(snapshot, (struct text_style){.columns = columns});
		lines = 0;
		for (const char *at = text; (at = strstr(at, "deep")); at++)
			lines++;
		assert_int_equal(lines, COUNT);
		assert_non_null(strstr(text, "[level 999] deep"));
		free(text);
	}
	snapshot_free(&snapshot);
}

/* Calls that are there for what they tell the call around have a line only where there was none. */
static void what_is_counted_elsewhere_has_no_line(void **state)
{
	struct snapshot *snapshot = fixture_idle();
	char *text;

	(void)state;
	snapshot->nodes = calloc(3, sizeof(*snapshot->nodes));
	assert_non_null(snapshot->nodes);
	snapshot->nodes_count = 3;
	for (uint32_t i = 0; i < 3; i++)
		snapshot->nodes[i] = (struct snapshot_node){.id = i + 1, .parent = i == 1, .function = i ? "told" : "around", .level = WEIR_LEVEL_FUNCTION,
			.counters = {.have = i ? HAVE_ELSEWHERE | HAVE_ROWS : HAVE_ROWS, .calls = 5, .untimed = 5, .rows = i == 1 ? 0 : 5}};
	text = text_of(snapshot, (struct text_style){0});
	assert_non_null(strstr(text, " around\n"));
	assert_non_null(strstr(text, " told\n"));
	assert_null(strstr(strstr(text, " told\n") + 1, " told\n"));
	assert_null(strstr(text, "`-told"));
	free(text);
	snapshot->nodes[2].counters.rows = 0;
	text = text_of(snapshot, (struct text_style){0});
	assert_non_null(strstr(text, " around\n"));
	assert_null(strstr(text, "told"));
	free(text);
	snapshot_free(&snapshot);
}

static void a_full_disk_is_told(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(text_write(snapshot, &(struct text_style){0}, out), -ENOSPC);
	fclose(out);
	snapshot_free(&snapshot);
}

static void a_file_is_no_terminal(void **state)
{
	FILE *out = tmpfile();
	struct text_style style;

	(void)state;
	assert_non_null(out);
	style = text_style_for(out);
	assert_int_equal(style.columns, 0);
	assert_false(style.color);
	fclose(out);
}

static void the_locale_decides_on_ascii(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	setenv("LC_ALL", "C", 1);
	assert_false(text_style_for(out).utf8);
	setenv("LC_ALL", "C.UTF-8", 1);
	assert_true(text_style_for(out).utf8);
	unsetenv("LC_ALL");
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_in_80_columns_is_as_looked_at),
		cmocka_unit_test(text_in_160_columns_is_as_looked_at),
		cmocka_unit_test(text_in_a_pipe_is_as_looked_at),
		cmocka_unit_test(text_of_an_idle_target_is_one_sentence),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(narrow_terminals_do_no_harm),
		cmocka_unit_test(nothing_is_cut_in_a_pipe),
		cmocka_unit_test(control_characters_never_reach_the_terminal),
		cmocka_unit_test(losses_are_told_even_when_there_are_none),
		cmocka_unit_test(overhead_has_no_share_where_the_targets_time_is_not_known),
		cmocka_unit_test(a_column_that_no_row_has_is_not_shown),
		cmocka_unit_test(deep_and_broken_trees_are_drawn_whole),
		cmocka_unit_test(what_is_counted_elsewhere_has_no_line),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(a_file_is_no_terminal),
		cmocka_unit_test(the_locale_decides_on_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
