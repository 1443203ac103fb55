/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every struct, enum and limit that crosses between the kernel side (bpf/) and the user side (user/).
 * Fixed-width members, explicit padding, size and offsets asserted: both compilers must agree.
 *
 * Tables and who writes them:
 *   probes  user space, before a probe's sites are attached; read at every hit
 *   slots   kernel: the flow tree, an open-addressed table whose slot number is the node id
 *   shards  kernel: the counters of a node, a few copies to keep CPUs apart; user space sums them
 *   pages   kernel: memory of a node as pages, in as many copies as shards
 *   allocs, requests  kernel: its allocations, and what it asked of an allocator of the engine's own; as pages
 *   blocks  kernel: histogram blocks of one octave, given out on first use
 *   labels  kernel: interned labels; the slot number is the label id
 *   frames  kernel: the open calls of each thread
 *   waits   kernel: how long nodes were blocked, by what they waited for
 *   losses  kernel: one counter per way to lose something (loss.h)
 */
#ifndef WEIR_WIRE_H
#define WEIR_WIRE_H

#include "hist.h"
#include "loss.h"

#ifndef __VMLINUX_H__
typedef int64_t weir_s64;
typedef int32_t weir_s32;
typedef int16_t weir_s16;
typedef uint16_t weir_u16;
typedef uint8_t weir_u8;
#else
typedef __s64 weir_s64;
typedef __s32 weir_s32;
typedef __s16 weir_s16;
typedef __u16 weir_u16;
typedef __u8 weir_u8;
#endif

/* ---- limits -------------------------------------------------------------------------------------- */

enum {
	WEIR_PROBES_MAX = 65535,      /* probe ids fit 16 bits of a node key; id 0 means none */
	WEIR_NODES_MAX = 65536,       /* node ids fit 16 bits of a node key */
	WEIR_NODE_SLOTS = 8192,       /* default size of the flow-tree table; a power of two */
	WEIR_NODE_TRIES = 16,         /* slots tried before a node goes to (other) */
	WEIR_LABEL_SLOTS = 4096,      /* default size of the label table; a power of two */
	WEIR_LABEL_TRIES = 16,
	WEIR_LABEL_TEXT = 480,        /* bytes of text kept per label, the final NUL included */
	WEIR_QUERY_READ = 4096,       /* bytes of a query text that are read */
	WEIR_RAW_TEXT = 1008,         /* bytes of a query text that are kept as they were written, where that is asked for */
	WEIR_QUERY_NEST = 2,          /* queries that run inside another one on their thread and are followed one by one; a power of two */
	WEIR_QUERY_PARTS = 32,        /* nodes below a query whose times are kept for it alone; a power of two */
	WEIR_QUERY_PART_TRIES = 8,
	WEIR_BLOCKS = 65536,          /* default number of histogram blocks */
	WEIR_DEPTH_MAX = 256,         /* open frames per thread */
	WEIR_GO_DEPTH = 64,           /* open frames per goroutine: there are more of those */
	WEIR_GOROUTINES = 4096,       /* goroutines with open frames */
	WEIR_GO_BUCKET = 8,           /* of them, in a bucket of the table */
	WEIR_THREADS = 1024,          /* default number of threads measured at once */
	WEIR_PROCESSES = 4096,        /* default number of target processes */
	WEIR_RECURSION_MAX = 3,       /* times a path holds one (probe, label) before it folds */
	WEIR_SHARDS_MAX = 4,
	WEIR_OPS_MAX = 128,           /* operations of a probe, enter and leave together; a power of two */
	WEIR_STACK_MAX = 8,           /* depth of the expression stack */
	WEIR_SAVED_MAX = 8,           /* values carried from enter to leave */
	WEIR_CHAIN_MAX = 4,           /* places of spans that share a breakpoint */
	WEIR_EXTRA_MAX = 4,           /* counters that a profile names itself */
	WEIR_ERRORS = 1024,           /* distinct (node, error code) pairs */
	WEIR_CALLERS = 65536,         /* return addresses known, all layouts together */
	WEIR_SINCES = 4096,           /* values that since() remembers, of all processes */
	WEIR_EXE_NAME = 64,
	WEIR_SPANS = 4096,            /* keyed spans open at once */
	WEIR_WAITS = 4096,            /* distinct (node, what it waited for) pairs */
	WEIR_WAIT_HOPS = 2,           /* pointers on the way to what a thread waits for */
	WEIR_QUERY_WAITS = 8,         /* things that one query waited for */
	WEIR_ALLOCATIONS = 1 << 20,   /* default number of allocations that are followed to their end */
};

