// SPDX-License-Identifier: GPL-2.0-or-later
// Allocations by C++'s operators, of known sizes; "overaligned" ones among them. What the truth says is counted here.
#include <new>

#include "target.h"

enum { ROUNDS = 500 };

struct alignas(128) Wide {
	char bytes[256];
};

static char *kept[ROUNDS];

extern "C" { // plain names for the tests

WORK char *news_one(unsigned long size)
{
	char *p = static_cast<char *>(operator new(size));

	KEEP(p);
	return p;
}

WORK char *news_array(unsigned long size)
{
	char *p = new char[size];

	KEEP(p);
	return p;
}

WORK Wide *news_aligned()
{
	Wide *p = new Wide;

	KEEP(p);
	return p;
}

WORK char *news_nothrow(unsigned long size)
{
	char *p = static_cast<char *>(operator new(size, std::nothrow));

	KEEP(p);
	return p;
}

// More than there can be: it throws, and is caught.
WORK int news_too_much()
{
	try {
		kept[0] = static_cast<char *>(operator new(~0UL >> 1));
	} catch (const std::bad_alloc &) {
		return 1;
	}
	return 0;
}

} // extern "C"

int main(int argc, char **argv)
{
	const char *path = target_truth_option(&argc, argv);
	struct truth truth = {};
	uint64_t bytes = 0;
	int caught = 0;
	bool throws = argc < 2; // any word: no bad_alloc, of which mimalloc, built as C, makes an abort

	target_wait_for_go();
	for (int i = 0; i < ROUNDS; i++) {
		unsigned long size = 100 + 3 * i;

		bytes += size;
		operator delete(news_one(size));
		delete[] news_array(size);
		delete news_aligned();
		kept[i] = news_nothrow(size);
		if (i % 100 == 0 && throws)
			caught += news_too_much();
	}
	truth_count(&truth, "news_one", ROUNDS);
	truth_value(&truth, "each", ROUNDS);
	truth_value(&truth, "bytes", bytes);
	truth_value(&truth, "caught", caught);
	truth_write(&truth, path);
	return 0;
}
