/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done with a filled histogram: add, count, quantiles. The bucket arithmetic is weir/hist.h. */
#ifndef WEIR_HISTOGRAM_H
#define WEIR_HISTOGRAM_H

#include <stdint.h>

/* Counts by bucket; count i of the histogram is slot `first + i` of weir/hist.h. All zero: an empty one. */
struct histogram {
	uint64_t *counts; /* owned; NULL where there are none */
	uint32_t first;
	uint32_t length;  /* trimmed: the first and the last count are not 0 */
};

/* Build a trimmed histogram from WEIR_HIST_SLOTS counts. Returns 0 or -ENOMEM. */
int histogram_from_slots(const uint64_t *slots, struct histogram *ret_histogram);
void histogram_free(struct histogram *histogram); /* leaves an empty one behind */

/* Returns 0, or -ENOMEM with `sum` as it was. */
int histogram_add(struct histogram *sum, const struct histogram *other);
/*
 * What was added since `earlier` was taken of the same histogram. A count that went back gives 0. Returns 0 or -ENOMEM.
 */
int histogram_since(const struct histogram *later, const struct histogram *earlier, struct histogram *ret_histogram);
uint64_t histogram_count(const struct histogram *histogram);

/* Upper bound of slot `slot` in seconds (2^(i/8), inclusive). */
double histogram_upper_seconds(uint32_t slot);

/*
 * Make the extremes agree with a histogram that may know one more sample than they do: an extreme (ns; 0: none is known) outside the
 * bucket where it must be becomes the nearest value there. *min_ns <= *max_ns afterwards. An empty histogram changes nothing.
 */
void histogram_fit_extremes(const struct histogram *histogram, uint64_t *min_ns, uint64_t *max_ns);

/*
 * The q-quantile (0 <= q <= 1) in ns: the geometric middle of the bucket that holds the sample of rank ceil(q x count)
 * (of the smallest and the largest whole ns that the bucket takes: below some 100 ns that is not the same as its
 * bounds), clamped to [min_ns, max_ns]. Never off by more than 4.5 %, whatever the samples are: 2^(1/16) - 1 = 4.43 %, and a
 * little for rounding to whole units.
 * 0 where there are no samples. `max_ns` = 0 although samples are longer: the extremes are not known, nothing is clamped.
 */
double histogram_quantile_ns(const struct histogram *histogram, double q, uint64_t min_ns, uint64_t max_ns);

/* The same of a histogram whose samples are bytes (its slots' bounds are bytes, and whole ones). */
double histogram_quantile_bytes(const struct histogram *histogram, double q, uint64_t min_bytes, uint64_t max_bytes);

/* Index of slot 0 in powers of 2^(1/8) bytes. */
#define WEIR_HIST_BYTES_OFFSET (-8)

#endif
