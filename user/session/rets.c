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

/* Attach the rets of all probes of the module that still want them, in place of those attached so far. */
static int attach_wanted(struct rets *rets, struct tracer *tracer, const struct plan *plan, size_t module)
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

		for (size_t k = 0; rets->states[p->id].attached && k < p->rets_count; k++) {
			offsets[count] = p->rets[k].file_offset;
			cookies[count++] = p->rets[k].has_value | p->rets[k].emulation;
		}
	}
	return tracer_set_rets(tracer, (uint32_t)module, m->go.is_go ? TRACER_BY_GOROUTINE : TRACER_BY_THREAD, m->path, m->display,
			       offsets, cookies, count);
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
		any |= p->rets_count > 0;
	}
	return any ? attach_wanted(rets, tracer, plan, module) : 0;
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

int rets_restore(struct rets *rets, struct tracer *tracer, const struct plan *plan)
{
	for (size_t module = 0; rets->any_missed && module < plan->modules_count; module++) {
		const struct plan_module *m = &plan->modules[module];
		size_t missed = 0;
		int err;

		for (size_t i = 0; i < m->count; i++) {
			const struct plan_probe *p = &plan->probes[m->first + i];

			if (p->id >= rets->states_count || !rets->states[p->id].missed || !p->rets_count)
				continue;
			rets->states[p->id].attached = true;
			missed++;
		}
		err = missed ? attach_wanted(rets, tracer, plan, module) : 0;
		if (err)
			return err;
		for (size_t i = 0; missed && i < m->count; i++) {
			uint32_t id = plan->probes[m->first + i].id;

			if (id < rets->states_count && rets->states[id].missed && rets->states[id].attached)
				tracer_recall_rets(tracer, id);
			if (id < rets->states_count)
				rets->states[id].missed = false;
		}
	}
	rets->any_missed = false;
	return 0;
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
