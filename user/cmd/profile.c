/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir profile: what profiles there are, and whether one is right. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/output.h"
#include "cmd/commands.h"
#include "profile/catalog.h"
#include "profile/profile_layout.h"

static const struct option_spec options[] = { { 0 } };

const struct command_spec cmd_profile_spec = {
	.name = "profile",
	.synopsis = "list | check FILE",
	.summary = "list the engines that weir knows, or check a profile",
	.options = options,
	.details = "check prints each fault as FILE:LINE:COLUMN with what was expected, and exits 1 if there are any.",
	.takes_operands = true,
};

/* What its probes stand for, and what they count. */
static void print_gives(const struct profile *p)
{
	static const char *const levels[WEIR_LEVEL_COUNT] = {
		"runs", "stages", "queries", "operators", "functions", "allocations", "caches", "errors", "waits", "operations",
	};
	static const int order[] = {
		WEIR_LEVEL_RUN, WEIR_LEVEL_QUERY, WEIR_LEVEL_STAGE, WEIR_LEVEL_OPERATOR, WEIR_LEVEL_OPERATION, WEIR_LEVEL_WAIT, WEIR_LEVEL_ALLOC,
	};
	bool has[WEIR_LEVEL_COUNT] = { false }, rows = false, cache = false, errors = false;
	const char *separator = "";

	for (size_t i = 0; i < p->probes_count; i++) {
		has[p->probes[i].level] = true;
		rows |= p->probes[i].has_rows;
		cache |= p->probes[i].has_cache;
		errors |= p->probes[i].has_errors;
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (has[order[i]]) {
			printf("%s%s", separator, levels[order[i]]);
			separator = ", ";
		}
	printf("%s%s%s\n", rows ? "; rows" : "", cache ? "; cache hits" : "", errors ? "; errors" : "");
}

/* Versions whose structures it knows; other versions show what needs none of them. */
static void print_versions(const struct profile *p)
{
	char versions[256] = "";

	layouts_describe(p, versions, sizeof(versions));
	if (*versions)
		printf("structures of version %s; ", versions);
	else if (p->layouts_count)
		printf("structures of builds that show the ones it knows; ");
}

/* What makes a process match. */
static void print_match(const struct profile *p)
{
	char match[PROFILE_MATCH_TEXT_MAX];

	profile_describe_match(p, match, sizeof(match));
	printf("%20s in %s\n", "", match);
}

static int list(void)
{
	_cleanup_(catalog_free) struct catalog *catalog = NULL;
	struct output out;
	int err = catalog_load(NULL, &catalog);

	if (err)
		return err;
	output_open(NULL, &out);
	printf("%-12s %-7s %s\n", "ENGINE", "PROBES", "SUMMARY");
	for (size_t i = 0; i < catalog_count(catalog); i++) {
		const struct profile *p = catalog_at(catalog, i);

		printf("%-12s %-7zu %s\n%20s ", p->engine, p->probes_count, p->summary, "");
		print_versions(p);
		print_gives(p);
		print_match(p);
	}
	return output_commit(&out);
}

static int check(const char *path)
{
	struct profile *profile = NULL;
	int err;

	if (access(path, R_OK)) {
		log_error("cannot read %s: %s", path, strerror(errno));
		return -EIO;
	}
	err = profile_load(path, stderr, &profile);
	if (err)
		return -EIO; /* said; a fault of the file, not of usage */
	printf("%s: engine %s, %zu probes, no fault\n", path, profile->engine, profile->probes_count);
	profile_free(&profile);
	return 0;
}

static int dispatch(const struct option_rest *rest)
{
	const char *what = rest->operands_count ? rest->operands[0] : "";

	if (!strcmp(what, "list") && rest->operands_count == 1)
		return list();
	if (!strcmp(what, "check") && rest->operands_count == 2)
		return check(rest->operands[1]);
	if (!strcmp(what, "check"))
		log_error("profile check: name one FILE");
	else
		log_error("profile: expected \"list\" or \"check FILE\"");
	return -EINVAL;
}

int cmd_profile(int argc, char **argv)
{
	struct option_rest rest;
	char nothing;
	int err = options_parse(&cmd_profile_spec, argc, argv, &nothing, &rest);

	return err > 0 ? EXIT_OK : exit_code_of(err ?: dispatch(&rest));
}
