/* SPDX-License-Identifier: GPL-2.0-or-later */
/* include/weir/hist.h and user/model/histogram.c: bucket bounds, time units, quantiles against exact ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/histogram.h"
#include "weir/hist.h"

#define SAMPLES 100000
#define TOLERANCE 0.045

/* xorshift64*: the same samples in every run. */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

static double random_unit(uint64_t *state)
{
	return ((double)(random_next(state) >> 11) + 0.5) / 9007199254740992.0;
}

static uint32_t slot_of(uint64_t ns)
{
	return weir_hist_slot(weir_hist_time_units(ns));
}

/* The kernel side counts the bucket of a sample first and raises the extremes then: whoever reads in between lacks one or both. */
static void extremes_agree_with_the_histogram_whichever_is_not_known_yet(void **state)
{
	uint64_t random = 3;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		uint64_t slots[WEIR_HIST_SLOTS] = { 0 }, shortest = UINT64_MAX, longest = 0, min_ns, max_ns;
		struct histogram histogram;

		for (int i = 0; i <= round % 3; i++) {
			uint64_t ns = 1 + (random_next(&random) >> (1 + random_next(&random) % 62));

			shortest = ns < shortest ? ns : shortest;
			longest = ns > longest ? ns : longest;
			slots[slot_of(ns)]++;
		}
		assert_int_equal(histogram_from_slots(slots, &histogram), 0);
		for (int known = 0; known < 4; known++) {
			min_ns = known & 1 ? shortest : 0;
			max_ns = known & 2 ? longest : 0;
			histogram_fit_extremes(&histogram, &min_ns, &max_ns);
			assert_true(min_ns <= max_ns);
			assert_int_equal(slot_of(min_ns), histogram.first);
			assert_int_equal(slot_of(max_ns), histogram.first + histogram.length - 1);
			if (known & 1)
				assert_int_equal(min_ns, shortest);
			if (known & 2)
				assert_int_equal(max_ns, longest);
		}
		histogram_free(&histogram);
	}
}

static void an_empty_histogram_changes_no_extreme(void **state)
{
	struct histogram empty = { 0 };
	uint64_t min_ns = 0, max_ns = 0;

	(void)state;
	histogram_fit_extremes(&empty, &min_ns, &max_ns);
	assert_int_equal(min_ns, 0);
	assert_int_equal(max_ns, 0);
}

/* ---- bucket bounds ------------------------------------------------------------------------------- */

static void a_power_of_two_is_the_upper_bound_of_its_slot(void **state)
{
	(void)state;
	for (unsigned k = 0; k <= 63; k++) {
		uint64_t x = 1ULL << k;

		assert_int_equal(weir_hist_slot(x), 8 * k + 7);
		assert_true(weir_hist_slot(x + 1) > 8 * k + 7 || k == 63);
		if (k >= 4)
			assert_int_equal(weir_hist_slot(x + 1), k == 63 ? 511 : 8 * (k + 1));
	}
}

static void every_bound_is_a_power_of_the_base_and_inclusive(void **state)
{
	(void)state;
	/* below 2^58 a long double holds the bound with room to spare */
	for (uint32_t slot = 8; slot < 8 * 59; slot++) {
		uint64_t bound = (uint64_t)floorl(powl(2, (int)(slot + 1) / 8.0L - 1));
		uint64_t below = (uint64_t)floorl(powl(2, (int)slot / 8.0L - 1));

		assert_true(weir_hist_slot(bound) <= slot);
		assert_true(weir_hist_slot(bound + 1) > slot);
		if (bound > below)
			assert_int_equal(weir_hist_slot(bound), slot);
	}
}

/* base^8 in 64-bit limbs, lowest first; base < 2^63. */
static void power_of_8(uint64_t base, uint64_t limbs[9])
{
	memset(limbs, 0, 9 * sizeof(*limbs));
	limbs[0] = 1;
	for (int i = 0; i < 8; i++) {
		uint64_t carry = 0;

		for (int j = 0; j < 9; j++) {
			unsigned __int128 product = (unsigned __int128)limbs[j] * base + carry;

			limbs[j] = (uint64_t)product;
			carry = (uint64_t)(product >> 64);
		}
	}
}

/* Is base^8 >= 2^exponent? Only for 8 limbs and up to 2^511. */
static bool power_reaches(uint64_t base, unsigned exponent)
{
	uint64_t limbs[9];

	power_of_8(base, limbs);
	for (int i = 8; i > (int)(exponent / 64); i--)
		if (limbs[i])
			return true;
	return limbs[exponent / 64] >> (exponent % 64) != 0;
}

