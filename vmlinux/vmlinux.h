/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * The kernel types that weir's BPF side reads, and no more. See README.md in this folder for where they come
 * from. Structs carry preserve_access_index: offsets are taken from the running kernel's BTF at load time
 * (CO-RE), so only the names of the members matter here, not their order.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

typedef __s8 s8;
typedef __s16 s16;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef int pid_t;
typedef _Bool bool;

enum { false = 0, true = 1 };

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
};

enum {
	BPF_F_NO_PREALLOC = 1,
	BPF_F_MMAPABLE = 1024,
};

enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};

enum bpf_func_id {
	BPF_FUNC_loop = 181,
};

/* The layout of a program's context is part of the ABI: read directly, not relocated. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct xol_area {
	unsigned long vaddr;
};

struct uprobes_state {
	struct xol_area *xol_area;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
};

struct percpu_counter {
	s64 count;
	s32 *counters; /* per CPU */
};

struct mm_struct {
	unsigned long start_stack;
	struct uprobes_state uprobes_state;
	struct percpu_counter rss_stat[4]; /* since 6.2 */
	unsigned long total_vm;
};

struct task_io_accounting {
	u64 read_bytes;
	u64 write_bytes;
};

struct sched_entity {
	u64 sum_exec_runtime;
};

struct thread_struct {
	unsigned long fsbase;
	unsigned long features;
};

struct uprobe_task {
	unsigned int depth;
};

struct task_struct {
	pid_t pid;
	pid_t tgid;
	unsigned int __state;
	unsigned int flags;
	int exit_code;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long long start_time;
	unsigned long min_flt;
	unsigned long maj_flt;
	struct sched_entity se;
	struct mm_struct *mm;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct task_io_accounting ioac;
	struct signal_struct *signal;
	char comm[16];
	unsigned long sas_ss_sp;
	unsigned long sas_ss_size;
	struct uprobe_task *utask;
	struct thread_struct thread;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[];
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	unsigned long long sum_sched_runtime;
	unsigned long maxrss;
};

struct qstr {
	const unsigned char *name;
};

struct super_block {
	u32 s_dev;
};

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct linux_binprm {
	struct file *file;
};

struct bpf_map {
	u32 id;
};

struct bpf_array {
	struct bpf_map map;
	void *pptrs[1]; /* per CPU */
};

struct bpf_iter__bpf_map {
	struct bpf_map *map;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif
