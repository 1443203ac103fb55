/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every map and every load-time constant of the kernel side. Each object includes this; maps.bpf.c defines
 * WEIR_MAPS_OWNER and owns them, the others refer to them, and the linker joins them.
 */
#ifndef WEIR_BPF_MAPS_H
#define WEIR_BPF_MAPS_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "weir/wire.h"
#include "weir/fingerprint.h"

#ifdef WEIR_MAPS_OWNER
#define MAP(name, ...) struct name##_map __VA_ARGS__ name SEC(".maps")
#define CONFIG(type, name, value) const volatile type name = value
#else
#define MAP(name, ...) extern struct name##_map __VA_ARGS__ name SEC(".maps")
#define CONFIG(type, name, value) extern const volatile type name
#endif

/* An open call of a thread: what every hit touches, two to a cache line. */
struct frame {
	u64 sp; /* at entry: the address that holds the return address */
	u64 start_ns;
	u64 child_ns;
	u32 node;
	u16 probe;
	u16 flags; /* enum frame_flags */
};

enum frame_flags {
	FRAME_FOLDED = 1 << 0,     /* another open frame of this thread has the same node */
	FRAME_UNDER_FOLD = 1 << 1, /* itself or an ancestor is folded */
	FRAME_NO_LEAVE = 1 << 2,   /* its return cannot be seen: closed as untimed */
	FRAME_CHARGED = 1 << 3,    /* its charge is not all zero */
	FRAME_LEAVE_OPS = 1 << 4,  /* its probe evaluates expressions when it leaves */
	FRAME_SITES = 1 << 5,      /* left at a return site; its return address is kept */
	FRAME_BY_RET = 1 << 6,     /* its caller is not covered: seen to leave only while its ret is probed */
	FRAME_TAILS = 1 << 7,      /* its function can jump to another one */
	FRAME_QUERY = 1 << 8,      /* a query that is followed (query.h) */
	FRAME_KEYED = 1 << 9,      /* a keyed span: its key stands for its return address, and it is counted by `spans` alone */
	FRAME_WITHIN = 1 << 10,    /* itself or an ancestor is a keyed span, or was taken for a child of one on another thread */
	FRAME_NESTS = 1 << 11,     /* a span that nests: for its return address stands the stack pointer where it began */
};

/*
 * What a call took beside time, its closed children's included. Charged to the innermost open frame when it is noticed,
 * handed to the parent when the frame closes; all zero for frames that are not open.
 */
struct charge {
	u64 blocked_ns, wait_ns;
	u64 minor_faults, major_faults;
	u64 voluntary_switches, involuntary_switches;
	u64 read_bytes, write_bytes;
};

/* Values that a probe's leave code wants of its enter code. */
struct saved {
	u64 value[WEIR_SAVED_MAX];
	u32 unknown; /* mask of those that could not be read */
	u32 pad;
};

/* What the task struct counted when weir looked last. */
struct seen {
	u64 sum; /* of the four: one comparison tells whether any has changed */
	u64 minor_faults, major_faults, read_bytes, write_bytes;
};

#define ROW_TEXT (WEIR_QUERY_READ + 64) /* the hash takes so many at a time */

/*
 * What weir keeps of a stack in use: a thread's own, taken at its first hit and given back when it exits, or another one that it
 * switched to (stack.h).
 */
