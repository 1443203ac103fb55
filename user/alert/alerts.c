/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alerts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_code.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"

/* An alert and the row it is about; 0 for the whole snapshot. */
struct instance {
	struct alert alert;
	uint32_t row;
};

struct rule {
	struct alert_code code;
	struct instance *instances; /* by row */
	size_t count, capacity;
	enum alert_rule_status status;
};

struct alerts {
	struct alert_rules rules;
	struct alert_machine machine;
	struct rule *states; /* one for each rule */
	size_t instances_count;
	const struct alert **firing;
	size_t firing_count, firing_capacity;
	uint64_t duration_ns; /* of the last snapshot */
	uint64_t left_out;
};

/* One evaluation. */
struct round {
	struct alerts *alerts;
	const struct snapshot *snapshot;
	uint64_t now_ns;
	void (*change)(void *context, const struct alert *alert);
	void *context;
};

/* A row at which a rule holds. */
struct hit {
	uint32_t row;
	double value;
};

/* ---- states -------------------------------------------------------------------------------------- */

static void enter(const struct round *round, struct alert *alert, enum alert_state state)
{
	alert->state = state;
	if (state == ALERT_FIRING) {
		alert->firing_ns = round->now_ns;
		alert->firing_at = round->snapshot->taken_at;
	}
	if (state == ALERT_RESOLVED || state == ALERT_DROPPED)
		alert->ended_at = round->snapshot->taken_at;
	if (round->change)
		round->change(round->context, alert);
}

static void instance_begin(const struct round *round, const struct alert_rule *rule, const struct alert_row *names,
			   const struct hit *hit, struct instance *instance)
{
	*instance = (struct instance){
		.row = hit->row,
		.alert = { .rule = rule, .row = *names, .value = hit->value, .active_ns = round->now_ns,
			   .active_at = round->snapshot->taken_at },
	};
	enter(round, &instance->alert, rule->for_ns ? ALERT_PENDING : ALERT_FIRING);
}

static void instance_holds(const struct round *round, struct instance *instance, double value)
{
	struct alert *a = &instance->alert;

	a->value = value;
	a->clear_ns = 0;
	if (a->state == ALERT_PENDING && round->now_ns - a->active_ns >= a->rule->for_ns)
		enter(round, a, ALERT_FIRING);
}

/* Returns false when the alert is over. */
static bool instance_fails(const struct round *round, struct instance *instance)
{
	struct alert *a = &instance->alert;

	if (a->state == ALERT_PENDING) {
		enter(round, a, ALERT_DROPPED);
		return false;
	}
	if (!a->clear_ns)
		a->clear_ns = round->now_ns;
	if (round->now_ns - a->clear_ns < a->rule->keep_firing_for_ns)
		return true;
	enter(round, a, ALERT_RESOLVED);
	return false;
}

/* ---- rules --------------------------------------------------------------------------------------- */

static int hits_add(struct hit **hits, size_t *count, size_t *capacity, size_t block, const struct alert_lanes *lanes)
{
	for (uint64_t holds = lanes->holds; holds; holds &= holds - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(holds);

		if (VEC_RESERVE(*hits, *count, *capacity))
			return -ENOMEM;
		(*hits)[(*count)++] = (struct hit){ (uint32_t)(block * 64 + lane), lanes->value[lane] };
	}
	return 0;
}

