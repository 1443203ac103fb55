/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/allocator.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "plan/allocator_rets.h"
#include "sites/site.h"
#include "symbols/call_scan.h"
#include "symbols/module.h"

#define CODE_MAX (16 * 1024)

struct entry {
	const char *name;
	enum weir_alloc_kind kind;
	bool cxx; /* has no prefix, and can throw */
};

/* https://man7.org/linux/man-pages/man3/malloc.3.html, posix_memalign.3.html; C++ operators by the Itanium ABI's names. */
static const struct entry entries[] = {
	{ "malloc", WEIR_ALLOC_SIZE1, false },
	{ "calloc", WEIR_ALLOC_PRODUCT, false },
	{ "realloc", WEIR_ALLOC_AGAIN, false },
	{ "reallocarray", WEIR_ALLOC_AGAIN_PRODUCT, false },
	{ "aligned_alloc", WEIR_ALLOC_SIZE2, false },
	{ "memalign", WEIR_ALLOC_SIZE2, false },
	{ "posix_memalign", WEIR_ALLOC_OUT, false },
	{ "valloc", WEIR_ALLOC_SIZE1, false },
	{ "pvalloc", WEIR_ALLOC_SIZE1, false },
	{ "free", WEIR_ALLOC_FREE, false },
	{ "cfree", WEIR_ALLOC_FREE, false },
	{ "free_sized", WEIR_ALLOC_FREE, false },
	{ "free_aligned_sized", WEIR_ALLOC_FREE, false },
	/* jemalloc: jemalloc.net/jemalloc.3.html */
	{ "mallocx", WEIR_ALLOC_SIZE1, false },
	{ "rallocx", WEIR_ALLOC_AGAIN, false },
	{ "dallocx", WEIR_ALLOC_FREE, false },
	{ "sdallocx", WEIR_ALLOC_FREE, false },
	/* mimalloc's own, beside the C names: microsoft.github.io/mimalloc */
	{ "zalloc", WEIR_ALLOC_SIZE1, false },
	{ "malloc_aligned", WEIR_ALLOC_SIZE1, false },
	{ "free_size", WEIR_ALLOC_FREE, false },
	{ "free_aligned", WEIR_ALLOC_FREE, false },
	{ "_Znwm", WEIR_ALLOC_SIZE1, true },
	{ "_Znam", WEIR_ALLOC_SIZE1, true },
	{ "_ZnwmRKSt9nothrow_t", WEIR_ALLOC_SIZE1, true },
	{ "_ZnamRKSt9nothrow_t", WEIR_ALLOC_SIZE1, true },
	{ "_ZnwmSt11align_val_t", WEIR_ALLOC_SIZE1, true },
	{ "_ZnamSt11align_val_t", WEIR_ALLOC_SIZE1, true },
	{ "_ZnwmSt11align_val_tRKSt9nothrow_t", WEIR_ALLOC_SIZE1, true },
	{ "_ZnamSt11align_val_tRKSt9nothrow_t", WEIR_ALLOC_SIZE1, true },
	{ "_ZdlPv", WEIR_ALLOC_FREE, true },
	{ "_ZdaPv", WEIR_ALLOC_FREE, true },
	{ "_ZdlPvm", WEIR_ALLOC_FREE, true },
	{ "_ZdaPvm", WEIR_ALLOC_FREE, true },
	{ "_ZdlPvSt11align_val_t", WEIR_ALLOC_FREE, true },
	{ "_ZdaPvSt11align_val_t", WEIR_ALLOC_FREE, true },
	{ "_ZdlPvmSt11align_val_t", WEIR_ALLOC_FREE, true },
	{ "_ZdaPvmSt11align_val_t", WEIR_ALLOC_FREE, true },
	{ "_ZdlPvRKSt9nothrow_t", WEIR_ALLOC_FREE, true },
	{ "_ZdaPvRKSt9nothrow_t", WEIR_ALLOC_FREE, true },
};

/* jemalloc as Redis, Rust (tikv-jemalloc) and DuckDB build it, mimalloc, tcmalloc. */
static const char *const prefixes[] = { "je_", "_rjem_", "duckdb_je_", "mi_", "tc_" };

static uint32_t needed_args(enum weir_alloc_kind kind)
{
	switch (kind) {
	case WEIR_ALLOC_PRODUCT:
	case WEIR_ALLOC_AGAIN:
		return SITE_ARG1 | SITE_ARG2;
	case WEIR_ALLOC_AGAIN_PRODUCT:
		return SITE_ARG1 | SITE_ARG2 | SITE_ARG3;
	case WEIR_ALLOC_SIZE2:
		return SITE_ARG2;
	case WEIR_ALLOC_OUT:
		return SITE_ARG1 | SITE_ARG3;
	default:
		return SITE_ARG1;
	}
}

static const struct entry *entry_of(const char *name, bool own)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (own && !strcmp(entries[i].name, name))
			return &entries[i];
	for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++) {
		size_t length = strlen(prefixes[p]);

		if (strncmp(name, prefixes[p], length) != 0)
			continue;
		for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
			if (!entries[i].cxx && !strcmp(entries[i].name, name + length))
				return &entries[i];
	}
	return NULL;
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool allocator_is_libc(const char *path)
{
	static const char *const globs[] = { "libc.so*", "libc-[0-9]*.so", "ld-linux*", "ld-[0-9]*.so", "ld-musl*", "libc.musl*", "ld.so*" };

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (!fnmatch(globs[i], last_component(path), 0))
			return true;
	return false;
}

bool allocator_is_own(struct module *module)
{
	static const char *const names[] = { "malloc", "free" };

	for (size_t i = 0; i < 2; i++) {
		struct function *found = NULL;
		size_t count = 0;

		if (module_find(module, names[i], &found, &count))
			return false;
		free(found);
		if (!count)
			return false;
	}
	return true;
}

/* How it is probed: its entry site; -EINVAL where it has none. */
static int choose_site(struct module *m, const struct function *f, const struct entry *e, struct entry_site *ret_site)
{
	size_t size = f->size && f->size <= CODE_MAX ? f->size : 64;
	_cleanup_free_ uint8_t *code = malloc(size);
	long n;

	if (!code)
		return -ENOMEM;
	n = module_code(m, f->address, code, size);
	if (n <= 0)
		return -EINVAL;
	return site_choose_entry(code, (size_t)n, f->size && (uint64_t)n == f->size, f->address, needed_args(e->kind), ret_site);
}

/* An allocator's function that is to be probed. */
struct found {
	const struct function *function;
	const struct entry *entry;
	bool calls, jumps; /* to another of them */
};

static int note_call(void *context, const struct call *call)
{
	struct found *found = context;

	/* The array ends with an empty one. */
	for (size_t i = 0; found[i].function; i++) {
		if (found[i].function->address != call->body_address)
			continue;
		if (found[call->callee].function->address == call->body_address ||
		    (found[call->callee].entry->kind == WEIR_ALLOC_FREE) != (found[i].entry->kind == WEIR_ALLOC_FREE))
			continue;
		found[i].jumps |= call->is_jump;
		found[i].calls |= !call->is_jump;
	}
	return 0;
}

/* Which of the functions call or jump to another one? */
static int find_calls(struct module *module, struct found *found, size_t count)
{
	_cleanup_free_ struct callee *callees = calloc(count + 1, sizeof(*callees));
	struct call_scan scan;

	if (!callees)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		callees[i] = (struct callee){ found[i].function->address, found[i].function->name };
	return count ? callers_scan(module, callees, count, note_call, found, &scan) : 0;
}

static bool can_throw(const struct entry *e)
{
	return e->cxx && e->kind != WEIR_ALLOC_FREE && !strstr(e->name, "nothrow");
}

