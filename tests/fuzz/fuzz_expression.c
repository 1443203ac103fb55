/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as the expressions of a probe, one in a line: lets, then outputs, as the first byte of a line
 * says. What compiles keeps the rules of the kernel's machine, and runs.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/profile/run_code.h"
#include "profile/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fault(int err, const struct expression_fault *fault, const char *text)
{
	if (!err)
		return;
	assert(err == -EINVAL || err == -E2BIG || err == -ENODATA);
	assert(strstr(fault->message, err == -ENODATA ? "no value" : "expected") && fault->position <= strlen(text));
}

static void add_line(struct expression_builder *builder, const char *line, unsigned *used, unsigned *lets)
{
	struct expression_fault fault = { 0 };
	unsigned what = (unsigned char)line[0] % 16;
	char name[16];

	if (what >= OUTPUT_EXTRA + WEIR_EXTRA_MAX) {
		snprintf(name, sizeof(name), "v%u", (*lets)++);
		check_fault(expression_let(builder, name, line + 1, &fault), &fault, line + 1);
		return;
	}
	if (*used & 1u << what || what == OUTPUT_WHEN) /* which is alone in its code: condition() */
		return;
	*used |= 1u << what;
	if (what < OUTPUT_EXTRA)
		check_fault(expression_add(builder, (enum expression_output)what, 0, line + 1, &fault),
			    &fault, line + 1);
	else
		check_fault(expression_add(builder, OUTPUT_EXTRA, what - OUTPUT_EXTRA, line + 1, &fault),
			    &fault, line + 1);
}

/* The same text as the condition of a span's site. */
static void condition(const char *text)
{
	struct expression_builder *builder = NULL;
	struct expression_fault fault = { 0 };
	struct profile_code code;
	int err;

	assert(!expression_builder_new(EXPRESSION_ENTRY_ONLY, &builder));
	err = expression_add(builder, OUTPUT_WHEN, 0, text, &fault);
	check_fault(err, &fault, text);
	if (!err && !expression_finish(builder, &code, &fault))
		assert(!run_check(&code, true));
	expression_builder_free(&builder);
}

static void run(const struct profile_code *code)
{
	static const uint64_t words[8] = { 1, 2, 0xffffffff, 1ull << 63 };
	struct run_machine m = { .args = { 0, 0x1000, 2, 3, 4, 5, 6 },
				 .memory = (const uint8_t *)words,
				 .base = 0x1000,
				 .memory_size = sizeof(words),
				 .ret = 100 };

	run_enter(&m, code);
	run_leave(&m, code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct expression_builder *builder = NULL;
	struct expression_fault fault = { 0 };
	struct profile_code code;
	unsigned used = 0, lets = 0;
	bool entry_only = size > 0 && data[0] & 1;
	char *text, *rest, *line;
	int err;

	if (size == 0)
		return 0;
	text = rest = strndup((const char *)data + 1, size - 1);
	assert(text && !expression_builder_new(entry_only ? EXPRESSION_ENTRY_ONLY : EXPRESSION_CALL, &builder));
	condition(text);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			add_line(builder, line, &used, &lets);
	err = expression_finish(builder, &code, &fault);
	check_fault(err, &fault, "");
	if (!err) {
		assert(!run_check(&code, entry_only));
		run(&code);
	}
	expression_builder_free(&builder);
	free(text);
	return 0;
}
