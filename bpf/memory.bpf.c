/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory by operator, as pages: what of it a process really has, seen by the kernel's own accounting. No breakpoint at all.
 *
 * kmem:rss_stat tells that a counter of an address space has changed, and not by how much. Since 6.2 (f1a7941243c1) a counter is
 * one sum and one part for each CPU (lib/percpu_counter.c): a change goes to the part of the CPU that makes it, or, where that would grow
 * too large, moves it and the part into the sum and leaves a part of 0. So the change is what this CPU's part has changed by since its
 * last event, and, where it is 0 now, what the sum has changed by since it was looked at last. All changes together are exact; a thread's are, unless
 * two CPUs move their parts at the very same moment: the first to tell of it has both.
 * Before 6.2 changes are kept in the thread and reach the counter, and the event, after 64 faults: all together are exact within that,
 * and are charged to what runs by then.
 *
 * All is charged to the innermost open frame's node alone; user space adds up the tree.
 */
#include "maps.h"
#include "thread.h"
#include "memory.h"

/* enum in include/linux/mm_types_task.h; swap entries are not resident. */
enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, MM_COUNTERS };

#define PAGE_BYTES 4096
#define PF_EXITING 0x4 /* include/linux/sched.h */
#define CPUS_MAX 1024

struct rss_key {
	u64 mm;
	u32 cpu; /* WEIR_SUM_OF_ALL: the part that belongs to no CPU */
	u32 pad;
};

/* What the counters were at the last event, in pages; of a CPU's part or of the sum. Written by that CPU, and by exchange. */
struct rss_seen {
	s64 pages[MM_COUNTERS];
	s64 mapped; /* of the sum only: total_vm */
};

/* Sized before loading: some processes, each with an entry for each CPU. An address space that has no entry is no target's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rss_key);
	__type(value, struct rss_seen);
} rss_seen SEC(".maps");

/* The address space of each target process, to forget it when the process ends: it may have none any more by then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WEIR_PROCESSES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u64);
} address_spaces SEC(".maps");

const volatile __u32 cpus = 1; /* possible ones */

/*
 * How far each CPU's copy of a per-CPU variable is from the variable's own address: what the kernel adds to it. Not every kernel tells
 * where it keeps that (CONFIG_KALLSYMS_ALL), so it is worked out: this map has a copy for each CPU as well, and its own address can be read.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} cpu_offsets SEC(".maps");

__u32 cpu_offsets_id = 0; /* of that map */

/* Kernels before 6.2. */
struct atomic_long___old {
	s64 counter;
} __attribute__((preserve_access_index));

struct mm_rss_stat___old {
	struct atomic_long___old count[MM_COUNTERS];
} __attribute__((preserve_access_index));

struct mm_struct___old {
	struct mm_rss_stat___old rss_stat;
} __attribute__((preserve_access_index));

/* Is a counter kept by CPU? */
static __always_inline bool rss_by_cpu(void)
{
	return !bpf_core_field_exists(((struct mm_struct___old *)0)->rss_stat.count);
}

/* CO-RE moves members, and not the elements of an array: their size is the running kernel's. */
static __always_inline struct percpu_counter *rss_counter(struct mm_struct *mm, u32 member)
{
	return (void *)&mm->rss_stat + member * bpf_core_type_size(struct percpu_counter);
}

static __always_inline s64 rss_part(struct mm_struct *mm, u32 member, u64 cpu_offset)
{
	s32 *counters = BPF_CORE_READ(rss_counter(mm, member), counters), part = 0;

	bpf_probe_read_kernel(&part, sizeof(part), (void *)((u64)counters + cpu_offset));
	return part;
}

static __always_inline s64 rss_sum(struct mm_struct *mm, u32 member)
{
	s64 sum = 0;

	if (rss_by_cpu())
		return BPF_CORE_READ(rss_counter(mm, member), count);
	bpf_probe_read_kernel(&sum, sizeof(sum), (void *)&((struct mm_struct___old *)mm)->rss_stat.count + member * sizeof(sum));
	return sum;
}

/* ---- which address spaces are looked at */

