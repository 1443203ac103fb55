/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/go_runtime.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Source: src/runtime/runtime2.go (type g) of each release. Checked in the DWARF of programs built with 1.19.8, 1.21.13,
 * 1.22.12, 1.23.5, 1.24.4, 1.25.12, 1.26.10 and 1.27.3, and for 1.16, 1.17.1, 1.18 and 1.20 in the code of
 * runtime.newproc1, casgstatus and goroutineheader in stripped ones. 1.23 and 1.24 have one word more in front
 * of the status.
 */
static const struct {
	unsigned int first, last; /* minor versions of Go 1 */
	struct go_layout layout;
} layouts[] = {
	{16, 16, {.g_in_r14 = false, .stack_high = 8, .stack_guard = 16, .m = 48, .status = 144, .goid = 152}},
	{17, 22, {.g_in_r14 = true, .stack_high = 8, .stack_guard = 16, .m = 48, .status = 144, .goid = 152}},
	{23, 24, {.g_in_r14 = true, .stack_high = 8, .stack_guard = 16, .m = 48, .status = 152, .goid = 160}},
	{25, 27, {.g_in_r14 = true, .stack_high = 8, .stack_guard = 16, .m = 48, .status = 144, .goid = 152}},
};

int go_layout_find(const char *version, struct go_layout *ret_layout)
{
	unsigned long minor;
	char *end;

	if (strncmp(version, "1.", 2) != 0 || version[2] < '0' || version[2] > '9')
		return -ENOENT;
	minor = strtoul(version + 2, &end, 10);
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (minor >= layouts[i].first && minor <= layouts[i].last) {
			*ret_layout = layouts[i].layout;
			return 0;
		}
	}
	return -ENOENT;
}
