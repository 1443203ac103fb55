/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attach/programs.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <bpf/bpf.h>

#include "attach/uprobe_multi.h"
#include "base/clock.h"
#include "base/log.h"

#define PLACE(program) offsetof(struct weir_bpf, progs.program)

/* What is attached to functions; all else is attached to tracepoints or iterates, and loaded at the start. */
static const struct uprobe_program {
	size_t place;
	enum program_set set;
} uprobe_programs[] = {
	{ PLACE(weir_enter), PROGRAMS_CORE },
	{ PLACE(weir_leave), PROGRAMS_CORE },
	{ PLACE(weir_return), PROGRAMS_CORE },
	{ PLACE(weir_ret), PROGRAMS_CORE },
	{ PLACE(weir_switch_stack), PROGRAMS_CORE },
	{ PLACE(weir_alloc), PROGRAMS_CORE }, /* memory_choose() leaves them out by the mode */
	{ PLACE(weir_alloc_return), PROGRAMS_CORE },
	{ PLACE(weir_new_ret), PROGRAMS_CORE },
	{ PLACE(weir_free), PROGRAMS_CORE },
	{ PLACE(weir_raise), PROGRAMS_UNWIND },
	{ PLACE(weir_land), PROGRAMS_UNWIND },
	{ PLACE(weir_catch), PROGRAMS_UNWIND },
	{ PLACE(weir_span), PROGRAMS_SPANS },
	{ PLACE(weir_go_enter), PROGRAMS_GO },
	{ PLACE(weir_go_return), PROGRAMS_GO },
	{ PLACE(weir_go_ret), PROGRAMS_GO },
	{ PLACE(weir_go_end), PROGRAMS_GO },
	{ PLACE(weir_go_schedule), PROGRAMS_GO },
	{ PLACE(weir_go_execute), PROGRAMS_GO },
};
#define UPROBE_PROGRAMS (sizeof(uprobe_programs) / sizeof(uprobe_programs[0]))

static struct bpf_program *program_at(const struct weir_bpf *s, size_t place)
{
	return *(struct bpf_program *const *)((const char *)s + place);
}

/* Both of weir_go_switch are for goroutines, one for each form of the tracepoint. */
static struct bpf_program *go_switch(const struct tracer *t, const struct weir_bpf *s)
{
	return t->features.switch_state ? s->progs.weir_go_switch : s->progs.weir_go_switch_3;
}

/* Attached in another way, a program must say so before it is loaded. */
static int choose_uprobes(const struct tracer *t, const struct weir_bpf *s, enum program_set set)
{
	int err = 0;

	for (size_t i = 0; i < UPROBE_PROGRAMS && !err; i++) {
		struct bpf_program *program = program_at(s, uprobe_programs[i].place);

		if (uprobe_programs[i].set != set)
			bpf_program__set_autoload(program, false);
		if (t->features.uprobe_multi)
			err = bpf_program__set_expected_attach_type(program, (enum bpf_attach_type)WEIR_BPF_TRACE_UPROBE_MULTI);
	}
	return err;
}

int programs_choose(struct tracer *tracer)
{
	struct weir_bpf *s = tracer->skeleton;

	bpf_program__set_autoload(tracer->features.switch_state ? s->progs.weir_switch_3 : s->progs.weir_switch, false);
	bpf_program__set_autoload(s->progs.weir_go_switch_3, false);
	bpf_program__set_autoload(s->progs.weir_go_switch, false);
	return choose_uprobes(tracer, s, PROGRAMS_CORE);
}

/* One object read twice has its maps in one order. */
static int share_maps(const struct weir_bpf *from, const struct weir_bpf *to)
{
	struct bpf_map *theirs = NULL, *ours = NULL;
	int err = 0;

	while (!err && (theirs = bpf_object__next_map(from->obj, theirs)) && (ours = bpf_object__next_map(to->obj, ours)))
		err = bpf_map__fd(theirs) < 0 ? 0 : bpf_map__reuse_fd(ours, bpf_map__fd(theirs));
	return err;
}

static int load_set(const struct tracer *t, struct weir_bpf *s, enum program_set set)
{
	struct bpf_program *program;
	int err = share_maps(t->skeleton, s);

	if (err)
		return err;
	bpf_object__for_each_program(program, s->obj)
		bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < UPROBE_PROGRAMS; i++)
		if (uprobe_programs[i].set == set)
			bpf_program__set_autoload(program_at(s, uprobe_programs[i].place), true);
	if (set == PROGRAMS_GO)
		bpf_program__set_autoload(go_switch(t, s), true);
	return choose_uprobes(t, s, set) ?: weir_bpf__load(s);
}

int programs_need(struct tracer *tracer, enum program_set set, const struct weir_bpf **ret_skeleton)
{
	uint64_t start_ns = clock_ns();
	struct weir_bpf *s = set == PROGRAMS_CORE ? tracer->skeleton : tracer->later[set];
	int err;

	if (!s) {
		s = weir_bpf__open();
		err = s ? load_set(tracer, s, set) : -errno;
		if (err) {
			log_error("the kernel refused the BPF programs: %s (weir --verbose shows its reasons)", strerror(-err));
			weir_bpf__destroy(s);
			return err == -EINVAL ? -EIO : err; /* the kernel's, no wrong usage */
		}
		tracer->later[set] = s;
		log_debug("loaded more BPF programs in %.1f ms", (double)(clock_ns() - start_ns) / 1e6);
	}
	*ret_skeleton = s;
	return 0;
}
