/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that people read. Demangling costs more than all else here, so each is made when it is asked
 * for.
 */
#include "symbols/module_internal.h"

#include <string.h>

#include "symbols/demangle.h"

/* The `(` that the `)` before `end` closes; NULL if there is none. */
static const char *parenthesis_open(const char *display, const char *end)
{
	size_t depth = 0;

	for (const char *at = end; at > display; at--) {
		if (at[-1] == ')')
			depth++;
		else if (at[-1] == '(' && --depth == 0)
			return at - 1;
		if (depth == 0)
			return NULL;
	}
	return NULL;
}

static bool drop_suffix(const char *display, const char **end, const char *suffix)
{
	size_t length = strlen(suffix);

	if ((size_t)(*end - display) <= length || memcmp(*end - length, suffix, length) != 0)
		return false;
	*end -= length;
	return true;
}

/*
 * `ns::f<T>(A, B) const` gives `ns::f<T>`. A clone that a compiler specialized ("f(int) [clone .isra.0]")
 * takes other arguments than f and keeps its whole name; LLVM's ".llvm.N" only makes a name unique.
 */
size_t display_bare_length(const char *display)
{
	const char *clone = strstr(display, " [clone ."), *end = display + strlen(display), *open;

	if (clone && strncmp(clone, " [clone .llvm.", 14) != 0)
		return (size_t)(end - display);
	if (clone)
		end = clone;
	while (drop_suffix(display, &end, " const") || drop_suffix(display, &end, " volatile") ||
	       drop_suffix(display, &end, " &&") || drop_suffix(display, &end, " &"))
		;
	open = parenthesis_open(display, end);
	return open && open > display ? (size_t)(open - display) : strlen(display);
}

const char *module_display(struct module *module, size_t index)
{
	struct function *function = &module->symbols.functions[index];
	char *display = NULL;

	if (function->display)
		return function->display;
	if (module->displays_bytes < DISPLAYS_MAX_BYTES)
		display = demangle(function->name);
	if (display) {
		module->displays_bytes += strlen(display);
		module->bare_lengths[index] = (uint32_t)display_bare_length(display);
		function->display = display;
	} else {
		module->bare_lengths[index] = (uint32_t)strlen(function->name);
		function->display = function->name;
	}
	return function->display;
}