static void thresholds_are_exact_to_the_last_bit(void **state)
{
	(void)state;
	for (unsigned place = 0; place < 7; place++) {
		uint64_t low = (1ULL << 62) + 1, high = 1ULL << 63;

		while (low < high) { /* the last x of the place */
			uint64_t middle = low + (high - low + 1) / 2;

			if (weir_hist_slot(middle) <= 8 * 63 + place)
				low = middle;
			else
				high = middle - 1;
		}
		/* low <= 2^(62 + (place+1)/8) < low + 1 */
		assert_false(power_reaches(low, 8 * 62 + place + 1));
		assert_true(power_reaches(low + 1, 8 * 62 + place + 1));
	}
}

static void the_ends_of_the_range_are_taken_in(void **state)
{
	(void)state;
	assert_int_equal(weir_hist_slot(0), 7);
	assert_int_equal(weir_hist_slot(1), 7);
	assert_int_equal(weir_hist_slot(2), 15);
	assert_int_equal(weir_hist_slot(UINT64_MAX), WEIR_HIST_SLOTS - 1);
	assert_int_equal(weir_hist_slot(1ULL << 63), WEIR_HIST_SLOTS - 1);
}

static void slots_never_fall_as_values_rise(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (uint64_t x = 0; x < 300000; x++)
		assert_true(weir_hist_slot(x) <= weir_hist_slot(x + 1));
	for (int i = 0; i < 200000; i++) {
		uint64_t shift = random_next(&seed) % 64;
		uint64_t a = random_next(&seed) >> shift, b = random_next(&seed) >> shift;

		assert_true(a < b ? weir_hist_slot(a) <= weir_hist_slot(b) : weir_hist_slot(a) >= weir_hist_slot(b));
	}
}

static void the_upper_bound_in_seconds_is_a_power_of_the_base(void **state)
{
	(void)state;
	for (uint32_t slot = 0; slot < WEIR_HIST_SLOTS; slot++) {
		int index = (int)slot + WEIR_HIST_SECONDS_OFFSET;
		double wanted = (double)powl(2, (index + 1) / 8.0L);

		assert_true(fabs(histogram_upper_seconds(slot) - wanted) <= wanted * 1e-15);
	}
	/* 1 s is 2^30 units, the inclusive bound of its bucket */
	assert_true(histogram_upper_seconds(weir_hist_slot(1ULL << 30)) == 1.0);
}

static void time_units_are_what_128_bits_give(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 500000; i++) {
		uint64_t ns = random_next(&seed) >> (1 + random_next(&seed) % 63);
		unsigned __int128 exact = (unsigned __int128)ns + (((unsigned __int128)ns * 309296) >> 22);
		unsigned __int128 true_units = ((unsigned __int128)ns << 30) / 1000000000;
		uint64_t units = weir_hist_time_units(ns);
		uint64_t off = units > true_units ? units - (uint64_t)true_units : (uint64_t)true_units - units;

		assert_true(units == exact);
		assert_true(off <= 1 + units / 10000000); /* 309296/2^22 is 8e-8 off 2^30/10^9 - 1 */
		assert_true(weir_hist_time_units(ns + 1) > units);
	}
	assert_int_equal(weir_hist_time_units(0), 0);
}

/* ---- quantiles ----------------------------------------------------------------------------------- */

