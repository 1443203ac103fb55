/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The offsets of profiles/sqlite.yaml against what the installed library says of itself: offsets age. The
 * profile's own code is run on the live statement, in this process. Built with -lsqlite3.
 */
#include "profile/profile.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/cleanup.h"
#include "profile/profile_compile.h"
#include "profile/profile_layout.h"
#include "run_code.h"

static struct profile *sqlite_profile;

static int load_profile(void **state)
{
	(void)state;
	return profile_load("profiles/sqlite.yaml", stderr, &sqlite_profile);
}

static int free_profile(void **state)
{
	(void)state;
	profile_free(&sqlite_profile);
	return 0;
}

static const struct profile_probe *probe_of(const char *function)
{
	for (size_t i = 0; i < sqlite_profile->probes_count; i++)
		if (strcmp(sqlite_profile->probes[i].function, function) == 0)
			return &sqlite_profile->probes[i];
	fail_msg("the profile has no probe of %s", function);
	return NULL;
}

/* What the layout for the library's version gives. */
static int find_name(void *context, enum expression_name kind, const char *name, uint64_t *ret_value)
{
	return layout_find(sqlite_profile, context, kind, name, ret_value);
}

/* The probe's code for the library that is linked, or the test is skipped: the layout of Vdbe and Pager is SQLite's own business and changes. */
static struct profile_code code_of(const char *function)
{
	const struct profile_layout *layout = NULL;
	struct expression_fault fault;
	struct profile_code code;
	uint32_t left_out;

	for (size_t i = 0; i < sqlite_profile->layouts_count && !layout; i++)
		if (layout_fits(&sqlite_profile->layouts[i], sqlite3_libversion(), NULL))
			layout = &sqlite_profile->layouts[i];
	if (!layout) {
		print_message("skipped: the profile does not know %s\n", sqlite3_libversion());
		skip();
	}
	assert_int_equal(probe_compile(probe_of(function),
				       &(struct expression_names){ .find = find_name, .context = (void *)(uintptr_t)layout }, &code, &left_out, &fault),
			 0);
	assert_int_equal(left_out, 0);
	return code;
}

static sqlite3 *database(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "create table t(a integer primary key, b);"
				      "with recursive c(n) as (select 1 union all select n + 1 from c where "
				      "n < 5000) "
				      "insert into t select n, hex(randomblob(100)) from c",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	return db;
}

static struct run_machine machine_of(void *stmt)
{
	return (struct run_machine){
		.args = { [1] = (uint64_t)(uintptr_t)stmt },
		.memory_size = SIZE_MAX, /* this process's own memory: base and memory are 0 */
	};
}

static void a_statements_text_stands_where_the_label_reads_it(void **state)
{
	struct profile_code code = code_of("sqlite3_step");
	sqlite3 *db;
	sqlite3_stmt *stmt;
	struct run_machine m;

	(void)state;
	db = database();
	assert_int_equal(sqlite3_prepare_v2(db, "select a from t where a = 7", -1, &stmt, NULL), SQLITE_OK);
	m = machine_of(stmt);
	run_enter(&m, &code);
	assert_true(m.given[WEIR_OP_LABEL_QUERY][0]);
	assert_true(m.value[WEIR_OP_LABEL_QUERY][0] == (uint64_t)(uintptr_t)sqlite3_sql(stmt));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

struct figures {
	int64_t rows, vm_steps, full_scan_steps, sorts, hits, misses;
};

static uint64_t counter(const struct run_machine *m, const struct profile_probe *probe, const char *name,
			bool *ret_found)
{
	for (unsigned i = 0; i < WEIR_EXTRA_MAX; i++) {
		if (!probe->extra[i] || strcmp(probe->extra[i], name) != 0)
			continue;
		*ret_found = true;
		assert_true(m->given[WEIR_OP_EXTRA][i]);
		return m->value[WEIR_OP_EXTRA][i];
	}
	return 0;
}

/* Step the statement to its end; around each step run the codes of the two probes that tell of statements. */
static struct figures figures_of_probes(sqlite3_stmt *stmt)
{
	const struct profile_probe *probes[] = { probe_of("sqlite3_step"), probe_of("sqlite3VdbeExec") };
	struct profile_code codes[] = { code_of("sqlite3_step"), code_of("sqlite3VdbeExec") };
	struct figures sum = { 0 };
	bool found = false;
	int result;

	do {
		struct run_machine m[2] = { machine_of(stmt), machine_of(stmt) };

		for (int i = 0; i < 2; i++)
			run_enter(&m[i], &codes[i]);
		result = sqlite3_step(stmt);
		for (int i = 0; i < 2; i++) {
			m[i].ret = (uint64_t)result;
			run_leave(&m[i], &codes[i]);
			assert_int_equal(m[i].unknowns, 0);
			sum.rows += (int64_t)m[i].value[WEIR_OP_ROWS][0];
			sum.hits += (int64_t)m[i].value[WEIR_OP_HITS][0];
			sum.misses += (int64_t)m[i].value[WEIR_OP_MISSES][0];
			sum.vm_steps += (int64_t)counter(&m[i], probes[i], "vm_steps", &found);
			sum.full_scan_steps += (int64_t)counter(&m[i], probes[i], "full_scan_steps", &found);
			sum.sorts += (int64_t)counter(&m[i], probes[i], "sorts", &found);
		}
	} while (result == SQLITE_ROW);
	assert_int_equal(result, SQLITE_DONE);
	assert_true(found);
	return sum;
}

static int status_of(sqlite3 *db, int what)
{
	int now = 0, most = 0;

	assert_int_equal(sqlite3_db_status(db, what, &now, &most, 0), SQLITE_OK);
	return now;
}

static void assert_figures(sqlite3 *db, const char *sql, int64_t rows)
{
	struct figures seen;
	sqlite3_stmt *stmt;
	int hits, misses;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	hits = status_of(db, SQLITE_DBSTATUS_CACHE_HIT);
	misses = status_of(db, SQLITE_DBSTATUS_CACHE_MISS);
	seen = figures_of_probes(stmt);
	assert_int_equal(seen.rows, rows);
	assert_int_equal(seen.hits, status_of(db, SQLITE_DBSTATUS_CACHE_HIT) - hits);
	assert_int_equal(seen.misses, status_of(db, SQLITE_DBSTATUS_CACHE_MISS) - misses);
	assert_int_equal(seen.vm_steps, sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0));
	assert_int_equal(seen.full_scan_steps, sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0));
	assert_int_equal(seen.sorts, sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_SORT, 0));
	sqlite3_finalize(stmt);
}