enum {
	WEIR_NODE_ROOT = 0,  /* parent of the outermost frames; slot 0 is never given out; its calls are hits that are none */
	WEIR_NODE_OTHER = 1, /* where calls go whose node found no room; slot 1 is reserved for it */
};

/* ---- probes -------------------------------------------------------------------------------------- */

enum weir_level {
	WEIR_LEVEL_RUN,
	WEIR_LEVEL_STAGE,
	WEIR_LEVEL_QUERY,
	WEIR_LEVEL_OPERATOR,
	WEIR_LEVEL_FUNCTION,
	/* events */
	WEIR_LEVEL_ALLOC,
	WEIR_LEVEL_CACHE,
	WEIR_LEVEL_ERROR,
	WEIR_LEVEL_WAIT,
	WEIR_LEVEL_OPERATION,
	WEIR_LEVEL_COUNT
};

/*
 * An expression is postfix code on a stack of WEIR_STACK_MAX values of 64 bits. Values are unsigned unless
 * the operation's name says S. A load that faults makes the value unknown: the outputs that depend on it are
 * skipped and a READ_FAULT is counted.
 */
enum weir_op_code {
	WEIR_OP_CONST,   /* push imm, sign-extended */
	WEIR_OP_HIGH,    /* top = (top & 0xffffffff) | imm << 32 */
	WEIR_OP_ARG,     /* push integer argument a (1..6) of the call; in a span's leave code, of the call that ends it */
	WEIR_OP_RET,     /* push the return value; leave code only */
	WEIR_OP_SAVED,   /* push value a saved at enter */
	WEIR_OP_LOAD,    /* top = memory at top + imm, a bytes (1, 2, 4, 8), zero-extended */
	WEIR_OP_LOADS,   /* the same, sign-extended */
	WEIR_OP_ADD, WEIR_OP_SUB, WEIR_OP_GROWN /* a > b ? a - b : 0 */, WEIR_OP_MUL, WEIR_OP_AND, WEIR_OP_OR, WEIR_OP_XOR, WEIR_OP_SHL, WEIR_OP_SHR,
	WEIR_OP_EQ, WEIR_OP_NE,
	WEIR_OP_LT, WEIR_OP_LE, WEIR_OP_GT, WEIR_OP_GE,     /* unsigned */
	WEIR_OP_SLT, WEIR_OP_SLE, WEIR_OP_SGT, WEIR_OP_SGE, /* signed */
	WEIR_OP_LAND,    /* top is 0: pass over imm operations; else pop it */
	WEIR_OP_LOR,     /* top is not 0: make it 1 and pass over imm operations; else pop it */
	WEIR_OP_NOT,     /* top = !top */
	WEIR_OP_INV,     /* top = ~top */
	WEIR_OP_NEG,     /* top = -top */
	WEIR_OP_SINCE,   /* top = what it grew by since the probe's last hit in this process, value a; a counter that fell began anew */
	WEIR_OP_REGISTER, /* push register a of the machine (enum weir_register), of which imm bytes count, WEIR_LOAD_SIGNED; an operand's code only */
	WEIR_OP_SYMBOL,  /* push the address of the module's object at link-time address imm (u32); enter code only */
	/* outputs: each pops one value */
	WEIR_OP_SAVE,         /* enter: saved[a] = value */
	WEIR_OP_LABEL_LENGTH, /* enter: the text of the label that follows has so many bytes at most */
	WEIR_OP_LABEL_NUMBER, /* enter: the label is this number */
	WEIR_OP_LABEL_STRING, /* enter: the label is the NUL-terminated text at this address */
	WEIR_OP_LABEL_QUERY,  /* enter: the label is the fingerprint of the query text at this address; a: enum weir_sql */
	WEIR_OP_ROWS,         /* rows += value */
	WEIR_OP_BYTES,        /* bytes += value */
	WEIR_OP_HITS,         /* hits += value */
	WEIR_OP_MISSES,       /* misses += value */
	WEIR_OP_ERROR,        /* errors += value != 0; must stand after ERROR_CODE */
	WEIR_OP_ERROR_CODE,   /* the code under which the call's error is counted */
	WEIR_OP_EXTRA,        /* extra[a] += value */
	WEIR_OP_WHEN,         /* a span's site: not 0: this hit begins or ends it */
	WEIR_OP_REQUEST,      /* REQUESTS: so many bytes were asked for; stands where the profile's code has BYTES */
	WEIR_OP_KEY,          /* a span's site: which span it begins or ends; of a WITHIN probe: which span its call belongs to */
	WEIR_OP_OPERAND,      /* of a site with operands: this is argument a of what it is a site of */
	WEIR_OP_LAST_OUTPUT = WEIR_OP_OPERAND,
	/*
	 * What stands for two of those above, made of them when a probe is attached (plan/fuse.h). In them, and in those above that push or
	 * compute, `out` may be an output that takes the value at once, with WEIR_OUT_A(op) as its a; in the next three also ADD: the value
	 * is added to the top instead of pushed.
	 */
	WEIR_OP_LOAD_ARG,     /* push memory at argument WEIR_SOURCE(op) + imm; of a bytes, WEIR_LOAD_SIGNED */
	WEIR_OP_LOAD_SAVED,   /* push memory at saved[WEIR_SOURCE(op)] + imm */
	WEIR_OP_LOAD_SYMBOL,  /* push memory at the module's link-time address imm (u32); enter code only */
	WEIR_OP_ARG_LOW,      /* push the low 32 bits of argument a */
	WEIR_OP_WITH_CONST,   /* top = top (operation a) imm */
	WEIR_OP_SUB_SAVED,    /* top = top - saved[a] */
	WEIR_OP_GROWN_SAVED,  /* top = top GROWN saved[a] */
	WEIR_OP_COUNT
};

