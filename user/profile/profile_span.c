/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans: probes that begin at one place and end at another, or at the same one under another condition. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/profile_compile.h"
#include "profile/profile_values.h"

enum { SITES_MAX = 16 };

static const char *const site_keys[] = { "function", "usdt", "when", "key", NULL };

int usdt_read(struct complaints *c, value_t *value, char **ret_glob)
{
	static const char expected[] = "provider:name of USDT sites, or a glob of it";

	if (!value_is_kind(c, value, DOCUMENT_TEXT, "usdt", expected))
		return 0;
	if (!strchr(value->text, ':')) {
		complain(c, value->line, value->column, "\"usdt\" is \"%.40s\", expected %s", value->text, expected);
		return 0;
	}
	return value_copy_text(c, value, "usdt", expected, ret_glob);
}

int events_read(struct complaints *c, value_t *mapping, value_t *usdt, struct profile_probe *probe)
{
	static const char *const keys[] = { "function", "found", "catches", "entry_only" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		value_t *value = document_find(mapping, keys[i]);

		if (value && !(i == 3 && value->kind == DOCUMENT_TEXT && !strcmp(value->text, "true")))
			complain(c, value->line, value->column, "\"%s\" beside \"usdt\", which is a place that is counted, expected it alone", keys[i]);
	}
	probe->entry_only = true;
	return usdt_read(c, usdt, &probe->usdt);
}

/* The condition, or the key: compiled as it is added, so that a fault is the one's or the other's. */
static int read_site_expression(struct complaints *c, value_t *mapping, const char *key, const struct expression_names *names,
				struct profile_site *site, char **text)
{
	value_t *value = document_find(mapping, key);
	struct expression_fault fault;
	int err;

	if (!value || !value_is_kind(c, value, DOCUMENT_TEXT, key, "an expression"))
		return 0;
	*text = strdup(value->text);
	if (!*text)
		return -ENOMEM;
	err = site_compile(site, names, &site->code, &fault);
	if (err == -EINVAL)
		complain_of_expression(c, value, key, &fault);
	else if (err == -E2BIG)
		complain(c, value->line, value->column, "%s: %s", key, fault.message);
	if (err != -EINVAL && err != -E2BIG)
		return err == -ENOMEM ? err : 0;
	free(*text); /* it is no fault of what is added next */
	*text = NULL;
	return 0;
}

static int read_site(struct complaints *c, value_t *mapping, const char *key, bool ends, const struct expression_names *names,
		     struct profile_probe *probe)
{
	struct profile_site *site = &probe->sites[probe->sites_count++];
	value_t *function, *usdt;
	char of[16];
	int err = 0;

	site->ends = ends;
	if (!value_is_kind(c, mapping, DOCUMENT_MAPPING, key, "a mapping with the key \"function\" or \"usdt\", or a list of them"))
		return 0;
	snprintf(of, sizeof(of), "\"%s\"", key);
	mapping_check_keys(c, mapping, of, site_keys);
	usdt = document_find(mapping, "usdt");
	function = usdt ? document_find(mapping, "function") : mapping_find_required(c, mapping, of, "function");
	site->usdt = usdt;
	if (usdt && function)
		complain(c, function->line, function->column, "\"function\" beside \"usdt\", expected one of them");
	else if (usdt)
		err = usdt_read(c, usdt, &site->function);
	else if (function)
		err = value_copy_text(c, function, "function", "a function's name or a glob", &site->function);
	err = err ?: read_site_expression(c, mapping, "when", names, site, &site->when);
	return err ?: read_site_expression(c, mapping, "key", names, site, &site->key);
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
	static const char *const words[] = { "restart", "keep", "nest", NULL };

	if (!value || !value_is_kind(c, value, DOCUMENT_TEXT, "again", "restart, keep or nest"))
		return;
	probe->span_keeps = strcmp(value->text, "keep") == 0;
	probe->span_nests = strcmp(value->text, "nest") == 0;
	if (!probe->span_keeps && !probe->span_nests && strcmp(value->text, "restart") != 0)
		complain_unknown(c, value, "value of \"again\"", words);
}

/* A span has keys at all its places, or at none. */
static void check_keys(struct complaints *c, value_t *mapping, struct profile_probe *probe)
{
	value_t *begin = document_find(mapping, "begin"), *again = document_find(mapping, "again");
	size_t keys = 0;

	for (size_t i = 0; i < probe->sites_count; i++)
		keys += probe->sites[i].key != NULL;
	probe->span_keyed = keys > 0;
	if (!keys)
		return;
	if (keys != probe->sites_count && !c->count)
		complain(c, begin->line, begin->column, "%zu of the span's %zu places have a \"key\", expected all or none", keys,
			 probe->sites_count);
	if (again && (probe->span_keeps || probe->span_nests))
		complain(c, again->line, again->column, "\"again: %s\" in a span with keys, expected restart", again->text);
}

/* What makes no sense where there is no function that is entered and left. */
static void check_no_function(struct complaints *c, value_t *mapping)
{
	static const char *const keys[] = { "function", "usdt", "catches", "entry_only" };

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
	check_keys(c, mapping, probe);
	return err;
}

static const struct profile_probe *find_keyed(const struct profile *profile, const char *name)
{
	for (size_t i = 0; i < profile->probes_count; i++)
		if (profile->probes[i].span_keyed && profile->probes[i].name && !strcmp(profile->probes[i].name, name))
			return &profile->probes[i];
	return NULL;
}

int within_read(struct complaints *c, value_t *mapping, const struct profile *profile, struct profile_probe *probe, value_t **ret_key)
{
	static const char expected[] = "a mapping of a span's name to an expression";
	value_t *within = document_find(mapping, "within");

	if (!within || !value_is_kind(c, within, DOCUMENT_MAPPING, "within", expected))
		return 0;
	if (within->items_count != 2 || within->items[1].kind != DOCUMENT_TEXT)
		complain(c, within->line, within->column, "\"within\" is no such, expected %s", expected);
	else if (probe->entry_only || probe->span_keyed)
		complain(c, within->line, within->column, "\"within\" in a probe that is entry_only or has keys of its own, expected neither");
	else if (!find_keyed(profile, within->items[0].text))
		complain(c, within->line, within->column, "\"%.40s\" is no span with keys, expected one that stands before this probe",
			 within->items[0].text);
	else
		*ret_key = &within->items[1];
	if (!*ret_key)
		return 0;
	probe->within = strdup(within->items[0].text);
	return probe->within ? 0 : -ENOMEM;
}