struct row {
	u32 depth;       /* frames open */
	u32 off_blocked; /* how the thread left the CPU: 1 blocked, 0 still runnable */
	u64 off_since_ns; /* when; 0: it is on a CPU */
	u64 stack_low;   /* stack pointers from here on, */
	u64 stack_bytes; /* so many, are surely this stack's; 0: none are */
	struct seen seen;
	u32 layout; /* of the process, as its processes entry had it when the row was taken */
	u32 exception; /* what was thrown last: enum weir_error_kind, or 0: what is no error */
	u32 flags; /* enum row_flags */
	/* the allocation that is under way */
	u32 alloc_kind;
	u64 alloc_sp; /* stack pointer of its call; 0: none is */
	u64 alloc_bytes;
	u64 alloc_out; /* where its address goes (WEIR_ALLOC_OUT) */
	u32 since_probe; /* whose expressions run */
	u32 pad[3];
	struct frame frames[WEIR_DEPTH_MAX];
	u64 returns[WEIR_DEPTH_MAX]; /* return addresses of FRAME_SITES frames; see FRAME_KEYED, FRAME_NESTS */
	struct charge charges[WEIR_DEPTH_MAX];
	struct saved saved[WEIR_DEPTH_MAX];
	/* scratch of the expression machine; a program may be preempted, so none of it can be per CPU */
	u64 stack[WEIR_STACK_MAX];
	u64 registers[8]; /* 0: return value, 1..6: arguments, 7: where the module lies, less its link-time address */
	u64 machine[WEIR_MACHINE_REGISTERS]; /* of a site with operands: the registers there */
	u32 arguments_unknown; /* mask of those that could not be read */
	u32 constant_end; /* of the probe that was hit */
	u32 top, unknown; /* unknown: 1, or UNKNOWN_RETURN */
	u32 no_return_value; /* rax is not the return value any more */
	u32 label_op; /* WEIR_OP_LABEL_...; 0: none */
	u64 label_value;
	s64 error_code;
	struct weir_allocation replaced; /* by the realloc that is under way; bytes and since_ns 0: none */
	u64 exception_name; /* address of its type's name; 0: not known */
	u32 when; /* what the condition of a span's site came to; of a request: its size is known */
	u32 label_dialect; /* of WEIR_OP_LABEL_QUERY */
	u32 skip; /* operations to pass over */
	u32 label_size; /* bytes of the label's text that may be read, one for its end included */
	u32 text_length; /* of `text`, where that is a query's as it was written (WEIR_QUERY_RAW); 0: it is not */
	u64 request_bytes;
	/* the operator new that ran last and was not seen to end; stack pointer 0: none */
	u64 new_sp, new_bytes;
	u32 new_counted, pad_new;
	u64 key; /* of a span; 0: none */
	u32 line_known;
	u64 line_at; /* what WEIR_LOAD_LINE has read in this piece of code, from there on; line_known: it has */
	u64 line[WEIR_LINE / 8];
	struct weir_fingerprint fingerprint; /* in memory, for the verifier to forget its values between bytes */
	char text[ROW_TEXT];
	struct weir_wait_source wait; /* where the process keeps what the thread waits for; address 0: not known */
	u32 wait_code; /* as it was when the thread went off the CPU */
	u32 wait_unreadable; /* it could not be read */
	/* the queries that are open, outermost first: query.h */
	u32 queries, pad_queries;
	struct weir_query query[WEIR_QUERY_NEST];
};
_Static_assert(sizeof(struct frame) == 32 && __builtin_offsetof(struct row, frames) == 128, "two frames to a cache line");

enum row_flags {
	ROW_MAY_BE_SEVERAL = 1 << 0, /* a mapping that may hold more than one stack: what lies below may not be dead */
};

struct thread {
	u32 row; /* of the stack that it was last seen to run on; 0: not known */
	u32 own; /* of its own stack; 0: none yet */
	u32 alternate; /* of its signal stack; 0: none yet */
	u32 pad;
	u64 told_low, told_bytes; /* the stack that a function for switching stacks went to; 0 bytes: not told */
};

/* A stack that is no thread's own. */
struct stack_key {
	u64 end; /* the first address above it */
	u32 tgid;
	u32 pad;
};

/* A keyed span. */
struct span_key {
	u64 key;
	u32 tgid;
	u32 span;
};

