/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hit costs on this machine, measured on a child of weir with the very programs that measure the target. */
#ifndef WEIR_CALIBRATE_H
#define WEIR_CALIBRATE_H

#include "attach/tracer.h"

/* Probe ids that calibration uses, at the end of the table: leave this many free. */
#define CALIBRATE_PROBES 6

/* ns per call that the target pays: the kernel's trap and weir's program. */
struct calibration {
	double emulated_pair_ns;  /* enter and leave, entry site emulated */
	double stepped_pair_ns;   /* the same, entry site single-stepped */
	double emulated_entry_ns; /* enter only */
	double stepped_entry_ns;
	double nop5_entry_ns;     /* enter only, entry site a nop of 5 bytes */
	double site_leave_ns;     /* leave only, seen at a return site in the caller */
};

/*
 * Measure. `first_probe` is the first of CALIBRATE_PROBES free ids. Takes some tens of ms; leaves no trace in the tables. To be called before any
 * target is added. Returns 0 or -errno (logged).
 */
int calibrate(struct tracer *tracer, uint32_t first_probe, struct calibration *ret_calibration);

#endif
