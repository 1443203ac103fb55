/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML file to rules. Readers complain and go on, so that one run shows all faults; their return value is 0 or -ENOMEM,
 * and whether the rules are good is known by the number of complaints.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_lexer.h"
#include "alert/alert_rule.h"
#include "alert/alert_template.h"
#include "base/cleanup.h"
#include "base/edit_distance.h"
#include "base/vec.h"
#include "profile/profile_document.h"

enum { NAME_BYTES_MAX = 128, VALUE_BYTES_MAX = 2048, PAIRS_MAX = 32 };

typedef const struct document_value value_t;

static const char *const root_keys[] = { "alerts", NULL };
static const char *const rule_keys[] = { "alert", "expr", "for", "keep_firing_for", "labels", "annotations", NULL };
/* What templates know beside the labels of the rule; all but the first two are the row's own labels. */
static const char *const own_names[] = { "value", "alert", "alertname", "level", "profile", "module", "function", "label",
					 "path", NULL };

static bool is_one_of(const char *const *words, const char *word, size_t length)
{
	for (; *words; words++)
		if (strlen(*words) == length && !strncmp(*words, word, length))
			return true;
	return false;
}

static void list_words(const char *const *words, char *buffer, size_t size)
{
	size_t used = 0;

	for (buffer[0] = '\0'; *words && used < size; words++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? ", " : "", *words);
}

static void check_keys(struct complaints *c, value_t *mapping, const char *of, const char *const *keys)
{
	for (size_t i = 0; i < mapping->items_count; i += 2) {
		value_t *key = &mapping->items[i];
		const char *nearest = NULL;
		size_t best = 3;
		char list[128];

		if (is_one_of(keys, key->text, strlen(key->text)))
			continue;
		for (const char *const *known = keys; *known; known++) {
			size_t distance = edit_distance(key->text, *known, best);

			if (distance < best) {
				best = distance;
				nearest = *known;
			}
		}
		list_words(keys, list, sizeof(list));
		if (nearest)
			complain(c, key->line, key->column, "unknown key of %s \"%.40s\", expected \"%s\"?", of, key->text,
				 nearest);
		else
			complain(c, key->line, key->column, "unknown key of %s \"%.40s\", expected one of %s", of, key->text,
				 list);
	}
}

/* Text without control characters but newlines, of 1 to `most` bytes. */
static bool is_text(struct complaints *c, value_t *value, const char *name, size_t most)
{
	if (value->kind != DOCUMENT_TEXT) {
		complain(c, value->line, value->column, "\"%.40s\" is %s, expected text", name, document_kind_name(value));
		return false;
	}
	if (!value->text[0] || strlen(value->text) > most) {
		complain(c, value->line, value->column, "\"%.40s\" is %s, expected 1 to %zu bytes", name,
			 value->text[0] ? "too long" : "empty", most);
		return false;
	}
	for (const unsigned char *s = (const unsigned char *)value->text; *s; s++) {
		if (*s >= ' ' || *s == '\n' || *s == '\t')
			continue;
		complain(c, value->line, value->column, "\"%.40s\" holds a control character, expected text", name);
		return false;
	}
	return true;
}

static int read_name(struct complaints *c, value_t *value, struct alert_rule *rule)
{
	if (!is_text(c, value, "alert", NAME_BYTES_MAX))
		return 0;
	if (strpbrk(value->text, "\n\t")) {
		complain(c, value->line, value->column, "\"alert\" has more than one line, expected a name");
		return 0;
	}
	rule->name = strdup(value->text);
	return rule->name ? 0 : -ENOMEM;
}

static int read_expression(struct complaints *c, value_t *value, struct alert_rule *rule)
{
	struct alert_fault fault;
	unsigned column;
	int err;

	if (!is_text(c, value, "expr", ALERT_TEXT_MAX))
		return 0;
	err = alert_expression_parse(value->text, &rule->expression, &fault);
	if (err != -EINVAL)
		return err;
	column = document_column(value, fault.position);
	if (column)
		complain(c, value->line, column, "expr: %s", fault.message);
	else
		complain(c, value->line, value->column, "expr: %s (byte %zu of the text)", fault.message, fault.position + 1);
	return 0;
}

