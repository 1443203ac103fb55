/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of plan/ share; nobody else includes this. */
#ifndef WEIR_PLAN_INTERNAL_H
#define WEIR_PLAN_INTERNAL_H

#include "plan/plan.h"
#include "symbols/module.h"

/* The text of a function, as far as it is known: *ret_complete tells whether it is all of it. Returns its length or -errno. */
long plan_read_body(struct module *m, const struct function *f, uint8_t **ret_code, bool *ret_complete);

/* Put the entry site of the function in p->site, p->address and p->file_offset. Returns 0, or -EINVAL where none can be had. */
int plan_choose_site(struct plan_probe *p, const struct function *f, uint32_t needed_args, const uint8_t *code, size_t size,
		     bool complete);

/* The probe of the module that has its site there; NULL: none. */
const struct plan_probe *plan_probe_at(const struct plan *plan, size_t module, uint64_t file_offset);

/* Add the probe, which gets its number. Returns 0, -E2BIG where there are too many, or -ENOMEM. */
int plan_append(struct plan *plan, struct plan_probe *p);

/* The code of a probe or of a span's site into the record for the kernel side. */
void plan_fill_code(struct weir_probe *record, const struct profile_code *code);

/* Add a span of the profile and its sites (plan_span.c). Says so where it cannot be measured. Returns 0 or -errno. */
int plan_add_span(struct plan *plan, size_t module, const struct profile *profile, const struct profile_probe *spec);

#endif
