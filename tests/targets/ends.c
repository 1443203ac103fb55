/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends as told: `ends exit STATUS`, or `ends signal NUMBER`. Calls end_work once before. */
#include <signal.h>

#include "target.h"

WORK int end_work(int number)
{
	KEEP(number);
	return number;
}

int main(int argc, char **argv)
{
	int number;

	if (argc != 3)
		return 99;
	number = end_work(atoi(argv[2]));
	if (strcmp(argv[1], "signal") == 0)
		raise(number);
	return number;
}