/* Is it another one's call, in other words? Then that one counts: a jump leaves no return of its own, and where an exception can pass none is probed. */
static bool is_passed_on(const struct found *f)
{
	if (f->entry->kind == WEIR_ALLOC_FREE)
		return f->jumps || f->calls;
	return f->entry->kind == WEIR_ALLOC_SIZE1 && (f->jumps || (f->calls && can_throw(f->entry)));
}

/*
 * Is the return to be probed? Where allocations are followed, for it tells the address; else of those that another one may be part of, for
 * aligned memory through functions that have no name. Never where an exception can pass (bad_alloc): it would end the process.
 */
static bool wants_return(const struct found *f, bool live)
{
	enum weir_alloc_kind kind = f->entry->kind;

	if (kind == WEIR_ALLOC_FREE || can_throw(f->entry))
		return false;
	return live || f->jumps || f->calls || kind == WEIR_ALLOC_SIZE2 || kind == WEIR_ALLOC_OUT;
}

/* By ascending address; of several names of one function the first that is known. */
static int find_functions(struct module *module, bool own, bool live, struct found **ret_found, size_t *ret_count)
{
	const struct function *functions;
	_cleanup_free_ struct found *found = NULL;
	size_t functions_count, count = 0, capacity = 0;
	int err = module_functions(module, &functions, &functions_count);

	for (size_t i = 0; !err && i < functions_count; i++) {
		const struct entry *e = entry_of(functions[i].name, own);

		if (!e || (e->kind == WEIR_ALLOC_FREE && !live))
			continue;
		if (count && found[count - 1].function->address == functions[i].address)
			continue;
		if (VEC_RESERVE(found, count + 1, capacity))
			return -ENOMEM;
		found[count++] = (struct found){ .function = &functions[i], .entry = e };
	}
	if (!err && count)
		found[count] = (struct found){ 0 };
	*ret_found = TAKE_PTR(found);
	*ret_count = count;
	return err;
}

/* Add the sites of one function: its entry, and its rets where those tell what it returned. */
static int add_sites(struct module *module, const struct found *found, bool live, struct tracer_alloc_site **sites, size_t *count,
		     size_t *capacity)
{
	const struct function *f = found->function;
	bool returns = wants_return(found, live), rets = live && can_throw(found->entry), all_rets = false;
	struct entry_site site;

	if (is_passed_on(found))
		return 0;
	if (choose_site(module, f, found->entry, &site)) {
		log_debug("%s: %s: no instruction at its beginning can carry a breakpoint", module_path(module), f->name);
		return 0;
	}
	if (rets && allocator_find_rets(module, f, sites, count, capacity, &all_rets))
		return -ENOMEM;
	if (VEC_RESERVE(*sites, *count, *capacity))
		return -ENOMEM;
	(*sites)[(*count)++] = (struct tracer_alloc_site){
		.file_offset = f->file_offset + site.offset,
		.cookie = found->entry->kind | (returns ? WEIR_ALLOC_RETURNS : 0) | (rets ? WEIR_ALLOC_RETS : 0) |
			  (all_rets ? WEIR_ALLOC_ALL_RETS : 0),
	};
	log_debug("%s: %s at +%u: %s (%s%s)", module_path(module), f->name, site.offset, site.instruction,
		  site_class_name(site.class), returns ? ", and its return" : all_rets ? ", and its rets" : rets ? ", and rets of its" : "");
	return 0;
}

int allocator_find(struct module *module, bool own, bool live, struct tracer_alloc_site **ret_sites, size_t *ret_count)
{
	_cleanup_free_ struct found *found = NULL;
	_cleanup_free_ struct tracer_alloc_site *sites = NULL;
	size_t found_count = 0, count = 0, capacity = 0;
	int err = find_functions(module, own, live, &found, &found_count) ?: find_calls(module, found, found_count);

	for (size_t i = 0; !err && i < found_count; i++)
		err = add_sites(module, &found[i], live, &sites, &count, &capacity);
	if (err)
		return err;
	*ret_sites = TAKE_PTR(sites);
	*ret_count = count;
	return 0;
}
