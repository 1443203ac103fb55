/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where operator new ends. A return probe there would end the process when bad_alloc passes, so that the rets are probed: of the function, which
 * in jemalloc, tcmalloc and mimalloc holds all of the usual case, and of those that it jumps on to for the rest.
 */
#include "plan/allocator_rets.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "sites/branch.h"
#include "sites/emulate.h"

enum { BODIES_MAX = 32, BODY_BYTES_MAX = 64 * 1024, SLOTS_MAX = 256 };

/* Functions to look at, and those that were. */
struct bodies {
	struct module *module;
	uint64_t starts[BODIES_MAX];
	size_t count;
	struct tracer_alloc_site **sites;
	size_t *sites_count, *sites_capacity;
	bool all; /* rets are known */
	unsigned slots; /* looked up; each is a walk of the relocations */
};

static bool is_ret(const uint8_t *code, size_t size)
{
	bool prefixed = size > 1 && (code[0] == 0xf2 || code[0] == 0xf3); /* bnd ret, rep ret */

	return code[prefixed] == 0xc3 || code[prefixed] == 0xc2;
}

static int add_ret(struct bodies *b, uint64_t address, const uint8_t *code, size_t size)
{
	uint64_t offset;

	if (module_file_offset(b->module, address, &offset)) {
		b->all = false;
		return 0;
	}
	for (size_t i = 0; i < *b->sites_count; i++)
		if ((*b->sites)[i].file_offset == offset)
			return 0;
	if (VEC_RESERVE(*b->sites, *b->sites_count, *b->sites_capacity))
		return -ENOMEM;
	(*b->sites)[(*b->sites_count)++] = (struct tracer_alloc_site){
		.file_offset = offset, .cookie = WEIR_ALLOC_RET | site_emulation(code, size, offset),
	};
	return 0;
}

/* The function that a jump leads to, in whole: also where it is the cold part of one. */
static void add_body(struct bodies *b, uint64_t address)
{
	uint64_t start, end;

	if (module_bounds(b->module, address, &start, &end)) {
		b->all = false;
		return;
	}
	for (size_t i = 0; i < b->count; i++)
		if (b->starts[i] == start)
			return;
	if (b->count < BODIES_MAX)
		b->starts[b->count++] = start;
	else
		b->all = false;
}

static bool find_slot(struct bodies *b, uint64_t address, uint64_t *ret_target)
{
	return b->slots < SLOTS_MAX && ++b->slots && !module_slot(b->module, address, ret_target);
}

/* A stub of the linkage table jumps by a slot. */
static uint64_t behind_stub(struct bodies *b, uint64_t address)
{
	uint8_t code[16];
	struct branch branch;
	uint64_t target;
	long size = module_code(b->module, address, code, sizeof(code));

	for (size_t at = 0; size > 0 && at < (size_t)size; at += branch.length) {
		if (!branch_decode(code + at, (size_t)size - at, &branch))
			return address;
		if (branch.kind == BRANCH_NONE) /* endbr64 */
			continue;
		if (branch.kind == BRANCH_JUMP && branch.way == BRANCH_SLOT &&
		    find_slot(b, address + at + (uint64_t)branch.target, &target))
			return target;
		return address;
	}
	return address;
}

static int look_at(struct bodies *b, uint64_t start)
{
	_cleanup_free_ uint8_t *code = NULL;
	uint64_t from, end;
	struct branch branch;
	long size;

	if (module_bounds(b->module, start, &from, &end) || end - start > BODY_BYTES_MAX) {
		b->all = false;
		return 0;
	}
	code = malloc(end - start);
	if (!code)
		return -ENOMEM;
	size = module_code(b->module, start, code, end - start);
	b->all &= size == (long)(end - start);
	for (size_t at = 0; size > 0 && at < (size_t)size; at += branch.length) {
		uint64_t target;

		if (!branch_decode(code + at, (size_t)size - at, &branch)) {
			b->all = false;
			return 0;
		}
		if (is_ret(code + at, (size_t)size - at) && add_ret(b, start + at, code + at, (size_t)size - at))
			return -ENOMEM;
		if (branch.kind != BRANCH_JUMP && branch.kind != BRANCH_CONDITIONAL)
			continue;
		target = start + at + (uint64_t)branch.target;
		if (branch.way == BRANCH_SLOT ? !find_slot(b, target, &target) : branch.way != BRANCH_RELATIVE)
			b->all = false;
		else if (target < start || target >= end)
			add_body(b, behind_stub(b, target));
	}
	return 0;
}

int allocator_find_rets(struct module *module, const struct function *function, struct tracer_alloc_site **sites, size_t *count,
			size_t *capacity, bool *ret_all)
{
	struct bodies b = { .module = module, .sites = sites, .sites_count = count, .sites_capacity = capacity, .all = true };
	int err = 0;

	add_body(&b, function->address);
	for (size_t i = 0; !err && i < b.count; i++)
		err = look_at(&b, b.starts[i]);
	*ret_all = b.all;
	return err;
}