static void read_duration(struct complaints *c, value_t *value, const char *name, uint64_t *ret_ns)
{
	if (!is_text(c, value, name, NAME_BYTES_MAX))
		return;
	if (alert_duration_parse(value->text, ret_ns))
		complain(c, value->line, value->column, "\"%s\" is \"%.40s\", expected a duration, as 90s or 2m", name,
			 value->text);
}

/* ---- labels and annotations ---------------------------------------------------------------------- */

static bool is_identifier(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	return *text && !(*text >= '0' && *text <= '9') && !text[strspn(text, letters)];
}

static int read_pairs(struct complaints *c, value_t *mapping, const char *what, struct alert_pairs *pairs)
{
	if (mapping->kind != DOCUMENT_MAPPING || mapping->items_count > 2 * PAIRS_MAX) {
		complain(c, mapping->line, mapping->column, "\"%s\" is not a mapping of at most %d texts, expected one, as %s",
			 what, PAIRS_MAX, "{severity: warning}");
		return 0;
	}
	pairs->items = calloc(mapping->items_count / 2 + 1, sizeof(*pairs->items));
	if (!pairs->items)
		return -ENOMEM;
	for (size_t i = 0; i + 1 < mapping->items_count; i += 2) {
		value_t *key = &mapping->items[i], *value = key + 1;
		struct alert_pair *pair = &pairs->items[pairs->count];

		if (!is_identifier(key->text) || strlen(key->text) > NAME_BYTES_MAX) {
			complain(c, key->line, key->column, "\"%.40s\" is no name, expected letters, digits and _", key->text);
			continue;
		}
		if (!is_text(c, value, key->text, VALUE_BYTES_MAX))
			continue;
		pair->name = strdup(key->text);
		pair->value = strdup(value->text);
		pairs->count++;
		if (!pair->name || !pair->value)
			return -ENOMEM;
	}
	return 0;
}

/* What the row brings along cannot be given by the rule. */
static void check_labels(struct complaints *c, value_t *mapping)
{
	for (size_t i = 0; mapping->kind == DOCUMENT_MAPPING && i + 1 < mapping->items_count; i += 2) {
		value_t *key = &mapping->items[i];

		if (is_one_of(own_names + 2, key->text, strlen(key->text)))
			complain(c, key->line, key->column, "the label \"%s\" is set by weir, expected another name", key->text);
	}
}

static int find_name(void *context, const char *name, size_t length, FILE *out)
{
	const struct alert_rule *rule = context;

	(void)out;
	if (is_one_of(own_names, name, length))
		return 0;
	for (size_t i = 0; i < rule->labels.count; i++)
		if (strlen(rule->labels.items[i].name) == length && !strncmp(rule->labels.items[i].name, name, length))
			return 0;
	return -ENOENT;
}

static int check_template(struct complaints *c, value_t *value, struct alert_rule *rule)
{
	char *text = NULL;
	size_t size, position;
	FILE *out;

	if (value->kind != DOCUMENT_TEXT)
		return 0; /* said */
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	if (alert_template_write(value->text, find_name, rule, out, &position)) {
		unsigned column = document_column(value, position);

		complain(c, value->line, column ? column : value->column,
			 "\"%.30s\" is no template, expected {{value}}, {{alert}}, {{level}}, {{profile}}, {{module}}, "
			 "{{function}}, {{label}}, {{path}} or a label of the rule",
			 value->text + position);
	}
	fclose(out);
	free(text);
	return 0;
}

static int read_annotations(struct complaints *c, value_t *mapping, struct alert_rule *rule)
{
	int err = read_pairs(c, mapping, "annotations", &rule->annotations);

	for (size_t i = 1; !err && mapping->kind == DOCUMENT_MAPPING && i < mapping->items_count; i += 2)
		err = check_template(c, &mapping->items[i], rule);
	return err;
}

/* ---- rules --------------------------------------------------------------------------------------- */

static void pairs_clear(struct alert_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->items[i].name);
		free(pairs->items[i].value);
	}
	free(pairs->items);
	*pairs = (struct alert_pairs){ 0 };
}

static void rule_clear(struct alert_rule *rule)
{
	pairs_clear(&rule->labels);
	pairs_clear(&rule->annotations);
	alert_expression_free(&rule->expression);
	free(rule->name);
	*rule = (struct alert_rule){ 0 };
}

void alert_rules_clear(struct alert_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_clear(&rules->items[i]);
	free(rules->items);
	*rules = (struct alert_rules){ 0 };
}