struct weir_op {
	weir_u8 code; /* enum weir_op_code */
	weir_u8 a;
	weir_u8 out;  /* an output, or ADD; 0: none */
	weir_u8 b;    /* WEIR_SOURCE | a of `out` << 4 */
	weir_s32 imm;
};
#define WEIR_SOURCE(op) ((op)->b & 7)
#define WEIR_OUT_A(op) ((op)->b >> 4)
/* In a of the loads that are fused, beside the size. */
#define WEIR_LOAD_SIGNED 0x10
#define WEIR_LOAD_LINE 0x20 /* others read near it: WEIR_LINE bytes are read around there, or it is among those that were */
#define WEIR_LINE 256
#define WEIR_LINE_BEFORE 64 /* they begin where such a piece of memory does */

enum weir_register {
	WEIR_RAX, WEIR_RBX, WEIR_RCX, WEIR_RDX, WEIR_RSI, WEIR_RDI, WEIR_RBP, WEIR_RSP,
	WEIR_R8, WEIR_R9, WEIR_R10, WEIR_R11, WEIR_R12, WEIR_R13, WEIR_R14, WEIR_R15,
	WEIR_MACHINE_REGISTERS,
};

/* The first thing that a span's site asks: an argument's lower half beside a number. */
struct weir_guard {
	weir_u8 arg;  /* 1..6; 0: there is no such question */
	weir_u8 op;   /* WEIR_OP_EQ .. WEIR_OP_SGE; signed ones compare as s32 */
	weir_u16 pad;
	weir_u32 value;
};
_Static_assert(sizeof(struct weir_guard) == 8, "wire: guard");

