/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/rets.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

/* How long a function's rets stay probed after its first call and after its last new caller. */
#define KEPT_NS 1000000000ULL

struct ret_state {
	bool attached; /* its rets are among those of its module */
	bool kept;     /* some caller can have no return site */
	bool missed;   /* such a caller came when they were gone */
	bool none;     /* it is left at return sites, and its rets are not known */
	bool restored; /* they came back, for good */
	uint64_t last_news_ns; /* when it was first seen to be called, or a caller came; 0: not yet. CLOCK_MONOTONIC */
};

void rets_free(struct rets *rets)
{
	free(rets->states);
	*rets = (struct rets){ 0 };
}

static int make_room(struct rets *rets, size_t count)
{
	struct ret_state *grown;

	if (count <= rets->states_count)
		return 0;
	grown = realloc(rets->states, count * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	for (size_t i = rets->states_count; i < count; i++)
		grown[i] = (struct ret_state){ 0 };
	rets->states = grown;
	rets->states_count = count;
	return 0;
}

/* Attach the rets of those probes of the module that `wants` picks, in place of those attached so far for the group. */
static int attach_group(struct rets *rets, struct tracer *tracer, const struct plan *plan, size_t module, uint32_t group,
			bool (*wants)(const struct ret_state *state))
{
	const struct plan_module *m = &plan->modules[module];
	_cleanup_free_ uint64_t *offsets = NULL, *cookies = NULL;
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++)
		count += plan->probes[m->first + i].rets_count;
	offsets = calloc(count + 1, sizeof(*offsets));
	cookies = calloc(count + 1, sizeof(*cookies));
	if (!offsets || !cookies)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < m->count; i++) {
		const struct plan_probe *p = &plan->probes[m->first + i];

		for (size_t k = 0; p->id < rets->states_count && wants(&rets->states[p->id]) && k < p->rets_count; k++) {
			offsets[count] = p->rets[k].file_offset;
			cookies[count++] = p->rets[k].has_value | p->rets[k].emulation;
		}
	}
	return tracer_set_rets(tracer, group, m->go.is_go ? TRACER_BY_GOROUTINE : TRACER_BY_THREAD, m->path, m->display,
			       offsets, cookies, count);
}

static bool is_attached(const struct ret_state *state)
{
	return state->attached && !state->restored;
}

static bool is_missed(const struct ret_state *state)
{
	return state->missed;
}

/* Attach the rets of all probes of the module that still want them, in place of those attached so far. */
static int attach_wanted(struct rets *rets, struct tracer *tracer, const struct plan *plan, size_t module)
{
	return attach_group(rets, tracer, plan, module, (uint32_t)module, is_attached);
}

int rets_attach(struct rets *rets, struct tracer *tracer, const struct plan *plan, size_t module)
{
	const struct plan_module *m = &plan->modules[module];
	bool any = false;

	if (make_room(rets, plan->probes_count + 1))
		return -ENOMEM;
	for (size_t i = 0; i < m->count; i++) {
		const struct plan_probe *p = &plan->probes[m->first + i];

		rets->states[p->id].attached = p->rets_count > 0;
		rets->states[p->id].none = p->leave == LEAVE_SITES && !(p->record.flags & WEIR_PROBE_RETS);
		any |= p->rets_count > 0;
	}
	return any ? attach_wanted(rets, tracer, plan, module) : 0;
}

bool rets_are_none(const struct rets *rets, uint32_t probe)
{
	return probe < rets->states_count && rets->states[probe].none;
}

void rets_caller_came(struct rets *rets, uint32_t probe)
{
	if (probe < rets->states_count)
		rets->states[probe].last_news_ns = clock_ns();
}

void rets_keep(struct rets *rets, uint32_t probe)
{
	if (probe >= rets->states_count)
		return;
	rets->states[probe].kept = true;
	rets->states[probe].missed = !rets->states[probe].attached;
	rets->any_missed |= rets->states[probe].missed;
}

/* Those of one module: in a group of their own, for putting all of a large module in anew takes long. */
static int restore_module(struct rets *rets, struct tracer *tracer, const struct plan *plan, size_t module)
{
	const struct plan_module *m = &plan->modules[module];
	size_t restored = 0;
	int err = attach_group(rets, tracer, plan, module, UINT32_MAX - rets->restored_groups++, is_missed);

	for (size_t i = 0; !err && i < m->count; i++) {
		const struct plan_probe *p = &plan->probes[m->first + i];
		struct ret_state *state;

		if (p->id >= rets->states_count || !rets->states[p->id].missed)
			continue;
		state = &rets->states[p->id];
		state->missed = false;
		if (!p->rets_count)
			continue;
		state->attached = state->restored = true;
		tracer_recall_rets(tracer, p->id);
		restored++;
	}
	if (restored)
		log_debug("%s: the rets of %zu functions are probed again", m->display, restored);
	return err;
}

static bool has_missed(const struct rets *rets, const struct plan *plan, size_t module)
{
	const struct plan_module *m = &plan->modules[module];

	for (size_t i = 0; i < m->count; i++) {
		const struct plan_probe *p = &plan->probes[m->first + i];

		if (p->rets_count && p->id < rets->states_count && rets->states[p->id].missed)
			return true;
	}
	return false;
}

int rets_restore(struct rets *rets, struct tracer *tracer, const struct plan *plan)
{
	int err = 0;

	for (size_t module = 0; !err && rets->any_missed && module < plan->modules_count; module++)
		if (has_missed(rets, plan, module))
			err = restore_module(rets, tracer, plan, module);
	rets->any_missed = false;
	return err;
}

/* Has the probe's calling settled? */
static bool has_served(struct ret_state *state, const struct tracer *tracer, uint32_t id, uint64_t now_ns)
{
	if (!state->attached || state->kept || !tracer_probe_called(tracer, id))
		return false;
	if (!state->last_news_ns)
		state->last_news_ns = now_ns;
	return now_ns - state->last_news_ns >= KEPT_NS;
}

int rets_drop(struct rets *rets, struct tracer *tracer, const struct plan *plan)
{
	uint64_t now_ns = clock_ns();

	for (size_t module = 0; module < plan->modules_count; module++) {
		const struct plan_module *m = &plan->modules[module];
		size_t dropped = 0;
		int err;

		for (size_t i = 0; i < m->count; i++) {
			uint32_t id = plan->probes[m->first + i].id;

			if (id >= rets->states_count || !has_served(&rets->states[id], tracer, id, now_ns))
				continue;
			rets->states[id].attached = false;
			tracer_forget_rets(tracer, id);
			dropped++;
		}
		err = dropped ? attach_wanted(rets, tracer, plan, module) : 0;
		if (err)
			return err;
		if (dropped)
			log_debug("%s: the rets of %zu functions are not probed any more", m->display, dropped);
	}
	return 0;
}
