/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/curl_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

static void *open_any(void)
{
	/* Debian's two builds differ in the library for TLS only. */
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	void *handle = NULL;

	for (size_t i = 0; !handle && i < sizeof(names) / sizeof(names[0]); i++)
		handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	return handle;
}

int curl_library_load(struct curl_library *ret_library)
{
	struct curl_library library = { 0 };
	bool complete = true;
	void *handle = open_any();

	if (!handle) {
		log_error("cannot load libcurl, which sends what is sent: %s", dlerror());
		return -ENOENT;
	}
#define CURL_FIND(name) \
	library.name = (__typeof__(library.name))dlsym(handle, #name); \
	complete &= library.name != NULL;
	CURL_FUNCTIONS(CURL_FIND)
#undef CURL_FIND
	if (!complete || library.curl_global_init(CURL_GLOBAL_DEFAULT)) {
		log_error("cannot use libcurl: version 7.87 or later is needed");
		return -ENOENT;
	}
	*ret_library = library;
	return 0;
}