enum weir_probe_flags {
	WEIR_PROBE_ACTIVE = 1 << 0,     /* all its sites are attached: hits before that are not looked at */
	WEIR_PROBE_ENTRY_ONLY = 1 << 1, /* no leave site: calls are counted, and untimed */
	WEIR_PROBE_ENTER_OPS = 1 << 2,
	WEIR_PROBE_LEAVE_OPS = 1 << 3,
	WEIR_PROBE_SITES = 1 << 4,      /* left at return sites of its callers, with no mark on the stack */
	WEIR_PROBE_RETS = 1 << 5,       /* its own ret instructions are probed too: exact for callers not yet covered */
	WEIR_PROBE_TAILS = 1 << 6,      /* it can jump to another function, which then returns for it */
	WEIR_PROBE_CALLED = 1 << 7,     /* set by the kernel side at the first call of a SITES probe */
	WEIR_PROBE_BEGINS = 1 << 8,     /* a site that begins the span `span`; its enter code is its condition */
	WEIR_PROBE_ENDS = 1 << 9,       /* a site that ends it */
	WEIR_PROBE_KEEPS = 1 << 10,     /* a span: begun again with the label it has, it goes on */
	WEIR_PROBE_SITELESS = 1 << 13,  /* set by the kernel side: a caller without a return site was told of */
	WEIR_PROBE_GO = 1 << 11,        /* a Go function: frames are kept by goroutine */
	WEIR_PROBE_STACK_CHECK = 1 << 12, /* its entry site is the jbe of the stack check: taken, the function starts over */
	WEIR_PROBE_CHARGES = 1 << 14,   /* outputs are counted on the innermost open call of level `charged` */
	WEIR_PROBE_REQUESTS = 1 << 15,  /* an engine's own allocator: its calls are requests of the innermost open call, and no nodes */
	WEIR_PROBE_KEYED = 1 << 16,     /* a span that is found by its key, on whatever thread it ends */
	WEIR_PROBE_WITHIN = 1 << 17,    /* where no keyed span is open on the thread, calls belong to the span `span` of their key */
	WEIR_PROBE_NESTS = 1 << 18,     /* a span: begun again while it is open, both are; they live as the calls do that began them */
	WEIR_PROBE_COUNTS = 1 << 19,    /* a site of the event `span`, which is counted there */
	WEIR_PROBE_OPERANDS = 1 << 20,  /* a site that tells where arguments are: its leave code, run first, fetches them */
};

/* Where an engine keeps what its thread waits for: a number, at the end of a chain of pointers that begins at an object. */
struct weir_wait_source {
	weir_u64 address; /* in a probe: link-time, of a place in its module; in a row: of the process. 0: there is none */
	weir_s16 offset[WEIR_WAIT_HOPS]; /* from where a pointer leads */
	weir_u8 hops;     /* pointers to follow */
	weir_u8 bytes;    /* of the number: 1, 2 or 4 */
	weir_u16 probe;   /* number of a probe whose profile knows its names; the same for all probes of a profile in a module */
};
_Static_assert(sizeof(struct weir_wait_source) == 16, "wire: wait source");

/* One function of one module, a span or an event, or one of the sites of those. The probe's number travels in the attach cookie. */
struct weir_probe {
	weir_u32 flags; /* enum weir_probe_flags */
	weir_u8 level;  /* enum weir_level */
	weir_u8 enter_ops; /* ops[0 .. enter_ops) run at enter */
	weir_u8 leave_ops; /* ops[enter_ops .. enter_ops + leave_ops) run at leave */
	weir_u8 go_id; /* GO: where in struct runtime.g the goroutine's number stands, in words of 8 bytes */
	weir_u64 activated_ns; /* CLOCK_MONOTONIC, set with ACTIVE */
	weir_u32 span;         /* of a site of a span or an event: its number; WITHIN: that of the span around */
	weir_u8 charged;       /* CHARGES: enum weir_level */
	weir_u8 label_ops;     /* of a span: the first of its enter code, which make its label */
	weir_u16 pad;
	weir_u64 address;      /* of the site, link-time */
	struct weir_guard guard; /* of a span's site: false: the hit is none; true: its enter code, if any, decides */
	weir_u32 next;         /* of a span's site: the next one at the same place, which has no breakpoint of its own; 0: none */
	weir_u32 constant_end; /* what lies in the module below this link-time address is never written; 0: not known */
	struct weir_wait_source wait; /* of the probe's module */
	struct weir_op ops[WEIR_OPS_MAX];
};
_Static_assert(sizeof(struct weir_op) == 8, "wire: op");
_Static_assert(sizeof(struct weir_probe) == 64 + 8 * WEIR_OPS_MAX, "wire: probe");

