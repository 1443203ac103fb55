/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attach/calibrate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "attach/tracer_internal.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

/* Two functions of each class: one is probed at entry and return, one at entry only. */
#define CALIBRATE_FUNCTION(name, first) \
	__asm__(".pushsection .text\n.type " #name ",@function\n.p2align 4\n" #name ":\n" first "\n\tret\n" \
		".size " #name ",.-" #name "\n.popsection"); \
	void name(void) __attribute__((visibility("hidden")))

CALIBRATE_FUNCTION(weir_calibrate_push_pair, "\tpush %rbp\n\tpop %rbp");
CALIBRATE_FUNCTION(weir_calibrate_step_pair, "\tmov %rsp, %rax");
CALIBRATE_FUNCTION(weir_calibrate_push_entry, "\tpush %rbp\n\tpop %rbp");
CALIBRATE_FUNCTION(weir_calibrate_step_entry, "\tmov %rsp, %rax");
CALIBRATE_FUNCTION(weir_calibrate_nop5_entry, "\t.byte 0x0f, 0x1f, 0x44, 0, 0");

/* One that is left at its return site, the nop behind the call in its caller. */
CALIBRATE_FUNCTION(weir_calibrate_site_pair, "\tpush %rbp\n\tpop %rbp");
CALIBRATE_FUNCTION(weir_calibrate_caller, "\tcall weir_calibrate_site_pair\nweir_calibrate_return_site:\n\tnop");
extern const char weir_calibrate_return_site[] __attribute__((visibility("hidden")));

enum { PUSH_PAIR, STEP_PAIR, PUSH_ENTRY, STEP_ENTRY, NOP5_ENTRY, SITE_PAIR };

static const struct {
	void (*called)(void), (*probed)(void);
	bool has_return;
	uint32_t flags;
} functions[CALIBRATE_PROBES] = {
	[PUSH_PAIR] = { weir_calibrate_push_pair, weir_calibrate_push_pair, true, 0 },
	[STEP_PAIR] = { weir_calibrate_step_pair, weir_calibrate_step_pair, true, 0 },
	[PUSH_ENTRY] = { weir_calibrate_push_entry, weir_calibrate_push_entry, false, WEIR_PROBE_ENTRY_ONLY },
	[STEP_ENTRY] = { weir_calibrate_step_entry, weir_calibrate_step_entry, false, WEIR_PROBE_ENTRY_ONLY },
	[NOP5_ENTRY] = { weir_calibrate_nop5_entry, weir_calibrate_nop5_entry, false, WEIR_PROBE_ENTRY_ONLY },
	[SITE_PAIR] = { weir_calibrate_caller, weir_calibrate_site_pair, false, WEIR_PROBE_SITES },
};

enum { BATCHES = 5, CALLS = 200 };

/* The quickest of a few batches: what a call costs when nothing else is in the way. */
static double call_ns(void (*function)(void))
{
	uint64_t best = UINT64_MAX;

	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t start = clock_ns(), took;

		for (int i = 0; i < CALLS; i++)
			function();
		took = clock_ns() - start;
		if (took < best)
			best = took;
	}
	return (double)best / CALLS;
}

static _Noreturn void run_child(int go, int answer)
{
	double before[CALIBRATE_PROBES], costs[CALIBRATE_PROBES];
	char byte;

	prctl(PR_SET_PDEATHSIG, 9);
	for (int i = 0; i < CALIBRATE_PROBES; i++)
		before[i] = call_ns(functions[i].called);
	if (write(answer, "b", 1) != 1 || read(go, &byte, 1) != 1)
		_exit(1);
	for (int i = 0; i < CALIBRATE_PROBES; i++) {
		costs[i] = call_ns(functions[i].called) - before[i];
		if (costs[i] < 0)
			costs[i] = 0;
	}
	_exit(write(answer, costs, sizeof(costs)) == sizeof(costs) ? 0 : 1);
}

/* Where an address of weir's own text stands in its file. */
static int own_file_offset(uintptr_t address, uint64_t *ret_offset)
{
	_cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t start, end, offset;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &start, &end, &offset) != 3)
			continue;
		if (address >= start && address < end) {
			*ret_offset = offset + (address - start);
			return 0;
		}
	}
	return -ENOENT;
}

