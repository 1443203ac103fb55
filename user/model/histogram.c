/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/histogram.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "weir/hist.h"

/* Up to here (2^16 units, 61 us) whole nanoseconds are too coarse to take a bucket's bounds for its contents. */
#define COARSE_OCTAVES 16
#define COARSE_SLOTS (WEIR_HIST_PLACES * (COARSE_OCTAVES + 1))

/* Holds 0 and 1 ns; nothing lies below it. */
#define LOWEST_SLOT 7

static bool octave_is_empty(const uint64_t *counts)
{
	uint64_t any = 0;

	for (int i = 0; i < WEIR_HIST_PLACES; i++)
		any |= counts[i];
	return !any;
}

int histogram_from_slots(const uint64_t *slots, struct histogram *ret_histogram)
{
	struct histogram histogram = {0};
	uint32_t first = 0, end = WEIR_HIST_SLOTS;

	/* Most of them are empty. */
	while (first < end && octave_is_empty(&slots[first]))
		first += WEIR_HIST_PLACES;
	while (end > first && octave_is_empty(&slots[end - WEIR_HIST_PLACES]))
		end -= WEIR_HIST_PLACES;
	while (first < end && !slots[first])
		first++;
	while (end > first && !slots[end - 1])
		end--;
	if (first < end) {
		histogram.first = first;
		histogram.length = end - first;
		histogram.counts = calloc(histogram.length, sizeof(*histogram.counts));
		if (!histogram.counts)
			return -ENOMEM;
		memcpy(histogram.counts, slots + first, histogram.length * sizeof(*slots));
	}
	*ret_histogram = histogram;
	return 0;
}

void histogram_free(struct histogram *histogram)
{
	if (!histogram)
		return;
	free(histogram->counts);
	*histogram = (struct histogram){0};
}

/* Make `histogram` reach over the slots [first, end). */
static int histogram_widen(struct histogram *histogram, uint32_t first, uint32_t end)
{
	uint64_t *counts;

	if (histogram->length) {
		if (histogram->first < first)
			first = histogram->first;
		if (histogram->first + histogram->length > end)
			end = histogram->first + histogram->length;
		if (end - first == histogram->length)
			return 0;
	}
	counts = calloc(end - first, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	if (histogram->length)
		memcpy(counts + (histogram->first - first), histogram->counts,
		       histogram->length * sizeof(*counts));
	free(histogram->counts);
	*histogram = (struct histogram){.counts = counts, .first = first, .length = end - first};
	return 0;
}

int histogram_add(struct histogram *sum, const struct histogram *other)
{
	int r;

	if (!other->length)
		return 0;
	r = histogram_widen(sum, other->first, other->first + other->length);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < other->length; i++)
		sum->counts[other->first - sum->first + i] += other->counts[i];
	return 0;
}

int histogram_since(const struct histogram *later, const struct histogram *earlier, struct histogram *ret_histogram)
{
	uint64_t slots[WEIR_HIST_SLOTS] = {0};

	for (uint32_t i = 0; i < later->length; i++)
		slots[later->first + i] = later->counts[i];
	for (uint32_t i = 0; i < earlier->length; i++) {
		uint64_t *count = &slots[earlier->first + i];

		*count = *count > earlier->counts[i] ? *count - earlier->counts[i] : 0;
	}
	return histogram_from_slots(slots, ret_histogram);
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < histogram->length; i++)
		count += histogram->counts[i];
	return count;
}

double histogram_upper_seconds(uint32_t slot)
{
	return exp2(((int)slot + WEIR_HIST_SECONDS_OFFSET + 1) / (double)WEIR_HIST_PLACES);
}

/* The smallest ns that the kernel side would put into `slot` or above. */
static uint64_t slot_first_ns(uint32_t slot)
{
	uint64_t low = 0, high = 1ULL << (slot < COARSE_SLOTS ? COARSE_OCTAVES + 1 : 63);

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (weir_hist_slot(weir_hist_time_units(middle)) >= slot)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void histogram_fit_extremes(const struct histogram *histogram, uint64_t *min_ns, uint64_t *max_ns)
{
	uint32_t first = histogram->first, last = first + histogram->length - 1;
	uint64_t next;
	bool no_max, no_min;

	if (!histogram->length)
		return;
	/* By slots first: where one begins takes a search, and they nearly always agree. */
	no_max = !*max_ns || weir_hist_slot(weir_hist_time_units(*max_ns)) < last;
	no_min = !*min_ns || weir_hist_slot(weir_hist_time_units(*min_ns)) > first;
	if (no_max)
		*max_ns = slot_first_ns(last);
	if (no_min) {
		next = slot_first_ns(first + 1);
		*min_ns = next ? next - 1 : 0;
	}
	/* Where all samples are in one bucket, its lower end can be below the least and its upper end above the greatest. */
	if (*min_ns <= *max_ns)
		return;
	if (no_max && !no_min)
		*max_ns = *min_ns;
	else
		*min_ns = *max_ns;
}

static double slot_middle_ns(uint32_t slot)
{
	if (slot < COARSE_SLOTS) {
		uint64_t first = slot_first_ns(slot), last = slot_first_ns(slot + 1);

		if (first < last) /* else no whole ns falls into it */
			return sqrt((first ? (double)first : 1.0) * (double)(last - 1));
	}
	return 1e9 * exp2(((int)slot + WEIR_HIST_SECONDS_OFFSET + 0.5) / WEIR_HIST_PLACES);
}

/* Geometric, of the whole bytes that the slot takes. */
static double slot_middle_bytes(uint32_t slot)
{
	double first, last;

	if (slot < 8)
		return 1; /* 0 and 1: the extremes tell */
	first = floor(exp2(((int)slot + WEIR_HIST_BYTES_OFFSET) / (double)WEIR_HIST_PLACES)) + 1;
	last = floor(exp2(((int)slot + WEIR_HIST_BYTES_OFFSET + 1) / (double)WEIR_HIST_PLACES));
	return sqrt(first * (last > first ? last : first));
}

/* The slot (of histogram->counts) that holds the q-quantile. */
static uint32_t quantile_slot(const struct histogram *histogram, double q)
{
	uint64_t count = histogram_count(histogram), seen = 0;
	double rank;
	uint32_t i;

	assert(q >= 0 && q <= 1);
	/* less a few roundings: 0.07 x 100 is 7.000000000000001 in binary, and the rank meant is 7 */
	rank = ceil(q * (double)count * (1 - 4 * DBL_EPSILON));
	for (i = 0; i < histogram->length - 1; i++) {
		seen += histogram->counts[i];
		if (seen && (double)seen >= rank)
			break;
	}
	return histogram->first + i;
}

double histogram_quantile_bytes(const struct histogram *histogram, double q, uint64_t min_bytes, uint64_t max_bytes)
{
	if (!histogram_count(histogram))
		return 0;
	return fmax(fmin(slot_middle_bytes(quantile_slot(histogram, q)), (double)max_bytes), (double)min_bytes);
}

double histogram_quantile_ns(const struct histogram *histogram, double q, uint64_t min_ns, uint64_t max_ns)
{
	double middle;

	if (!histogram_count(histogram))
		return 0;
	middle = slot_middle_ns(quantile_slot(histogram, q));
	if (!max_ns && histogram->first + histogram->length > LOWEST_SLOT + 1)
		return middle;
	return fmax(fmin(middle, (double)max_ns), (double)min_ns);
}