/* How memory is measured; each holds what those before it do. */
enum weir_memory_mode {
	WEIR_MEMORY_OFF,
	WEIR_MEMORY_PAGES, /* resident pages and mappings, from the kernel's accounting */
	WEIR_MEMORY_SIZES, /* sizes of allocations, by breakpoints on the allocator's functions */
	WEIR_MEMORY_LIVE,  /* and what becomes of them, by their returns and frees too */
};

/* A function of an allocator, by where its arguments are. The kind travels in the attach cookie. */
enum weir_alloc_kind {
	WEIR_ALLOC_SIZE1 = 1,   /* (size): malloc, operator new, valloc */
	WEIR_ALLOC_PRODUCT,     /* (count, size): calloc */
	WEIR_ALLOC_AGAIN,       /* (old, size): realloc */
	WEIR_ALLOC_AGAIN_PRODUCT, /* (old, count, size): reallocarray */
	WEIR_ALLOC_SIZE2,       /* (alignment, size): aligned_alloc, memalign */
	WEIR_ALLOC_OUT,         /* (where the address goes, alignment, size), 0 where it went well: posix_memalign */
	WEIR_ALLOC_FREE,        /* (address): free, operator delete */
};
#define WEIR_ALLOC_KIND(cookie) ((weir_u32)(cookie) & 0xff)
#define WEIR_ALLOC_RETURNS (1ULL << 8) /* the function's return is probed too */
#define WEIR_ALLOC_RETS (1ULL << 9)    /* its ret instructions are, as an exception may pass */
#define WEIR_ALLOC_RET (1ULL << 10)    /* such a ret */
#define WEIR_ALLOC_ALL_RETS (1ULL << 11) /* there is no other way in which it returns */

/* ---- the flow tree ------------------------------------------------------------------------------- */

/* A node key: parent node 16 bits | probe 16 bits | label id 32 bits. Never 0, for a probe id is never 0. */
#define WEIR_NODE_KEY(parent, probe, label) \
	(((weir_u64)(parent) << 48) | ((weir_u64)(probe) << 32) | (weir_u64)(label))
#define WEIR_KEY_PARENT(key) ((weir_u32)((key) >> 48))
#define WEIR_KEY_PROBE(key) ((weir_u32)((key) >> 32) & 0xffff)
#define WEIR_KEY_LABEL(key) ((weir_u32)(key))

/*
 * A slot of the flow-tree table. The key is claimed by compare-and-swap and never changes. `target` is the
 * node that calls of this key are charged to: the slot itself, or, where the path already holds
 * (probe, label) WEIR_RECURSION_MAX times, the deepest of those. 0: not yet worked out.
 */
struct weir_slot {
	weir_u64 key;
	weir_u32 target;
	weir_u32 repeat; /* how often the path down to this node holds its (probe, label), itself included */
};
_Static_assert(sizeof(struct weir_slot) == 16, "wire: slot");

/*
 * Counters of one node in one shard, all cumulative. Completed calls are not kept: they are the sum of the
 * histogram. "Folded" calls run inside another open call of the same node; inclusive times leave them out.
 */