/* Give the tables back as they were: nothing else has run yet. */
static void forget(struct tracer *t, uint32_t layout)
{
	struct weir_caller_key caller = { .address = (uintptr_t)weir_calibrate_return_site, .layout = layout };

	bpf_map_delete_elem(bpf_map__fd(t->skeleton->maps.callers), &caller);
	for (uint32_t id = WEIR_NODE_OTHER + 1; id < t->slots_count; id++) {
		if (!t->slots[id].key)
			continue;
		memset(&t->slots[id], 0, sizeof(t->slots[id]));
		memset(&t->shards[(size_t)id * t->shards_per_node], 0, sizeof(struct weir_shard) * t->shards_per_node);
	}
	for (uint32_t block = 1; block < t->skeleton->data->next_block && block < t->blocks_count; block++)
		memset(&t->blocks[block], 0, sizeof(t->blocks[block]));
	t->skeleton->data->next_block = 1;
	memset(t->losses, 0, WEIR_LOSS_COUNT * sizeof(*t->losses));
	/* The probes of the calibration stand at the end of their table. */
	window_hide(&t->probes_window);
	t->probes_set = 0;
}

static void ignore_event(void *context, const struct weir_event *event)
{
	(void)context;
	(void)event;
}

/* The return site is in place before the function is entered: the child maps weir where weir is. */
static int attach_return_site(struct tracer *t, uint32_t layout)
{
	uint64_t address = (uintptr_t)weir_calibrate_return_site, offset, cookie = WEIR_RETURN_SITE(0, 1);
	bool refused;
	long attached;
	int err = own_file_offset(address, &offset);

	if (err)
		return err;
	attached = tracer_attach_return_sites(t, TRACER_BY_THREAD, "/proc/self/exe", "weir", &offset, &cookie, 1, &refused);
	return attached < 0 ? (int)attached : tracer_cover_caller(t, layout, address);
}

static int attach_own(struct tracer *t, uint32_t first_probe, uint32_t layout)
{
	struct tracer_site sites[CALIBRATE_PROBES];
	long attached = attach_return_site(t, layout);

	if (attached)
		return (int)attached;
	for (uint32_t i = 0; i < CALIBRATE_PROBES; i++) {
		struct weir_probe probe = { .flags = functions[i].flags };
		int err = tracer_set_probe(t, first_probe + i, &probe);

		sites[i] = (struct tracer_site){ .probe = first_probe + i, .returns = functions[i].has_return };
		err = err ?: own_file_offset((uintptr_t)functions[i].probed, &sites[i].file_offset);
		if (err)
			return err;
	}
	attached = tracer_attach(t, "/proc/self/exe", "weir", sites, CALIBRATE_PROBES, NULL);
	return attached < 0 ? (int)attached : 0;
}

int calibrate(struct tracer *tracer, uint32_t first_probe, struct calibration *ret_calibration)
{
	double costs[CALIBRATE_PROBES] = { 0 };
	int go[2], answer[2], err;
	uint32_t layout = 0;
	pid_t child;
	char byte;

	if (pipe(go))
		return -errno;
	if (pipe(answer)) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	child = fork();
	if (!child) {
		/* Or it would wait for itself where weir gives up. */
		close(go[1]);
		close(answer[0]);
		run_child(go[0], answer[1]);
	}
	close(go[0]);
	close(answer[1]);
	if (child < 0) {
		err = -errno;
		log_error("cannot fork: %s", strerror(errno));
	} else {
		err = tracer_add_process(tracer, (uint32_t)child, &layout);
	}
	/* No breakpoint before the child knows what its functions cost without. */
	if (!err && read(answer[0], &byte, 1) == 1)
		err = attach_own(tracer, first_probe, layout);
	if (!err && (write(go[1], "g", 1) != 1 || read(answer[0], costs, sizeof(costs)) != sizeof(costs))) {
		log_error("cannot measure what a probe costs here: the child that measures ended early");
		err = -EIO;
	}
	close(go[1]);
	close(answer[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	tracer_remove_breakpoints(tracer);
	tracer_events(tracer, ignore_event, NULL);
	forget(tracer, layout);
	if (err)
		return err;
	*ret_calibration = (struct calibration){
		.emulated_pair_ns = costs[PUSH_PAIR], .stepped_pair_ns = costs[STEP_PAIR],
		.emulated_entry_ns = costs[PUSH_ENTRY], .stepped_entry_ns = costs[STEP_ENTRY],
		.nop5_entry_ns = costs[NOP5_ENTRY],
		.site_leave_ns = costs[SITE_PAIR] > costs[PUSH_ENTRY] ? costs[SITE_PAIR] - costs[PUSH_ENTRY] : 0,
	};
	return 0;
}
