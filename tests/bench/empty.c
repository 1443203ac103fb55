/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor: a BPF program that returns at once, at entry and return of the given file offset, attached as weir
 * attaches. empty FILE OFFSET: says "attached", holds until its stdin ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "attach/uprobe_multi.h"

int main(int argc, char **argv)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = (enum bpf_attach_type)WEIR_BPF_TRACE_UPROBE_MULTI);
	uint64_t offset, cookie = 0;
	int program;

	if (argc != 3)
		return 2;
	offset = strtoull(argv[2], NULL, 0);
	program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "empty", "GPL", nothing, 2, &options);
	if (program < 0 || uprobe_multi_attach(program, argv[1], &offset, &cookie, 1, true, 0) < 0 ||
	    uprobe_multi_attach(program, argv[1], &offset, &cookie, 1, false, 0) < 0) {
		fprintf(stderr, "empty: cannot attach: %s\n", strerror(errno));
		return 1;
	}
	printf("attached\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