struct weir_shard {
	weir_u64 calls;
	weir_u64 unwound;
	weir_u64 untimed;
	weir_u64 sum_ns;       /* of all completed calls, folded ones included */
	weir_u64 folded_ns;    /* of the folded ones among them */
	weir_u64 child_ns;     /* of that, time spent in child calls */
	weir_u64 min_inverted; /* ~minimum of completed calls, ns; 0: none yet */
	weir_u64 max_ns;
	weir_u64 blocked_ns;   /* off-CPU, not runnable; inclusive, as all below up to write_bytes */
	weir_u64 wait_ns;      /* off-CPU although runnable */
	weir_u64 minor_faults;
	weir_u64 major_faults;
	weir_u64 voluntary_switches;
	weir_u64 involuntary_switches;
	weir_u64 read_bytes;
	weir_u64 write_bytes;
	weir_u64 errors;
	weir_u64 rows;
	weir_u64 bytes;
	weir_u64 hits;
	weir_u64 misses;
	weir_u64 extra[WEIR_EXTRA_MAX];
	weir_u64 folded_calls;
	weir_u64 pad[6];
	weir_u32 block[WEIR_HIST_OCTAVES]; /* block numbers; 0: none yet */
};
_Static_assert(sizeof(struct weir_shard) == 512, "wire: a shard fills whole cache lines, the first eight counters one");

/* In place of a CPU: the part of an address space's counters that belongs to none. */
#define WEIR_SUM_OF_ALL 0xffffffffU

/*
 * Pages of one node in one shard: what its own calls, without those below, made the kernel give and take. Node WEIR_NODE_ROOT has
 * what happened in no call. Cumulative, in bytes.
 */
struct weir_pages {
	weir_u64 rss_grown_bytes;
	weir_u64 rss_shrunk_bytes;
	weir_u64 mapped_bytes;
	weir_u64 unmapped_bytes;
	weir_u64 pad[4];
};
_Static_assert(sizeof(struct weir_pages) == 64, "wire: pages fill a cache line");

/*
 * Allocations of one node in one shard: what its own calls asked for, and how much at a time. In a table of their own: of the process'
 * allocator, and, as requests, of an allocator of the engine's own that divides what it takes from that.
 */
struct weir_allocs {
	weir_u64 allocations;
	weir_u64 allocated_bytes;
	weir_u64 min_inverted; /* ~minimum; 0: none yet */
	weir_u64 max_bytes;
	weir_u64 pad[4];
	weir_u32 block[WEIR_HIST_OCTAVES]; /* of sizes, in bytes; block numbers, 0: none yet */
};
_Static_assert(sizeof(struct weir_allocs) == 320, "wire: allocations fill whole cache lines");

/* What is held of a node's allocations; not in shards, for a peak is one of the whole. Node WEIR_NODE_ROOT: of what was allocated in no call. */
struct weir_held {
	weir_u64 live, live_bytes; /* allocated, and neither freed nor lost sight of */
	weir_u64 live_bytes_peak;
	weir_u64 frees, freed_bytes; /* wherever they were freed */
	weir_u64 abandoned, abandoned_bytes; /* user space: held by processes that ended */
	weir_u64 pad;
};
_Static_assert(sizeof(struct weir_held) == 64, "wire: what is held fills a cache line");

/* An allocation that is held. */
struct weir_allocation_key {
	weir_u64 address;
	weir_u32 tgid;
	weir_u32 pad;
};

struct weir_allocation {
	weir_u64 bytes;
	weir_u64 since_ns; /* CLOCK_MONOTONIC */
	weir_u32 node;
	weir_u32 pad;
};
_Static_assert(sizeof(struct weir_allocation) == 24, "wire: allocation");

/*
 * A call that was open when a thread's frames were looked at (bpf/open.bpf.c), outermost first. It still runs if those before it of the
 * same thread do, and `word` stands at `sp` in the memory of the process.
 */
struct weir_open_call {
	weir_u64 start_ns; /* CLOCK_MONOTONIC */
	weir_u64 sp;
	weir_u64 word; /* 0: a span, which what began it has to end */
	weir_u32 tgid;
	weir_u32 node;
	weir_u32 first; /* of its thread */
	weir_u32 pad;
};
_Static_assert(sizeof(struct weir_open_call) == 40, "wire: open call");

