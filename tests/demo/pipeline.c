/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small order pipeline on an embedded SQLite: load, join, aggregate, write, and the mistakes that real
 * pipelines make. It knows the truth about itself: for each SQL text the calls of sqlite3_step, the rows and
 * errors they returned and the page-cache hits and misses of the engine in between.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	STATEMENTS_MAX = 64,
	CODES_MAX = 8,
	BATCHES = 4,
	DUPLICATES = 3,     /* customers per round whose e-mail address is taken */
	COUNTRIES = 12,
	KEPT_ROUNDS = 8,    /* older orders are deleted, so that the file stays small */
};

static const char usage[] =
	"Usage: pipeline [OPTIONS]\n"
	"A small order pipeline on an embedded SQLite, for weir to look at while it runs.\n"
	"\n"
	"  -r, --rounds N    rounds to run; 0: until SIGTERM or SIGINT (default 40, about 10 s)\n"
	"  -n, --rows N      orders loaded per round (default 1000)\n"
	"  -p, --pace MS     rest after each step of a round (default 55)\n"
	"  -t, --truth FILE  write its own counts per statement to FILE as JSON when it ends\n"
	"  -w, --wait        say \"ready PID\", and begin when a line comes on standard input\n"
	"  -h, --help        print this\n"
	"\n"
	"The database is a temporary file in $TMPDIR, removed at the end.\n";

struct options {
	unsigned rounds, rows, pace_ms;
	const char *truth_path;
	bool wait;
};

/* What happened to one SQL text. */
struct statement {
	const char *sql;
	uint64_t steps, rows, errors, prepare_errors;
	uint64_t cache_hits, cache_misses; /* while sqlite3_step ran */
	uint64_t vm_steps;                 /* the same */
	struct {
		int code;
		uint64_t count;
	} codes[CODES_MAX];
	size_t codes_length;
};

struct pipeline {
	struct options options;
	char path[4096];
	sqlite3 *db;
	unsigned round;
	uint64_t random;
	struct statement statements[STATEMENTS_MAX];
	size_t statements_length;
};

static volatile sig_atomic_t told_to_stop;

static void on_signal(int number)
{
	(void)number;
	told_to_stop = 1;
}

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "pipeline: %s: %s\n", what, why);
	exit(1);
}

/* ---- statements, with the truth about them ------------------------------------------------------- */

static struct statement *statement_of(struct pipeline *pipeline, const char *sql)
{
	struct statement *statement;

	for (size_t i = 0; i < pipeline->statements_length; i++)
		if (strcmp(pipeline->statements[i].sql, sql) == 0)
			return &pipeline->statements[i];
	if (pipeline->statements_length == STATEMENTS_MAX)
		die(sql, "too many different statements");
	statement = &pipeline->statements[pipeline->statements_length++];
	statement->sql = sql;
	return statement;
}

static uint64_t cache_status(sqlite3 *db, int what)
{
	int now, highest;

	if (sqlite3_db_status(db, what, &now, &highest, 0) != SQLITE_OK)
		die("sqlite3_db_status", sqlite3_errmsg(db));
	return (uint64_t)now;
}

static void statement_count_error(struct statement *statement, int code)
{
	size_t i = 0;

	statement->errors++;
	while (i < statement->codes_length && statement->codes[i].code != code)
		i++;
	if (i == CODES_MAX)
		return;
	if (i == statement->codes_length)
		statement->codes[statement->codes_length++].code = code;
	statement->codes[i].count++;
}

/* sqlite3_step, and the truth about it. */
static int step(struct statement *statement, sqlite3_stmt *handle)
{
	sqlite3 *db = sqlite3_db_handle(handle);
	uint64_t hits = cache_status(db, SQLITE_DBSTATUS_CACHE_HIT);
	uint64_t misses = cache_status(db, SQLITE_DBSTATUS_CACHE_MISS);
	int vm_steps = sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_VM_STEP, 0);
	int code = sqlite3_step(handle);

	statement->steps++;
	statement->cache_hits += cache_status(db, SQLITE_DBSTATUS_CACHE_HIT) - hits;
	statement->cache_misses += cache_status(db, SQLITE_DBSTATUS_CACHE_MISS) - misses;
	statement->vm_steps += (uint64_t)(sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_VM_STEP, 0) - vm_steps);
	if (code == SQLITE_ROW)
		statement->rows++;
	else if (code != SQLITE_DONE)
		statement_count_error(statement, code);
	return code;
}

