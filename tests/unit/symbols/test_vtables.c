/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions by the names of classes are those that the symbols name, where no symbols are left, too. */
#include "symbols/vtables.h"

#include "support.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "build() { name=$1; shift; g++ -O1 \"$@\" -o \"$DIR/$name\" " SOURCES "classes.cc && "
		      "strip -o \"$DIR/$name.bare\" \"$DIR/$name\" || exit 1; }; "
		      "build exported -shared -fPIC; build hidden -shared -fPIC -fvisibility=hidden; "
		      "build packed -shared -fPIC -fvisibility=hidden -Wl,-z,pack-relative-relocs; "
		      "build fixed -DPROGRAM -no-pie; build static -DPROGRAM -static; build static_pie -DPROGRAM -static-pie");
	return 0;
}

static const char *const files[] = {"exported", "hidden", "packed", "fixed", "static", "static_pie"};

/* The functions of a slot are those of the `names`, a list that ends in NULL. */
static void expect_functions(const char *dir, const char *file, const char *class_name, bool derived, unsigned slot, const char *const *names)
{
	char bare[64];
	struct module *module;
	uint64_t *addresses = NULL;
	size_t count = 0, wanted = 0;

	snprintf(bare, sizeof(bare), "%s.bare", file);
	module = module_get(dir, bare);
	assert_int_equal(module_virtual_functions(module, class_name, derived, slot, &addresses, &count), 0);
	for (; names[wanted]; wanted++) {
		uint64_t address = nm_address(dir, file, names[wanted]);
		bool found = false;

		for (size_t i = 0; i < count; i++)
			found |= addresses[i] == address;
		if (!found)
			fail_msg("%s: slot %u of %s: %s is missing among %zu", file, slot, class_name, names[wanted], count);
	}
	if (count != wanted)
		fail_msg("%s: slot %u of %s has %zu functions, expected %zu", file, slot, class_name, count, wanted);
	free(addresses);
	module_free(&module);
}

#define EXPECT(class_name, derived, slot, ...)                                                                                              \
	for (size_t i_ = 0; i_ < sizeof(files) / sizeof(files[0]); i_++)                                                                    \
	expect_functions(*state, files[i_], class_name, derived, slot, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void a_class_has_the_functions_of_its_own_table(void **state)
{
	EXPECT("shop::Scan", false, 2, "_ZN4shop4Scan3runEi");
	EXPECT("shop::Scan", false, 3, "_ZNK4shop4Step4costEv");
	EXPECT("shop::inner::Sort", false, 2, "_ZN4shop4Join3runEi");
	EXPECT("shop::Other", false, 0, "_ZN4shop5Other5spareEi");
	EXPECT("shop::Scan", false, 4);
	EXPECT("shop::Nothing", false, 2);
	EXPECT("Scan", false, 2);
}

static void what_only_derived_classes_implement_is_not_of_the_base(void **state)
{
	EXPECT("shop::Step", false, 2);
}

static void derived_classes_are_found_where_the_base_stands_first(void **state)
{
	EXPECT("shop::Step", true, 2, "_ZN4shop4Scan3runEi", "_ZN4shop9IndexScan3runEi", "_ZN4shop4Join3runEi");
	EXPECT("shop::Step", true, 3, "_ZNK4shop4Step4costEv", "_ZNK4shop9IndexScan4costEv", "_ZNK4shop5inner4Sort4costEv");
	EXPECT("shop::Other", true, 0, "_ZN4shop5Other5spareEi");
}

static void a_table_is_as_long_as_its_symbol_says(void **state)
{
	static const struct {
		const char *symbol;
		uint64_t bytes;
	} tables[] = {{"_ZTVN4shop4StepE", 48}, {"_ZTVN4shop4ScanE", 48}, {"_ZTVN4shop5OtherE", 40}, {"_ZTVN4shop9IndexScanE", 48}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char bare[64];
		struct module *module;
		uint64_t bytes = 0;

		snprintf(bare, sizeof(bare), "%s.bare", files[i]);
		module = module_get(*state, bare);
		/* A program with no C++ library in it may have nothing in the slots of a class that is not whole: the first of the list. */
		for (size_t k = strstr(files[i], "static") != NULL; k < sizeof(tables) / sizeof(tables[0]); k++) {
			if (module_vtable_size(module, tables[k].symbol, &bytes) || bytes != tables[k].bytes)
				fail_msg("%s: the table %s has %lu bytes, expected %lu", files[i], tables[k].symbol, bytes, tables[k].bytes);
		}
		assert_int_not_equal(module_vtable_size(module, "_ZTVN4shop7NothingE", &bytes), 0);
		assert_int_not_equal(module_vtable_size(module, "shop_run", &bytes), 0);
		module_free(&module);
	}
}

static void names_of_classes_are_plain(void **state)
{
	(void)state;
	assert_true(class_name_is_plain("duckdb::PhysicalHashJoin") && class_name_is_plain("A") && class_name_is_plain("a1::b_2::C"));
	assert_false(class_name_is_plain("") || class_name_is_plain("a::") || class_name_is_plain("::a") || class_name_is_plain("a:b") ||
		     class_name_is_plain("1a") || class_name_is_plain("a<b>") || class_name_is_plain("a *") || class_name_is_plain("a::::b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_class_has_the_functions_of_its_own_table),
		cmocka_unit_test(what_only_derived_classes_implement_is_not_of_the_base),
		cmocka_unit_test(derived_classes_are_found_where_the_base_stands_first),
		cmocka_unit_test(a_table_is_as_long_as_its_symbol_says),
		cmocka_unit_test(names_of_classes_are_plain),
	};

	return cmocka_run_group_tests_name("vtables", tests, setup, directory_remove);
}