/* How the record of a keyed span that is open begins. */
struct weir_span_open {
	weir_u64 start_ns; /* CLOCK_MONOTONIC */
	weir_u32 node;
	weir_u32 pad;
};

struct weir_block {
	weir_u64 count[WEIR_HIST_PLACES];
};

/* ---- return sites -------------------------------------------------------------------------------- */

/*
 * The cookie of a return site: how far behind the return address it stands, and whether the return value is still
 * in rax there.
 */
#define WEIR_RETURN_SITE(distance, has_value) ((weir_u64)(distance) | (weir_u64)(has_value) << 32)
#define WEIR_RETURN_DISTANCE(cookie) ((weir_u32)(cookie))
#define WEIR_RETURN_HAS_VALUE(cookie) ((weir_u32)((cookie) >> 32) & 1)

enum weir_caller_state {
	WEIR_CALLER_TOLD = 1, /* user space was told of it */
	WEIR_CALLER_COVERED,  /* its return site is attached */
	WEIR_CALLER_SITELESS, /* it can have none: whom it calls must keep its rets */
};

/*
 * A return address of a probed function, in one layout: processes share a layout as long as none has called exec
 * since they forked.
 */
struct weir_caller_key {
	weir_u64 address;
	weir_u32 layout;
	weir_u32 pad;
};
_Static_assert(sizeof(struct weir_caller_key) == 16, "wire: caller key");

/* A target process; children get a copy. */
struct weir_process {
	weir_u32 layout;
	weir_u32 pad;
};
_Static_assert(sizeof(struct weir_process) == 8, "wire: process");

/* ---- labels -------------------------------------------------------------------------------------- */

enum weir_label_kind {
	WEIR_LABEL_NUMBER = 1,
	WEIR_LABEL_STRING,
	WEIR_LABEL_QUERY,
	WEIR_LABEL_CONSTANT, /* the text in the module's file at link-time address `number` (below constant_end of the probe that it is a label of) */
};

enum weir_label_state {
	WEIR_LABEL_CLAIMED, /* text not yet complete */
	WEIR_LABEL_READY,
};

/* The key is a hash of kind and value, never 0. Label id 0 means no label. */
struct weir_label {
	weir_u64 key;
	weir_u64 number;  /* NUMBER: the value; QUERY: the fingerprint's hash; CONSTANT: where the text is */
	weir_u32 state;   /* enum weir_label_state */
	weir_u16 kind;    /* enum weir_label_kind */
	weir_u16 cut;     /* 1: the text was longer */
	weir_u64 pad;
	char text[WEIR_LABEL_TEXT];
};
_Static_assert(sizeof(struct weir_label) == 32 + WEIR_LABEL_TEXT, "wire: label");

/* What becomes of query texts (--query-text). */
enum weir_query_text {
	WEIR_QUERY_NORMALIZED, /* the folded text is the label; what was read of the target is wiped */
	WEIR_QUERY_RAW,        /* and of each fingerprint, the slowest query's text as it was written is kept */
	WEIR_QUERY_OFF,        /* the fingerprint's hash is the label: no text leaves the kernel */
};

/* The text of a fingerprint's slowest query, by label id. `sequence` is odd while it is being written. */
struct weir_sample {
	weir_u64 duration_ns;
	weir_u32 sequence;
	weir_u32 length; /* of the text; 0: none yet */
	char text[WEIR_RAW_TEXT];
};
_Static_assert(sizeof(struct weir_sample) == 1024, "wire: sample");

/* ---- slow queries -------------------------------------------------------------------------------- */

/* What one query's calls of a node below it took. */
struct weir_query_part {
	weir_u32 node; /* 0: nothing here */
	weir_u32 calls;
	weir_u64 total_ns, self_ns;
	weir_u64 rows;
};

enum weir_query_flags {
	WEIR_QUERY_UNWOUND = 1 << 0, /* it was left by an exception or a jump; when, is known as of the next hit */
	WEIR_QUERY_CUT = 1 << 1,     /* its text was longer */
};

/* What one query waited for, as far as it was blocked. */
struct weir_query_wait {
	weir_u32 code;
	weir_u32 count; /* 0: nothing here */
	weir_u64 blocked_ns;
};

