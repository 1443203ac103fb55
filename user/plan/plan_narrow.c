/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A span's site behind the function's own test of what the span asks: calls that are none of the span's do not come there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/plan_internal.h"
#include "sites/narrow.h"

enum { PART_BYTES_MAX = 1 << 20 };

/* Another place of the profile at the same entry: one breakpoint serves both, and one each would cost more. */
static bool is_alone(const struct profile *profile, const struct profile_site *site)
{
	for (size_t i = 0; i < profile->probes_count; i++)
		for (size_t k = 0; k < profile->probes[i].sites_count; k++)
			if (&profile->probes[i].sites[k] != site && !strcmp(profile->probes[i].sites[k].function, site->function))
				return false;
	return true;
}

/* Can what the function jumps to, its cold part for one, lead into the way to the site? */
static bool leads_back(struct module *m, uint64_t exit, uint64_t first, uint64_t last)
{
	_cleanup_free_ uint8_t *code = NULL;
	uint64_t start, end;

	if (module_bounds(m, exit, &start, &end) || end - start > PART_BYTES_MAX)
		return true;
	code = malloc(end - start);
	return !code || module_code(m, start, code, end - start) != (long)(end - start) ||
	       site_leads_between(code, end - start, start, first, last);
}

int plan_narrow_site(const struct plan_module *pm, struct plan_probe *p, const struct plan_use *use, const struct profile_site *site,
		     const struct function *f, const struct weir_guard *guard, const uint8_t *code, size_t size)
{
	uint32_t needed = site->ends ? use->code.needed_end_args : use->code.needed_args;
	struct narrow_exits exits;
	struct entry_site found;
	int err;

	/* A span that nests takes the stack pointer of where it began, and handlers of exceptions are entered by no jump. */
	if (use->spec->span_nests || !is_alone(use->profile, site) || module_unwinds(pm->module))
		return -ENOENT;
	err = site_narrow(code, size, f->address, guard, needed, &found, &exits);
	if (err)
		return err;
	for (size_t i = 0; i < exits.count; i++)
		if (leads_back(pm->module, exits.addresses[i], f->address + 1, f->address + found.offset))
			return -ENOENT;
	p->site = found;
	p->address = f->address + found.offset;
	p->file_offset = f->file_offset + found.offset;
	return 0;
}
