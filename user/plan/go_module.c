/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/go_module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach/tracer.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "sites/go_entry.h"
#include "symbols/module.h"

/*
 * Go, src/runtime/proc.go: every goroutine ends in goexit1, also those that runtime.Goexit ends; a thread that has none to run looks
 * for one in schedule, and goes over to it in execute.
 */
static const char *const runtime_functions[GO_RUNTIME_SITES] = {
	[TRACER_GO_END] = "runtime.goexit1",
	[TRACER_GO_SCHEDULE] = "runtime.schedule",
	[TRACER_GO_EXECUTE] = "runtime.execute",
};
_Static_assert(TRACER_GO_COUNT == (int)GO_RUNTIME_SITES, "a site for each kind");

/* The entry site of a function of the runtime, as an offset in the file; 0 where there is none. */
static uint64_t find_site(struct module *module, const char *name)
{
	_cleanup_free_ struct function *functions = NULL;
	uint8_t code[256];
	struct go_entry entry;
	size_t count = 0, size;
	long n;

	if (module_find(module, name, &functions, &count) || !count)
		return 0;
	size = functions[0].size && functions[0].size < sizeof(code) ? functions[0].size : sizeof(code);
	n = module_code(module, functions[0].address, code, size);
	if (n <= 0 || site_choose_go_entry(code, (size_t)n, (uint64_t)n == functions[0].size, functions[0].address, 0, &entry))
		return 0;
	return functions[0].file_offset + entry.site.offset;
}

/* Returns the name of the function that cannot be found, or NULL. */
static const char *find_runtime(struct module *module, struct go_module *go)
{
	for (int i = 0; i < GO_RUNTIME_SITES; i++) {
		go->offsets[i] = find_site(module, runtime_functions[i]);
		if (!go->offsets[i])
			return runtime_functions[i];
	}
	go->cookies[TRACER_GO_SCHEDULE] = go->layout.status;
	return NULL;
}

void go_module_look(struct module *module, struct go_module *ret_go)
{
	struct go_module go = { .is_go = module_is_go(module) };
	const char *version, *missing;

	if (!go.is_go) {
		*ret_go = go;
		return;
	}
	version = module_go_version(module);
	if (!version)
		snprintf(go.obstacle, sizeof(go.obstacle), "it does not say which release of Go made it");
	else if (go_layout_find(version, &go.layout))
		snprintf(go.obstacle, sizeof(go.obstacle), "weir does not know the runtime of Go %.16s", version);
	else if (!go.layout.g_in_r14)
		snprintf(go.obstacle, sizeof(go.obstacle), "it was made by Go %.16s, and weir follows calls since Go 1.17", version);
	else if ((missing = find_runtime(module, &go)))
		snprintf(go.obstacle, sizeof(go.obstacle), "its function %s cannot be found", missing);
	*ret_go = go;
}

void go_module_refuse(struct go_module *go, const char *display, const char *why)
{
	if (!go->refused)
		log_error("%s is not probed: it is a Go program, and %s", display, why);
	go->refused = true;
}

bool go_module_has(const struct go_module *go, const struct function *f)
{
	return go->is_go && (f->source == FUNCTION_GO || strchr(f->name, '.'));
}