/* A query as it runs, and, where it was slow, the event that tells of it; without raw texts it ends before `text`. */
struct weir_query {
	weir_u64 ended_ns; /* CLOCK_MONOTONIC */
	weir_u64 duration_ns;
	weir_u32 node;
	weir_u32 tgid;
	weir_u32 tid;
	weir_u32 flags; /* enum weir_query_flags */
	weir_u64 blocked_ns, wait_ns;
	weir_u64 minor_faults, major_faults, read_bytes, write_bytes;
	weir_u64 rows, bytes, hits, misses;
	weir_u64 errors;
	weir_s64 error_code; /* of the last one that had one, here or below */
	weir_u64 other_ns;   /* self time below it in nodes for which there was no room */
	weir_u32 text_length;
	weir_u32 wait_probe; /* as in struct weir_wait_source; 0: what it waited for is not known */
	char comm[16];
	weir_u64 other_wait_ns; /* blocked for what there was no room for, or could not be read */
	struct weir_query_wait waits[WEIR_QUERY_WAITS]; /* in no order */
	struct weir_query_part parts[WEIR_QUERY_PARTS]; /* in no order */
	char text[WEIR_RAW_TEXT];
};
_Static_assert(sizeof(struct weir_query) == 168 + 16 * WEIR_QUERY_WAITS + 32 * WEIR_QUERY_PARTS + WEIR_RAW_TEXT, "wire: query");

/* ---- errors -------------------------------------------------------------------------------------- */

enum weir_error_kind {
	WEIR_ERROR_CODE,      /* code: as the profile's expression gives it */
	WEIR_ERROR_EXCEPTION, /* an exception passed through; code: the label of its type's mangled name, 0: not known */
	WEIR_ERROR_PANIC,     /* a Rust panic; code: 0 */
};

struct weir_error_key {
	weir_u32 node;
	weir_u32 kind; /* enum weir_error_kind */
	weir_s64 code;
};
_Static_assert(sizeof(struct weir_error_key) == 16, "wire: error key");

/* ---- waits --------------------------------------------------------------------------------------- */

/* What a node's own calls were blocked for. */
struct weir_wait_key {
	weir_u32 node;
	weir_u32 code;
	weir_u32 probe;      /* as in struct weir_wait_source */
	weir_u32 unreadable; /* 1: there is no code, for it could not be read */
};
_Static_assert(sizeof(struct weir_wait_key) == 16, "wire: wait key");

struct weir_waited {
	weir_u64 count;
	weir_u64 blocked_ns;
};

/* ---- processes ----------------------------------------------------------------------------------- */

/* A file name whose future processes become targets, NUL-padded. */
struct weir_exe_name {
	char text[WEIR_EXE_NAME];
};
_Static_assert(sizeof(struct weir_exe_name) == 64, "wire: exe name");

/* ---- process events ------------------------------------------------------------------------------ */

enum weir_event_type {
	WEIR_EVENT_FORK = 1, /* tgid became a target as a child of parent */
	WEIR_EVENT_EXEC,     /* a target, or a process that became one, runs a new image */
	WEIR_EVENT_EXIT,     /* the last thread of a target ended */
	WEIR_EVENT_CALLER,   /* a probed function was called from `address`, which is not covered */
};

struct weir_event {
	weir_u32 type; /* enum weir_event_type */
	weir_u32 tgid;
	weir_u32 parent;
	weir_u32 exit_code; /* as wait status; EXIT only */
	weir_u64 cpu_ns;    /* on-CPU time of the process in its life; EXIT only */
	weir_u64 address;   /* the return address; CALLER only */
	weir_u32 layout;    /* CALLER, FORK, EXEC */
	weir_u32 probe;     /* CALLER only */
	weir_u64 peak_rss_bytes; /* EXIT only; 0: not known */
	weir_u64 at_ns;     /* CLOCK_MONOTONIC */
	char comm[16];
};
_Static_assert(sizeof(struct weir_event) == 72, "wire: event");

#endif
