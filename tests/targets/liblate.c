/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module that `late` loads while it runs. */
#include "target.h"

WORK uint64_t late_part(uint64_t seed);
WORK uint64_t late_work(uint64_t seed);

WORK uint64_t late_part(uint64_t seed)
{
	KEEP(seed);
	return seed * 3;
}

WORK uint64_t late_work(uint64_t seed)
{
	return late_part(seed) + late_part(seed + 1);
}
