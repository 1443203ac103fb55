/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans: probes that begin at one place and end at another, or at the same one under another condition. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/profile_compile.h"
#include "profile/profile_values.h"

enum { SITES_MAX = 16 };

static const char *const site_keys[] = { "function", "when", NULL };

static int read_when(struct complaints *c, value_t *mapping, const struct expression_names *names, struct profile_site *site)
{
	value_t *when = document_find(mapping, "when");
	struct expression_fault fault;
	int err;

	if (!when || !value_is_kind(c, when, DOCUMENT_TEXT, "when", "an expression"))
		return 0;
	site->when = strdup(when->text);
	if (!site->when)
		return -ENOMEM;
	err = site_compile(site, names, &site->code, &fault);
	if (err == -EINVAL)
		complain_of_expression(c, when, "when", &fault);
	else if (err == -E2BIG)
		complain(c, when->line, when->column, "when: %s", fault.message);
	return err == -ENOMEM ? err : 0;
}

static int read_site(struct complaints *c, value_t *mapping, const char *key, bool ends, const struct expression_names *names,
		     struct profile_probe *probe)
{
	struct profile_site *site = &probe->sites[probe->sites_count++];
	value_t *function;
	char of[16];
	int err = 0;

	site->ends = ends;
	if (!value_is_kind(c, mapping, DOCUMENT_MAPPING, key, "a mapping with the key \"function\", or a list of them"))
		return 0;
	snprintf(of, sizeof(of), "\"%s\"", key);
	mapping_check_keys(c, mapping, of, site_keys);
	function = mapping_find_required(c, mapping, of, "function");
	if (function)
		err = value_copy_text(c, function, "function", "a function's name or a glob", &site->function);
	return err ?: read_when(c, mapping, names, site);
}

static int read_sites(struct complaints *c, value_t *probe_mapping, const char *key, bool ends, const struct expression_names *names,
		      struct profile_probe *probe)
{
	value_t *value = mapping_find_required(c, probe_mapping, "a span", key);
	size_t count;
	int err = 0;

	if (!value)
		return 0;
	count = value->kind == DOCUMENT_LIST ? value->items_count : 1;
	if (!count || count > SITES_MAX) {
		complain(c, value->line, value->column, "\"%s\" has %zu places, expected 1 to %d", key, count, SITES_MAX);
		return 0;
	}
	if (value->kind != DOCUMENT_LIST)
		return read_site(c, value, key, ends, names, probe);
	for (size_t i = 0; i < count && !err; i++)
		err = read_site(c, &value->items[i], key, ends, names, probe);
	return err;
}

static void read_again(struct complaints *c, value_t *value, struct profile_probe *probe)
{
	static const char *const words[] = { "restart", "keep", NULL };

	if (!value || !value_is_kind(c, value, DOCUMENT_TEXT, "again", "restart or keep"))
		return;
	probe->span_keeps = strcmp(value->text, "keep") == 0;
	if (!probe->span_keeps && strcmp(value->text, "restart") != 0)
		complain_unknown(c, value, "value of \"again\"", words);
}

/* What makes no sense where there is no function that is entered and left. */
static void check_no_function(struct complaints *c, value_t *mapping)
{
	static const char *const keys[] = { "function", "catches", "entry_only" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		value_t *value = document_find(mapping, keys[i]);

		if (value)
			complain(c, value->line, value->column,
				 "\"%s\" in a span, expected the functions under \"begin\" and \"end\" alone", keys[i]);
	}
}

int span_read(struct complaints *c, value_t *mapping, const struct expression_names *names, struct profile_probe *probe)
{
	int err;

	probe->sites = calloc(2 * SITES_MAX, sizeof(*probe->sites));
	if (!probe->sites)
		return -ENOMEM;
	check_no_function(c, mapping);
	mapping_find_required(c, mapping, "a span", "name");
	err = read_sites(c, mapping, "begin", false, names, probe) ?: read_sites(c, mapping, "end", true, names, probe);
	read_again(c, document_find(mapping, "again"), probe);
	return err;
}
