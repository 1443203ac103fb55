/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor: a BPF program that returns at once, at entry and return of the given file offset, attached as weir
 * attaches; or, with -e, at entry alone of as many as are given. empty [-e] FILE OFFSET...: says "attached", holds until its stdin
 * ends.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "attach/uprobe_multi.h"

enum { OFFSETS_MAX = 64 };

int main(int argc, char **argv)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = (enum bpf_attach_type)WEIR_BPF_TRACE_UPROBE_MULTI);
	uint64_t offsets[OFFSETS_MAX], cookies[OFFSETS_MAX] = { 0 };
	bool entries = argc > 1 && strcmp(argv[1], "-e") == 0;
	const char *path;
	size_t count = 0;
	int program;

	argv += entries;
	argc -= entries;
	if (argc < 3 || argc - 2 > OFFSETS_MAX)
		return 2;
	path = argv[1];
	for (int i = 2; i < argc; i++)
		offsets[count++] = strtoull(argv[i], NULL, 0);
	program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "empty", "GPL", nothing, 2, &options);
	if (program < 0 || (!entries && uprobe_multi_attach(program, path, offsets, cookies, NULL, count, true, 0) < 0) ||
	    uprobe_multi_attach(program, path, offsets, cookies, NULL, count, false, 0) < 0) {
		fprintf(stderr, "empty: cannot attach: %s\n", strerror(errno));
		return 1;
	}
	printf("attached\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
