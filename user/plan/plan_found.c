/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions without a symbol: found where the code of others stores their addresses, or in a table beside their names. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "plan/plan_internal.h"
#include "sites/stored.h"

static int add_at(struct plan *plan, size_t module, const struct plan_use *use, uint64_t address, size_t *matched)
{
	char pattern[32];
	size_t count;
	int err;

	snprintf(pattern, sizeof(pattern), "+0x%" PRIx64, address);
	err = plan_add_matching(plan, module, pattern, use, &count);
	*matched += count;
	return err;
}

int plan_add_address(struct plan *plan, size_t module, const struct plan_use *use, uint64_t address, size_t *matched)
{
	uint64_t start, end;

	if (module_bounds(plan->modules[module].module, address, &start, &end) || start != address)
		return 0; /* data, or the middle of something */
	return add_at(plan, module, use, address, matched);
}

/* The functions of the table that has this name, by the names in it. */
static int look_into_table(struct plan *plan, size_t module, const struct plan_use *use, const char *with, size_t *matched)
{
	_cleanup_free_ struct pair *pairs = NULL;
	_cleanup_free_ char *prefix = NULL;
	struct plan_use named = *use;
	size_t count = 0;
	int err;

	if (asprintf(&prefix, "%s ", use->spec->name) < 0)
		return -ENOMEM;
	err = module_pairs(plan->modules[module].module, with, prefix, &use->spec->found_table, &pairs, &count);
	if (err == -ENOMEM)
		return err;
	err = 0;
	for (size_t i = 0; i < count && !err; i++) {
		named.name = pairs[i].names;
		err = add_at(plan, module, &named, pairs[i].address, matched);
	}
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
		err = plan_add_address(plan, module, use, addresses[i], matched);
	return err;
}

/* The functions that the code of those called so stores or hands on. */
static int look_into_functions(struct plan *plan, size_t module, const struct plan_use *use, const char *glob, size_t *matched)
{
	_cleanup_free_ struct function *functions = NULL;
	size_t count = 0;
	int err = module_find(plan->modules[module].module, glob, &functions, &count);

	for (size_t k = 0; k < count && !err; k++)
		err = look_into(plan, module, use, &functions[k], matched);
	return err;
}

int plan_add_found(struct plan *plan, size_t module, const struct plan_use *use)
{
	const struct profile_probe *spec = use->spec;

	for (size_t i = 0; i < spec->found_in_count; i++) {
		bool in_table = spec->found_table.stride;
		size_t matched = 0;
		int err = (in_table ? look_into_table : look_into_functions)(plan, module, use, spec->found_in[i], &matched);

		if (err)
			return err;
		if (!matched && !spec->optional)
			log_warning("%s: no function was found in %s%s: what profile %s reads of it is not shown",
				    plan->modules[module].display, in_table ? "a table with " : "", spec->found_in[i],
				    use->profile->engine);
	}
	return 0;
}
