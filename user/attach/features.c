/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attach/features.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "attach/uprobe_multi.h"
#include "base/cleanup.h"
#include "base/log.h"

/* Inode of the initial PID namespace: PROC_PID_INIT_INO, include/linux/proc_ns.h. */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCU

/* libbpf's own words, the verifier's log among them, are for --verbose only. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return log_enabled(LOG_LEVEL_DEBUG) ? vfprintf(stderr, format, args) : 0;
}

static void btf_release(struct btf **btf)
{
	btf__free(*btf);
}

/* Parameters of a tracepoint's program, the leading void * included; 0 if there is no such tracepoint. */
static unsigned tracepoint_parameters(const struct btf *btf, const char *type_name)
{
	int id = btf__find_by_name_kind(btf, type_name, BTF_KIND_TYPEDEF);
	const struct btf_type *type;

	if (id < 0)
		return 0;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type); /* a pointer */
	if (!type || !btf_is_ptr(type))
		return 0;
	type = btf__type_by_id(btf, type->type);
	return type && btf_is_func_proto(type) ? btf_vlen(type) : 0;
}

static bool has_helper(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *type;
	const struct btf_enum *values;

	if (id < 0)
		return false;
	type = btf__type_by_id(btf, id);
	values = btf_enum(type);
	for (unsigned i = 0; i < btf_vlen(type); i++) {
		const char *found = btf__name_by_offset(btf, values[i].name_off);

		if (found && !strcmp(found, name))
			return true;
	}
	return false;
}

static int load(const struct bpf_insn *instructions, size_t count, enum bpf_attach_type attach_type)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type);
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "weir_try", "GPL", instructions, count, &options);

	return fd < 0 ? -errno : fd;
}

/* A program that does nothing: may it be loaded at all, and does the kernel know the attach type? */
static int load_empty(enum bpf_attach_type attach_type)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load(nothing, sizeof(nothing) / sizeof(nothing[0]), attach_type);
}

/*
 * A program that writes the instruction pointer (rip of struct pt_regs). A kernel that lets it also sees that the pointer has moved and
 * does not execute the probed instruction: both came with Linux 7.0 (kernel/events/uprobes.c, handle_swbp()).
 */
static bool try_register_writes(void)
{
	const struct bpf_insn write[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1, .off = 128 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_2, .off = 128 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	_cleanup_close_ int fd = load(write, sizeof(write) / sizeof(write[0]), (enum bpf_attach_type)WEIR_BPF_TRACE_UPROBE_MULTI);

	return fd >= 0;
}

/*
 * As libbpf's own probe does it: a link on a directory is refused with EBADF by a kernel that knows the attach
 * type, with EINVAL by one that does not.
 */
static int try_uprobe_multi(uint32_t pid)
{
	_cleanup_close_ int program = load_empty((enum bpf_attach_type)WEIR_BPF_TRACE_UPROBE_MULTI);
	uint64_t offset = 0, cookie = 0;
	int link;

	if (program < 0)
		return program;
	link = uprobe_multi_attach(program, "/", &offset, &cookie, NULL, 1, false, pid);
	if (link >= 0)
		close(link);
	return link;
}

static bool is_taken_away(const char *name)
{
	const char *list = getenv("WEIR_WITHOUT"), *found = list ? strstr(list, name) : NULL;
	char after = found ? found[strlen(name)] : 'x';

	return found && (found == list || found[-1] == ',') && (after == ',' || after == '\0');
}

void features_detect(struct features *ret_features)
{
	struct features f = { 0 };
	_cleanup_(btf_release) struct btf *btf = NULL;
	struct stat namespace;
	int fd;

	libbpf_set_print(print_libbpf);
	btf = btf__load_vmlinux_btf();
	if (libbpf_get_error(btf))
		btf = NULL;
	f.btf = btf != NULL;
	if (btf) {
		f.storage_look_up = btf__find_by_name_kind(btf, "bpf_task_storage_get_recur", BTF_KIND_FUNC) > 0 ||
				    btf__find_by_name_kind(btf, "btf_bpf_task_storage_get_recur", BTF_KIND_TYPEDEF) > 0;
		f.switch_state = tracepoint_parameters(btf, "btf_trace_sched_switch") >= 5;
		f.rss_stat = tracepoint_parameters(btf, "btf_trace_rss_stat") >= 3;
		f.rss_each = tracepoint_parameters(btf, "btf_trace_rss_stat") == 3;
		f.map_lock = tracepoint_parameters(btf, "btf_trace_mmap_lock_released") == 3;
		f.loop = has_helper(btf, "BPF_FUNC_loop");
	}
	fd = load_empty(0);
	f.bpf = fd >= 0;
	f.bpf_error = fd < 0 ? -fd : 0;
	if (fd >= 0)
		close(fd);
	f.uprobe_multi = f.bpf && try_uprobe_multi(0) == -EBADF;
	/* Before 6.10 (46ba0e49b642) the process is taken for a thread; since then -1 is refused before the file is looked at. */
	f.uprobe_pid = f.uprobe_multi && try_uprobe_multi(UINT32_MAX) == -EINVAL;
	f.register_writes = f.uprobe_multi && try_register_writes();
	if (!stat("/proc/self/ns/pid", &namespace) && namespace.st_ino != INITIAL_PID_NAMESPACE)
		f.pid_namespace = (unsigned)namespace.st_ino;
	f.uprobe_multi &= !is_taken_away("uprobe_multi");
	f.storage_look_up &= !is_taken_away("storage_look_up");
	f.switch_state &= !is_taken_away("switch_state");
	f.map_lock &= !is_taken_away("map_lock");
	f.register_writes &= !is_taken_away("register_writes");
	*ret_features = f;
}

const char *features_obstacle(const struct features *features)
{
	if (!features->bpf && (features->bpf_error == EPERM || features->bpf_error == EACCES))
		return "no permission to load BPF programs: run as root, or grant CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN "
		       "(kernel.unprivileged_bpf_disabled and the lockdown mode can also refuse it)";
	if (!features->bpf)
		return "this kernel does not load BPF tracing programs: it needs CONFIG_BPF_SYSCALL, CONFIG_BPF_EVENTS and "
		       "CONFIG_UPROBE_EVENTS";
	if (!features->btf)
		return "this kernel carries no type information (/sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF";
	return NULL;
}
