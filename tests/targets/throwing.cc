/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C++ exceptions through three frames. A return probe on any of these functions would end in abort(): the
 * unwinder meets a return address that is none. The program says how many exceptions it caught.
 */
#include <cstdint>
#include <stdexcept>

#include "target.h"

enum { THROWS = 20 };

/* Owns something, so that its frame has a landing pad. */
struct counted {
	explicit counted(uint64_t *number) : number_(number) { ++*number_; }
	~counted() { --*number_; }
	uint64_t *number_;
};

extern "C" WORK void throw_inner(uint64_t *alive)
{
	counted here(alive);

	throw std::runtime_error("column not found");
}

extern "C" WORK int throw_middle(uint64_t *alive)
{
	counted here(alive);

	throw_inner(alive);
	return 1;
}

extern "C" WORK int throw_outer(uint64_t *alive)
{
	try {
		return throw_middle(alive);
	} catch (const std::runtime_error &error) {
		return 0;
	}
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct truth truth = {};
	uint64_t alive = 0, caught = 0;

	target_wait_for_go();
	for (int i = 0; i < THROWS; i++)
		caught += throw_outer(&alive) == 0;
	truth_count(&truth, "throw_outer", THROWS);
	truth_count(&truth, "throw_middle", THROWS);
	truth_count(&truth, "throw_inner", THROWS);
	truth_value(&truth, "caught", caught);
	truth_value(&truth, "alive", alive);
	truth_write(&truth, truth_path);
	return 0;
}