/* Bind `count` integers and run to the end. The statement is left reset. Returns the first column of the last row. */
static sqlite3_int64 run_prepared(struct statement *statement, sqlite3_stmt *handle, size_t count,
				  const sqlite3_int64 *values)
{
	sqlite3_int64 answer = 0;

	for (size_t i = 0; i < count; i++)
		sqlite3_bind_int64(handle, (int)i + 1, values[i]);
	while (step(statement, handle) == SQLITE_ROW)
		answer = sqlite3_column_int64(handle, 0);
	sqlite3_reset(handle);
	return answer;
}

/* NULL where the text cannot be prepared: the truth has it. */
static sqlite3_stmt *prepare(struct pipeline *pipeline, sqlite3 *db, const char *sql,
			     struct statement **ret_statement)
{
	struct statement *statement = statement_of(pipeline, sql);
	sqlite3_stmt *handle = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &handle, NULL) != SQLITE_OK)
		statement->prepare_errors++;
	*ret_statement = statement;
	return handle;
}

static sqlite3_int64 run_on(struct pipeline *pipeline, sqlite3 *db, const char *sql, size_t count,
			    const sqlite3_int64 *values)
{
	struct statement *statement;
	sqlite3_stmt *handle = prepare(pipeline, db, sql, &statement);
	sqlite3_int64 answer = handle ? run_prepared(statement, handle, count, values) : 0;

	sqlite3_finalize(handle);
	return answer;
}

