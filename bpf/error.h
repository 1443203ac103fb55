/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors by node and by code, or by the type of the exception that was thrown. */
#ifndef WEIR_BPF_ERROR_H
#define WEIR_BPF_ERROR_H

#include "maps.h"

VERIFIED_ONCE int error_count(u32 node, u32 kind, s64 code)
{
	struct weir_error_key key = { .node = node, .kind = kind, .code = code };
	u64 *count = bpf_map_lookup_elem(&errors, &key), one = 1;

	if (count) {
		add(*count, 1);
		return 0;
	}
	if (!bpf_map_update_elem(&errors, &key, &one, BPF_NOEXIST))
		return 0;
	count = bpf_map_lookup_elem(&errors, &key);
	if (count)
		add(*count, 1);
	else
		lose(WEIR_LOSS_ERROR_TABLE, 1);
	return 0;
}

#endif
