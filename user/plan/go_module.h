/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be known of a Go module before its functions are probed. */
#ifndef WEIR_GO_MODULE_H
#define WEIR_GO_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "symbols/go_runtime.h"

enum { GO_RUNTIME_SITES = 3 };

struct function;
struct module;

/* All zero: no Go module. */
struct go_module {
	bool is_go;
	bool refused;        /* nothing in it is probed, which was said */
	char obstacle[96];   /* why not, as a clause; "": nothing stands in the way */
	struct go_layout layout;
	/* By enum tracer_go: sites in the runtime, as offsets in the file, and their cookies. */
	uint64_t offsets[GO_RUNTIME_SITES], cookies[GO_RUNTIME_SITES];
};

/* Find out. Says nothing: a module of which nothing is asked is nobody's concern. */
void go_module_look(struct module *module, struct go_module *ret_go);

/* Refuse it for `why` (a clause), and say so, once. */
void go_module_refuse(struct go_module *go, const char *display, const char *why);

/*
 * Was the function compiled by Go? Others (C, by cgo) run on the stacks of threads. Go's names have a dot behind the package; C's
 * cannot have one, but for parts of functions, which are no functions here.
 */
bool go_module_has(const struct go_module *go, const struct function *f);

#endif
