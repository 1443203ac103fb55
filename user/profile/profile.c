/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/profile_layout.h"
#include "profile/profile_wait.h"
#include "symbols/glob.h"

static const char *const level_names[WEIR_LEVEL_COUNT] = {
	[WEIR_LEVEL_RUN] = "run",
	[WEIR_LEVEL_STAGE] = "stage",
	[WEIR_LEVEL_QUERY] = "query",
	[WEIR_LEVEL_OPERATOR] = "operator",
	[WEIR_LEVEL_FUNCTION] = "function",
	[WEIR_LEVEL_ALLOC] = "alloc",
	[WEIR_LEVEL_CACHE] = "cache",
	[WEIR_LEVEL_ERROR] = "error",
	[WEIR_LEVEL_WAIT] = "wait",
	[WEIR_LEVEL_OPERATION] = "operation",
};

static const char *const detail_names[DETAIL_COUNT] = {
	[DETAIL_QUERIES] = "queries",
	[DETAIL_OPERATORS] = "operators",
	[DETAIL_ROWS] = "rows",
};

const char *level_name(enum weir_level level)
{
	return (unsigned)level < WEIR_LEVEL_COUNT ? level_names[level] : "unknown";
}

const char *detail_name(enum profile_detail detail)
{
	return (unsigned)detail < DETAIL_COUNT ? detail_names[detail] : "unknown";
}

int detail_by_name(const char *name, enum profile_detail *ret_detail)
{
	for (unsigned i = 0; i < DETAIL_COUNT; i++) {
		if (strcmp(detail_names[i], name) != 0)
			continue;
		*ret_detail = (enum profile_detail)i;
		return 0;
	}
	return -EINVAL;
}

static void site_clear(struct profile_site *site)
{
	free(site->function);
	free(site->when);
	free(site->key);
}

static void expressions_free(struct profile_expression *expressions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(expressions[i].name);
		free(expressions[i].text);
	}
	free(expressions);
}

static void probe_clear(struct profile_probe *probe)
{
	free(probe->function);
	free(probe->usdt);
	free(probe->module);
	free(probe->name);
	free(probe->within);
	for (size_t i = 0; i < probe->sites_count; i++)
		site_clear(&probe->sites[i]);
	free(probe->sites);
	for (size_t i = 0; i < probe->found_in_count; i++)
		free(probe->found_in[i]);
	free(probe->found_in);
	free(probe->found_class);
	free(probe->found_slot);
	free(probe->unless);
	expressions_free(probe->expressions, probe->expressions_count);
	expressions_free(probe->lets, probe->lets_count);
	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++)
		free(probe->extra[i]);
}

void profile_free(struct profile **profile)
{
	struct profile *p = *profile;

	if (!p)
		return;
	for (size_t i = 0; i < p->modules_count; i++)
		free(p->modules[i]);
	for (size_t i = 0; i < p->probes_count; i++)
		probe_clear(&p->probes[i]);
	for (size_t i = 0; i < p->error_names_count; i++)
		free(p->error_names[i].name);
	for (size_t i = 0; i < p->layouts_count; i++)
		layout_clear(&p->layouts[i]);
	for (size_t i = 0; i < p->tables_count; i++)
		free(p->tables[i]);
	profile_wait_clear(&p->wait);
	for (size_t i = 0; i < p->functions_count; i++)
		free(p->functions[i]);
	free(p->functions);
	free(p->layouts);
	free(p->version_symbol);
	free(p->version_text);
	free(p->modules);
	free(p->probes);
	free(p->error_names);
	free(p->engine);
	free(p->summary);
	free(p->path);
	free(p);
	*profile = NULL;
}

bool profile_matches(const struct profile *profile, const char *module_name)
{
	for (size_t i = 0; i < profile->modules_count; i++)
		if (glob_match(profile->modules[i], module_name, strlen(module_name)))
			return true;
	return false;
}

static const char *list_separator(size_t index, size_t count, const char *last)
{
	return !index ? "" : index + 1 == count ? last : ", ";
}

void profile_describe_match(const struct profile *profile, char *buffer, size_t size)
{
	_cleanup_fclose_ FILE *out = fmemopen(buffer, size, "w");

	buffer[0] = '\0';
	if (!out)
		return;
	for (size_t i = 0; i < profile->modules_count; i++)
		fprintf(out, "%s%s", i ? list_separator(i, profile->modules_count, " or ") : "a module ", profile->modules[i]);
	if (profile->functions_count)
		fputs(profile->modules_count ? ", or one that holds " : "a module that holds ", out);
	for (size_t i = 0; i < profile->functions_count; i++)
		fprintf(out, "%s%s", list_separator(i, profile->functions_count, " and "), profile->functions[i]);
}

enum expression_scheme profile_probe_scheme(const struct profile_probe *probe)
{
	return probe->sites ? EXPRESSION_SPAN : probe->entry_only ? EXPRESSION_ENTRY_ONLY : EXPRESSION_CALL;
}

const char *profile_error_name(const struct profile *profile, int64_t code)
{
	for (size_t i = 0; i < profile->error_names_count; i++)
		if (profile->error_names[i].code == code)
			return profile->error_names[i].name;
	return NULL;
}
