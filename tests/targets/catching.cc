/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions that the direct caller catches and then goes on in a straight line, just where the call would have returned to,
 * and with the same stack pointer: by type, by value, by `...`, thrown on, thrown again from where they were kept. Knows how many of
 * each passed through which function.
 */
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

#include "target.h"

enum { ROUNDS = 1000 };

namespace engine {
struct binder_error {
	int column;
};
}

static uint64_t plain_calls, plain_thrown, kept_calls, kept_thrown, below_calls, below_thrown, beside_calls, cold_calls, cold_thrown;

extern "C" WORK int catch_plain(int i)
{
	plain_calls++;
	if (i % 2) {
		plain_thrown++;
		throw engine::binder_error{ i };
	}
	KEEP(i);
	return i;
}

/* Throws what was thrown before: a dependent exception. */
extern "C" WORK void catch_kept(const std::exception_ptr &kept, int i)
{
	kept_calls++;
	if (i % 3 == 0) {
		kept_thrown++;
		std::rethrow_exception(kept);
	}
	KEEP(i);
}

extern "C" WORK int catch_beside(int i)
{
	beside_calls++;
	KEEP(i);
	return i;
}

/* Throws from a part of it that lies elsewhere, so that its own code does not tell where it leaves. */
#ifdef __clang__
#define WITH_A_COLD_PART
#else
#define WITH_A_COLD_PART __attribute__((optimize("O2")))
#endif

extern "C" WORK WITH_A_COLD_PART int catch_cold(int i)
{
	cold_calls++;
	if (__builtin_expect(i % 5 == 0, 0)) {
		cold_thrown++;
		throw std::runtime_error("cold");
	}
	KEEP(i);
	return i;
}

/* Its destructor calls a function while the exception is on its way. */
struct guard {
	~guard() { catch_beside(1); }
};

extern "C" WORK int catch_below(int i)
{
	guard here;

	below_calls++;
	if (i % 4 == 0) {
		below_thrown++;
		throw std::out_of_range(std::string("row ") + std::to_string(i));
	}
	KEEP(i);
	return i;
}

static std::exception_ptr keep_one()
{
	try {
		throw 17;
	} catch (...) {
		return std::current_exception();
	}
}

#pragma GCC diagnostic ignored "-Wcatch-value" /* it is what is to be seen */
static WORK uint64_t work(const std::exception_ptr &kept)
{
	uint64_t caught = 0;

	for (int i = 0; i < ROUNDS; i++) {
		try {
			catch_plain(i);
		} catch (const engine::binder_error &) {
			caught++;
		}
		try {
			catch_kept(kept, i);
		} catch (...) {
			caught++;
		}
		try {
			catch_cold(i);
		} catch (const std::exception &) {
			caught++;
		}
		try {
			catch_below(i);
		} catch (std::out_of_range error) { /* by value: copied before it counts as caught */
			caught++;
		}
	}
	return caught;
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct truth truth = {};
	std::exception_ptr kept = keep_one();
	uint64_t caught;

	target_wait_for_go();
	caught = work(kept);
	truth_count(&truth, "catch_plain", plain_calls);
	truth_count(&truth, "catch_kept", kept_calls);
	truth_count(&truth, "catch_below", below_calls);
	truth_count(&truth, "catch_beside", beside_calls);
	truth_count(&truth, "catch_cold", cold_calls);
	truth_value(&truth, "catch_plain", plain_thrown);
	truth_value(&truth, "catch_kept", kept_thrown);
	truth_value(&truth, "catch_below", below_thrown);
	truth_value(&truth, "catch_beside", 0);
	truth_value(&truth, "catch_cold", cold_thrown);
	truth_value(&truth, "caught", caught);
	truth_write(&truth, truth_path);
	return 0;
}
