/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/rust_name.h"

enum {
	MANGLED_MAX = 4 << 10,
	DEMANGLED_MAX = 32 << 10,
	/* Without return types: a display begins with the function's name. */
	DEMANGLE_OPTIONS = DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP,
	CXX_OPTIONS = DEMANGLE_OPTIONS | DMGL_NO_RECURSE_LIMIT,
};

struct output {
	char *text;
	size_t length, capacity;
	jmp_buf too_long;
};

/*
 * Substitutions let a name of a few hundred bytes unfold into gigabytes, and libiberty has no way to be
 * told to stop: leaving by longjmp is that way. It is sound, because with a callback libiberty keeps
 * everything on its stack (cp-demangle.c with CP_DYNAMIC_ARRAYS, rust-demangle.c).
 */
static void output_append(const char *piece, size_t length, void *opaque)
{
	struct output *output = opaque;
	size_t capacity;
	char *grown;

	if (length == 0)
		return; /* `piece` may be NULL */
	if (length > DEMANGLED_MAX - output->length)
		longjmp(output->too_long, 1);
	if (output->length + length >= output->capacity) {
		capacity = 2 * (output->length + length) + 64;
		grown = realloc(output->text, capacity);
		if (!grown)
			longjmp(output->too_long, 1);
		output->text = grown;
		output->capacity = capacity;
	}
	memcpy(output->text + output->length, piece, length);
	output->length += length;
	output->text[output->length] = '\0';
}

/* Rust's older scheme is C++'s with a hash at the end: it is asked first. */
static bool demangle_into(const char *name, struct output *output)
{
	bool rust = !strncmp(name, "_ZN", 3) || rust_name_is_sane(name);

	if (setjmp(output->too_long))
		return false;
	if (rust && rust_demangle_callback(name, DEMANGLE_OPTIONS, output_append, output))
		return true;
	output->length = 0;
	/*
	 * With its limit on recursion libiberty refuses names from 1 KiB on; MANGLED_MAX bounds the
	 * recursion as well.
	 */
	return name[1] == 'Z' && cplus_demangle_v3_callback(name, CXX_OPTIONS, output_append, output);
}

char *demangle(const char *name)
{
	struct output output = {0};

	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
		return NULL;
	if (strnlen(name, MANGLED_MAX + 1) > MANGLED_MAX)
		return NULL;
	if (!demangle_into(name, &output) || output.length == 0) {
		free(output.text);
		return NULL;
	}
	return output.text;
}
