/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alert rules, as docs/alerts.md describes them to people: a YAML mapping with the key `alerts`, a list of rules that
 * look as Prometheus' do. Read and checked here, plain data from then on; user/alert/alerts.h holds them against
 * snapshots.
 */
#ifndef WEIR_ALERT_RULE_H
#define WEIR_ALERT_RULE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "alert/alert_expression.h"

struct alert_pair {
	char *name, *value;
};

struct alert_pairs {
	struct alert_pair *items;
	size_t count;
};

struct alert_rule {
	char *name;
	struct alert_expression *expression;
	uint64_t for_ns, keep_firing_for_ns;
	struct alert_pairs labels, annotations; /* annotations may hold {{templates}}: alert_text.h */
	unsigned line;                          /* where it begins in its file */
};

struct alert_rules {
	struct alert_rule *items;
	size_t count, capacity;
};

/*
 * Add the rules in the file `path`. Each fault is printed to `complaints` as "file:line:column: what was wrong, what was
 * expected", in the order of the file; all are reported, not just the first. Returns 0; -EINVAL where there were faults, or
 * -errno where the file cannot be read (printed too), with `rules` as they were.
 */
int alert_rules_load(const char *path, FILE *complaints, struct alert_rules *rules);
/* The same from memory; `name` stands for the file in complaints. Takes hostile bytes. */
int alert_rules_parse(const char *text, size_t size, const char *name, FILE *complaints, struct alert_rules *rules);
void alert_rules_clear(struct alert_rules *rules);
/* Add `rule` to `rules` and leave an empty one behind. Returns 0 or -ENOMEM. */
int alert_rules_move(struct alert_rules *rules, struct alert_rule *rule);

/* The value under `name`, or NULL. */
const char *alert_pairs_find(const struct alert_pairs *pairs, const char *name);

#endif
