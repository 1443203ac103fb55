/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of a module look like work, by their names alone: for a program that nobody has described yet. A
 * guess, made to be read by a person.
 */
#ifndef WEIR_WORK_H
#define WEIR_WORK_H

#include <stddef.h>

#include "symbols/module.h"

struct work_function {
	const char *display; /* demangled, without parameters where it has some; owned by the module */
	int bare_length;     /* of display, without its parameter list */
	int score;           /* above 0 */
};

/*
 * How much a name looks like work; 0 or less: it does not. The words in it count (execute, query, commit ..., or init, free,
 * print ... against it), wherever case, an underscore, a dot or a colon parts them. `size` of the function in bytes; 0: not known.
 */
int work_score(const char *name, size_t length, uint64_t size);

/*
 * The `max` (64 at most) best functions of the module, best first; of those that share their first word of work, a few. Returns
 * the count, or -errno.
 */
long module_work(struct module *module, struct work_function *ret_functions, size_t max);

#endif