/* One that is open. Whether a thread has a frame of it or not, here it is counted. */
struct span_open {
	u64 start_ns;
	u32 node;
	u32 pad;
	struct saved saved;
};
_Static_assert(__builtin_offsetof(struct span_open, saved) == sizeof(struct weir_span_open), "what user space reads of it");

/* A value that since() saw last. */
struct since_key {
	u32 tgid;
	u16 probe;
	u16 index;
};

struct since {
	u64 value;
	u64 started; /* when the process did, for its id may be another's later */
};

struct exe_key {
	u64 inode;
	u32 device; /* as the kernel encodes it: major << 20 | minor */
	u32 pad;
};

#define THREAD_CACHE 4096
#define CALLER_CACHE 8192

/* Sizes marked 1 are set before loading. */
MAP(probes, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	      __type(key, u32); __type(value, struct weir_probe); });
MAP(slots, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	     __type(key, u32); __type(value, struct weir_slot); });
MAP(shards, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	      __type(key, u32); __type(value, struct weir_shard); });
MAP(blocks, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	      __type(key, u32); __type(value, struct weir_block); });
MAP(labels, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	      __type(key, u32); __type(value, struct weir_label); });
/* Raw text hash -> label id, one word: 48 bits of hash, 16 of label. Overwritten freely. */
MAP(fingerprints, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 8192); __type(key, u32); __type(value, u64); });
MAP(losses, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, WEIR_LOSS_COUNT); __uint(map_flags, BPF_F_MMAPABLE);
	      __type(key, u32); __type(value, u64); });
MAP(errors, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, WEIR_ERRORS);
	      __type(key, struct weir_error_key); __type(value, u64); });
MAP(waits, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, WEIR_WAITS);
	     __type(key, struct weir_wait_key); __type(value, struct weir_waited); });
MAP(rows, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, struct row); });
MAP(free_rows, { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 1); __type(value, u32); });
MAP(threads, { __uint(type, BPF_MAP_TYPE_TASK_STORAGE); __uint(map_flags, BPF_F_NO_PREALLOC);
	       __type(key, int); __type(value, struct thread); });
/*
 * In front of both, read without a call into the kernel: slot (thread id mod size) holds thread id << 32 | row.
 * Cleared when the thread exits.
 */
MAP(thread_cache, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, THREAD_CACHE); __type(key, u32); __type(value, u64); });
/* The same by thread id, where task storage can refuse a look-up. */
MAP(threads_by_id, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, u32); __type(value, struct thread); });
MAP(stacks, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, struct stack_key); __type(value, u32); });
MAP(spans, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, WEIR_SPANS); __type(key, struct span_key); __type(value, struct span_open); });
MAP(processes, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, WEIR_PROCESSES); __type(key, u32);
		 __type(value, struct weir_process); });
MAP(callers, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, WEIR_CALLERS); __uint(map_flags, BPF_F_NO_PREALLOC);
	       __type(key, struct weir_caller_key); __type(value, u32); });
/* In front of it: slot (hash of the address) holds a covered address | layout << 47. */
MAP(caller_cache, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, CALLER_CACHE); __type(key, u32); __type(value, u64); });
MAP(sinces, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, WEIR_SINCES); __uint(map_flags, BPF_F_NO_PREALLOC);
	      __type(key, struct since_key); __type(value, struct since); });
MAP(exes, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, struct exe_key); __type(value, u32); });
/* By label: where raw texts are asked for. */
MAP(samples, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	       __type(key, u32); __type(value, struct weir_sample); });
MAP(slow_queries, { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); });
MAP(events, { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 256 * 1024); });