const char *alert_pairs_find(const struct alert_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (!strcmp(pairs->items[i].name, name))
			return pairs->items[i].value;
	return NULL;
}

static value_t *find_required(struct complaints *c, value_t *mapping, const char *of, const char *key)
{
	value_t *value = document_find(mapping, key);

	if (!value)
		complain(c, mapping->line, mapping->column, "%s without \"%s\", expected this key", of, key);
	return value;
}

static int read_rule(struct complaints *c, value_t *mapping, struct alert_rule *rule)
{
	value_t *value;
	int err = 0;

	rule->line = mapping->line;
	if (mapping->kind != DOCUMENT_MAPPING) {
		complain(c, mapping->line, mapping->column, "a rule is %s, expected a mapping with alert and expr",
			 document_kind_name(mapping));
		return 0;
	}
	check_keys(c, mapping, "a rule", rule_keys);
	if ((value = find_required(c, mapping, "a rule", "alert")))
		err = read_name(c, value, rule);
	if (!err && (value = find_required(c, mapping, "a rule", "expr")))
		err = read_expression(c, value, rule);
	if ((value = document_find(mapping, "for")))
		read_duration(c, value, "for", &rule->for_ns);
	if ((value = document_find(mapping, "keep_firing_for")))
		read_duration(c, value, "keep_firing_for", &rule->keep_firing_for_ns);
	if (!err && (value = document_find(mapping, "labels"))) {
		err = read_pairs(c, value, "labels", &rule->labels);
		check_labels(c, value);
	}
	if (!err && (value = document_find(mapping, "annotations")))
		err = read_annotations(c, value, rule);
	return err;
}

static int read_rules(struct complaints *c, value_t *root, struct alert_rules *rules)
{
	value_t *list;
	int err = 0;

	if (root->kind != DOCUMENT_MAPPING) {
		complain(c, root->line, root->column, "the file is %s, expected a mapping with the key alerts",
			 document_kind_name(root));
		return 0;
	}
	check_keys(c, root, "a file of rules", root_keys);
	list = find_required(c, root, "a file of rules", "alerts");
	if (list && list->kind != DOCUMENT_LIST) {
		complain(c, list->line, list->column, "\"alerts\" is %s, expected a list of rules", document_kind_name(list));
		return 0;
	}
	for (size_t i = 0; list && !err && i < list->items_count; i++) {
		err = VEC_RESERVE(rules->items, rules->count, rules->capacity);
		if (err)
			return err;
		rules->items[rules->count++] = (struct alert_rule){ 0 };
		err = read_rule(c, &list->items[i], &rules->items[rules->count - 1]);
	}
	return err;
}

int alert_rules_move(struct alert_rules *rules, struct alert_rule *rule)
{
	if (VEC_RESERVE(rules->items, rules->count, rules->capacity))
		return -ENOMEM;
	rules->items[rules->count++] = *rule;
	*rule = (struct alert_rule){ 0 };
	return 0;
}

/* All or none. */
static int rules_append(struct alert_rules *rules, struct alert_rules *more)
{
	size_t had = rules->count;

	for (size_t i = 0; i < more->count; i++) {
		if (alert_rules_move(rules, &more->items[i]))
			break;
	}
	if (rules->count == had + more->count)
		return 0;
	while (rules->count > had)
		rule_clear(&rules->items[--rules->count]);
	return -ENOMEM;
}

int alert_rules_parse(const char *text, size_t size, const char *name, FILE *complaints, struct alert_rules *rules)
{
	_cleanup_(document_clear) struct document_value root = { 0 };
	_cleanup_(complaints_clear) struct complaints c = { 0 };
	_cleanup_(alert_rules_clear) struct alert_rules read = { 0 };
	int err = document_parse(text, size, &c, &root);

	if (!err)
		err = read_rules(&c, &root, &read);
	complaints_print(&c, name, complaints);
	if (!err && c.count)
		err = -EINVAL;
	return err ?: rules_append(rules, &read);
}

int alert_rules_load(const char *path, FILE *complaints, struct alert_rules *rules)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int err = document_read_file(path, &text, &size);

	if (err) {
		fprintf(complaints, "%s: cannot be read: %s\n", path, strerror(-err));
		return err;
	}
	return alert_rules_parse(text, size, path, complaints, rules);
}
