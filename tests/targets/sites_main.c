/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `sites COUNT [SECONDS] [--truth FILE]`: calls each function of sites.S a known number of times: the first of the
 * table COUNT times, the next COUNT + 1, and so on, so that mixed-up names show. Waits for a line on stdin, then
 * SECONDS. Prints "name count" for each function, checks what each call returned, and ends with 1 where one was wrong.
 */
#include "target.h"

#define SITES(X) \
	X(site_push) \
	X(site_endbr_push) \
	X(site_mov_push) \
	X(site_test_je) \
	X(site_sub_rsp) \
	X(site_loop_back) \
	X(site_nop5) \
	X(site_cs_nop) \
	X(site_tail) \
	X(site_ret_only) \
	X(site_red_zone)

#define DECLARE(name) long name(long a);
SITES(DECLARE)
DECLARE(site_tail_end)

struct site {
	const char *name;
	long (*function)(long a);
};

#define ENTRY(name) { #name, name },
static const struct site sites[] = { SITES(ENTRY) };

static uint64_t number_or_exit(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (*text == '\0' || *end != '\0') {
		fprintf(stderr, "sites: \"%s\" is not a number\n", text);
		exit(2);
	}
	return number;
}

/* Returns how many calls came back with something else than their argument + 1. */
static uint64_t call_often(long (*function)(long a), uint64_t count)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < count; i++)
		wrong += function((long)i) != (long)i + 1;
	return wrong;
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct truth truth = { 0 };
	uint64_t count, wrong = 0, tail_calls = 0;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: sites COUNT [SECONDS] [--truth FILE]\n");
		return 2;
	}
	count = number_or_exit(argv[1]);
	target_wait_for_go();
	if (argc == 3)
		sleep((unsigned)number_or_exit(argv[2]));
	for (size_t i = 0; i < sizeof(sites) / sizeof(*sites); i++) {
		uint64_t calls = count + i;

		wrong += call_often(sites[i].function, calls);
		printf("%s %llu\n", sites[i].name, (unsigned long long)calls);
		truth_count(&truth, sites[i].name, calls);
		if (sites[i].function == site_tail)
			tail_calls = calls;
	}
	printf("site_tail_end %llu\n", (unsigned long long)tail_calls);
	truth_count(&truth, "site_tail_end", tail_calls);
	truth_value(&truth, "wrong", wrong);
	fflush(stdout);
	if (truth_path)
		truth_write(&truth, truth_path);
	return wrong ? 1 : 0;
}
