/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What base/units.h rounds to three digits is wanted to the last digit here, and the headings of tables say the unit. */
#ifndef WEIR_OUT_FIGURES_H
#define WEIR_OUT_FIGURES_H

#include <stdint.h>

/* Wide enough for 2^64 - 1 with its commas, and for all that base/units.h writes. ASCII. */
struct figure {
	char text[32];
};

struct figure figure_count(uint64_t count);    /* "12,345": to the last digit */
struct figure figure_duration(uint64_t ns);    /* as duration_format */
struct figure figure_bytes(uint64_t bytes);    /* as bytes_format */
struct figure figure_rate(double per_second);  /* as rate_format, without "/s" */
struct figure figure_percent(double fraction); /* as percent_format, without "%" */

#endif
