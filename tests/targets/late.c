/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads a module while it runs: on the first line it dlopens liblate.so from its own directory and says
 * "loaded"; on the second it calls late_work. With the argument `never` it loads nothing.
 */
#include <dlfcn.h>
#include <libgen.h>

#include "target.h"

enum { CALLS = 200 };

static void *load(void)
{
	char path[4096];
	char *directory;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (length < 0)
		return NULL;
	path[length] = 0;
	directory = dirname(path);
	return dlopen(strcat(directory, "/liblate.so"), RTLD_NOW);
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	uint64_t (*late_work)(uint64_t seed);
	struct truth truth = {0};
	void *library;

	target_wait_for_go();
	if (argc > 1 && strcmp(argv[1], "never") == 0) {
		truth_write(&truth, truth_path);
		return 0;
	}
	library = load();
	if (!library) {
		fprintf(stderr, "late: %s\n", dlerror());
		return 1;
	}
	*(void **)&late_work = dlsym(library, "late_work");
	if (!late_work)
		return 1;
	target_say("loaded");
	target_read_line();
	for (uint64_t i = 0; i < CALLS; i++)
		KEEP(late_work(i));
	truth_count(&truth, "late_work", CALLS);
	truth_count(&truth, "late_part", 2 * CALLS);
	truth_write(&truth, truth_path);
	return 0;
}
