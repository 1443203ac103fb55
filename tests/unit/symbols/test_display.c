/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "symbols/module_internal.h"

static void expect(const char *display, const char *bare)
{
	char *text = strndup(display, display_bare_length(display));

	assert_string_equal(text, bare);
	free(text);
}

static void the_parameter_list_is_dropped(void **state)
{
	(void)state;
	expect("f(int)", "f");
	expect("f()", "f");
	expect("ns::f<a(b)>(c, d(*)(e))", "ns::f<a(b)>");
	expect("(anonymous namespace)::f(int)", "(anonymous namespace)::f");
	expect("non-virtual thunk to A::f()", "non-virtual thunk to A::f");
}

static void qualifiers_behind_it_are_dropped(void **state)
{
	(void)state;
	expect("A::f(int) const", "A::f");
	expect("A::f(int) const volatile &", "A::f");
	expect("A::f() &&", "A::f");
}

static void parentheses_of_the_name_stay(void **state)
{
	(void)state;
	expect("A::operator()(int) const", "A::operator()");
	expect("A::f()::{lambda()#1}::operator()() const", "A::f()::{lambda()#1}::operator()");
	expect("A::operator void (*)(int)()", "A::operator void (*)(int)");
}

static void a_specialized_clone_keeps_its_whole_name(void **state)
{
	(void)state;
	expect("f(int) [clone .isra.0]", "f(int) [clone .isra.0]");
	expect("f(int) [clone .llvm.123]", "f");
}

static void names_without_parameters_stay(void **state)
{
	(void)state;
	expect("core::fmt::Formatter::pad", "core::fmt::Formatter::pad");
	expect("", "");
	expect(")", ")");
	expect("()", "()");
	expect("a)", "a)");
	expect(" const", " const");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parameter_list_is_dropped),
		cmocka_unit_test(qualifiers_behind_it_are_dropped),
		cmocka_unit_test(parentheses_of_the_name_stay),
		cmocka_unit_test(a_specialized_clone_keeps_its_whole_name),
		cmocka_unit_test(names_without_parameters_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
