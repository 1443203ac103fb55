/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layouts of a profile: what is true of some versions of an engine only. Offsets in its structures and names of its codes, each
 * layout with the versions or build ids that it was verified for.
 */
#ifndef WEIR_PROFILE_LAYOUT_H
#define WEIR_PROFILE_LAYOUT_H

#include "profile/expression.h"
#include "profile/profile.h"

/* Is the layout one for this version ("" or NULL: not known) or build id? */
bool layout_fits(const struct profile_layout *layout, const char *version, const char *build_id);

/*
 * Names in expressions, as expression_names.find has it, but for symbols. Without a layout (NULL) the value of the first layout
 * that has one is found, which serves to check a profile.
 */
int layout_find(const struct profile *profile, const struct profile_layout *layout, enum expression_name kind, const char *name,
		uint64_t *ret_value);

/* The name of a code in table number `table`; NULL: it has none. */
const char *layout_name(const struct profile_layout *layout, unsigned table, int64_t code);

/* "3.40.*, 3.41.*": the versions that some layout fits, into `buffer`. */
void layouts_describe(const struct profile *profile, char *buffer, size_t size);

void layout_clear(struct profile_layout *layout);

#endif
