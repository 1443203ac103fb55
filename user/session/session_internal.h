/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of session/ share; nobody else includes this. */
#ifndef WEIR_SESSION_INTERNAL_H
#define WEIR_SESSION_INTERNAL_H

#include "attach/calibrate.h"
#include "attach/tracer.h"
#include "profile/catalog.h"
#include "session/allocators.h"
#include "session/callers.h"
#include "session/session.h"
#include "session/stacks.h"
#include "session/unmatched.h"
#include "session/unwinders.h"
#include "session/warnings.h"
#include "target/launch.h"
#include "target/target.h"

struct session {
	struct session_options options; /* a borrowed copy */
	struct features features;
	struct catalog *catalog;
	struct plan plan;
	struct target target;
	struct launch launch;
	bool launched;
	enum weir_memory_mode memory;
	enum weir_query_text query_text;
	bool waits_for_exe;      /* --exe: processes may come */
	struct tracer *tracer;
	struct calibration costs;
	struct callers callers;
	struct rets rets;
	struct unwinders unwinders;
	struct allocators allocators;
	struct tracer_ended *ended; /* processes whose memory is gone since the last look; owned */
	size_t ended_count, ended_capacity;
	struct tracer_ended last; /* the last process of all, which held what the report shows; tgid 0: one still runs */
	struct warnings warnings;
	struct stacks stacks;
	struct unmatched unmatched;
	struct slow_log *slow; /* NULL: none was asked for */
	uint64_t started_ns;     /* CLOCK_MONOTONIC, when all was attached */
	uint64_t stopped_ns;     /* when detached; 0: still attached */
	uint64_t target_cpu_ns;  /* at that moment */
	int signals_fd;
	unsigned interrupts;     /* passed on to a launched command */
	uint64_t next_scan_ns;   /* for modules loaded since */
	uint64_t next_check_ns;  /* of limits */
	size_t gone_next;        /* process that the next look for those that are gone begins with */
	uint64_t missed;         /* by the kernel side, at that look */
	unsigned whole_looks;    /* that are still to come, at all processes */
	size_t rescan_next;      /* process that the next rescan begins with */
};

/* --memory, or what means one of its modes. Returns 0 or -EINVAL (logged). */
int session_memory_mode(const struct session_options *options, enum weir_memory_mode *ret_mode);
/*
 * What a process had allocated is gone: it ended or, `exec`, runs another image. What the last one held that ran is kept until another one comes, for
 * that is what a report of a program's run is to show.
 */
void session_memory_gone(struct session *s, const struct weir_event *event, bool exec);
/* A process joined. */
void session_memory_joined(struct session *s);
/* Take off the tables what such processes held. Returns 0 or -errno (logged). */
int session_memory_abandon(struct session *s);
/* Resident memory of the processes, which `snapshot` has in the same order. */
void session_fill_rss(const struct session *s, struct snapshot *snapshot);

/* Is nothing probed because no profile matches, as far as is known now? */
bool session_is_unmatched(const struct session *s);
/* In that case: look for the reason, and begin to watch the processes themselves; `warn` says the reason on stderr. Returns 0 or -ENOMEM. */
int session_look_unmatched(struct session *s, bool warn);
/* Of a process that ends: what can still be told of it. */
void session_look_at_end(struct session *s, struct target_process *p);
/* What was found, and what the processes used. `snapshot` has the processes in the target's order. Returns 0 or -ENOMEM. */
int session_fill_unmatched(struct session *s, struct snapshot *snapshot);

/* Take in what the kernel side tells. */
void session_handle_event(struct session *s, const struct weir_event *event);
/* Notice processes that ended and were not told of. */
void session_look_for_gone(struct session *s);

/* Look at the modules of processes that were not looked at yet, attach what is new. Returns 0 or -errno (logged). */
int session_scan(struct session *s);
/* Again at some of the processes, for modules loaded since. */
int session_rescan(struct session *s);
/* Modules that are waited for and that the dynamic linker would find: probed before anybody loads them. */
int session_scan_libraries(struct session *s);
/* Attach the probes of modules that were planned since. */
int session_attach_new(struct session *s);

#endif
