/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites/targets.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "sites/branch.h"
#include "sites/decode.h"

static int compare_offsets(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* Adds the target of the jump at `offset`, if it is in the body. Returns 0 or -ENOMEM. */
static int add_jump(struct jump_targets *targets, const uint8_t *code, size_t size, size_t offset,
		    const struct branch *jump, const struct window *window)
{
	int64_t target = (int64_t)offset + jump->target;

	if (jump->way != BRANCH_RELATIVE) {
		targets->complete &= !is_table_jump(code, size, offset, window);
		return 0;
	}
	if (target < 0 || target >= (int64_t)size)
		return 0;
	if (VEC_RESERVE(targets->offsets, targets->count, targets->capacity))
		return -ENOMEM;
	targets->offsets[targets->count++] = (uint32_t)target;
	return 0;
}

int jump_targets_read(const uint8_t *code, size_t size, struct jump_targets *ret_targets)
{
	struct jump_targets targets = { .complete = true };
	struct window window = { 0 };
	struct branch branch;
	int err = 0;

	if (size > UINT32_MAX)
		return -EFBIG;
	for (size_t offset = 0; !err && offset < size; offset += branch.length) {
		if (!branch_decode(code + offset, size - offset, &branch)) {
			targets.complete = false;
			break;
		}
		if (branch.kind == BRANCH_JUMP || branch.kind == BRANCH_CONDITIONAL)
			err = add_jump(&targets, code, size, offset, &branch, &window);
		window.offsets[window.count++ % TABLE_WINDOW] = offset;
	}
	if (err) {
		jump_targets_free(&targets);
		return err;
	}
	if (targets.count)
		qsort(targets.offsets, targets.count, sizeof(*targets.offsets), compare_offsets);
	*ret_targets = targets;
	return 0;
}

void jump_targets_free(struct jump_targets *targets)
{
	free(targets->offsets);
	*targets = (struct jump_targets){ 0 };
}

/* The first target that is not below `offset`. */
static size_t lower_bound(const struct jump_targets *targets, size_t offset)
{
	size_t low = 0, high = targets->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (targets->offsets[middle] < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t jump_targets_between(const struct jump_targets *targets, size_t first, size_t last)
{
	return lower_bound(targets, last + 1) - lower_bound(targets, first);
}
