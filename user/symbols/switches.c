/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/switches.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbols/elf_file.h"
#include "symbols/symtab.h"

enum { STRINGS_MAX_BYTES = 32 << 20 };

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool module_is_libc(const char *display)
{
	const char *name = base_name(display);

	return !fnmatch("libc.so.6", name, 0) || !fnmatch("libc-2.*.so", name, 0);
}

static const char *library_that_switches(const char *display)
{
	static const char *const libraries[][2] = {
		{ "libboost_context*.so*", "libboost_context" },
		{ "_greenlet*.so", "greenlet" },
		{ "libpth.so*", "GNU Pth" },
		{ "libst.so*", "State Threads" },
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (!fnmatch(libraries[i][0], base_name(display), 0))
			return libraries[i][1];
	return NULL;
}

/* Names end with a NUL; one may be the end of a longer one. */
static const char *strings_tell(const char *strings, size_t size)
{
	static const char *const names[] = { "swapcontext", "makecontext", "jump_fcontext", "co_switch", "acosw", "coro_transfer" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (memmem(strings, size, names[i], strlen(names[i]) + 1))
			return names[i];
	return NULL;
}

static const char *table_tells(const struct elf_file *file, uint64_t offset, uint64_t size)
{
	_cleanup_free_ char *strings = NULL;

	if (!size || size > STRINGS_MAX_BYTES || elf_file_load(file, offset, size, &strings))
		return NULL;
	return strings_tell(strings, size);
}

const char *file_switches_stacks(const char *path, const char *display)
{
	const char *found = library_that_switches(display), *reason;
	_cleanup_(elf_file_free) struct elf_file *file = NULL;
	const Elf64_Shdr *section;
	uint64_t offset, size;
	int fd;

	/* libcrypto switches only where a program asks for asynchronous engines (ASYNC_start_job). */
	if (found || module_is_libc(display) || !fnmatch("libcrypto.so*", base_name(display), 0))
		return found;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || elf_file_open_fd(fd, &file, &reason))
		return NULL;
	if (!dynamic_strings(file, &offset, &size))
		found = table_tells(file, offset, size);
	section = elf_file_section(file, ".strtab");
	if (!found && section)
		found = table_tells(file, section->sh_offset, section->sh_size);
	return found;
}
