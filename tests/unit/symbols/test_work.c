/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"
#include "symbols/work.h"

static int score(const char *name)
{
	return work_score(name, strlen(name), 200);
}

static void work_is_told_from_what_surrounds_it(void **state)
{
	static const char *const work[] = {
		"sqlite3_step", "duckdb_query", "ExecutorRun", "exec_simple_query", "rocksdb_write", "deflate", "XLogFlush",
		"engine::Compactor::compactRange", "PyEval_EvalFrame", "HTTPRequest", "run", "gdbm_store",
	};
	static const char *const idle[] = {
		"main_init", "free_query", "sqlite3_free", "print_usage", "query_error_name", "_start", "set_option", "x", "",
		"frobnicate", "alloc_row", "execve",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++)
		if (score(work[i]) <= 0)
			fail_msg("%s: expected a score above 0, came %d", work[i], score(work[i]));
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (score(idle[i]) > 0)
			fail_msg("%s: expected no score, came %d", idle[i], score(idle[i]));
}

static void heavier_words_come_first(void **state)
{
	(void)state;
	assert_true(score("execute_plan") > score("get_value"));
	assert_true(work_score("query", 5, 1000) > work_score("query", 5, 8));
	assert_true(score("query") > score("_query"));
}

static void long_names_do_no_harm(void **state)
{
	char name[100000];

	(void)state;
	memset(name, 'Q', sizeof(name));
	assert_int_equal(work_score(name, sizeof(name), 0), 0);
	assert_int_equal(work_score("run", 2, 0), 0); /* "ru" */
}

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "printf '%s\\n' 'int run_query(void){return 1;}' 'int run_initialised(void){return 1;}' 'int thing(void){return 1;}' "
		      "'int main(void){return run_query() + run_initialised() + thing();}' >\"$DIR/work.c\" && "
		      "cc -O0 -o \"$DIR/work\" \"$DIR/work.c\" && cp \"$DIR/work\" \"$DIR/bare\" && strip \"$DIR/bare\"");
	return 0;
}

static void functions_of_a_module_are_chosen_by_name(void **state)
{
	struct module *module = module_get(*state, "work");
	struct work_function found[8];

	assert_int_equal(module_work(module, found, 8), 1);
	assert_string_equal(found[0].display, "run_query");
	assert_int_equal(found[0].bare_length, 9);
	assert_int_equal(module_work(module, found, 0), 0);
	assert_false(module_is_stripped(module));
	assert_false(module_is_static(module));
	module_free(&module);
}

static void a_stripped_program_has_none(void **state)
{
	struct module *module = module_get(*state, "bare");
	struct work_function found[8];

	assert_int_equal(module_work(module, found, 8), 0);
	assert_true(module_is_stripped(module));
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_told_from_what_surrounds_it),
		cmocka_unit_test(heavier_words_come_first),
		cmocka_unit_test(long_names_do_no_harm),
		cmocka_unit_test(functions_of_a_module_are_chosen_by_name),
		cmocka_unit_test(a_stripped_program_has_none),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
