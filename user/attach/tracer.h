/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel side of one run: programs, maps and links, from load to detach. Knows probes as numbers and sites as
 * file offsets; knows no engine and no symbol.
 *
 * Detaching is closing: when weir ends, however it ends, the kernel drops the links and takes the breakpoints out.
 */
#ifndef WEIR_TRACER_H
#define WEIR_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "attach/features.h"
#include "weir/wire.h"

struct tracer;

/* Sizes of the tables; 0 means the default of wire.h. Rounded up to powers of two where they must be. */
struct tracer_sizes {
	uint32_t probes;  /* highest probe id + 1, room for probes of modules that come later included */
	uint32_t nodes;
	uint32_t labels;
	uint32_t blocks;
	uint32_t threads; /* threads measured at once */
	enum weir_memory_mode memory;
	uint32_t goroutines; /* with calls open at once; here 0 means none */
	uint32_t allocations; /* followed at once */
	enum weir_query_text query_text;
	uint64_t slow_ns; /* queries that take as long are told of; 0: none */
};

/* Executables whose processes become targets as they start (--exe). */
struct tracer_exe {
	uint64_t device, inode; /* as stat() has them */
};

/* What processes held when they ended, of that which they had held for long then. */
struct tracer_abandoned {
	uint64_t count, bytes, oldest_ns;
};

/* A process that is no more, or runs another image since. */
struct tracer_ended {
	uint32_t tgid;
	uint64_t at_ns; /* what it allocated before that is gone; CLOCK_MONOTONIC */
};

/* The tables as the kernel writes them, mapped as far as they are in use (tracer_look); valid until tracer_free. Read with atomic
 * loads. */
struct tracer_tables {
	const struct weir_slot *slots;
	uint32_t slots_count;
	const struct weir_shard *shards; /* node n: shards[n * shards_per_node ..] */
	uint32_t shards_per_node;
	const struct weir_block *blocks;
	uint32_t blocks_count;
	const struct weir_label *labels;
	uint32_t labels_count;
	const struct weir_sample *samples; /* by label; NULL: raw texts are not asked for */
	const uint64_t *losses;
	const struct weir_pages *pages; /* as shards; NULL: memory is not measured */
	const struct weir_allocs *allocs; /* as shards; NULL: sizes are not measured */
	const struct weir_allocs *requests; /* the same of allocators that profiles name; NULL: there is none */
	const struct weir_held *held;     /* by node; NULL: allocations are not followed */
	const struct tracer_abandoned *abandoned; /* by node, of what processes that ended held for long; NULL: nothing */
	const uint64_t *live_bytes, *live_bytes_peak, *unknown_frees; /* of the whole target */
	enum weir_memory_mode memory;
	bool mappings;                  /* mapped and unmapped bytes are known */
};

/* One probe's sites in one module, to be attached. */
struct tracer_site {
	uint32_t probe;       /* id, > 0 */
	uint64_t file_offset; /* of the entry site */
	bool returns;         /* a return probe too */
	uint64_t semaphore;   /* offset in the file of a counter that goes up while the site is attached; 0: it has none */
	bool span;            /* it is a site of a span or an event */
	bool follows;         /* another of these sites has the breakpoint and leads to this one: it is made active, and no more */
	bool go;              /* of a Go function */
	uint64_t emulation;   /* how weir can perform the instruction itself (WEIR_EMULATION); 0: it cannot */
};

/* By what the calls of a function are kept apart: sites of Go functions have programs of their own. */
enum tracer_frames {
	TRACER_BY_THREAD,
	TRACER_BY_GOROUTINE,
};

/*
 * Load the programs, make the tables, and attach what watches processes and the scheduler; no target yet.
 * `exe_name` (may be NULL) is a file name whose future processes become targets. Logs one sentence on failure.
 */
int tracer_new(const struct features *features, const struct tracer_sizes *sizes, const char *exe_name,
	       struct tracer **ret_tracer);
void tracer_free(struct tracer **tracer); /* detaches */