static int compare_samples(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct histogram histogram_of(const uint64_t *samples, size_t count)
{
	uint64_t slots[WEIR_HIST_SLOTS] = {0};
	struct histogram histogram;

	for (size_t i = 0; i < count; i++)
		slots[weir_hist_slot(weir_hist_time_units(samples[i]))]++;
	assert_int_equal(histogram_from_slots(slots, &histogram), 0);
	return histogram;
}

static void check_quantiles(const char *name, uint64_t *samples)
{
	static const unsigned per_mille[] = {500, 900, 950, 990, 999};
	struct histogram histogram = histogram_of(samples, SAMPLES);

	qsort(samples, SAMPLES, sizeof(*samples), compare_samples);
	assert_int_equal(histogram_count(&histogram), SAMPLES);
	for (size_t i = 0; i < sizeof(per_mille) / sizeof(per_mille[0]); i++) {
		double exact = (double)samples[(uint64_t)per_mille[i] * SAMPLES / 1000 - 1];
		double came = histogram_quantile_ns(&histogram, per_mille[i] / 1000.0, samples[0], samples[SAMPLES - 1]);

		if (fabs(came - exact) > exact * TOLERANCE)
			fail_msg("%s: quantile %u/1000: expected %.0f ns within 4.5 %%, came %.0f ns (%.2f %% off)", name,
				 per_mille[i], exact, came, 100 * fabs(came - exact) / exact);
	}
	histogram_free(&histogram);
}

/* Sizes of 1 byte to some GiB, small ones too: a whole byte more or less is no fault. */
static void quantiles_of_bytes_are_within_their_bound(void **state)
{
	static uint64_t samples[SAMPLES];
	uint64_t slots[WEIR_HIST_SLOTS] = {0}, random = 11;
	struct histogram histogram;

	(void)state;
	for (unsigned i = 0; i < SAMPLES; i++) {
		samples[i] = (uint64_t)exp2(random_unit(&random) * 32);
		slots[weir_hist_slot(samples[i])]++;
	}
	qsort(samples, SAMPLES, sizeof(samples[0]), compare_samples);
	assert_int_equal(histogram_from_slots(slots, &histogram), 0);
	for (unsigned per_mille = 1; per_mille < 1000; per_mille++) {
		uint64_t rank = ((uint64_t)per_mille * SAMPLES + 999) / 1000;
		double exact = (double)samples[rank - 1];
		double came = histogram_quantile_bytes(&histogram, per_mille / 1000.0, samples[0], samples[SAMPLES - 1]);

		if (fabs(came - exact) > exact * TOLERANCE + 0.5)
			fail_msg("quantile %u/1000: expected %.0f bytes within 4.5 %%, came %.2f", per_mille, exact, came);
	}
	histogram_free(&histogram);
}

static void quantiles_of_uniform_samples_are_within_their_bound(void **state)
{
	uint64_t *samples = test_malloc(SAMPLES * sizeof(*samples)), seed = 2;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		samples[i] = 1000 + random_next(&seed) % 10000000;
	check_quantiles("uniform", samples);
	for (size_t i = 0; i < SAMPLES; i++)
		samples[i] = 1 + random_next(&seed) % 300;
	check_quantiles("uniform and tiny", samples);
	test_free(samples);
}

static void quantiles_of_bimodal_samples_are_within_their_bound(void **state)
{
	uint64_t *samples = test_malloc(SAMPLES * sizeof(*samples)), seed = 3;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) /* half hit a cache, half a disk: the median lies on the edge of a mode */
		samples[i] = i % 2 ? 1500 + random_next(&seed) % 1000 : 4000000 + random_next(&seed) % 3000000;
	check_quantiles("bimodal", samples);
	test_free(samples);
}

static void quantiles_of_log_normal_samples_are_within_their_bound(void **state)
{
	uint64_t *samples = test_malloc(SAMPLES * sizeof(*samples)), seed = 4;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		double radius = sqrt(-2 * log(random_unit(&seed))), angle = 2 * M_PI * random_unit(&seed);

		samples[i] = (uint64_t)exp(12 + 2 * radius * cos(angle));
	}
	check_quantiles("log-normal", samples);
	test_free(samples);
}

static void quantiles_of_one_value_are_that_value(void **state)
{
	uint64_t *samples = test_malloc(SAMPLES * sizeof(*samples));
	struct histogram histogram;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		samples[i] = 123457;
	check_quantiles("single", samples);
	histogram = histogram_of(samples, SAMPLES);
	assert_true(histogram_quantile_ns(&histogram, 0.5, 123457, 123457) == 123457.0);
	histogram_free(&histogram);
	test_free(samples);
}

/* What the header promises "whatever the samples are", without the help of the extremes. */
static void no_sample_is_further_from_its_bucket_than_promised(void **state)
{
	uint64_t ns = 1;

	(void)state;
	while (ns < 1ULL << 50) {
		struct histogram histogram = histogram_of(&ns, 1);
		double came = histogram_quantile_ns(&histogram, 0.5, 0, UINT64_MAX);

		if (fabs(came - (double)ns) > (double)ns * TOLERANCE)
			fail_msg("expected %llu ns within 4.5 %%, came %.2f ns", (unsigned long long)ns, came);
		histogram_free(&histogram);
		ns += ns < 100000 ? 1 : ns / 997;
	}
}

static void quantiles_lie_within_the_extremes(void **state)
{
	uint64_t samples[] = {1000, 1010, 1020};
	struct histogram histogram = histogram_of(samples, 3);

	(void)state;
	assert_true(histogram_quantile_ns(&histogram, 0, 1019, 1020) >= 1019);
	assert_true(histogram_quantile_ns(&histogram, 1, 1000, 1001) <= 1001);
	/* extremes that were never updated clamp nothing */
	assert_true(histogram_quantile_ns(&histogram, 0.5, 0, 0) > 900);
	histogram_free(&histogram);
}

static void the_rank_is_not_off_by_a_rounding(void **state)
{
	uint64_t samples[100];
	struct histogram histogram;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		samples[i] = i < 7 ? 1000 : 1000000;
	histogram = histogram_of(samples, 100);
	assert_true(0.07 * 100 > 7); /* in binary */
	assert_true(histogram_quantile_ns(&histogram, 0.07, 1000, 1000000) < 2000);
	assert_true(histogram_quantile_ns(&histogram, 0.08, 1000, 1000000) > 900000);
	histogram_free(&histogram);
}

