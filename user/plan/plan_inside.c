/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Engines that are linked into a program or a library of another name: told by the functions that are in it. */
#include <errno.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "plan/plan_internal.h"

bool plan_holds_engine(struct module *module, const struct profile *profile)
{
	return profile->functions_count && module_holds(module, (const char *const *)profile->functions, profile->functions_count);
}

bool plan_looks_inside(const struct plan *plan, uint64_t device, uint64_t inode)
{
	bool any = false;

	for (size_t i = 0; i < plan->selection.profiles_count && !any; i++)
		any = plan->selection.profiles[i]->functions_count > 0;
	for (size_t i = 0; any && i < plan->looked_count; i++)
		any = plan->looked[i].device != device || plan->looked[i].inode != inode;
	return any;
}

int plan_look_inside(struct plan *plan, uint64_t device, uint64_t inode, const char *path, const char *display, const char *root, bool mapped)
{
	struct module *module = NULL;
	struct stat st;
	bool held = false;

	if (VEC_RESERVE(plan->looked, plan->looked_count, plan->looked_capacity))
		return -ENOMEM;
	plan->looked[plan->looked_count++] = (struct plan_looked){ device, inode };
	if (stat(path, &st) || !S_ISREG(st.st_mode) || module_open_quietly(path, display, root, &module))
		return 0;
	for (size_t i = 0; i < plan->selection.profiles_count && !held; i++)
		held = plan_holds_engine(module, plan->selection.profiles[i]);
	module_free(&module);
	return held ? plan_add_module(plan, path, display, root, mapped) : 0;
}
