/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>

#include "symbols/call_scan.h"

enum { CALLS_MAX = 64 };

struct found {
	struct call calls[CALLS_MAX];
	size_t count;
	uint64_t last;
	int stop_after; /* 0: never */
};

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	/* Lazy stubs, stubs of their own section for indirect branch tracking, and no section headers at all. */
	shell(*state, "cc -shared -nostdlib -Wl,-z,lazy -o \"$DIR/lazy\" " SOURCES "calling.S && "
		      "cc -shared -nostdlib -Wl,-z,ibtplt -o \"$DIR/ibt\" " SOURCES "calling.S && "
		      "cc -shared -nostdlib -Wl,-z,now -o \"$DIR/now\" " SOURCES "calling.S && "
		      "for f in lazy ibt; do cp \"$DIR/$f\" \"$DIR/$f.bare\" && "
		      "printf '\\0\\0\\0\\0\\0\\0\\0\\0' | dd of=\"$DIR/$f.bare\" bs=1 seek=40 conv=notrunc && "
		      "printf '\\0\\0\\0\\0' | dd of=\"$DIR/$f.bare\" bs=1 seek=60 conv=notrunc || exit 1; done");
	return 0;
}

static int keep(void *context, const struct call *call)
{
	struct found *found = context;

	assert_true(found->count < CALLS_MAX);
	assert_true(call->address > found->last);
	assert_true(call->return_address > call->address);
	assert_true(call->address >= call->body_address && call->return_address <= call->body_address + call->body_size);
	found->last = call->address;
	found->calls[found->count++] = *call;
	return found->stop_after && found->count == (size_t)found->stop_after ? -ECANCELED : 0;
}

static struct call_scan scan(struct module *module, const struct callee *callees, size_t count, struct found *found)
{
	struct call_scan result = { 0 };

	memset(found, 0, sizeof(*found));
	assert_int_equal(callers_scan(module, callees, count, keep, found, &result), 0);
	assert_int_equal(result.calls + result.jumps, found->count);
	return result;
}

/* The one call in the function of that name; NULL: none. */
static const struct call *call_in(const struct found *found, const char *dir, const char *file, const char *name)
{
	uint64_t address = nm_address(dir, file, name);
	const struct call *call = NULL;

	for (size_t i = 0; i < found->count; i++) {
		if (found->calls[i].body_address != address)
			continue;
		assert_null(call);
		call = &found->calls[i];
	}
	return call;
}

static void check_all_ways(const char *dir, const char *file, const char *names)
{
	static const struct {
		const char *name;
		uint64_t offset;
		unsigned length;
		bool jump, slot;
	} expected[] = {
		{ "calls_directly", 1, 5, false, false },    { "calls_with_prefix", 0, 6, false, false },
		{ "calls_by_stub", 0, 5, false, true },      { "calls_by_slot", 0, 6, false, true },
		{ "jumps_near", 0, 2, true, false },         { "jumps_conditionally_near", 2, 2, true, false },
		{ "jumps_far", 0, 5, true, false },          { "jumps_conditionally", 2, 6, true, false },
		{ "jumps_by_slot", 1, 6, true, true },
	};
	static const char *const others[] = { "callee", "calls_elsewhere", "holds_constant", "calls_in_vain", "hides" };
	struct callee callee = { nm_address(dir, names, "callee"), "callee" };
	struct module *module = module_get(dir, file);
	struct found found;

	scan(module, &callee, 1, &found);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct call *call = call_in(&found, dir, names, expected[i].name);

		print_message("%s: %s\n", file, expected[i].name);
		assert_non_null(call);
		assert_int_equal(call->address - call->body_address, expected[i].offset);
		assert_int_equal(call->return_address - call->address, expected[i].length);
		assert_int_equal(call->is_jump, expected[i].jump);
		assert_int_equal(call->through_slot, expected[i].slot);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(call_in(&found, dir, names, others[i]));
	module_free(&module);
}

static void every_way_to_call_is_found_whatever_the_stubs_look_like(void **state)
{
	check_all_ways(*state, "lazy", "lazy");
	check_all_ways(*state, "ibt", "ibt");
	check_all_ways(*state, "now", "now");
}