/* ---- sums ---------------------------------------------------------------------------------------- */

static void an_empty_histogram_has_no_counts_and_quantile_0(void **state)
{
	uint64_t slots[WEIR_HIST_SLOTS] = {0};
	struct histogram histogram = {.length = 9};

	(void)state;
	assert_int_equal(histogram_from_slots(slots, &histogram), 0);
	assert_null(histogram.counts);
	assert_int_equal(histogram.length, 0);
	assert_int_equal(histogram_count(&histogram), 0);
	assert_true(histogram_quantile_ns(&histogram, 0.5, 0, 0) == 0);
	histogram_free(&histogram);
	histogram_free(NULL);
}

static void a_histogram_is_trimmed_on_both_ends(void **state)
{
	uint64_t slots[WEIR_HIST_SLOTS] = {[100] = 3, [102] = 4};
	struct histogram histogram;

	(void)state;
	assert_int_equal(histogram_from_slots(slots, &histogram), 0);
	assert_int_equal(histogram.first, 100);
	assert_int_equal(histogram.length, 3);
	assert_int_equal(histogram.counts[0], 3);
	assert_int_equal(histogram.counts[1], 0);
	assert_int_equal(histogram.counts[2], 4);
	histogram_free(&histogram);
}

static void a_sum_reaches_over_both_histograms(void **state)
{
	static const uint32_t firsts[][2] = {{100, 300}, {300, 100}, {7, 511}, {200, 200}};

	(void)state;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		uint64_t a[WEIR_HIST_SLOTS] = {0}, b[WEIR_HIST_SLOTS] = {0};
		struct histogram sum = {0}, one, other;

		a[firsts[i][0]] = 5;
		b[firsts[i][1]] = 6;
		assert_int_equal(histogram_from_slots(a, &one), 0);
		assert_int_equal(histogram_from_slots(b, &other), 0);
		assert_int_equal(histogram_add(&sum, &one), 0);
		assert_int_equal(histogram_add(&sum, &other), 0);
		assert_int_equal(histogram_count(&sum), 11);
		for (uint32_t slot = 0; slot < WEIR_HIST_SLOTS; slot++) {
			bool inside = slot >= sum.first && slot < sum.first + sum.length;

			assert_int_equal(inside ? sum.counts[slot - sum.first] : 0, a[slot] + b[slot]);
		}
		histogram_free(&sum);
		histogram_free(&one);
		histogram_free(&other);
	}
}

static void adding_an_empty_histogram_changes_nothing(void **state)
{
	uint64_t sample = 5000;
	struct histogram sum = histogram_of(&sample, 1), empty = {0}, before = sum;

	(void)state;
	assert_int_equal(histogram_add(&sum, &empty), 0);
	assert_memory_equal(&sum, &before, sizeof(sum));
	histogram_free(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extremes_agree_with_the_histogram_whichever_is_not_known_yet),
		cmocka_unit_test(an_empty_histogram_changes_no_extreme),
		cmocka_unit_test(a_power_of_two_is_the_upper_bound_of_its_slot),
		cmocka_unit_test(every_bound_is_a_power_of_the_base_and_inclusive),
		cmocka_unit_test(thresholds_are_exact_to_the_last_bit),
		cmocka_unit_test(the_ends_of_the_range_are_taken_in),
		cmocka_unit_test(slots_never_fall_as_values_rise),
		cmocka_unit_test(the_upper_bound_in_seconds_is_a_power_of_the_base),
		cmocka_unit_test(time_units_are_what_128_bits_give),
		cmocka_unit_test(quantiles_of_bytes_are_within_their_bound),
		cmocka_unit_test(quantiles_of_uniform_samples_are_within_their_bound),
		cmocka_unit_test(quantiles_of_bimodal_samples_are_within_their_bound),
		cmocka_unit_test(quantiles_of_log_normal_samples_are_within_their_bound),
		cmocka_unit_test(quantiles_of_one_value_are_that_value),
		cmocka_unit_test(no_sample_is_further_from_its_bucket_than_promised),
		cmocka_unit_test(quantiles_lie_within_the_extremes),
		cmocka_unit_test(the_rank_is_not_off_by_a_rounding),
		cmocka_unit_test(an_empty_histogram_has_no_counts_and_quantile_0),
		cmocka_unit_test(a_histogram_is_trimmed_on_both_ends),
		cmocka_unit_test(a_sum_reaches_over_both_histograms),
		cmocka_unit_test(adding_an_empty_histogram_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
