/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions without a symbol: found where the code of others stores their addresses. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "plan/plan_internal.h"
#include "sites/stored.h"

static int add_found(struct plan *plan, size_t module, const struct plan_use *use, uint64_t address, size_t *matched)
{
	uint64_t start, end;
	char pattern[32];
	size_t count;
	int err;

	if (module_bounds(plan->modules[module].module, address, &start, &end) || start != address)
		return 0; /* data, or the middle of something */
	snprintf(pattern, sizeof(pattern), "+0x%" PRIx64, address);
	err = plan_add_matching(plan, module, pattern, use, &count);
	*matched += count;
	return err;
}

static int look_into(struct plan *plan, size_t module, const struct plan_use *use, const struct function *f, size_t *matched)
{
	uint64_t addresses[STORED_MAX];
	_cleanup_free_ uint8_t *code = NULL;
	bool complete;
	long size = plan_read_body(plan->modules[module].module, f, &code, &complete);
	size_t count = 0;
	int err = 0;

	if (size > 0 && use->spec->passed_as)
		count = site_find_passed(code, (size_t)size, f->address, use->spec->passed_as, addresses);
	else if (size > 0)
		count = site_find_stored(code, (size_t)size, f->address, use->spec->stored_at, addresses);
	for (size_t i = 0; i < count && !err; i++)
		err = add_found(plan, module, use, addresses[i], matched);
	return err;
}

int plan_add_found(struct plan *plan, size_t module, const struct plan_use *use)
{
	const struct profile_probe *spec = use->spec;

	for (size_t i = 0; i < spec->found_in_count; i++) {
		_cleanup_free_ struct function *functions = NULL;
		size_t count = 0, matched = 0;
		int err = module_find(plan->modules[module].module, spec->found_in[i], &functions, &count);

		for (size_t k = 0; k < count && !err; k++)
			err = look_into(plan, module, use, &functions[k], &matched);
		if (err)
			return err;
		if (!matched && !spec->optional)
			log_warning("%s: no function was found in %s: what profile %s reads of it is not shown",
				    plan->modules[module].display, spec->found_in[i], use->profile->engine);
	}
	return 0;
}
