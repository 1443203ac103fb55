/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/cost.h"

double cost_entry_ns(const struct calibration *costs, enum site_class class)
{
	switch (class) {
	case SITE_NOP5:
		return costs->nop5_entry_ns;
	case SITE_STEPPED:
		return costs->stepped_entry_ns;
	default:
		return costs->emulated_entry_ns;
	}
}

double cost_leave_ns(const struct calibration *costs, enum plan_leave leave)
{
	double trampoline_ns = costs->emulated_pair_ns - costs->emulated_entry_ns;

	switch (leave) {
	case LEAVE_TRAMPOLINE:
		return trampoline_ns > 0 ? trampoline_ns : 0;
	case LEAVE_SPAN: /* a site of its own */
		return costs->emulated_entry_ns;
	case LEAVE_SITES:
		return costs->site_leave_ns;
	default:
		return 0;
	}
}
