/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DuckDB through its C API: statements that succeed and statements that fail, in turns, for some seconds. A failure is a C++
 * exception inside the library, thrown by its parser, binder or operators. `duckdb LIBRARY SECONDS`.
 *
 * Prints what each statement answered before it is ready; every later round must answer the same. The counts are what it then called of
 * the library itself, and how often the parser and the planner, which meet each statement once, were called and threw.
 */
#include <dlfcn.h>

#include "target.h"

/* As the C API documents them (duckdb.h); the package holds no headers. */
typedef struct {
	uint64_t words[6];
} result_t;

static struct {
	int (*open)(const char *path, void **ret_database);
	int (*connect)(void *database, void **ret_connection);
	int (*query)(void *connection, const char *sql, result_t *ret_result);
	const char *(*result_error)(result_t *result);
	uint64_t (*row_count)(result_t *result);
	char *(*value_varchar)(result_t *result, uint64_t column, uint64_t row);
	void (*free)(void *memory);
	void (*destroy_result)(result_t *result);
} duckdb;

enum fails { FINE, IN_PARSER, IN_PLANNER, IN_OPERATORS };

static const struct statement {
	enum fails fails;
	const char *sql;
} statements[] = {
	{FINE, "select g, count(*), sum(i) from t where i > 1000 group by g order by 2 desc, 1 limit 7"},
	{IN_PARSER, "selec g from t"},
	{FINE, "select count(*) from t a join t b on a.i = b.i + 1 where a.g < 40"},
	{IN_PLANNER, "select nosuchcolumn from t"},
	{IN_PLANNER, "select * from nosuchtable"},
	{IN_OPERATORS, "select sum(cast(s as integer)) from t"},
	{FINE, "select max(s), min(i) from t"},
	{IN_OPERATORS, "insert into k values (1)"},
	{FINE, "select count(*) from k"},
};

enum { STATEMENTS = sizeof(statements) / sizeof(statements[0]) };

static char *answers[STATEMENTS];

static void load(const char *path)
{
	static const struct {
		void *function;
		const char *name;
	} functions[] = {
		{&duckdb.open, "duckdb_open"}, {&duckdb.connect, "duckdb_connect"}, {&duckdb.query, "duckdb_query"},
		{&duckdb.result_error, "duckdb_result_error"}, {&duckdb.row_count, "duckdb_row_count"},
		{&duckdb.value_varchar, "duckdb_value_varchar"}, {&duckdb.free, "duckdb_free"},
		{&duckdb.destroy_result, "duckdb_destroy_result"},
	};
	void *library = dlopen(path, RTLD_NOW);

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *address = library ? dlsym(library, functions[i].name) : NULL;

		if (!address) {
			fprintf(stderr, "%s\n", dlerror());
			exit(1);
		}
		memcpy(functions[i].function, &address, sizeof(address));
	}
}

static void prepare(void *connection, const char *sql)
{
	result_t result;

	if (duckdb.query(connection, sql, &result)) {
		fprintf(stderr, "%s: %s\n", sql, duckdb.result_error(&result));
		exit(1);
	}
	duckdb.destroy_result(&result);
}

static void run(void *connection, int i)
{
	result_t result;
	int failed = duckdb.query(connection, statements[i].sql, &result) != 0;
	char *value = failed ? NULL : duckdb.value_varchar(&result, 0, 0), *answer;

	if (failed != (statements[i].fails != FINE) ||
	    asprintf(&answer, "%s: %s", failed ? "error" : "rows",
		     failed ? duckdb.result_error(&result) : value ? value : "NULL") < 0)
		exit(1);
	if (!answers[i])
		puts(answer);
	else if (strcmp(answers[i], answer) != 0)
		exit(1);
	free(answers[i]);
	answers[i] = answer;
	duckdb.free(value);
	duckdb.destroy_result(&result);
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	uint64_t rounds = 0, end_ns, fails[4] = {0};
	struct truth truth = {0};
	void *database, *connection;

	if (argc != 3)
		return 2;
	load(argv[1]);
	if (duckdb.open(NULL, &database) || duckdb.connect(database, &connection))
		return 1;
	prepare(connection, "create table t as select i, i % 97 g, 's' || i s from range(100000) x(i)");
	prepare(connection, "create table k (i integer primary key)");
	prepare(connection, "insert into k values (1)");
	for (int i = 0; i < STATEMENTS; i++)
		run(connection, i); /* what the first failure of its kind parses for itself is done then */
	target_wait_for_go();
	end_ns = target_clock_ns(CLOCK_MONOTONIC) + strtoull(argv[2], NULL, 10) * 1000000000;
	do {
		for (int i = 0; i < STATEMENTS; i++)
			run(connection, i);
		rounds++;
	} while (target_clock_ns(CLOCK_MONOTONIC) < end_ns);
	for (int i = 0; i < STATEMENTS; i++)
		fails[statements[i].fails]++;
	truth_count(&truth, "duckdb_query", rounds * STATEMENTS);
	truth_count(&truth, "duckdb::Parser::ParseQuery", rounds * STATEMENTS);
	truth_count(&truth, "duckdb::Planner::CreatePlan", rounds * (STATEMENTS - fails[IN_PARSER]));
	truth_value(&truth, "duckdb::Parser::ParseQuery", rounds * fails[IN_PARSER]);
	truth_value(&truth, "duckdb::Planner::CreatePlan", rounds * fails[IN_PLANNER]);
	truth_write(&truth, truth_path);
	return 0;
}
