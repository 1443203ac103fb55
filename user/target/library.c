/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/library.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The "new" format of the cache: sysdeps/generic/dl-cache.h of glibc. */
#define CACHE_MAGIC "glibc-ld.so.cache1.1"

#define CACHE_ABI 0xff00
#define CACHE_X86_64 0x0300

struct cache_header {
	char magic[20];
	uint32_t count;
	uint32_t strings_bytes;
	uint32_t unused[5];
};

struct cache_entry {
	int32_t flags;
	uint32_t key;   /* offset of the name in the file */
	uint32_t value; /* offset of the path */
	uint32_t os_version;
	uint64_t hardware;
};

static const char *cache_string(const char *cache, size_t size, uint32_t offset)
{
	return offset < size && memchr(cache + offset, '\0', size - offset) ? cache + offset : NULL;
}

static void visit_cache(const char *cache, size_t size, const char *root, const char *pattern,
			void (*visit)(void *context, const char *path), void *context)
{
	const struct cache_header *header = (const void *)cache;
	const struct cache_entry *entries = (const void *)(header + 1);
	char path[4096];

	if (size < sizeof(*header) || memcmp(header->magic, CACHE_MAGIC, sizeof(header->magic)))
		return;
	if (header->count > (size - sizeof(*header)) / sizeof(*entries))
		return;
	for (uint32_t i = 0; i < header->count; i++) {
		const char *key = cache_string(cache, size, entries[i].key);
		const char *value = cache_string(cache, size, entries[i].value);

		if ((entries[i].flags & CACHE_ABI) != CACHE_X86_64 || !key || !value || fnmatch(pattern, key, 0))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s%s", root, value) < sizeof(path))
			visit(context, path);
	}
}

void libraries_visit(const char *root, const char *pattern, void (*visit)(void *context, const char *path), void *context)
{
	_cleanup_close_ int fd = -1;
	char path[4096];
	struct stat st;
	void *cache;

	if ((size_t)snprintf(path, sizeof(path), "%s/etc/ld.so.cache", root) >= sizeof(path))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		return;
	cache = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (cache == MAP_FAILED)
		return;
	visit_cache(cache, (size_t)st.st_size, root, pattern, visit, context);
	munmap(cache, (size_t)st.st_size);
}