/* The rows at which the rule holds, in order. The caller frees. */
static int rule_evaluate(struct alerts *alerts, struct rule *rule, struct hit **ret_hits, size_t *ret_count)
{
	const struct alert_domain *domain = &alerts->machine.domains[rule->code.rows];
	size_t blocks = rule->code.is_row ? alert_domain_words(domain) : 1, count = 0, capacity = 0;
	_cleanup_free_ struct hit *hits = NULL;
	bool has_data = false;

	alert_code_begin(&alerts->machine, &rule->code);
	for (size_t block = 0; block < blocks; block++) {
		uint64_t mask = alert_code_mask(&alerts->machine, &rule->code, block);
		struct alert_lanes lanes;

		if (!mask)
			continue;
		alert_code_block(&alerts->machine, &rule->code, block, mask, &lanes);
		has_data |= lanes.data != 0;
		if (lanes.holds && hits_add(&hits, &count, &capacity, block, &lanes))
			return -ENOMEM;
	}
	rule->status = has_data ? ALERT_RULE_CLEAR : ALERT_RULE_NO_DATA;
	*ret_hits = TAKE_PTR(hits);
	*ret_count = count;
	return 0;
}

static const struct alert_row *names_of(const struct alerts *alerts, const struct rule *rule, uint32_t row)
{
	enum alert_domain_kind domain = rule->code.is_row ? rule->code.rows : ALERT_DOMAIN_WHOLE;

	return &alerts->machine.domains[domain].rows[row].names;
}

/* Alerts go on or end, and begin where the rule holds and there is none: both lists are in the order of rows. */
static int rule_merge(const struct round *round, size_t index, const struct hit *hits, size_t hits_count)
{
	struct alerts *alerts = round->alerts;
	struct rule *rule = &alerts->states[index];
	struct instance *merged = NULL;
	size_t count = 0, old = 0, room = rule->count + hits_count;

	if (!room)
		return 0;
	merged = calloc(room, sizeof(*merged));
	if (!merged)
		return -ENOMEM;
	for (size_t i = 0; i < hits_count || old < rule->count;) {
		bool is_old = old < rule->count && (i == hits_count || rule->instances[old].row <= hits[i].row);
		bool is_hit = i < hits_count && (!is_old || rule->instances[old].row == hits[i].row);

		if (is_old) {
			merged[count] = rule->instances[old++];
			if (is_hit)
				instance_holds(round, &merged[count], hits[i].value);
			if (is_hit || instance_fails(round, &merged[count]))
				count++;
			else
				alerts->instances_count--;
		} else if (alerts->instances_count < ALERT_ALERTS_MAX) {
			alerts->instances_count++;
			instance_begin(round, &alerts->rules.items[index], names_of(alerts, rule, hits[i].row), &hits[i],
				       &merged[count++]);
		} else {
			alerts->left_out++;
		}
		i += is_hit;
	}
	free(rule->instances);
	rule->instances = merged;
	rule->count = count;
	return 0;
}

static int rule_round(const struct round *round, size_t index)
{
	struct rule *rule = &round->alerts->states[index];
	_cleanup_free_ struct hit *hits = NULL;
	size_t count = 0;
	int err = rule_evaluate(round->alerts, rule, &hits, &count) ?: rule_merge(round, index, hits, count);

	for (size_t i = 0; i < rule->count; i++) {
		if (rule->instances[i].alert.state == ALERT_FIRING)
			rule->status = ALERT_RULE_FIRING;
		else if (rule->status != ALERT_RULE_FIRING)
			rule->status = ALERT_RULE_PENDING;
	}
	return err;
}

/* ---- all together -------------------------------------------------------------------------------- */

static int gather_firing(struct alerts *alerts)
{
	alerts->firing_count = 0;
	for (size_t i = 0; i < alerts->rules.count; i++) {
		const struct rule *rule = &alerts->states[i];

		for (size_t k = 0; k < rule->count; k++) {
			if (rule->instances[k].alert.state != ALERT_FIRING)
				continue;
			if (VEC_RESERVE(alerts->firing, alerts->firing_count, alerts->firing_capacity))
				return -ENOMEM;
			alerts->firing[alerts->firing_count++] = &rule->instances[k].alert;
		}
	}
	return 0;
}

