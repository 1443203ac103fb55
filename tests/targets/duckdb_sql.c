/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DuckDB through its C API, told what to do: `duckdb_sql LIBRARY DATABASE ["SQL; SQL"] <FILE`. DATABASE is a file, or ":memory:".
 *
 * Each line of the input behind the first is a statement, which is run by duckdb_query, or, where it begins so, by
 *     \prepared   a prepared statement
 *     \stream     a prepared statement whose result is fetched chunk by chunk
 *     \elsewhere  as \stream, but each part of the work is done by another thread than the one before
 * up to a line \end, and is answered by a line of JSON: {"sql": ..., "rows": ..., "error": null or its text}. The truth is what it has
 * read and written meanwhile, its own input and output included.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

#include "target.h"

/* As the C API documents them (duckdb.h); the package holds no headers. */
typedef struct {
	uint64_t words[6];
} result_t;

static struct {
	int (*open)(const char *path, void **ret_database);
	int (*connect)(void *database, void **ret_connection);
	int (*query)(void *connection, const char *sql, result_t *ret_result);
	int (*prepare)(void *connection, const char *sql, void **ret_statement);
	const char *(*prepare_error)(void *statement);
	int (*execute_prepared)(void *statement, result_t *ret_result);
	int (*execute_prepared_streaming)(void *statement, result_t *ret_result);
	void (*destroy_prepare)(void **statement);
	const char *(*result_error)(result_t *result);
	uint64_t (*row_count)(result_t *result);
	void *(*fetch_chunk)(result_t result);
	uint64_t (*data_chunk_get_size)(void *chunk);
	void (*destroy_data_chunk)(void **chunk);
	void (*destroy_result)(result_t *result);
} duckdb;

static void load(const char *path)
{
	static const struct {
		void *function;
		const char *name;
	} functions[] = {
		{&duckdb.open, "duckdb_open"}, {&duckdb.connect, "duckdb_connect"}, {&duckdb.query, "duckdb_query"}, {&duckdb.prepare, "duckdb_prepare"},
		{&duckdb.prepare_error, "duckdb_prepare_error"}, {&duckdb.execute_prepared, "duckdb_execute_prepared"},
		{&duckdb.execute_prepared_streaming, "duckdb_execute_prepared_streaming"},
		{&duckdb.destroy_prepare, "duckdb_destroy_prepare"}, {&duckdb.result_error, "duckdb_result_error"},
		{&duckdb.row_count, "duckdb_row_count"}, {&duckdb.fetch_chunk, "duckdb_fetch_chunk"},
		{&duckdb.data_chunk_get_size, "duckdb_data_chunk_get_size"},
		{&duckdb.destroy_data_chunk, "duckdb_destroy_data_chunk"}, {&duckdb.destroy_result, "duckdb_destroy_result"},
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

/* One statement on its way. */
struct work {
	void *connection, *statement;
	const char *sql;
	result_t result;
	bool has_result;
	uint64_t rows;
	char *error; /* NULL: none */
};

static void take_error(struct work *work, const char *text)
{
	work->error = strdup(text ? text : "");
	if (!work->error)
		exit(1);
}

static void *work_prepare(void *data)
{
	struct work *work = data;

	if (duckdb.prepare(work->connection, work->sql, &work->statement))
		take_error(work, duckdb.prepare_error(work->statement));
	return NULL;
}

static void *work_begin(void *data)
{
	struct work *work = data;

	work->has_result = true;
	if (duckdb.execute_prepared_streaming(work->statement, &work->result))
		take_error(work, duckdb.result_error(&work->result));
	return NULL;
}

static void *work_fetch(void *data)
{
	struct work *work = data;
	const char *error;
	void *chunk;

	while ((chunk = duckdb.fetch_chunk(work->result))) {
		work->rows += duckdb.data_chunk_get_size(chunk);
		duckdb.destroy_data_chunk(&chunk);
	}
	error = duckdb.result_error(&work->result);
	if (error)
		take_error(work, error);
	return NULL;
}

static void work_query(struct work *work)
{
	work->has_result = true;
	if (duckdb.query(work->connection, work->sql, &work->result))
		take_error(work, duckdb.result_error(&work->result));
	else
		work->rows = duckdb.row_count(&work->result);
}

static void work_prepared(struct work *work)
{
	work_prepare(work);
	if (work->error)
		return;
	work->has_result = true;
	if (duckdb.execute_prepared(work->statement, &work->result))
		take_error(work, duckdb.result_error(&work->result));
	else
		work->rows = duckdb.row_count(&work->result);
}

static void work_stream(struct work *work, bool elsewhere)
{
	void *(*const steps[])(void *) = {work_prepare, work_begin, work_fetch};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !work->error; i++) {
		pthread_t thread;

		if (!elsewhere)
			steps[i](work);
		else if (pthread_create(&thread, NULL, steps[i], work) || pthread_join(thread, NULL))
			exit(1);
	}
}

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if ((unsigned char)*text < ' ')
			printf("\\u%04x", (unsigned)*text);
		else
			printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	}
	putchar('"');
}

