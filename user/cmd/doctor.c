/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir doctor: what this kernel and this user can do, each with the reason and the remedy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include "attach/calibrate.h"
#include "attach/features.h"
#include "attach/tracer.h"
#include "base/cleanup.h"
#include "base/output.h"
#include "cmd/commands.h"

static const struct option_spec options[] = { { 0 } };

const struct command_spec cmd_doctor_spec = {
	.name = "doctor",
	.synopsis = "",
	.summary = "say what this kernel and this user can do",
	.options = options,
	.details = "Exits 0 where weir can measure, 1 where something that it needs is missing.",
};

struct finding {
	const char *name;
	bool good, needed;
	const char *remedy; /* shown where it is not good */
};

static void print_finding(const struct finding *f)
{
	printf("%-8s %s", f->good ? "ok" : f->needed ? "MISSING" : "no", f->name);
	printf(f->good ? "\n" : "\n         %s\n", f->remedy);
}

static bool has_capability(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[capability / 32].effective >> (capability % 32) & 1;
}

static bool print_findings(const struct features *f)
{
	bool admin = has_capability(CAP_SYS_ADMIN);
	const struct finding findings[] = {
		{ "CAP_BPF: load programs", admin || has_capability(CAP_BPF), true, "run as root, or grant CAP_BPF" },
		{ "CAP_PERFMON: attach to functions and tracepoints", admin || has_capability(CAP_PERFMON), true,
		  "run as root, or grant CAP_PERFMON" },
		{ "CAP_SYS_PTRACE: read the memory maps of other users' processes", has_capability(CAP_SYS_PTRACE), true,
		  "run as root, or grant CAP_SYS_PTRACE" },
		{ "CAP_SYS_ADMIN: task iterators, and files behind other mounts", admin, true,
		  "run as root, or grant CAP_SYS_ADMIN" },
		{ "BPF tracing programs load", f->bpf, true,
		  "the kernel needs CONFIG_BPF_SYSCALL, CONFIG_BPF_EVENTS and CONFIG_UPROBE_EVENTS; lockdown can refuse too" },
		{ "BTF: the kernel describes its types", f->btf, true, "the kernel needs CONFIG_DEBUG_INFO_BTF" },
		{ "bpf_loop", f->loop, true, "the kernel must be 5.17 or newer" },
		{ "uprobe_multi: thousands of functions in one link", f->uprobe_multi, false,
		  "each function gets a perf event of its own: slower to attach (kernel 6.6 brings it)" },
		{ "breakpoints for one process: the C library's allocator can be measured for a target alone",
		  f->uprobe_pid || !f->uprobe_multi, false,
		  "with --memory sizes or live every process that maps the allocator hits the breakpoints (kernel 6.10 brings it)" },
		{ "task storage without refusals", f->storage_look_up, false,
		  "threads are found through a hash table: some ns more per hit (kernel 6.2 brings it)" },
		{ "sched_switch tells the state of the thread", f->switch_state, false,
		  "a thread woken at once can be taken for preempted (kernel 5.18 brings it)" },
		{ "memory by operator: each change of resident memory", f->rss_each, false,
		  f->rss_stat ? "the kernel tells of changes in batches of 64 faults: charged to what runs by then (6.2 tells of each)"
			      : "resident memory is not charged to operators: the kernel has no kmem:rss_stat" },
		{ "memory by operator: mappings", f->map_lock, false,
		  "mapped bytes are not shown: the event mmap_lock_released costs too much here (newer kernels, 6.18 for one, have a lighter one)" },
		{ "uprobe programs may write registers: weir emulates most of what the kernel would single-step", f->register_writes, false,
		  "sites that the kernel does not emulate are single-stepped (kernel 7.0 brings it)" },
		{ "the initial PID namespace", !f->pid_namespace, false,
		  "processes outside of weir's own PID namespace cannot be measured from here" },
	};
	bool able = true;

	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
		print_finding(&findings[i]);
		able &= findings[i].good || !findings[i].needed;
	}
	return able;
}

static int print_costs(const struct features *f)
{
	const struct tracer_sizes sizes = { .probes = CALIBRATE_PROBES + 1, .threads = 16 };
	_cleanup_(tracer_free) struct tracer *tracer = NULL;
	struct calibration c;
	int err = tracer_new(f, &sizes, NULL, &tracer) ?: calibrate(tracer, 1, &c);

	if (err)
		return err;
	printf("\nwhat a probe costs the target here, measured just now, ns per call:\n"
	       "         enter and leave   enter only   entry site\n"
	       "         %15.0f %12.0f   emulated (push, nop, jump, call)\n"
	       "         %15.0f %12.0f   single-stepped (anything else)\n"
	       "         %15s %12.0f   a nop of five bytes\n"
	       "         %15.0f %12s   emulated, and left at a return site in the caller\n",
	       c.emulated_pair_ns, c.emulated_entry_ns, c.stepped_pair_ns, c.stepped_entry_ns,
	       "", c.nop5_entry_ns, c.emulated_entry_ns + c.site_leave_ns, "");
	return 0;
}

static int examine(void)
{
	struct features features;
	struct utsname name;
	struct output out;
	bool able;
	int err = 0;

	output_open(NULL, &out);
	features_detect(&features);
	uname(&name);
	printf("kernel %s, %s, %ld CPUs\n\n", name.release, name.machine, sysconf(_SC_NPROCESSORS_ONLN));
	able = print_findings(&features);
	if (able)
		err = print_costs(&features);
	printf("\n%s\n", able && !err ? "weir can measure here." : "weir cannot measure here: see MISSING above.");
	err = err ?: output_commit(&out);
	return err ? err : able ? 0 : -EPERM;
}

int cmd_doctor(int argc, char **argv)
{
	struct option_rest rest;
	char nothing;
	int err = options_parse(&cmd_doctor_spec, argc, argv, &nothing, &rest);

	return err > 0 ? EXIT_OK : exit_code_of(err ?: examine());
}
