/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state,
	      "cc -O1 -o \"$DIR/plain\" " SOURCES "shapes.c && "
	      "g++ -O1 -fno-exceptions -o \"$DIR/calm\" " SOURCES "names.cc && "
	      "g++ -O1 -DTHROWS -o \"$DIR/throws\" " SOURCES "names.cc && "
	      "objcopy --rename-section .gcc_except_table=.renamed \"$DIR/throws\" \"$DIR/renamed\" && "
	      "printf 'void _Unwind_Resume(void *);int main(int c,char**v){if(c>9)_Unwind_Resume(v);return 0;}' | "
	      "cc -x c -o \"$DIR/resumes\" - && "
	      "printf '.section .note.go.buildid,\"a\",@note\\n.long 4,4,4\\n.ascii \"Go\\\\0\\\\0abcd\"\\n' | "
	      "cc -x assembler - -x c " SOURCES "shapes.c -o \"$DIR/go\" && "
	      "objcopy --rename-section .note.go.buildid=.note.other \"$DIR/go\" \"$DIR/gonote\" && "
	      "printf '.data\\n.balign 16\\n.ascii \"\\\\377 Go buildinf:\\\\10\\\\2\"\\n' | "
	      "cc -x assembler - -x c " SOURCES "shapes.c -o \"$DIR/godata\"");
	return 0;
}

static void expect(const char *dir, const char *name, const char *why)
{
	struct module *module = module_get(dir, name);
	const char *reason = module_unwinds(module);

	if (why) {
		assert_non_null(reason);
		assert_string_equal(reason, why);
		assert_ptr_equal(module_unwinds(module), reason);
	} else {
		assert_null(reason);
	}
	module_free(&module);
}

static void a_c_program_does_not_unwind(void **state)
{
	expect(*state, "plain", NULL);
}

static void a_cxx_program_without_exceptions_does_not_unwind(void **state)
{
	expect(*state, "calm", NULL);
}

static void exception_tables_tell(void **state)
{
	expect(*state, "throws", "it has exception tables (.gcc_except_table)");
}

static void the_frame_table_tells_where_the_section_has_no_name(void **state)
{
	expect(*state, "renamed", "its frame table (.eh_frame) names handlers for unwinding");
}

static void an_imported_symbol_tells(void **state)
{
	expect(*state, "resumes", "it has the symbol _Unwind_Resume");
}

static void go_programs_are_told_by_section_note_or_build_information(void **state)
{
	expect(*state, "go", "it is a Go program (.note.go.buildid)");
	expect(*state, "gonote", "it is a Go program");
	expect(*state, "godata", "it is a Go program");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_c_program_does_not_unwind),
		cmocka_unit_test(a_cxx_program_without_exceptions_does_not_unwind),
		cmocka_unit_test(exception_tables_tell),
		cmocka_unit_test(the_frame_table_tells_where_the_section_has_no_name),
		cmocka_unit_test(an_imported_symbol_tells),
		cmocka_unit_test(go_programs_are_told_by_section_note_or_build_information),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