static void a_statements_counters_are_the_librarys_own(void **state)
{
	sqlite3 *db;

	(void)state;
	db = database();
	assert_figures(db, "select b from t where a between 10 and 19", 10);
	assert_figures(db, "select count(*) from t where b like '%9'", 1);
	assert_figures(db, "select a from t order by b", 5000);
	sqlite3_close(db);
}

static void cache_misses_are_the_librarys_own(void **state)
{
	char path[] = "/tmp/weir-sqlite-XXXXXX";
	int fd = mkstemp(path);
	sqlite3 *db, *other;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "create table t(a integer primary key, b); with recursive c(n) as "
				      "(select 1 union all "
				      "select n + 1 from c where n < 5000) insert into t select n, "
				      "hex(randomblob(100)) from c",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_figures(other, "select sum(length(b)) from t", 1);
	assert_true(status_of(other, SQLITE_DBSTATUS_CACHE_MISS) > 100);
	sqlite3_close(other);
	unlink(path);
}

/* The last parse that the library ran, and what the profile's code made of it. */
static struct {
	bool seen;
	struct run_machine machine;
	const char *sql;
} last_parse;

int sqlite3RunParser(void *parser, const char *sql);

/* The library calls its exported functions through the PLT, so this stands in for its own. */
int sqlite3RunParser(void *parser, const char *sql)
{
	int (*real)(void *, const char *) = (int (*)(void *, const char *))dlsym(RTLD_NEXT, "sqlite3RunParse"
											    "r");
	struct profile_code code = code_of("sqlite3RunParser");
	struct run_machine m = machine_of(parser);
	int errors;

	m.args[2] = (uint64_t)(uintptr_t)sql;
	run_enter(&m, &code);
	errors = real(parser, sql);
	m.ret = (uint64_t)(unsigned)errors;
	run_leave(&m, &code);
	last_parse.seen = true;
	last_parse.machine = m;
	last_parse.sql = sql;
	return errors;
}

static void a_parse_has_the_text_and_the_error_of_its_statement(void **state)
{
	static const char good[] = "select 1", bad[] = "selec 1";
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db;

	(void)state;
	db = database();
	last_parse.seen = false;
	assert_int_equal(sqlite3_prepare_v2(db, good, -1, &stmt, NULL), SQLITE_OK);
	sqlite3_finalize(stmt);
	if (!last_parse.seen) {
		sqlite3_close(db);
		print_message("skipped: this build calls sqlite3RunParser directly\n");
		skip();
	}
	assert_ptr_equal(last_parse.sql, good);
	assert_true(last_parse.machine.value[WEIR_OP_LABEL_QUERY][0] == (uint64_t)(uintptr_t)good);
	assert_int_equal(last_parse.machine.value[WEIR_OP_ERROR][0], 0);
	assert_int_equal(sqlite3_prepare_v2(db, bad, -1, &stmt, NULL), SQLITE_ERROR);
	assert_int_equal(last_parse.machine.value[WEIR_OP_ERROR][0], 1);
	assert_int_equal(last_parse.machine.value[WEIR_OP_ERROR_CODE][0], SQLITE_ERROR);
	sqlite3_close(db);
}

static void the_functions_of_the_profile_are_in_the_library(void **state)
{
	unsigned missing = 0;

	(void)state;
	for (size_t i = 0; i < sqlite_profile->probes_count; i++) {
		const char *function = sqlite_profile->probes[i].function;

		if (!function || dlsym(RTLD_DEFAULT, function)) /* of a table: e2e/sqlite_functions */
			continue;
		missing++;
		if (!sqlite_profile->probes[i].optional)
			fail_msg("%s is not optional, and the library does not export it", function);
	}
	print_message("%u optional functions are not exported by this build\n", missing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statements_text_stands_where_the_label_reads_it),
		cmocka_unit_test(a_statements_counters_are_the_librarys_own),
		cmocka_unit_test(cache_misses_are_the_librarys_own),
		cmocka_unit_test(a_parse_has_the_text_and_the_error_of_its_statement),
		cmocka_unit_test(the_functions_of_the_profile_are_in_the_library),
	};

	return cmocka_run_group_tests(tests, load_profile, free_profile);
}
