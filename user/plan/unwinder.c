/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/unwinder.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sites/site.h"
#include "symbols/module.h"

#define CODE_MAX 4096

bool unwinder_is_library(const char *display)
{
	static const char *const globs[] = { "libgcc_s.so*", "libgcc_s-*.so*", "libunwind.so.1*" };
	const char *slash = strrchr(display, '/');

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (!fnmatch(globs[i], slash ? slash + 1 : display, 0))
			return true;
	return false;
}

int unwinder_context_sp(const uint8_t *code, unsigned long size, uint32_t *ret_displacement)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	static const uint8_t load_near[] = { 0x48, 0x8b, 0x47 }, load_far[] = { 0x48, 0x8b, 0x87 };
	uint32_t displacement;

	if (size > sizeof(endbr64) && !memcmp(code, endbr64, sizeof(endbr64))) {
		code += sizeof(endbr64);
		size -= sizeof(endbr64);
	}
	if (size >= 5 && !memcmp(code, load_near, 3) && code[3] < 0x80 && code[4] == 0xc3) {
		*ret_displacement = code[3];
		return 0;
	}
	if (size < 8 || memcmp(code, load_far, 3) || code[7] != 0xc3)
		return -ENOTSUP;
	memcpy(&displacement, code + 3, sizeof(displacement));
	if (displacement > INT32_MAX)
		return -ENOTSUP;
	*ret_displacement = displacement;
	return 0;
}

/* The function that the module defines under this very name, and its code (CODE_MAX bytes at most). */
static long find_code(struct module *module, const char *name, struct function *ret_function, uint8_t *ret_code)
{
	_cleanup_free_ struct function *functions = NULL;
	size_t count = 0;
	int err = module_find(module, name, &functions, &count);
	long n;

	if (err || !count)
		return err ?: -ENOENT;
	n = module_code(module, functions[0].address, ret_code, functions[0].size && functions[0].size < CODE_MAX ? functions[0].size : 64);
	if (n > 0)
		*ret_function = functions[0];
	return n > 0 ? n : -ENOENT;
}

/* Is there a site at which the function's first argument is still in its register? */
static int find_site(struct module *module, const char *name, enum unwinder_site_kind kind, uint64_t cookie,
		     struct unwinder_site *ret_site)
{
	struct function f;
	struct entry_site site;
	uint8_t code[CODE_MAX];
	long n = find_code(module, name, &f, code);

	if (n < 0)
		return (int)n;
	if (site_choose_entry(code, (size_t)n, f.size && (uint64_t)n == f.size, f.address, SITE_ARG1, &site))
		return -ENOTSUP;
	*ret_site = (struct unwinder_site){ .kind = kind, .file_offset = f.file_offset + site.offset, .cookie = cookie };
	return 0;
}

static int find_landing(struct module *module, struct unwinder_site *ret_site)
{
	uint8_t code[CODE_MAX];
	uint32_t displacement;
	struct function f;
	long n = find_code(module, "_Unwind_GetCFA", &f, code);

	if (n < 0 || unwinder_context_sp(code, (unsigned long)n, &displacement) ||
	    find_site(module, "_Unwind_SetGR", UNWINDER_LAND, displacement, ret_site))
		return find_site(module, "__cxa_begin_catch", UNWINDER_CATCH, 0, ret_site);
	return 0;
}

int unwinder_find(struct module *module, struct unwinder *ret_unwinder)
{
	static const struct {
		const char *name;
		bool forced;
	} raises[] = {
		{ "_Unwind_RaiseException", false },
		{ "_Unwind_Resume", false },
		{ "_Unwind_Resume_or_Rethrow", false },
		{ "_Unwind_ForcedUnwind", true },
	};
	struct unwinder u = { 0 };

	if (find_landing(module, &u.sites[0]))
		return -ENOENT;
	u.sites_count = 1;
	for (size_t i = 0; i < sizeof(raises) / sizeof(raises[0]); i++)
		if (!find_site(module, raises[i].name, UNWINDER_RAISE, raises[i].forced, &u.sites[u.sites_count]))
			u.sites_count++;
	*ret_unwinder = u;
	return 0;
}
