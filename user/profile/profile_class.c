/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that have no symbol and are virtual: found by the name of a class and a slot of its table. */
#include <errno.h>
#include <stdlib.h>

#include "profile/profile_layout.h"
#include "profile/profile_values.h"
#include "symbols/vtables.h"

enum { SLOT_MAX = 4095 };

int class_read(struct complaints *c, value_t *found, const struct profile *profile, struct profile_probe *probe)
{
	static const char *const others[] = { "in", "stored_at", "passed_as", "table_with", "stride", "name_at", "function_at" };
	value_t *class = document_find(found, "class"), *base = document_find(found, "base"), *slot, *name = class ?: base;
	static const char expected[] = "the name of a class, as duckdb::PhysicalOperator";
	uint64_t offset;
	int64_t number;
	int err;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (document_find(found, others[i]))
			complain(c, found->line, found->column, "\"%s\" beside \"%s\", expected one of them", others[i], class ? "class" : "base");
	if (class && base)
		complain(c, base->line, base->column, "\"base\" beside \"class\", expected one of them");
	err = value_copy_text(c, name, class ? "class" : "base", expected, &probe->found_class);
	if (probe->found_class && !class_name_is_plain(probe->found_class))
		complain(c, name->line, name->column, "\"%.60s\" is no class, expected %s, without templates", probe->found_class, expected);
	probe->found_derived = base && !class;
	slot = mapping_find_required(c, found, "\"found\" with a class", "slot");
	if (err || !slot)
		return err;
	err = value_copy_text(c, slot, "slot", "0 to 4095, or the name of an offset of the layouts", &probe->found_slot);
	if (!probe->found_slot)
		return err;
	if (value_read_number(probe->found_slot, &number) ? number < 0 || number > SLOT_MAX
							  : layout_find(profile, NULL, NAME_OFFSET, probe->found_slot, &offset) == -ENOENT)
		complain(c, slot->line, slot->column, "\"%.40s\" is no slot, expected 0 to %d, or the name of an offset of the layouts",
			 probe->found_slot, SLOT_MAX);
	return 0;
}
