/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans of a profile: one probe for the span, and one for each place where it begins or ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "plan/fuse.h"
#include "plan/plan_internal.h"

/*
 * Spans meet at one place: the first one's site there has the breakpoint, the others follow it. `there` is that site, NULL where this is the
 * first one.
 */
int plan_append_site(struct plan *plan, struct plan_probe *p, struct plan_probe *there)
{
	size_t last = there ? (size_t)(there - plan->probes) : 0;
	unsigned length = 1;
	int err;

	while (there && plan->probes[last].record.next) {
		last = plan->probes[last].record.next - 1;
		length++;
	}
	p->follows = there && length < WEIR_CHAIN_MAX && plan->probes[last].module == p->module;
	err = plan_append(plan, p);
	if (!err && p->follows)
		plan->probes[last].record.next = plan->probes[plan->probes_count - 1].id;
	return err;
}

/* The site and the condition that is left to be asked there. Returns 0, -EINVAL where no site can be had, or -ENOMEM. */
static int place_site(struct plan *plan, struct plan_probe *p, const struct plan_use *use, const struct profile_site *site,
		      const struct function *f, const struct profile_code *when)
{
	const struct plan_module *pm = &plan->modules[p->module];
	_cleanup_free_ uint8_t *code = NULL;
	bool complete = false;
	long size = plan_read_body(pm->module, f, &code, &complete);
	int err = -ENOENT;

	if (size < 0)
		return (int)size;
	p->record.enter_ops = (uint8_t)fuse_guard(when->ops, when->enter_ops, p->record.ops, &p->record.guard);
	if (complete && p->record.guard.arg && !p->record.enter_ops)
		err = plan_narrow_site(pm, p, use, site, f, &p->record.guard, code, (size_t)size);
	if (!err)
		p->record.guard = (struct weir_guard){ 0 };
	if (err != -ENOENT)
		return err;
	return plan_choose_site(pm->module, p, f, when->needed_args | (site->ends ? use->code.needed_end_args : use->code.needed_args), code,
				(size_t)size, complete);
}

static int add_site(struct plan *plan, size_t span_index, const struct plan_use *use, const struct function *f,
		    const struct profile_site *site)
{
	struct plan_probe *span = &plan->probes[span_index];
	struct plan_probe p = {
		.kind = PLAN_SPAN_SITE, .span = span->id, .ends = site->ends, .module = span->module, .symbol = f->name, .function = f->display,
		.level = span->level, .profile = span->profile, .leave = LEAVE_NONE,
		.record = { .flags = site->ends ? WEIR_PROBE_ENDS : WEIR_PROBE_BEGINS, .span = span->id },
	};
	struct profile_code when = { 0 };
	struct plan_probe *there;
	int err = plan_compile_site(&plan->modules[span->module], use, site, &when);

	if (err)
		return err == -ENODATA ? 0 : err;
	err = place_site(plan, &p, use, site, f, &when);
	if (err == -ENOMEM)
		return err;
	if (err) {
		log_warning("%s: no instruction at its beginning can carry a breakpoint: the span %s is not exact", f->display,
			    span->function);
		return 0;
	}
	there = plan_probe_at(plan, p.module, p.file_offset);
	if (there && (there->kind == PLAN_CALL || there->record.flags & WEIR_PROBE_OPERANDS)) {
		log_warning("%s is measured as a %s: the span %s of profile %s does not begin or end there", f->display,
			    there->kind == PLAN_CALL ? "function" : "USDT site",
			    span->function, span->profile->engine);
		return 0;
	}
	if (plan->selection.count_only)
		p.record = (struct weir_probe){ .flags = WEIR_PROBE_ENTRY_ONLY, .level = (uint8_t)span->level };
	p.record.address = p.address;
	return plan_append_site(plan, &p, there);
}

/* Add all sites that begin the span, or all that end it. *ret_first_missing is the first place that is not there. */
static int add_sites(struct plan *plan, size_t span_index, const struct plan_use *use, bool ends, size_t *ret_count,
		     const struct profile_site **ret_first_missing)
{
	const struct profile_probe *spec = plan->probes[span_index].spec;
	size_t before = plan->probes_count;
	const struct profile_site *missing = NULL;

	for (size_t i = 0; i < spec->sites_count; i++) {
		_cleanup_free_ struct function *functions = NULL;
		size_t count = 0;
		int err;

		if (spec->sites[i].ends != ends)
			continue;
		if (spec->sites[i].usdt) {
			err = plan_add_usdt_sites(plan, span_index, use, &spec->sites[i], &count);
			if (err)
				return err;
			if (!count && !missing)
				missing = &spec->sites[i];
			continue;
		}
		err = module_find(plan->modules[plan->probes[span_index].module].module, spec->sites[i].function, &functions, &count);
		for (size_t k = 0; !err && k < count; k++)
			err = add_site(plan, span_index, use, &functions[k], &spec->sites[i]);
		if (err)
			return err;
		if (!count && !missing)
			missing = &spec->sites[i];
	}
	*ret_count = plan->probes_count - before;
	*ret_first_missing = missing;
	return 0;
}

static uint32_t span_flags(const struct profile_probe *spec)
{
	return (spec->span_keeps ? WEIR_PROBE_KEEPS : 0U) | (spec->span_keyed ? WEIR_PROBE_KEYED : 0U) |
	       (spec->span_nests ? WEIR_PROBE_NESTS : 0U);
}

void plan_set_within(const struct plan *plan, struct plan_probe *p)
{
	for (size_t i = plan->modules[p->module].first; p->spec->within && i < plan->probes_count; i++) {
		const struct plan_probe *span = &plan->probes[i];

		if (span->kind != PLAN_SPAN || span->profile != p->profile || strcmp(span->function, p->spec->within) != 0)
			continue;
		p->record.flags |= WEIR_PROBE_WITHIN;
		p->record.span = span->id;
	}
}

/* The span and its sites, which are the last probes, are none after all. Nothing of them is owned. */
static void drop_sites(struct plan *plan, size_t from)
{
	for (size_t i = 0; i < from; i++)
		if (plan->probes[i].record.next > from)
			plan->probes[i].record.next = 0;
	plan->probes_count = from;
}

int plan_add_span(struct plan *plan, size_t module, const struct plan_use *use)
{
	const struct profile_probe *spec = use->spec;
	struct plan_probe p = {
		.kind = PLAN_SPAN, .module = module, .symbol = spec->name, .function = spec->name, .level = spec->level,
		.leave = LEAVE_SPAN,
		.record = { .level = (uint8_t)spec->level, .flags = span_flags(spec) },
	};
	size_t index = plan->probes_count, begins = 0, ends = 0;
	const struct profile_site *no_begin = NULL, *no_end = NULL;
	int err;

	if (plan->modules[module].go.is_go) {
		log_warning("%s is a Go program: the span %s of profile %s is not shown, for spans are kept by thread",
			    plan->modules[module].display, spec->name, use->profile->engine);
		return 0;
	}
	plan_take_use(&p, use, true);
	plan_set_within(plan, &p);
	err = plan_append(plan, &p);
	err = err ?: add_sites(plan, index, use, false, &begins, &no_begin);
	err = err ?: add_sites(plan, index, use, true, &ends, &no_end);
	if (err || (begins && ends))
		return err;
	drop_sites(plan, index);
	no_begin = no_begin ?: no_end;
	if (!spec->optional && no_begin)
		log_warning("%s has no %s %s: the span %s of profile %s is not shown", plan->modules[module].display,
			    no_begin->usdt ? "USDT site" : "function", no_begin->function, spec->name, use->profile->engine);
	return 0;
}
