/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of one process. Everything here may fail at any time: processes end. */
#ifndef WEIR_PROCESS_H
#define WEIR_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An executable mapping of a file. */
struct mapping {
	uint64_t start, end;    /* addresses in the process */
	uint64_t offset;        /* of the mapping in the file */
	uint64_t device, inode; /* the file's identity, as stat() has it */
	char *path;             /* as the process sees it; " (deleted)" removed */
};

/*
 * The executable file mappings of `pid`, one per file, in address order. *ret_mappings is the caller's: mappings_free.
 * Returns 0, -ESRCH where the process is gone, or -errno.
 */
int process_mappings(uint32_t pid, struct mapping **ret_mappings, size_t *ret_count);
void mappings_free(struct mapping *mappings, size_t count);

/*
 * The executable file mapping of `pid` that holds `address`. ret_mapping->path is the caller's to free. Returns 0, -ENOENT where no file is mapped there, -ESRCH where the process is gone, or -errno.
 */
int process_resolve(uint32_t pid, uint64_t address, struct mapping *ret_mapping);

/* Where in the file an address of the mapping stands. */
static inline uint64_t mapping_offset(const struct mapping *mapping, uint64_t address)
{
	return address - mapping->start + mapping->offset;
}

/* A path by which weir can open the mapped file, whatever mount namespace the process lives in. Into `buffer`. */
int mapping_path(uint32_t pid, const struct mapping *mapping, char *buffer, size_t size);

int process_comm(uint32_t pid, char *buffer, size_t size);
/* The path of the executable as the process sees it, " (deleted)" removed. */
int process_exe(uint32_t pid, char *buffer, size_t size);
/* (device, inode) of the executable. */
int process_exe_id(uint32_t pid, uint64_t *ret_device, uint64_t *ret_inode);
/* On-CPU time of all threads, ended ones included, ns (in ticks of the kernel's USER_HZ). */
int process_cpu_ns(uint32_t pid, uint64_t *ret_cpu_ns);
/* The thread group that `pid` belongs to, and its parent. -ESRCH where it is gone or a zombie. */
int process_status(uint32_t pid, uint32_t *ret_tgid, uint32_t *ret_parent);
/* Resident memory: what it is now, at its peak, and by kind (VmRSS, VmHWM, RssFile, RssAnon, RssShmem of proc(5)), bytes. */
struct process_rss {
	uint64_t now, peak, file, anon, shmem;
};
int process_rss(uint32_t pid, struct process_rss *ret_rss);
unsigned process_threads(uint32_t pid); /* 0 where it is gone */

/* Every process id in /proc, ascending. The caller frees. */
int process_list(uint32_t **ret_pids, size_t *ret_count);

#endif