/* Is `*line` led by this word? Then it is stepped over. */
static bool led_by(const char **line, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*line, word, length) != 0)
		return false;
	*line += length;
	return true;
}

static void run(void *connection, const char *line)
{
	struct work work = {.connection = connection, .sql = line};

	if (led_by(&work.sql, "\\prepared "))
		work_prepared(&work);
	else if (led_by(&work.sql, "\\stream "))
		work_stream(&work, false);
	else if (led_by(&work.sql, "\\elsewhere "))
		work_stream(&work, true);
	else
		work_query(&work);
	printf("{\"sql\": ");
	print_text(work.sql);
	printf(", \"rows\": %llu, \"error\": ", (unsigned long long)work.rows);
	if (work.error)
		print_text(work.error);
	else
		printf("null");
	printf("}\n");
	fflush(stdout);
	free(work.error);
	if (work.has_result)
		duckdb.destroy_result(&work.result);
	if (work.statement)
		duckdb.destroy_prepare(&work.statement);
}

struct io {
	uint64_t read_bytes, written_bytes;
};

/* What the kernel counts of read, write and their kind, whatever the file: proc(5), /proc/PID/io. Without this reading itself. */
static void io_read(struct io *ret_io)
{
	static uint64_t own_bytes;
	unsigned long long read_bytes, written_bytes;
	char text[512] = "";
	FILE *file = fopen("/proc/self/io", "r");
	size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (!length || sscanf(text, "rchar: %llu wchar: %llu", &read_bytes, &written_bytes) != 2)
		exit(1);
	fclose(file);
	*ret_io = (struct io){read_bytes - own_bytes, written_bytes};
	own_bytes += length;
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct io before, after;
	struct truth truth = {0};
	void *database, *connection;
	size_t capacity = 0;
	char *line = NULL;
	ssize_t length;

	if (argc != 3 && argc != 4)
		return 2;
	load(argv[1]);
	if (duckdb.open(strcmp(argv[2], ":memory:") == 0 ? NULL : argv[2], &database) || duckdb.connect(database, &connection))
		return 1;
	if (argc == 4) {
		result_t result;

		if (duckdb.query(connection, argv[3], &result)) {
			fprintf(stderr, "%s\n", duckdb.result_error(&result));
			return 1;
		}
		duckdb.destroy_result(&result);
	}
	target_wait_for_go();
	io_read(&before);
	while ((length = getline(&line, &capacity, stdin)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (strcmp(line, "\\end") == 0)
			break;
		run(connection, line);
		fflush(stdout);
	}
	free(line);
	/* The database stays open: what it still holds is its own to tell. */
	io_read(&after);
	truth_value(&truth, "read_bytes", after.read_bytes - before.read_bytes);
	truth_value(&truth, "written_bytes", after.written_bytes - before.written_bytes);
	if (truth_path)
		truth_write(&truth, truth_path);
	return 0;
}
