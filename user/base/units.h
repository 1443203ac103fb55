/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers for people: three significant digits and a unit, never wider than UNIT_TEXT_SIZE - 1 bytes, ASCII.
 * Every `_format` function writes into the caller's buffer and returns it, so that it can stand in a printf.
 */
#ifndef WEIR_UNITS_H
#define WEIR_UNITS_H

#include <stdint.h>

enum { UNIT_TEXT_SIZE = 16 };

/* "0 ns", "999 ns", "1.23 us", "12.3 ms", "59.9 s", "1m 05s", "2h 03m", "4d 07h" */
const char *duration_format(uint64_t duration_ns, char ret_text[UNIT_TEXT_SIZE]);

/* "999", "1.23 k", "12.3 M", "123 G"; powers of 1000 up to E */
const char *count_format(uint64_t count, char ret_text[UNIT_TEXT_SIZE]);

/* "999 B", "1.2 KiB", "12.3 MiB", "1023 GiB"; powers of 1024 up to EiB, one decimal below 100 */
const char *bytes_format(uint64_t bytes, char ret_text[UNIT_TEXT_SIZE]);

/* "0 /s", "<0.01 /s", "0.50 /s", "12.3 /s", "1.23 k/s"; "-" for what is no rate (negative, not finite) */
const char *rate_format(double per_second, char ret_text[UNIT_TEXT_SIZE]);

/* "0 B/s", "<1 B/s", "1.2 MiB/s"; "-" for what is no rate */
const char *bytes_rate_format(double bytes_per_second, char ret_text[UNIT_TEXT_SIZE]);

/*
 * Of a fraction (1.0 is the whole): "0 %", "<0.1 %", "12.3 %", ">99.9 %", "100 %", "250 %"; 0 and 100 are said of
 * nothing else than 0 and 1. "-" for what is no share (negative, not finite).
 */
const char *percent_format(double fraction, char ret_text[UNIT_TEXT_SIZE]);

/*
 * A duration as a person writes it: a decimal number and a unit, ns, us, ms, s, m, h or none (seconds): "10", "2.5",
 * "250ms", "2m". Parts of a nanosecond are cut off. Returns 0, or -EINVAL where it is no duration or 0, or -ERANGE
 * where it does not fit.
 */
int duration_parse(const char *text, uint64_t *ret_ns);

/*
 * A size as a person writes it: a decimal number and a unit, B, k, M, G, T (also KiB, MB ...: all powers of 1024) or none (bytes): "4096", "64k",
 * "1.5GiB". Parts of a byte are cut off. Returns 0, or -EINVAL where it is no size or 0, or -ERANGE where it does not fit.
 */
int bytes_parse(const char *text, uint64_t *ret_bytes);

#endif