CONFIG(__u32, slot_mask, 0);
CONFIG(__u32, label_mask, 0);
CONFIG(__u32, shard_mask, 0);
CONFIG(__u32, shard_shift, 0);   /* shards per node = 1 << shard_shift */
CONFIG(bool, hash_threads, 0); /* task storage look-ups can fail here: use threads_by_id */
CONFIG(bool, never, 0);
CONFIG(bool, emulates, 0); /* the kernel lets uprobe programs write registers (emulate.h) */
CONFIG(bool, follow_exe_name, 0);
CONFIG(__u32, query_text, 0); /* enum weir_query_text */
CONFIG(bool, follows_queries, 0); /* each query's own figures are kept while it runs: for raw texts, or to tell of slow ones */
CONFIG(__u64, slow_ns, 0); /* a query that takes as long is told of; 0: none is */
CONFIG(__u32, pid_namespace_inode, 0); /* inode of weir's PID namespace; 0: the initial one */

CONFIG(struct weir_exe_name, exe_name, { 0 });

/* Not 0: nothing is counted any more, for the breakpoints are being taken out. */
#ifdef WEIR_MAPS_OWNER
__u32 frozen = 0;
#else
extern __u32 frozen;
#endif

/* Entries of `stacks`. */
#ifdef WEIR_MAPS_OWNER
__u32 stacks_count = 0;
#else
extern __u32 stacks_count;
#endif

/* Entries of `spans`. */
#ifdef WEIR_MAPS_OWNER
__u32 spans_count = 0;
#else
extern __u32 spans_count;
#endif

/* The next layout (struct weir_caller_key); user space takes some for the processes it finds. */
#ifdef WEIR_MAPS_OWNER
__u32 next_layout = 1;
#else
extern __u32 next_layout;
#endif

/* The next free histogram block; 0 means "no block", so the first one given out is 1. */
#ifdef WEIR_MAPS_OWNER
__u32 next_block = 1;
#else
extern __u32 next_block;
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define add(counter, amount) __sync_fetch_and_add(&(counter), (amount))

/*
 * A function that the verifier looks at once, for any arguments; others it walks again for each call and each state that may lead to
 * one. Arguments are numbers, and pointers that may be NULL. Weak, for each object file brings it along and one of them is taken:
 * struct row is shorter in go.bpf.c, so that what has one goes by another name there.
 */
#define VERIFIED_ONCE __weak __noinline
#ifdef WEIR_GO_REGISTERS
#define expr_machine go_expr_machine
#define label_query go_label_query
#endif

/*
 * Since 6.13 (a76ab5731e32) the kernel gives programs of our type a stack per CPU, for it takes for granted that a program
 * never starts on a CPU where it runs already. Those of uprobes do: they can be preempted, by a thread that hits a probe as
 * well and overwrites what the first has on its stack, pointers included. A program that holds a tail call is spared; the
 * verifier finds that ours is never made, and removes it. A map for each program, for those that share one must be alike.
 */
#define CHAIN(name) \
	struct { \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, 1); \
		__type(key, u32); \
		__type(value, u32); \
	} name SEC(".maps")
#define STACK_OF_ITS_OWN(ctx, chain) \
	do { \
		if (never) \
			bpf_tail_call(ctx, &(chain), 0); \
	} while (0)

/*
 * The process of a task, as weir's PID namespace numbers it; 0 where it is not to be seen from there. The kernel's own
 * number is the initial namespace's.
 */
static __always_inline u32 process_of(struct task_struct *task)
{
	struct pid *pid;
	u32 level;

	if (!pid_namespace_inode)
		return task->tgid;
	pid = BPF_CORE_READ(task, group_leader, thread_pid);
	level = BPF_CORE_READ(pid, level);
	for (u32 i = 1; i < 8; i++) {
		struct upid upid;

		if (i > level)
			break;
		if (bpf_core_read(&upid, sizeof(upid), &pid->numbers[i]))
			break;
		if (BPF_CORE_READ(upid.ns, ns.inum) == pid_namespace_inode)
			return upid.nr;
	}
	return 0;
}

static __always_inline void lose(enum weir_loss loss, u64 count)
{
	u32 key = loss;
	u64 *counter = bpf_map_lookup_elem(&losses, &key);

	if (counter)
		add(*counter, count);
}

#endif
