/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one call of a probed function costs the target, by what was calibrated on this machine. */
#ifndef WEIR_COST_H
#define WEIR_COST_H

#include "attach/calibrate.h"
#include "plan/plan.h"

/* ns of the hit at the entry, by the class of the entry site. */
double cost_entry_ns(const struct calibration *costs, enum site_class class);

/* ns of the hit at the leave, once the function's callers are known; 0 where leaves are not seen. */
double cost_leave_ns(const struct calibration *costs, enum plan_leave leave);

#endif