static int take(struct alerts *alerts, const struct snapshot *snapshot, uint64_t now_ns)
{
	for (int i = 0; i < ALERT_DOMAIN_COUNT; i++) {
		struct alert_history *history = &alerts->machine.histories[i];
		int err;

		if (!history->columns_count)
			continue;
		if (snapshot->duration_ns < alerts->duration_ns)
			alert_history_forget(history);
		err = alert_domain_update(&alerts->machine.domains[i], snapshot);
		err = err ?: alert_history_take(history, snapshot, now_ns);
		if (err)
			return err;
	}
	return 0;
}

int alerts_evaluate(struct alerts *alerts, const struct snapshot *snapshot, uint64_t now_ns,
		    void (*change)(void *context, const struct alert *alert), void *context)
{
	const struct round round = { alerts, snapshot, now_ns, change, context };
	int err = take(alerts, snapshot, now_ns);

	alerts->duration_ns = snapshot->duration_ns;
	for (size_t i = 0; !err && i < alerts->rules.count; i++)
		err = rule_round(&round, i);
	for (int i = 0; i < ALERT_DOMAIN_COUNT; i++) {
		err = err ?: alert_history_keep(&alerts->machine.histories[i]);
		alert_domain_release(&alerts->machine.domains[i]);
	}
	return gather_firing(alerts) ?: err;
}

size_t alerts_firing(const struct alerts *alerts, const struct alert *const **ret_firing)
{
	*ret_firing = alerts->firing;
	return alerts->firing_count;
}

size_t alerts_rules_count(const struct alerts *alerts)
{
	return alerts->rules.count;
}

const struct alert_rule *alerts_rule(const struct alerts *alerts, size_t index)
{
	return &alerts->rules.items[index];
}

enum alert_rule_status alerts_rule_status(const struct alerts *alerts, size_t index)
{
	return alerts->states[index].status;
}

uint64_t alerts_left_out(const struct alerts *alerts)
{
	uint64_t left_out = alerts->left_out;

	for (int i = 0; i < ALERT_DOMAIN_COUNT; i++)
		left_out += alerts->machine.domains[i].left_out;
	return left_out;
}

void alerts_free(struct alerts **alerts)
{
	struct alerts *a = *alerts;

	if (!a)
		return;
	for (size_t i = 0; a->states && i < a->rules.count; i++) {
		alert_code_clear(&a->states[i].code);
		free(a->states[i].instances);
	}
	free(a->states);
	free(a->firing);
	alert_machine_clear(&a->machine);
	alert_rules_clear(&a->rules);
	free(a);
	*alerts = NULL;
}

static int compile(struct alerts *alerts, const struct alert_rules *rules)
{
	int err = alert_machine_init(&alerts->machine);

	for (size_t i = 0; !err && i < rules->count; i++) {
		err = alert_code_compile(&alerts->machine, rules->items[i].expression, &alerts->states[i].code);
		if (err == -E2BIG)
			log_error("alert %s: the rules together read more than %d different windows or %d metrics",
				  rules->items[i].name, ALERT_WINDOWS_MAX, ALERT_SOURCES_MAX);
	}
	return err;
}

int alerts_new(struct alert_rules *rules, struct alerts **ret_alerts)
{
	_cleanup_(alerts_free) struct alerts *alerts = calloc(1, sizeof(*alerts));
	size_t count = rules->count;
	int err;

	if (!alerts)
		return -ENOMEM;
	alerts->states = calloc(count ? count : 1, sizeof(*alerts->states));
	if (!alerts->states)
		return -ENOMEM;
	/* Expressions do not move with the rules: selectors may refer to them from the start. */
	alerts->rules = *rules;
	err = compile(alerts, rules);
	if (err) {
		for (size_t i = 0; i < count; i++)
			alert_code_clear(&alerts->states[i].code);
		alerts->rules = (struct alert_rules){ 0 }; /* still the caller's */
		return err;
	}
	*rules = (struct alert_rules){ 0 };
	*ret_alerts = TAKE_PTR(alerts);
	return 0;
}
