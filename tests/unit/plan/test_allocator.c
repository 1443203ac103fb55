/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dlfcn.h>
#include <sqlite3.h>

#include <cmocka.h>

#include "plan/allocator.h"
#include "symbols/module.h"

/* The allocator's functions of a file, as they are to be probed. */
struct sites {
	struct tracer_alloc_site *sites;
	size_t count;
	bool own;
};

static struct sites find(const char *path, bool live)
{
	struct module *module = NULL;
	struct sites s = { 0 };

	assert_int_equal(module_open(path, path, "", &module), 0);
	s.own = allocator_is_own(module);
	assert_int_equal(allocator_find(module, s.own, live, &s.sites, &s.count), 0);
	module_free(&module);
	return s;
}

static const char *libc_path(void)
{
	static char path[4096];
	Dl_info info;

	/* Not by malloc: a sanitizer has one of its own. */
	assert_true(dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &info));
	assert_non_null(realpath(info.dli_fname, path));
	return path;
}

static size_t of_kind(const struct sites *s, enum weir_alloc_kind kind, bool returns)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += WEIR_ALLOC_KIND(s->sites[i].cookie) == kind && !!(s->sites[i].cookie & WEIR_ALLOC_RETURNS) == returns;
	return count;
}

static void sizes_need_the_return_only_of_what_calls_another(void **state)
{
	struct sites s = find(libc_path(), false);

	(void)state;
	assert_true(s.own);
	assert_true(of_kind(&s, WEIR_ALLOC_SIZE1, false) >= 1); /* malloc */
	assert_int_equal(of_kind(&s, WEIR_ALLOC_SIZE1, true), 0);
	assert_int_equal(of_kind(&s, WEIR_ALLOC_AGAIN, true), 1); /* realloc(NULL, n) is malloc(n) */
	assert_true(of_kind(&s, WEIR_ALLOC_OUT, true) == 1);
	assert_int_equal(of_kind(&s, WEIR_ALLOC_FREE, false), 0);
	free(s.sites);
}

static void to_follow_needs_all_returns_and_frees(void **state)
{
	struct sites s = find(libc_path(), true);

	(void)state;
	assert_int_equal(of_kind(&s, WEIR_ALLOC_SIZE1, false), 0);
	assert_int_equal(of_kind(&s, WEIR_ALLOC_PRODUCT, true), 1);
	assert_int_equal(of_kind(&s, WEIR_ALLOC_FREE, true), 0);
	assert_true(of_kind(&s, WEIR_ALLOC_FREE, false) >= 1);
	for (size_t i = 0; i < s.count; i++)
		for (size_t k = 0; k < i; k++)
			assert_true(s.sites[i].file_offset != s.sites[k].file_offset);
	free(s.sites);
}

static int byte_at(const char *path, uint64_t offset)
{
	FILE *file = fopen(path, "r");
	int byte = -1;

	if (file && !fseek(file, (long)offset, SEEK_SET))
		byte = fgetc(file);
	if (file)
		fclose(file);
	return byte;
}

static void operator_new_ends_by_its_rets(void **state)
{
	static const char *const paths[] = {
		"/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4",
		"/usr/lib/x86_64-linux-gnu/libmimalloc.so.2",
	};

	(void)state;
	for (size_t l = 0; l < sizeof(paths) / sizeof(paths[0]); l++) {
		struct sites s = find(paths[l], true);
		size_t news = 0, rets = 0;

		for (size_t i = 0; i < s.count; i++) {
			uint64_t cookie = s.sites[i].cookie;

			if (cookie & WEIR_ALLOC_RETS) {
				assert_false(cookie & WEIR_ALLOC_RETURNS);
				assert_true(cookie & WEIR_ALLOC_ALL_RETS);
				news++;
			}
			if (cookie & WEIR_ALLOC_RET) {
				assert_int_equal(byte_at(paths[l], s.sites[i].file_offset), 0xc3);
				rets++;
			}
		}
		assert_true(news >= 1 && rets > news);
		free(s.sites);
	}
}

static void a_module_without_malloc_has_none(void **state)
{
	Dl_info info;
	struct sites s;

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)sqlite3_open, &info));
	s = find(info.dli_fname, true);
	assert_false(s.own);
	assert_int_equal(s.count, 0);
	free(s.sites);
}

static void the_c_library_is_told_by_its_name(void **state)
{
	(void)state;
	assert_true(allocator_is_libc("/usr/lib/x86_64-linux-gnu/libc.so.6"));
	assert_true(allocator_is_libc("/lib/libc-2.31.so"));
	assert_true(allocator_is_libc("/lib64/ld-linux-x86-64.so.2"));
	assert_true(allocator_is_libc("/lib/ld-musl-x86_64.so.1"));
	assert_false(allocator_is_libc("/usr/lib/libcrypto.so.3"));
	assert_false(allocator_is_libc("/usr/lib/libjemalloc.so.2"));
	assert_false(allocator_is_libc("/usr/bin/libcalc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_need_the_return_only_of_what_calls_another),
		cmocka_unit_test(to_follow_needs_all_returns_and_frees),
		cmocka_unit_test(operator_new_ends_by_its_rets),
		cmocka_unit_test(a_module_without_malloc_has_none),
		cmocka_unit_test(the_c_library_is_told_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
