/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exponential histogram, base 2^(1/8): scale 3 of OpenTelemetry's exponential histogram, schema 3 of
 * Prometheus' native histogram. Upper bounds are inclusive, so both exports are lossless.
 *
 * Compiled on both sides: the kernel side computes an index per sample, the user side bounds and quantiles.
 * Time is counted in units of 2^-30 s, so that bucket bounds are exactly 2^(i/8) s.
 *
 * Buckets are kept in blocks of one octave. Slot 8*b + p (block b, place p) holds, for a value x in units,
 *     2^(b-1 + p/8) < x <= 2^(b-1 + (p+1)/8)
 * so that slot 7 is the lowest one in use (x <= 1) and a value in seconds has the index slot - 8 - 240.
 */
#ifndef WEIR_HIST_H
#define WEIR_HIST_H

#ifndef __VMLINUX_H__
#include <stdint.h>
typedef uint64_t weir_u64;
typedef uint32_t weir_u32;
#else
typedef __u64 weir_u64;
typedef __u32 weir_u32;
#endif

#define WEIR_HIST_SCALE 3
#define WEIR_HIST_PLACES 8   /* buckets per octave: 2^scale */
#define WEIR_HIST_OCTAVES 64 /* block 0 holds x <= 1, block 63 holds 2^62 < x <= 2^63 units */
#define WEIR_HIST_SLOTS (WEIR_HIST_PLACES * WEIR_HIST_OCTAVES)

/* Index, in powers of 2^(1/8) seconds, of slot 0: 2^(-31) s, 8 buckets per octave. */
#define WEIR_HIST_SECONDS_OFFSET (-8 - 240)

/* Nanoseconds to units of 2^-30 s: x * 2^30 / 10^9, rounded down (309296 / 2^22 = 0.0737419). */
static inline __attribute__((always_inline)) weir_u64 weir_hist_time_units(weir_u64 ns)
{
	return ns + (ns >> 22) * 309296 + (((ns & ((1ULL << 22) - 1)) * 309296) >> 22);
}

/* floor(log2(x)) for x > 0, without a clz instruction: BPF has none. */
static inline __attribute__((always_inline)) weir_u32 weir_log2(weir_u64 x)
{
	weir_u32 log = 0;

	if (x >> 32) { x >>= 32; log += 32; }
	if (x >> 16) { x >>= 16; log += 16; }
	if (x >> 8) { x >>= 8; log += 8; }
	if (x >> 4) { x >>= 4; log += 4; }
	if (x >> 2) { x >>= 2; log += 2; }
	return log + (weir_u32)(x >> 1);
}

/*
 * Slot of a value in units. Never fails: 0 counts as 1, values above 2^63 as 2^63.
 * The thresholds are floor(2^(62 + j/8)); 2^(j/8) is irrational, so "greater than" needs no equality case.
 */
static inline __attribute__((always_inline)) weir_u32 weir_hist_slot(weir_u64 x)
{
	weir_u32 octave, place;
	weir_u64 m;

	if (x <= 1)
		return 7;
	if (x > (1ULL << 63))
		x = 1ULL << 63;
	octave = weir_log2(x - 1); /* x in (2^octave, 2^(octave+1)] */
	m = x << (62 - octave);
	if (m > 6521908912666391106ULL) { /* 2^62.5 */
		if (m > 7755900482342532474ULL) /* 2^62.75 */
			place = m > 8457869449776733335ULL ? 7 : 6;
		else
			place = m > 7112192101001162094ULL ? 5 : 4;
	} else {
		if (m > 5484249825272419511ULL) /* 2^62.25 */
			place = m > 5980616842327661685ULL ? 3 : 2;
		else
			place = m > 5029079263719320435ULL ? 1 : 0;
	}
	return WEIR_HIST_PLACES * (octave + 1) + place;
}

#endif