static long cpu_offset_fill(u32 cpu, u64 *address)
{
	u32 zero = 0;
	u64 *copy = bpf_map_lookup_percpu_elem(&cpu_offsets, &zero, cpu), at = 0;

	bpf_probe_read_kernel(&at, sizeof(at), &copy); /* as a number */
	if (copy)
		*copy = at - *address;
	return 0;
}

SEC("iter/bpf_map")
int weir_cpu_offsets(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;
	u64 address;

	if (!map || map->id != cpu_offsets_id || !rss_by_cpu())
		return 0;
	address = (u64)BPF_CORE_READ((struct bpf_array *)map, pptrs[0]);
	bpf_loop(cpus, cpu_offset_fill, &address, 0);
	return 0;
}

struct seed_loop {
	struct mm_struct *mm;
	u64 address_space;
};

static long rss_seed_cpu(u32 cpu, struct seed_loop *loop)
{
	u32 zero = 0;
	struct rss_key key = { .mm = loop->address_space, .cpu = cpu };
	struct rss_seen seen = {};
	u64 *offset = bpf_map_lookup_percpu_elem(&cpu_offsets, &zero, cpu);

	if (!offset)
		return 0;
	for (u32 member = 0; member < MM_COUNTERS; member++)
		seen.pages[member] = rss_part(loop->mm, member, *offset);
	if (bpf_map_update_elem(&rss_seen, &key, &seen, BPF_ANY))
		lose(WEIR_LOSS_PROCESS_TABLE, 1);
	return 0;
}

static __noinline void rss_forget(u64 address_space)
{
	struct rss_key key = { .mm = address_space, .cpu = WEIR_SUM_OF_ALL };

	bpf_map_delete_elem(&rss_seen, &key);
	for (u32 cpu = 0; cpu < cpus && cpu < CPUS_MAX; cpu++) {
		key.cpu = cpu;
		bpf_map_delete_elem(&rss_seen, &key);
	}
}

/* From now on changes of the address space are counted. */
static __noinline void rss_watch(u32 tgid, struct mm_struct *mm)
{
	struct seed_loop loop = { .mm = mm, .address_space = (u64)mm };
	struct rss_key key = { .mm = loop.address_space, .cpu = WEIR_SUM_OF_ALL };
	struct rss_seen seen = {};

	if (!mm)
		return;
	if (bpf_map_update_elem(&address_spaces, &tgid, &loop.address_space, BPF_ANY)) {
		lose(WEIR_LOSS_PROCESS_TABLE, 1);
		return;
	}
	if (rss_by_cpu())
		bpf_loop(cpus, rss_seed_cpu, &loop, 0);
	for (u32 member = 0; member < MM_COUNTERS; member++)
		seen.pages[member] = rss_sum(mm, member);
	seen.mapped = BPF_CORE_READ(mm, total_vm);
	if (bpf_map_update_elem(&rss_seen, &key, &seen, BPF_ANY))
		lose(WEIR_LOSS_PROCESS_TABLE, 1);
}

static __always_inline void rss_unwatch(u32 tgid)
{
	u64 *address_space = bpf_map_lookup_elem(&address_spaces, &tgid);

	if (!address_space)
		return;
	rss_forget(*address_space);
	bpf_map_delete_elem(&address_spaces, &tgid);
}

SEC("iter/task")
int weir_memory_processes(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	u32 tgid;

	if (!task || task->pid != task->tgid)
		return 0;
	tgid = process_of(task);
	if (bpf_map_lookup_elem(&processes, &tgid) && !bpf_map_lookup_elem(&address_spaces, &tgid))
		rss_watch(tgid, task->mm);
	return 0;
}

