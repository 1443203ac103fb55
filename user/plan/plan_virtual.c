/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions, by the names of their classes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "plan/plan_internal.h"
#include "profile/profile_layout.h"
#include "symbols/vtables.h"

/* Returns 0, or -ENODATA where the module's layout does not tell the slot. */
static int slot_of(const struct plan_use *use, unsigned *ret_slot)
{
	uint64_t value;
	char *end;

	value = strtoull(use->spec->found_slot, &end, 0);
	if (*end && layout_find(use->profile, use->layout, NAME_OFFSET, use->spec->found_slot, &value))
		return -ENODATA;
	*ret_slot = (unsigned)value;
	return 0;
}

int plan_add_virtual(struct plan *plan, size_t module, const struct plan_use *use)
{
	const struct profile_probe *spec = use->spec;
	struct plan_module *pm = &plan->modules[module];
	_cleanup_free_ uint64_t *addresses = NULL;
	size_t count = 0, matched = 0;
	unsigned slot;
	int err;

	if (slot_of(use, &slot)) {
		if (use->layout && !spec->optional)
			log_warning("%s: its layout in profile %s has no %s: %s is not shown", pm->display, use->profile->engine, spec->found_slot, spec->name);
		return 0;
	}
	err = module_virtual_functions(pm->module, spec->found_class, spec->found_derived, slot, &addresses, &count);
	if (err == -ENOMEM)
		return err;
	for (size_t i = 0; i < count; i++) {
		err = plan_add_address(plan, module, use, addresses[i], &matched);
		if (err)
			return err;
	}
	if (!matched && !spec->optional)
		log_warning("%s has no type information of %s: what profile %s reads of it is not shown", pm->display, spec->found_class,
			    use->profile->engine);
	return 0;
}
