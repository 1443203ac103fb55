/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A parent whose children do the work: some only fork, one of each pair has a child of its own, and each
 * exec's this program again, as `forker image`. The truth counts all processes together.
 */
#include <sys/wait.h>

#include "target.h"

enum { CHILDREN = 4, PARENT_CALLS = 10, CHILD_CALLS = 100, GRANDCHILD_CALLS = 30, IMAGE_CALLS = 50 };

WORK uint64_t parent_work(uint64_t seed)
{
	KEEP(seed);
	return seed * 3;
}

WORK uint64_t child_work(uint64_t seed)
{
	KEEP(seed);
	return seed * 5;
}

WORK uint64_t grandchild_work(uint64_t seed)
{
	KEEP(seed);
	return seed * 7;
}

WORK uint64_t image_work(uint64_t seed)
{
	KEEP(seed);
	return seed * 11;
}

static void wait_for(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		fprintf(stderr, "forker: a child failed\n");
		exit(1);
	}
}

static void be_child(void)
{
	pid_t grandchild;

	for (uint64_t i = 0; i < CHILD_CALLS; i++)
		KEEP(child_work(i));
	grandchild = fork();
	if (grandchild == 0) {
		for (uint64_t i = 0; i < GRANDCHILD_CALLS; i++)
			KEEP(grandchild_work(i));
		_exit(0);
	}
	wait_for(grandchild);
	execl("/proc/self/exe", "forker", "image", (char *)NULL);
	_exit(1);
}

static int be_image(void)
{
	for (uint64_t i = 0; i < IMAGE_CALLS; i++)
		KEEP(image_work(i));
	return 0;
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct truth truth = {0};

	if (argc > 1 && strcmp(argv[1], "image") == 0)
		return be_image();
	target_wait_for_go();
	for (int child = 0; child < CHILDREN; child++) {
		pid_t pid = fork();

		if (pid == 0)
			be_child();
		for (uint64_t i = 0; i < PARENT_CALLS; i++)
			KEEP(parent_work(i));
		wait_for(pid);
	}
	truth_count(&truth, "parent_work", CHILDREN * PARENT_CALLS);
	truth_count(&truth, "child_work", CHILDREN * CHILD_CALLS);
	truth_count(&truth, "grandchild_work", CHILDREN * GRANDCHILD_CALLS);
	truth_count(&truth, "image_work", CHILDREN * IMAGE_CALLS);
	truth_write(&truth, truth_path);
	return 0;
}