/*
 * `tgid` becomes a target, in a layout of its own, which *ret_layout (may be NULL) tells. Its threads get their state. Returns 0
 * or -errno (logged).
 */
int tracer_add_process(struct tracer *tracer, uint32_t tgid, uint32_t *ret_layout);
/* `tgid` has ended, but the kernel side may have missed it: it and its address space are no longer looked at. */
void tracer_process_gone(struct tracer *tracer, uint32_t tgid);
int tracer_add_exe(struct tracer *tracer, const struct tracer_exe *exe);

/* Give every thread of every target its state before its first hit. Returns 0 or -errno (logged). */
int tracer_prepare_threads(struct tracer *tracer);

/* Write a probe's record; it is not looked at before tracer_attach. */
int tracer_set_probe(struct tracer *tracer, uint32_t id, const struct weir_probe *probe);

/*
 * Attach sites of the module that can be opened at `path` (`display` names it in messages), and make their probes active once all are in place. A site that the
 * kernel refuses is found by bisection, named in a warning, left out and marked in `ret_refused[i]` (count entries; may be NULL).
 * Returns the number of sites attached or -errno (logged) where none could be.
 */
long tracer_attach(struct tracer *tracer, const char *path, const char *display, const struct tracer_site *sites,
		   size_t count, bool *ret_refused);

/*
 * Attach return sites in the callers of probed functions, in the file that can be opened at `path`: offsets in it, and
 * cookies as WEIR_RETURN_SITE makes them. Sites that the kernel refuses are left out and marked in `ret_refused` (count
 * entries). Returns the number attached or -errno (logged).
 */
long tracer_attach_return_sites(struct tracer *tracer, enum tracer_frames frames, const char *path, const char *display,
				const uint64_t *offsets, const uint64_t *cookies, size_t count, bool *ret_refused);

/* Functions of the Go runtime that tell what becomes of goroutines. */
enum tracer_go {
	TRACER_GO_END,      /* runtime.goexit1 */
	TRACER_GO_SCHEDULE, /* runtime.schedule; cookie: offset of the status in struct runtime.g */
	TRACER_GO_EXECUTE,  /* runtime.execute */
	TRACER_GO_COUNT
};

/* Attach to them, and watch the kernel's scheduler for goroutines from the first time on. Returns 0 or -errno (logged). */
int tracer_attach_go(struct tracer *tracer, const char *path, const char *display, const uint64_t offsets[TRACER_GO_COUNT],
		     const uint64_t cookies[TRACER_GO_COUNT]);

/* What a site in the target's unwinder tells (bpf/unwind.bpf.c). */
enum tracer_unwind {
	TRACER_RAISE, /* cookie: 1 where it is the end of a thread and no error */
	TRACER_LAND,  /* cookie: displacement of the stack pointer in the context */
	TRACER_CATCH,
};

/*
 * Attach to places in functions of the swapcontext family that have just taken the stack pointer of the context in rdx. Returns the
 * number attached or -errno (logged).
 */
long tracer_attach_switches(struct tracer *tracer, const char *path, const char *display, const uint64_t *offsets, size_t count);

/* Attach to sites of one kind in an unwinder. Returns the number attached or -errno (logged). */
long tracer_attach_unwind(struct tracer *tracer, enum tracer_unwind kind, const char *path, const char *display,
			  const uint64_t *offsets, const uint64_t *cookies, size_t count);

/*
 * Attach these ret instructions of probed functions (cookie: 1 where rax is the return value, with its WEIR_EMULATION), in place of those attached before for the same `group` (any
 * number). Between the two, both are attached: no ret goes unseen. Returns 0 or -errno (logged).
 */
int tracer_set_rets(struct tracer *tracer, uint32_t group, enum tracer_frames frames, const char *path, const char *display,
		    const uint64_t *offsets, const uint64_t *cookies, size_t count);

/* A function of an allocator. */
struct tracer_alloc_site {
	uint64_t file_offset; /* of the entry site */
	uint64_t cookie;      /* enum weir_alloc_kind, and WEIR_ALLOC_...; of a ret also how weir can perform it */
};

