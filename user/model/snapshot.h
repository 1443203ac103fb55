/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot: all counters at one instant, as a value. Filled by collect/, read by every view and export;
 * nothing in it refers to a kernel map or a live process. All counters are cumulative since weir attached.
 */
#ifndef WEIR_SNAPSHOT_H
#define WEIR_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "model/histogram.h"
#include "weir/wire.h"

/* Which counters apply: what does not is absent from outputs, not 0. */
enum counters_have {
	HAVE_LATENCY = 1 << 0, /* latency, times, faults, switches, I/O: the probe has a leave */
	HAVE_ROWS = 1 << 1,
	HAVE_BYTES = 1 << 2,
	HAVE_CACHE = 1 << 3,
	HAVE_ERRORS = 1 << 4,
	HAVE_PAGES = 1 << 5,    /* resident pages are followed */
	HAVE_MAPPINGS = 1 << 6, /* mapped bytes too */
	HAVE_SIZES = 1 << 7,    /* allocations are counted */
	HAVE_LIVE = 1 << 8,     /* and followed */
	HAVE_REQUESTS = 1 << 9, /* so are requests to an allocator that a profile names */
	HAVE_OLDEST = 1 << 10,  /* a call is known to be running */
	HAVE_ELSEWHERE = 1 << 11, /* calls without a latency, whose outputs are counted on a call around them where there is one */
};

/* The counters of a node, or of several added up. Times in ns. See struct weir_shard for their exact meaning. */
struct counters {
	uint32_t have; /* enum counters_have */
	uint64_t calls, completed, unwound, untimed, open; /* calls = completed + unwound + untimed + open */
	uint64_t oldest_open_ns; /* how long the one of them that has been running longest has */
	uint64_t latency_sum_ns; /* of every completed call */
	uint64_t total_ns;       /* inclusive, nested calls of the same thing counted once */
	uint64_t self_ns;        /* latency_sum_ns less the time in child calls */
	uint64_t min_ns, max_ns; /* of completed calls; 0 where there are none */
	uint64_t cpu_ns;         /* total_ns - blocked_ns - wait_ns */
	uint64_t blocked_ns, wait_ns;
	uint64_t minor_faults, major_faults, voluntary_switches, involuntary_switches, read_bytes, write_bytes;
	uint64_t errors, rows, bytes, hits, misses;
	/* memory: of the node's own calls, and with those below */
	uint64_t rss_grown_bytes, rss_shrunk_bytes, mapped_bytes, unmapped_bytes;
	uint64_t total_rss_grown_bytes, total_rss_shrunk_bytes, total_mapped_bytes, total_unmapped_bytes;
	uint64_t faults; /* minor and major */
	uint64_t allocations, allocated_bytes, total_allocations, total_allocated_bytes;
	uint64_t requests, requested_bytes, total_requests, total_requested_bytes; /* to an allocator of the engine's own */
	uint64_t live, live_bytes, live_bytes_peak, total_live, total_live_bytes;
	uint64_t abandoned, abandoned_bytes;
	uint64_t frees, freed_bytes; /* of what the node's own calls allocated, wherever it was freed */
	uint64_t extra[WEIR_EXTRA_MAX];
	const char *extra_names[WEIR_EXTRA_MAX]; /* NULL: not used; owned by the snapshot's strings */
	struct histogram latency;
	struct histogram sizes, ages; /* of the node's own allocations, in bytes; of what is held of them */
	struct histogram request_sizes;
	uint64_t size_min_bytes, size_max_bytes, request_min_bytes, request_max_bytes;
	uint64_t age_sum_ns, age_min_ns, age_max_ns;
};

struct snapshot_node {
	uint32_t id;     /* > 0 */
	uint32_t parent; /* 0: none */
	enum weir_level level;
	const char *profile;  /* strings are owned by the snapshot; profile is NULL with -f */
	const char *module;
	const char *function; /* never NULL */
	const char *label;    /* NULL: none; any bytes, not always UTF-8 */
	uint64_t fingerprint; /* of a query's text; 0: the label is none */
	bool recursive;       /* an ancestor has the same function and label: left out of flat inclusive times */
	struct counters counters;
};

/* The same counters summed by (level, profile, module, function, label) over the tree: derived by snapshot_flatten. */
struct snapshot_flat {
	enum weir_level level;
	const char *profile, *module, *function, *label;
	uint64_t fingerprint; /* as in struct snapshot_node */
	struct counters counters;
};

/* Resident memory of a process, in bytes, as the kernel tells it. */
struct snapshot_rss {
	bool known, peak_known; /* of a process that has ended, the peak may be all that is known */
	uint64_t now, peak, file, anon, shmem;
};

/* What a whole process used since weir attached; of interest where none of its functions is probed. */
struct snapshot_usage {
	bool known;
	uint32_t threads; /* when last seen */
	uint64_t cpu_ns, blocked_ns, wait_ns; /* of all its threads; roughly, where threads come and go */
	uint64_t minor_faults, major_faults, read_bytes, write_bytes, voluntary_switches, involuntary_switches;
};

struct snapshot_process {
	uint32_t pid;
	bool running;
	const char *comm, *exe;
	struct snapshot_rss rss;
	struct snapshot_usage usage;
};