/* Attached after weir_fork and weir_exec, and so called after them: what they made a target is one. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(weir_memory_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 from = process_of(parent), to = process_of(child);

	/* A child of vfork runs in its parent's address space. */
	if (from != to && bpf_map_lookup_elem(&processes, &to) && child->mm != parent->mm)
		rss_watch(to, child->mm);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(weir_memory_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	u32 tgid = process_of(task);

	if (!bpf_map_lookup_elem(&processes, &tgid))
		return 0;
	rss_unwatch(tgid);
	rss_watch(tgid, task->mm);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(weir_memory_exit, struct task_struct *task)
{
	u32 tgid = process_of(task);

	if (BPF_CORE_READ(task, signal, live.counter) <= 0)
		rss_unwatch(tgid);
	return 0;
}

/* ---- changes */

/*
 * Pages that came to the address space `mm` or went, by the current thread: the innermost call's, if it is the thread's own. What the
 * kernel takes away behind its back (reclaim) belongs to no call. The end of a process is no shrinking.
 */
static __always_inline struct weir_pages *pages_charged(struct mm_struct *mm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 node;

	if (task->flags & PF_EXITING)
		return NULL;
	if (task->mm != mm)
		return memory_pages(WEIR_NODE_ROOT);
	node = memory_node(row_of(task));
	return memory_pages(node ? node : (u32)go_node(task->pid));
}

/* The change of a counter since its last event, in pages; false where the address space is no target's. */
static __always_inline bool rss_change(struct mm_struct *mm, u32 member, s64 *ret_pages)
{
	struct rss_key key = { .mm = (u64)mm, .cpu = WEIR_SUM_OF_ALL };
	struct rss_seen *sum = bpf_map_lookup_elem(&rss_seen, &key), *part;
	u32 zero = 0;
	u64 *offset;
	s64 now, change = 0;

	if (!sum)
		return false;
	if (rss_by_cpu()) {
		key.cpu = bpf_get_smp_processor_id();
		part = bpf_map_lookup_elem(&rss_seen, &key);
		offset = bpf_map_lookup_elem(&cpu_offsets, &zero);
		if (!part || !offset)
			return false;
		now = rss_part(mm, member, *offset);
		change = now - part->pages[member & 3];
		part->pages[member & 3] = now;
		if (now) {
			*ret_pages = change;
			return true;
		}
	}
	now = rss_sum(mm, member);
	*ret_pages = change + now - (s64)__sync_lock_test_and_set(&sum->pages[member & 3], now);
	return true;
}

SEC("tp_btf/rss_stat")
int BPF_PROG(weir_rss, struct mm_struct *mm, int member)
{
	struct weir_pages *pages;
	s64 change;

	if (frozen || !rss_change(mm, member, &change) || !change || member == MM_SWAPENTS)
		return 0;
	pages = pages_charged(mm);
	if (!pages)
		return 0;
	if (change > 0)
		add(pages->rss_grown_bytes, change * PAGE_BYTES);
	else
		add(pages->rss_shrunk_bytes, -change * PAGE_BYTES);
	return 0;
}

static __always_inline void mapped_change(struct mm_struct *mm, s64 count)
{
	struct weir_pages *pages = count ? pages_charged(mm) : NULL;

	if (!pages)
		return;
	if (count > 0)
		add(pages->mapped_bytes, count * PAGE_BYTES);
	else
		add(pages->unmapped_bytes, -count * PAGE_BYTES);
}

/*
 * mm->total_vm changes under the lock of the address space, and the event comes before the lock is given up: what has changed since the
 * last one is the current thread's. Only munmap and brk make their change when others may read already (mmap_write_downgrade): it can
 * be charged to one of those. One section under the lock counts as what it comes to. Not used where the event has more to it (in 6.12 it works
 * out the path of a control group, each time).
 */
SEC("tp_btf/mmap_lock_released")
int BPF_PROG(weir_map_lock, struct mm_struct *mm)
{
	struct rss_key key = { .mm = (u64)mm, .cpu = WEIR_SUM_OF_ALL };
	struct rss_seen *sum;
	s64 now;

	if (frozen)
		return 0;
	sum = bpf_map_lookup_elem(&rss_seen, &key);
	if (!sum)
		return 0;
	now = mm->total_vm;
	if (now != *(volatile s64 *)&sum->mapped)
		mapped_change(mm, now - (s64)__sync_lock_test_and_set(&sum->mapped, now));
	return 0;
}