/*
 * Attach the functions of an allocator, in the file that can be opened at `path`, for process `pid` alone (0: for every one that maps the file, where the
 * kernel cannot tell them apart). Returns the number of breakpoints or -errno (logged).
 */
long tracer_attach_allocator(struct tracer *tracer, uint32_t pid, const char *path, const char *display,
			     const struct tracer_alloc_site *sites, size_t count);
void tracer_forget_allocator(struct tracer *tracer, uint32_t pid); /* the process has ended */

/*
 * What these processes held is held no longer: it becomes `abandoned`, and its places in the table free. What was older than `old_ns` (0: nothing) then is
 * added to the tables' `abandoned`. Walks the whole table. Returns 0 or -errno.
 */
int tracer_abandon(struct tracer *tracer, const struct tracer_ended *ended, size_t count, uint64_t old_ns);

/* Count something that user space finds lost. */
void tracer_lose(struct tracer *tracer, enum weir_loss loss, uint64_t count);

/* Visit the allocations that are held. Returns 0 or -errno. */
int tracer_allocations(const struct tracer *tracer, void (*visit)(void *context, const struct weir_allocation *allocation), void *context);

/* Was the SITES probe called yet? */
bool tracer_probe_called(const struct tracer *tracer, uint32_t id);

/* The probe's rets go out next: its calls from callers that are not covered are untimed from here on. */
void tracer_forget_rets(struct tracer *tracer, uint32_t id);
/* They are attached again. */
void tracer_recall_rets(struct tracer *tracer, uint32_t id);

/* Calls that return to `address` in `layout` are seen to leave from now on: their return site is attached. */
int tracer_cover_caller(struct tracer *tracer, uint32_t layout, uint64_t address);

/* It can have no return site: each function that is called from there is told of once. Returns 0 or -errno. */
int tracer_note_siteless(struct tracer *tracer, uint32_t layout, uint64_t address);

/*
 * Stop counting: what is open now stays open in the tables, for entries and leaves are no longer looked at. Taking the breakpoints
 * out comes after it, for that takes a while, in which entries and leaves would go one by one.
 */
void tracer_freeze(struct tracer *tracer);

/* Take all breakpoints out, and what watches processes and the scheduler too; the tables stay readable. */
void tracer_detach(struct tracer *tracer);

/* A descriptor that polls readable when events wait; -1 never. */
int tracer_events_fd(const struct tracer *tracer);

/* Hand waiting process events to `handle` in order. Returns their number or -errno. */
int tracer_events(struct tracer *tracer, void (*handle)(void *context, const struct weir_event *event), void *context);

/* Slow queries (tracer_sizes.slow_ns) go to `handle` in tracer_events, as they come; `size`: without a text it is less than the struct's. */
void tracer_on_slow(struct tracer *tracer, void (*handle)(void *context, const struct weir_query *query, size_t size), void *context);

/* Bring what is mapped of the tables up to date: before they are read. Returns 0 or -errno. */
int tracer_look(struct tracer *tracer);
const struct tracer_tables *tracer_tables(const struct tracer *tracer);

/*
 * The calls that stand on the frame stacks of threads of the targets: whether they run is to be looked at. The caller frees *ret_calls.
 * Returns 0 or -errno.
 */
int tracer_open_calls(const struct tracer *tracer, struct weir_open_call **ret_calls, size_t *ret_count);

/* Visit the (node, code) error counts. Returns 0 or -errno. */
int tracer_errors(const struct tracer *tracer, void (*visit)(void *context, const struct weir_error_key *key, uint64_t count),
		  void *context);

/* Visit what nodes were blocked for. Returns 0 or -errno. */
int tracer_waits(const struct tracer *tracer,
		 void (*visit)(void *context, const struct weir_wait_key *key, const struct weir_waited *waited), void *context);

/* Hits that the kernel did not pass on because programs nested (recursion_misses), all programs together. */
uint64_t tracer_misses(const struct tracer *tracer);

#endif