/* A function that looks like work, where no profile matches. */
struct snapshot_suggestion {
	const char *argument;    /* for -f */
	const char *entry_class; /* what the kernel does at its entry site: "emulated", "stepped" ... */
	const char *leave;       /* how its calls would be seen to leave */
	uint64_t call_cost_ns;   /* predicted: of the hits of one call */
};

struct snapshot_error {
	uint32_t node; /* id */
	const char *function, *label;
	int64_t code;
	const char *name;      /* NULL: the profile names no such code */
	uint64_t count;
	const char *exception; /* what passed through the calls: an exception's type, or "panic"; NULL: it is an error by its code */
};

/* What a node's own calls were blocked for, as the engine says. */
struct snapshot_wait {
	uint32_t node;         /* id */
	const char *function, *label; /* of the node */
	const char *query_function, *query_label; /* of the nearest query around it, itself included; NULL: there is none */
	const char *name;      /* "Lock: relation" */
	uint32_t code;
	bool unreadable;       /* what it was could not be read: there is no code */
	uint64_t count, blocked_ns;
};

/* What a node's own calls allocated longer ago than was asked for, and is held still. */
struct snapshot_leak {
	uint32_t node; /* id; 0: allocated in no measured call */
	uint64_t count, bytes, oldest_ns;
};

struct snapshot {
	struct timespec taken_at; /* CLOCK_REALTIME */
	uint64_t duration_ns;     /* since weir attached */
	const char *kernel;
	uint32_t cpus;
	const char **profiles;
	size_t profiles_count;
	const char *unmatched;   /* why no profile is in use, in a sentence; NULL: something is probed */
	struct snapshot_suggestion *suggestions; /* in that case; best first */
	size_t suggestions_count;
	struct snapshot_process *processes;
	size_t processes_count;
	struct snapshot_node *nodes; /* parents before their children */
	size_t nodes_count;
	struct snapshot_flat *operators; /* levels stage, operator, function and events; widest self time first */
	size_t operators_count;
	struct snapshot_flat *queries;   /* levels run and query; widest total time first */
	size_t queries_count;
	struct snapshot_error *errors;   /* most frequent first */
	size_t errors_count;
	struct snapshot_wait *waits;     /* longest first */
	size_t waits_count;
	bool tells_waits;                /* the engine of some probe says what it waits for */
	enum weir_memory_mode memory_mode;
	struct counters memory;  /* of the whole target; memory alone applies */
	uint64_t unknown_frees;  /* of memory that was not seen to be allocated, or is not followed */
	uint64_t leak_age_ns;    /* of leaks; 0: they were not asked for */
	struct snapshot_leak *leaks; /* widest first */
	size_t leaks_count;
	struct counters outside; /* of that, what happened in no measured call */
	uint64_t losses[WEIR_LOSS_COUNT];
	uint64_t hits;             /* of weir's breakpoints, enter and leave */
	uint64_t overhead_cpu_ns;  /* estimated: hits x the cost of their class */
	uint64_t target_cpu_ns;    /* on-CPU time of the target's processes since weir attached; 0: not known */

	/* storage: strings are interned here, in an open-addressed table with holes; its size is a power of two */
	char **strings;
	size_t strings_count, strings_capacity;
};

/* An empty snapshot. The arrays above are filled by its maker with malloc'd memory and freed with it. */
int snapshot_new(struct snapshot **ret_snapshot);
void snapshot_free(struct snapshot **snapshot);

/*
 * A copy of `text` (not NULL) that lives as long as the snapshot, or NULL when out of memory. Equal texts of one
 * snapshot give the same pointer.
 */
const char *snapshot_string(struct snapshot *snapshot, const char *text);

/*
 * Fill operators[] and queries[] from nodes[], in place of what they held. Inclusive counters (struct metric says
 * which) of recursive nodes are left out: the outermost node holds them already. Returns 0, or -ENOMEM with both empty.
 */
int snapshot_flatten(struct snapshot *snapshot);

/* Free operators[] and queries[], half of what a snapshot takes: an old one is kept for the difference of its nodes alone. */
void snapshot_drop_flats(struct snapshot *snapshot);

/*
 * Add `other` to `sum`: what applies, the counters (the inclusive ones only with `inclusive`), extremes and histogram.
 * Extra counters are added by name; `sum` borrows the names. Returns 0, or -ENOMEM with `sum` half added.
 */
int counters_add(struct counters *sum, const struct counters *other, bool inclusive);

/* Is all that these calls have to tell counted elsewhere, so that a line of their own would say nothing? */
bool counters_are_elsewhere(const struct counters *counters);

void counters_free(struct counters *counters); /* what it owns; leaves zeros behind */

/*
 * What happened between two snapshots of one session (`earlier` may be NULL: since weir attached), as a snapshot of its own,
 * flattened: node i of it is node i of `later`. Counters are differences, gauges are as in `later`; the extremes of a node's
 * latencies are those of `later` where the interval set them, else as near as the histogram tells (4.5 %).
 * Strings belong to `later`, which has to live longer. A counter that went back gives 0. Returns 0 or -ENOMEM.
 */
int snapshot_delta(const struct snapshot *later, const struct snapshot *earlier, struct snapshot **ret_delta);

uint64_t snapshot_lost(const struct snapshot *snapshot); /* the sum of all losses */

#endif