static void without_section_headers_the_same_is_found(void **state)
{
	check_all_ways(*state, "lazy.bare", "lazy");
	check_all_ways(*state, "ibt.bare", "ibt");
}

static void a_size_will_do_where_there_is_no_frame_description(void **state)
{
	struct module *module = module_get(*state, "lazy");
	struct callee callee = { nm_address(*state, "lazy", "callee"), NULL };
	struct found found;

	scan(module, &callee, 1, &found);
	assert_non_null(call_in(&found, *state, "lazy", "calls_without_frame"));
	module_free(&module);
}

static void what_cannot_be_verified_is_counted_and_not_visited(void **state)
{
	struct module *module = module_get(*state, "lazy");
	struct callee callee = { nm_address(*state, "lazy", "callee"), NULL };
	struct found found;

	/* in `hides` and in `unbounded` */
	assert_int_equal(scan(module, &callee, 1, &found).unverified, 2);
	module_free(&module);
}

static void a_function_of_another_module_is_found_by_its_name(void **state)
{
	struct module *module = module_get(*state, "ibt");
	struct callee callees[] = { { 0, "elsewhere_not" }, { 0, "elsewhere" } };
	struct call_scan result;
	struct found found;

	result = scan(module, callees, 2, &found);
	assert_int_equal(result.calls, 1);
	assert_int_equal(found.calls[0].callee, 1);
	assert_int_equal(found.calls[0].body_address, nm_address(*state, "ibt", "calls_elsewhere"));
	assert_true(found.calls[0].through_slot);
	result = scan(module, callees, 1, &found);
	assert_int_equal(result.calls + result.jumps + result.unverified, 0);
	module_free(&module);
}

static void a_call_tells_which_callee_and_the_bytes_around(void **state)
{
	struct module *module = module_get(*state, "lazy");
	struct callee callees[] = { { nm_address(*state, "lazy", "callee"), "callee" },
				    { nm_address(*state, "lazy", "calls_directly"), "calls_directly" } };
	const struct call *call;
	struct found found;

	scan(module, callees, 2, &found);
	call = call_in(&found, *state, "lazy", "calls_in_vain");
	assert_non_null(call);
	assert_int_equal(call->callee, 1);
	call = call_in(&found, *state, "lazy", "calls_directly");
	assert_int_equal(call->callee, 0);
	assert_int_equal(call->body_size, 8);
	module_free(&module);
}

static void a_call_that_reads_as_two_is_visited_once(void **state)
{
	struct module *module = module_get(*state, "lazy");
	struct callee callees[] = { { nm_address(*state, "lazy", "twofold_near"), NULL },
				    { nm_address(*state, "lazy", "twofold_far"), NULL } };
	struct found found;

	scan(module, callees, 2, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.calls[0].callee, 1);
	module_free(&module);
}

static void a_visit_ends_the_scan(void **state)
{
	struct module *module = module_get(*state, "lazy");
	struct callee callee = { nm_address(*state, "lazy", "callee"), "callee" };
	struct call_scan result = { .calls = 77 };
	struct found found = { .stop_after = 3 };

	assert_int_equal(callers_scan(module, &callee, 1, keep, &found, &result), -ECANCELED);
	assert_int_equal(found.count, 3);
	assert_int_equal(result.calls, 77);
	module_free(&module);
}

static void of_nothing_there_are_no_callers(void **state)
{
	struct module *module = module_get(*state, "lazy");
	struct callee callees[] = { { 0, NULL } };
	struct found found;

	scan(module, callees, 1, &found);
	assert_int_equal(found.count, 0);
	scan(module, NULL, 0, &found);
	assert_int_equal(found.count, 0);
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_call_is_found_whatever_the_stubs_look_like),
		cmocka_unit_test(without_section_headers_the_same_is_found),
		cmocka_unit_test(a_size_will_do_where_there_is_no_frame_description),
		cmocka_unit_test(what_cannot_be_verified_is_counted_and_not_visited),
		cmocka_unit_test(a_function_of_another_module_is_found_by_its_name),
		cmocka_unit_test(a_call_tells_which_callee_and_the_bytes_around),
		cmocka_unit_test(a_call_that_reads_as_two_is_visited_once),
		cmocka_unit_test(a_visit_ends_the_scan),
		cmocka_unit_test(of_nothing_there_are_no_callers),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
