/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which layout of a profile fits a module, and the code of its probes made for it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "plan/plan_internal.h"
#include "profile/profile_compile.h"
#include "profile/profile_layout.h"
#include "profile/profile_wait.h"
#include "sites/displacement.h"
#include "symbols/demangle.h"
#include "symbols/vtables.h"

enum { VERSION_BYTES_MAX = 64, WINDOW_BYTES = 1 << 20, TEXT_SEARCHED_MAX = 1 << 30 };

/* What a version may consist of, up to the first other byte. */
static void take_version(const char *text, size_t size, char *ret_version)
{
	size_t length = 0;

	while (length < size && length < VERSION_BYTES_MAX - 1 && (isalnum((unsigned char)text[length]) || (text[length] && strchr(".+-~_", text[length])))) {
		ret_version[length] = text[length];
		length++;
	}
	ret_version[length] = '\0';
}

static bool version_of_symbol(struct module *m, const char *name, char *ret_version)
{
	char text[VERSION_BYTES_MAX];
	uint64_t address, size;
	long n;

	if (module_object(m, name, &address, &size))
		return false;
	n = module_data(m, address, text, size && size < sizeof(text) ? (size_t)size : sizeof(text));
	if (n > 0)
		take_version(text, (size_t)n, ret_version);
	return n > 0;
}

/* The version stands behind `before` somewhere in the file. */
static bool version_of_text(int fd, const char *before, char *ret_version)
{
	size_t kept = strlen(before) + VERSION_BYTES_MAX;
	_cleanup_free_ char *window = malloc(WINDOW_BYTES + kept);
	size_t have = 0;

	for (off_t at = 0; window && at < TEXT_SEARCHED_MAX;) {
		ssize_t n = pread(fd, window + have, WINDOW_BYTES, at);
		char *found;

		if (n <= 0)
			return false;
		at += n;
		have += (size_t)n;
		found = memmem(window, have, before, strlen(before));
		if (found) {
			found += strlen(before);
			take_version(found, (size_t)(window + have - found), ret_version);
			return true;
		}
		if (have > kept) {
			memmove(window, window + have - kept, kept);
			have = kept;
		}
	}
	return false;
}

static bool sizes_fit(struct module *m, const struct profile_layout *layout)
{
	for (size_t i = 0; i < layout->sizes_count; i++) {
		uint64_t address, size;

		if (module_object(m, layout->sizes[i].name, &address, &size) && module_vtable_size(m, layout->sizes[i].name, &size))
			return false;
		if (size != (uint64_t)layout->sizes[i].value)
			return false;
	}
	return true;
}

/* Does the code of the function read or write at this displacement? */
static bool displacement_fits(struct module *m, const struct profile_value *displacement)
{
	_cleanup_free_ struct function *functions = NULL;
	_cleanup_free_ uint8_t *code = NULL;
	bool complete;
	size_t count;
	long size;

	if (module_find(m, displacement->name, &functions, &count) || !count)
		return false;
	size = plan_read_body(m, &functions[0], &code, &complete);
	return size > 0 && site_has_displacement(code, (size_t)size, displacement->value);
}

static bool code_fits(struct module *m, const struct profile_layout *layout)
{
	for (size_t i = 0; i < layout->displacements_count; i++)
		if (!displacement_fits(m, &layout->displacements[i]))
			return false;
	return true;
}

/* Has the module a function that the layout is not used with? */
static bool is_barred(struct module *m, const struct profile_layout *layout)
{
	return layout->unless && module_holds(m, (const char *const *)&layout->unless, 1);
}

/* What a build without its names offers is less: that is told. */
static void layout_tell(const struct plan_module *pm, const struct profile_layout *layout)
{
	_cleanup_free_ char *plain = layout->unless ? demangle(layout->unless) : NULL;

	if (layout->unless)
		log_warning("%s has no symbol of %s: other functions are probed in its place, which tell less", pm->display,
			    plain ? plain : layout->unless);
}

static void layout_is_missing(const struct plan_module *pm, const struct profile *profile, const char *version)
{
	char known[256];

	layouts_describe(profile, known, sizeof(known));
	if (version)
		log_warning("%s is version %s, whose structures profile %s does not know (it knows %s): what is read of them is not shown",
			    pm->display, version, profile->engine, known);
	else if (profile->version_symbol || profile->version_text)
		log_warning("%s does not tell its version: what profile %s reads of structures is not shown (it knows %s)",
			    pm->display, profile->engine, known);
	else
		log_warning("%s has other structures than those that profile %s knows: what is read of them is not shown", pm->display,
			    profile->engine);
}

