/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the targets: programs whose true counts are known, because they count for themselves.
 *
 * A target says "ready PID" on stdout, waits for a line on stdin (end of file counts as one), works, and
 * writes its truth as JSON to the file of `--truth FILE`, else to stdout:
 *     {"pid": 1, "counts": {"function": calls}, "values": {"name": number}}
 */
#ifndef WEIR_TARGET_H
#define WEIR_TARGET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A function that is a real call in the binary, with its arguments passed as the ABI says. */
#ifdef __clang__
#define WORK __attribute__((noinline))
#else
#define WORK __attribute__((noinline, noipa))
#endif

/* What the compiler must believe to be used. The register makes a function that would need no stack push one. */
#define KEEP(value) __asm__ volatile("" : : "r"(value) : "memory", "rbx")

enum { TRUTH_MAX = 32 };

struct truth_entry {
	const char *name;
	uint64_t number;
};

struct truth {
	struct truth_entry counts[TRUTH_MAX], values[TRUTH_MAX];
	size_t counts_length, values_length;
};

static inline void truth_put(struct truth_entry *entries, size_t *length, const char *name, uint64_t number)
{
	if (*length == TRUTH_MAX)
		abort();
	entries[*length].name = name;
	entries[*length].number = number;
	++*length;
}

static inline void truth_count(struct truth *truth, const char *function, uint64_t calls)
{
	truth_put(truth->counts, &truth->counts_length, function, calls);
}

static inline void truth_value(struct truth *truth, const char *name, uint64_t number)
{
	truth_put(truth->values, &truth->values_length, name, number);
}

static inline void truth_print_entries(FILE *out, const struct truth_entry *entries, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(out, "%s\"%s\": %llu", i ? ", " : "", entries[i].name,
			(unsigned long long)entries[i].number);
}

/* To the file at `path`, or to stdout where `path` is NULL. Ends the program where that fails. */
static inline void truth_write(const struct truth *truth, const char *path)
{
	FILE *out = path ? fopen(path, "w") : stdout;

	if (!out) {
		perror(path);
		exit(1);
	}
	fprintf(out, "{\"pid\": %d, \"counts\": {", (int)getpid());
	truth_print_entries(out, truth->counts, truth->counts_length);
	fprintf(out, "}, \"values\": {");
	truth_print_entries(out, truth->values, truth->values_length);
	fprintf(out, "}}\n");
	if ((path ? fclose(out) : fflush(out)) != 0) {
		perror(path ? path : "stdout");
		exit(1);
	}
}

/* One byte at a time, unbuffered: what follows the line stays in the pipe for the next reader. */
static inline void target_read_line(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
		;
}

static inline void target_say(const char *word)
{
	printf("%s %d\n", word, (int)getpid());
	fflush(stdout);
}

static inline void target_wait_for_go(void)
{
	target_say("ready");
	target_read_line();
}

static inline uint64_t target_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/*
 * The argument of `--truth`, or NULL; the option is taken out of argv, so that what stays are words.
 */
static inline const char *target_truth_option(int *argc, char **argv)
{
	const char *path = NULL;
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--truth") == 0 && i + 1 < *argc)
			path = argv[++i];
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return path;
}

#endif