#define RUN(pipeline, sql, ...) \
	run_on(pipeline, (pipeline)->db, sql, \
	       sizeof((sqlite3_int64[]){0, ##__VA_ARGS__}) / sizeof(sqlite3_int64) - 1, \
	       (sqlite3_int64[]){__VA_ARGS__ __VA_OPT__(,) 0})

/* ---- the steps of a round ------------------------------------------------------------------------ */

static uint64_t next_random(struct pipeline *pipeline)
{
	pipeline->random = pipeline->random * 6364136223846793005u + 1442695040888963407u;
	return pipeline->random >> 33;
}

static unsigned customers_per_round(const struct pipeline *pipeline)
{
	return pipeline->options.rows / 10 + 1;
}

static void load_customers(struct pipeline *pipeline)
{
	struct statement *statement;
	sqlite3_stmt *insert = prepare(pipeline, pipeline->db,
				       "INSERT INTO customers(email, country) VALUES (?1, ?2)", &statement);
	unsigned count = customers_per_round(pipeline);
	char email[64], country[8];

	if (!insert)
		die("customers", sqlite3_errmsg(pipeline->db));
	RUN(pipeline, "BEGIN");
	for (unsigned i = 0; i < count + DUPLICATES; i++) {
		/* The last few repeat the first: UNIQUE constraint failed. */
		snprintf(email, sizeof(email), "customer-%u-%u@example.org", pipeline->round, i % count);
		snprintf(country, sizeof(country), "C%02u", (unsigned)(next_random(pipeline) % COUNTRIES));
		sqlite3_bind_text(insert, 1, email, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(insert, 2, country, -1, SQLITE_TRANSIENT);
		run_prepared(statement, insert, 0, NULL);
	}
	RUN(pipeline, "COMMIT");
	sqlite3_finalize(insert);
}

static void load_orders(struct pipeline *pipeline)
{
	static const char *const states[] = {"open", "paid", "lost", "sent"};
	struct statement *statement;
	sqlite3_stmt *insert = prepare(pipeline, pipeline->db,
				       "INSERT INTO orders(round, customer, cents, state) VALUES (?, ?, ?, ?)",
				       &statement);
	sqlite3_int64 customers = RUN(pipeline, "SELECT max(id) FROM customers");
	unsigned batch = pipeline->options.rows / BATCHES + 1;

	if (!insert)
		die("orders", sqlite3_errmsg(pipeline->db));
	for (unsigned i = 0; i < pipeline->options.rows; i++) {
		sqlite3_int64 customer = 1 + (sqlite3_int64)(next_random(pipeline) % (uint64_t)customers);

		if (i % batch == 0)
			RUN(pipeline, "BEGIN");
		sqlite3_bind_text(insert, 4, states[next_random(pipeline) % 4], -1, SQLITE_STATIC);
		run_prepared(statement, insert, 3,
			     (sqlite3_int64[]){pipeline->round, customer,
					       (sqlite3_int64)(next_random(pipeline) % 100000)});
		if (i % batch == batch - 1 || i == pipeline->options.rows - 1)
			RUN(pipeline, "COMMIT");
	}
	sqlite3_finalize(insert);
}

__attribute__((noinline)) void stage_load(struct pipeline *pipeline)
{
	load_customers(pipeline);
	load_orders(pipeline);
}

__attribute__((noinline)) void stage_join(struct pipeline *pipeline)
{
	RUN(pipeline,
	    "SELECT o.id, o.cents, c.country, c.email FROM orders AS o JOIN customers AS c ON c.id = o.customer "
	    "WHERE o.round = ?",
	    pipeline->round);
	RUN(pipeline,
	    "SELECT c.country, o.cents FROM orders o JOIN customers c ON c.id = o.customer "
	    "WHERE o.state = 'lost' ORDER BY o.cents DESC LIMIT 50");
}

/* One shape with three literals: three texts, one fingerprint. */
__attribute__((noinline)) void stage_aggregate(struct pipeline *pipeline)
{
	RUN(pipeline, "SELECT count(*), sum(cents) FROM orders WHERE state = 'open' AND cents > 100");
	RUN(pipeline, "SELECT count(*), sum(cents) FROM orders WHERE state = 'paid' AND cents > 2500");
	RUN(pipeline, "select count(*),  sum(cents)\n  from orders\n where state = 'sent' and cents > 0");
	RUN(pipeline,
	    "SELECT customer, count(*) AS n, sum(cents) FROM orders WHERE round >= ? GROUP BY customer "
	    "HAVING n > 1 ORDER BY 3 DESC LIMIT 20",
	    pipeline->round - 1);
}

__attribute__((noinline)) void stage_write(struct pipeline *pipeline)
{
	RUN(pipeline, "BEGIN IMMEDIATE");
	RUN(pipeline,
	    "INSERT INTO revenue(round, country, orders, cents) SELECT ?1, c.country, count(*), sum(o.cents) "
	    "FROM orders AS o JOIN customers AS c ON c.id = o.customer WHERE o.round = ?1 GROUP BY c.country",
	    pipeline->round);
	RUN(pipeline, "UPDATE orders SET state = 'done' WHERE round = ? AND state = 'sent'", pipeline->round);
	RUN(pipeline, "DELETE FROM orders WHERE round < ?", (sqlite3_int64)pipeline->round - KEPT_ROUNDS);
	RUN(pipeline, "COMMIT");
	RUN(pipeline, "SELECT country, sum(cents) FROM revenue GROUP BY country ORDER BY 2 DESC");
}

/* A connection that finds the file locked, a row that is there already, a typing error, a missing table. */
__attribute__((noinline)) void stage_mistakes(struct pipeline *pipeline)
{
	sqlite3 *other;

	if (sqlite3_open(pipeline->path, &other) != SQLITE_OK)
		die(pipeline->path, sqlite3_errmsg(other));
	RUN(pipeline, "BEGIN IMMEDIATE");
	run_on(pipeline, other, "BEGIN EXCLUSIVE", 0, NULL);
	RUN(pipeline, "INSERT INTO revenue(round, country) VALUES (?, 'C00')", pipeline->round);
	RUN(pipeline, "INSERT INTO revenue(round, country) VALUES (?, 'C00')", pipeline->round);
	RUN(pipeline, "ROLLBACK");
	RUN(pipeline, "SELEC country FROM revenue");
	RUN(pipeline, "SELECT country FROM revenues");
	sqlite3_close(other);
}

/* ---- the pipeline -------------------------------------------------------------------------------- */

static void rest(const struct pipeline *pipeline)
{
	struct timespec pace = {
		.tv_sec = pipeline->options.pace_ms / 1000,
		.tv_nsec = (long)(pipeline->options.pace_ms % 1000) * 1000000,
	};

	if (pipeline->options.pace_ms && !told_to_stop)
		nanosleep(&pace, NULL);
}

static void run_round(struct pipeline *pipeline)
{
	static void (*const stages[])(struct pipeline *pipeline) = {
		stage_load, stage_join, stage_aggregate, stage_write, stage_mistakes,
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		stages[i](pipeline);
		rest(pipeline);
	}
}

static void open_database(struct pipeline *pipeline)
{
	const char *directory = getenv("TMPDIR");
	int fd;

	snprintf(pipeline->path, sizeof(pipeline->path), "%s/weir-demo-XXXXXX", directory ? directory : "/tmp");
	fd = mkstemp(pipeline->path);
	if (fd < 0)
		die(pipeline->path, strerror(errno));
	close(fd);
	if (sqlite3_open(pipeline->path, &pipeline->db) != SQLITE_OK)
		die(pipeline->path, sqlite3_errmsg(pipeline->db));
	/* A cache far smaller than the data, so that it misses; and no waiting for the disk. */
	RUN(pipeline, "PRAGMA cache_size = 20");
	RUN(pipeline, "PRAGMA synchronous = OFF");
	RUN(pipeline, "CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT UNIQUE, country TEXT)");
	RUN(pipeline, "CREATE TABLE orders(id INTEGER PRIMARY KEY, round INTEGER, customer INTEGER, "
		      "cents INTEGER, state TEXT)");
	RUN(pipeline, "CREATE INDEX orders_by_round ON orders(round)");
	RUN(pipeline, "CREATE TABLE revenue(round INTEGER, country TEXT, orders INTEGER DEFAULT 0, "
		      "cents INTEGER DEFAULT 0, PRIMARY KEY(round, country)) WITHOUT ROWID");
}

static void close_database(struct pipeline *pipeline)
{
	char journal[sizeof(pipeline->path) + 16];

	sqlite3_close(pipeline->db);
	unlink(pipeline->path);
	snprintf(journal, sizeof(journal), "%s-journal", pipeline->path);
	unlink(journal);
}

static void print_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void print_statement(FILE *out, const struct statement *statement)
{
	fprintf(out, "{\"sql\": ");
	print_text(out, statement->sql);
	fprintf(out, ", \"steps\": %llu, \"rows\": %llu, \"errors\": %llu, \"prepare_errors\": %llu",
		(unsigned long long)statement->steps, (unsigned long long)statement->rows,
		(unsigned long long)statement->errors, (unsigned long long)statement->prepare_errors);
	fprintf(out, ", \"cache_hits\": %llu, \"cache_misses\": %llu, \"vm_steps\": %llu, \"codes\": {",
		(unsigned long long)statement->cache_hits, (unsigned long long)statement->cache_misses,
		(unsigned long long)statement->vm_steps);
	for (size_t i = 0; i < statement->codes_length; i++)
		fprintf(out, "%s\"%d\": %llu", i ? ", " : "", statement->codes[i].code,
			(unsigned long long)statement->codes[i].count);
	fprintf(out, "}}");
}

static void write_truth(const struct pipeline *pipeline)
{
	FILE *out = fopen(pipeline->options.truth_path, "w");

	if (!out)
		die(pipeline->options.truth_path, strerror(errno));
	fprintf(out, "{\"pid\": %d, \"rounds\": %u, \"cache_hits\": %llu, \"cache_misses\": %llu, \"statements\": [\n",
		(int)getpid(), pipeline->round,
		(unsigned long long)cache_status(pipeline->db, SQLITE_DBSTATUS_CACHE_HIT),
		(unsigned long long)cache_status(pipeline->db, SQLITE_DBSTATUS_CACHE_MISS));
	for (size_t i = 0; i < pipeline->statements_length; i++) {
		print_statement(out, &pipeline->statements[i]);
		fputs(i + 1 < pipeline->statements_length ? ",\n" : "\n", out);
	}
	fputs("]}\n", out);
	if (fclose(out) != 0)
		die(pipeline->options.truth_path, strerror(errno));
}

static unsigned parse_number(const char *option, const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || number > 10000000) {
		fprintf(stderr, "pipeline: --%s takes a whole number, not \"%s\"\n", option, text);
		exit(2);
	}
	return (unsigned)number;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option table[] = {
		{"rounds", required_argument, NULL, 'r'}, {"rows", required_argument, NULL, 'n'},
		{"pace", required_argument, NULL, 'p'},	  {"truth", required_argument, NULL, 't'},
		{"wait", no_argument, NULL, 'w'},	  {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.rounds = 40, .rows = 1000, .pace_ms = 55};
	int letter;

	while ((letter = getopt_long(argc, argv, "r:n:p:t:wh", table, NULL)) != -1) {
		switch (letter) {
		case 'r': options.rounds = parse_number("rounds", optarg); break;
		case 'n': options.rows = parse_number("rows", optarg); break;
		case 'p': options.pace_ms = parse_number("pace", optarg); break;
		case 't': options.truth_path = optarg; break;
		case 'w': options.wait = true; break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (optind < argc || options.rows == 0) {
		fputs(usage, stderr);
		exit(2);
	}
	return options;
}

static void wait_for_line(void)
{
	char byte;

	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
		;
}

int main(int argc, char **argv)
{
	static struct pipeline pipeline = {.random = 1};

	pipeline.options = parse_options(argc, argv);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
	if (pipeline.options.wait)
		wait_for_line();
	open_database(&pipeline);
	while (!told_to_stop && (pipeline.options.rounds == 0 || pipeline.round < pipeline.options.rounds)) {
		pipeline.round++;
		run_round(&pipeline);
	}
	if (pipeline.options.truth_path)
		write_truth(&pipeline);
	close_database(&pipeline);
	return 0;
}