const struct profile_layout *plan_choose_layout(const struct plan_module *pm, const struct profile *profile)
{
	char version[VERSION_BYTES_MAX] = "";
	bool told = false;

	if (!profile->layouts_count)
		return NULL;
	if (profile->version_symbol)
		told = version_of_symbol(pm->module, profile->version_symbol, version);
	else if (profile->version_text)
		told = version_of_text(pm->fd, profile->version_text, version);
	for (size_t i = 0; i < profile->layouts_count; i++)
		if (layout_fits(&profile->layouts[i], version, module_build_id(pm->module)) && !is_barred(pm->module, &profile->layouts[i]) &&
		    sizes_fit(pm->module, &profile->layouts[i]) && code_fits(pm->module, &profile->layouts[i])) {
			layout_tell(pm, &profile->layouts[i]);
			return &profile->layouts[i];
		}
	layout_is_missing(pm, profile, told ? version : NULL);
	return NULL;
}

struct names_context {
	struct module *module;
	const struct profile *profile;
	const struct profile_layout *layout;
	uint32_t no_args, no_end_args; /* arguments that have no value */
};

static int find_name(void *context, enum expression_name kind, const char *name, uint64_t *ret_value)
{
	const struct names_context *names = context;
	uint64_t address, size;

	if (kind == NAME_ARGUMENT)
		return (*name == 'a' ? names->no_args : names->no_end_args) >> (name[3] - '1') & 1 ? -ENODATA : 0;
	if (kind != NAME_SYMBOL)
		return layout_find(names->profile, names->layout, kind, name, ret_value);
	if (module_object(names->module, name, &address, &size) || address > UINT32_MAX)
		return -ENODATA;
	*ret_value = address;
	return 0;
}

int plan_compile(const struct plan_module *pm, struct plan_use *use)
{
	uint32_t no_args = 0, no_end_args = 0;

	if (!use->spec->usdt) /* events have their own ways, by name */
		plan_find_unreadable(pm->module, use->spec, &no_args, &no_end_args);
	return plan_compile_without(pm, use, no_args, no_end_args);
}

int plan_compile_without(const struct plan_module *pm, struct plan_use *use, uint32_t no_args, uint32_t no_end_args)
{
	struct names_context context = {
		.module = pm->module, .profile = use->profile, .layout = use->layout, .no_args = no_args, .no_end_args = no_end_args,
	};
	const struct expression_names names = { .find = find_name, .context = &context };
	struct expression_fault fault;
	int err;

	use->left_out = 0;
	if (!use->spec->uses_names && !no_args && !no_end_args) {
		use->code = use->spec->code;
		return 0;
	}
	err = probe_compile(use->spec, &names, &use->code, &use->left_out, &fault);
	if (err == -E2BIG) {
		log_error("profile %s, line %u: %s", use->profile->engine, use->spec->line, fault.message);
		return -EINVAL;
	}
	if (!err && use->left_out && !(use->profile->layouts_count && !use->layout))
		log_warning("%s: a part of what profile %s, line %u, reads is not shown: %s", pm->display, use->profile->engine,
			    use->spec->line, fault.message);
	return err;
}

int plan_compile_site(const struct plan_module *pm, const struct plan_use *use, const struct profile_site *site,
		      struct profile_code *ret_code)
{
	struct names_context context = { .module = pm->module, .profile = use->profile, .layout = use->layout };
	const struct expression_names names = { .find = find_name, .context = &context };
	struct expression_fault fault;
	int err;

	if (site->usdt)
		context.no_args = plan_find_unreadable_of(pm->module, site->function);
	err = site_compile(site, &names, ret_code, &fault);
	if (err == -ENODATA)
		log_warning("%s: the span %s of profile %s does not see %s: %s", pm->display, use->spec->name, use->profile->engine,
			    site->function, fault.message);
	return err;
}

void plan_set_waits(struct plan *plan, size_t module, const struct profile *profile, const struct profile_layout *layout, size_t first)
{
	const struct plan_module *pm = &plan->modules[module];
	struct names_context context = { .module = pm->module, .profile = profile, .layout = layout };
	const struct expression_names names = { .find = find_name, .context = &context };
	struct weir_wait_source source;
	struct expression_fault fault = { 0 };
	int err;

	if (!profile->wait.code || first == plan->probes_count || plan->selection.count_only || pm->go.is_go)
		return;
	err = wait_compile(&profile->wait, &names, &source, &fault);
	if (err) {
		log_warning("%s: what its threads wait for is not shown: %s", pm->display, err == -ENOMEM ? "out of memory" : fault.message);
		return;
	}
	source.probe = (uint16_t)plan->probes[first].id;
	for (size_t i = first; i < plan->probes_count; i++)
		plan->probes[i].record.wait = source;
}
