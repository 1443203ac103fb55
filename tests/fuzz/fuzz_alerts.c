/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file of alert rules: it is refused with a complaint, or its expressions are sound and can be translated. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "alert/alert_prometheus.h"
#include "alert/alert_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct alert_expression *x)
{
	assert(x && x->text && x->nodes_count > 0 && x->series_count > 0 && alert_expression_root(x)->is_condition);
	for (size_t i = 0; i < x->nodes_count; i++) {
		assert(x->nodes[i].left < (int)i && x->nodes[i].right < (int)i);
		assert(x->nodes[i].kind != ALERT_NODE_SERIES || x->nodes[i].series < x->series_count);
	}
}

static void translate(const struct alert_rules *rules)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int left_out;

	assert(out);
	left_out = alert_prometheus_rules(rules, "fuzz", "fuzz.yaml", out, out);
	fclose(out);
	assert(left_out >= 0 && (size_t)left_out <= rules->count && size);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct alert_rules rules = { 0 };
	char *complaints = NULL;
	size_t complaints_size;
	FILE *out = open_memstream(&complaints, &complaints_size);
	int err;

	assert(out);
	err = alert_rules_parse((const char *)data, size, "fuzz.yaml", out, &rules);
	fclose(out);
	assert(err == 0 || err == -EINVAL);
	assert((err == 0) == (complaints_size == 0));
	for (size_t i = 0; i < rules.count; i++) {
		assert(rules.items[i].name);
		check(rules.items[i].expression);
	}
	translate(&rules);
	alert_rules_clear(&rules);
	free(complaints);
	return 0;
}
