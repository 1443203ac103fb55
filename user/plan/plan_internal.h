/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of plan/ share; nobody else includes this. */
#ifndef WEIR_PLAN_INTERNAL_H
#define WEIR_PLAN_INTERNAL_H

#include "plan/plan.h"
#include "symbols/module.h"

/* A probe of a profile, made for one module. */
struct plan_use {
	const struct profile *profile;
	const struct profile_layout *layout; /* NULL: none fits */
	const struct profile_probe *spec;
	struct profile_code code;
	uint32_t left_out; /* outputs that have no value here: 1 << enum expression_output */
	const char *name;  /* for outputs; NULL: the profile's, or the function's; the module's or the profile's */
};

/* Is the module, whatever its name, one of the profile's by the functions that it defines (plan_inside.c)? */
bool plan_holds_engine(struct module *module, const struct profile *profile);

/* The layout that fits the module; NULL, with a warning, where none does, or without one, where the profile has none. */
const struct profile_layout *plan_choose_layout(const struct plan_module *pm, const struct profile *profile);

/* Fill use->code and left_out for the module; what is left out is told. Returns 0 or -errno (-EINVAL logged). */
int plan_compile(const struct plan_module *pm, struct plan_use *use);

/* The same, for a probe some of whose arguments have no value: masks, bit n for argument n + 1, where it begins and where it ends. */
int plan_compile_without(const struct plan_module *pm, struct plan_use *use, uint32_t no_args, uint32_t no_end_args);

/* The condition of a span's site. Returns 0, -ENODATA (told) where it has no value here, or -errno. */
int plan_compile_site(const struct plan_module *pm, const struct plan_use *use, const struct profile_site *site,
		      struct profile_code *ret_code);

/* What of the profile's probe goes into the plan's; its code too, if it `reads`. */
void plan_take_use(struct plan_probe *p, const struct plan_use *use, bool reads);

/* The text of a function, as far as it is known: *ret_complete tells whether it is all of it. Returns its length or -errno. */
long plan_read_body(struct module *m, const struct function *f, uint8_t **ret_code, bool *ret_complete);

/* Put the entry site of the function in p->site, p->address and p->file_offset. Returns 0, or -EINVAL where none can be had. */
int plan_choose_site(struct module *m, struct plan_probe *p, const struct function *f, uint32_t needed_args, const uint8_t *code, size_t size,
		     bool complete);

/* The probe of the module that has its site there; NULL: none. */
struct plan_probe *plan_probe_at(const struct plan *plan, size_t module, uint64_t file_offset);

/* Add the probe, which gets its number. Returns 0, -E2BIG where there are too many, or -ENOMEM. */
int plan_append(struct plan *plan, struct plan_probe *p);

/* The code of a probe or of a span's site into the record for the kernel side, which has fewer and richer operations (fuse.h). */
void plan_fill_code(struct weir_probe *record, const struct profile_code *code);

/*
 * Add a probe for each function that the glob matches; `use`: NULL for -f. *ret_matched counts functions, those that cannot be
 * probed included. Returns 0 or -errno (-E2BIG logged).
 */
int plan_add_matching(struct plan *plan, size_t module, const char *glob, const struct plan_use *use, size_t *ret_matched);

/* The function at this address, if one begins there; adds to *matched. And virtual functions by their classes (plan_virtual.c). Return 0 or -errno. */
int plan_add_address(struct plan *plan, size_t module, const struct plan_use *use, uint64_t address, size_t *matched);
int plan_add_virtual(struct plan *plan, size_t module, const struct plan_use *use);

/* Add probes of functions that are found in the code of others (plan_found.c). Returns 0 or -errno. */
int plan_add_found(struct plan *plan, size_t module, const struct plan_use *use);

/*
 * Put the site of a span in p behind the function's own test of the argument, where that asks what the guard, all of the site's condition, asks, so that
 * no guard is needed. `code`: the whole function. Returns 0, -ENOENT where the function has no such place (p is untouched), or -ENOMEM (plan_narrow.c).
 */
int plan_narrow_site(const struct plan_module *pm, struct plan_probe *p, const struct plan_use *use, const struct profile_site *site,
		     const struct function *f, const struct weir_guard *guard, const uint8_t *code, size_t size);

/*
 * Add a site, in a chain behind `there` where another probe of the same kind of place has its breakpoint there (NULL: none does).
 * Returns 0 or -errno.
 */
int plan_append_site(struct plan *plan, struct plan_probe *p, struct plan_probe *there);

/* ---- USDT sites (plan_usdt.c) */

/* Add the events of the profile's probe, which is one of USDT sites. Returns 0 or -errno. */
int plan_add_events(struct plan *plan, size_t module, const struct plan_use *use);

/*
 * Add the USDT sites of the span's place (`site`; its code is `when`) to the span with that index. *ret_matched counts them, those that cannot be probed included. Returns
 * 0 or -errno.
 */
int plan_add_usdt_sites(struct plan *plan, size_t span_index, const struct plan_use *use, const struct profile_site *site, size_t *ret_matched);

/* Arguments that some USDT site of the probe does not tell so that they can be read: bit n: argument n + 1, where it begins and where it ends. */
void plan_find_unreadable(struct module *m, const struct profile_probe *spec, uint32_t *ret_args, uint32_t *ret_end_args);
/* Is the instruction at that link-time address the nop of a USDT site? */
bool plan_is_usdt(struct module *m, uint64_t address);
uint32_t plan_find_unreadable_of(struct module *m, const char *usdt);

/* Note in the records of the profile's probes in the module, from `first` on, where threads tell what they wait for; `layout` fits it. */
void plan_set_waits(struct plan *plan, size_t module, const struct profile *profile, const struct profile_layout *layout, size_t first);

/* Note in its record the keyed span of the same module that the probe's calls are within, if there is one (plan_span.c). */
void plan_set_within(const struct plan *plan, struct plan_probe *p);

/* Add a span of the profile and its sites (plan_span.c). Says so where it cannot be measured. Returns 0 or -errno. */
int plan_add_span(struct plan *plan, size_t module, const struct plan_use *use);

#endif
