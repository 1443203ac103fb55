/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/debuginfo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <zlib.h>

#include "base/cleanup.h"

#define DEBUG_DIRECTORY "/usr/lib/debug"

enum {
	/* A pipe or a terminal must not hold us up. */
	OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	CHECKSUM_CHUNK_BYTES = 64 << 10,
};

static const uint64_t checksum_max_bytes = 8ULL << 30;

/*
 * Open `path` below `root`. The target owns what is there: an absolute link is to be read as the target
 * would, so the kernel resolves it in that root (openat2(2), RESOLVE_IN_ROOT). Returns a descriptor or
 * -errno.
 */
static int open_in_root(const char *root, const char *path)
{
	struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_IN_ROOT};
	_cleanup_close_ int directory = -1;
	int fd;

	if (root[0] == '\0') {
		fd = open(path, OPEN_FLAGS);
		return fd < 0 ? -errno : fd;
	}
	directory = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

static int open_by_build_id(const struct elf_file *file, const char *root, struct elf_file **ret_debug)
{
	struct elf_file *debug = NULL;
	const char *reason;
	char path[PATH_MAX];
	int fd, err;

	if (strlen(file->build_id) < 4)
		return -ENOENT;
	snprintf(path, sizeof(path), DEBUG_DIRECTORY "/.build-id/%.2s/%s.debug", file->build_id,
		 file->build_id + 2);
	fd = open_in_root(root, path);
	if (fd < 0)
		return -ENOENT;
	err = elf_file_open_fd(fd, &debug, &reason);
	if (err)
		return err;
	if (strcmp(debug->build_id, file->build_id) != 0) {
		elf_file_free(&debug);
		return -ENOENT;
	}
	*ret_debug = debug;
	return 0;
}

/* The section holds a file name, NULs up to a multiple of 4, and the checksum of that file. */
static int debuglink_read(const struct elf_file *file, char **ret_name, uint32_t *ret_checksum)
{
	const Elf64_Shdr *section = elf_file_section(file, ".gnu_debuglink");
	_cleanup_free_ char *bytes = NULL;
	size_t at;
	int err;

	if (!section || section->sh_size > PATH_MAX)
		return -ENOENT;
	err = elf_file_load(file, section->sh_offset, section->sh_size, &bytes);
	if (err)
		return err;
	at = (strlen(bytes) + 1 + 3) & ~(size_t)3;
	if (bytes[0] == '\0' || strchr(bytes, '/') || at + sizeof(*ret_checksum) > section->sh_size)
		return -EINVAL;
	memcpy(ret_checksum, bytes + at, sizeof(*ret_checksum));
	*ret_name = TAKE_PTR(bytes);
	return 0;
}

/* The checksum is CRC-32 as in zlib (GDB manual, "Debug Link Checksum"). */
static int checksum_fits(int fd, uint32_t wanted)
{
	_cleanup_free_ unsigned char *chunk = malloc(CHECKSUM_CHUNK_BYTES);
	uLong sum = crc32(0, NULL, 0);
	struct stat status;
	uint64_t at = 0;
	ssize_t n;

	if (!chunk)
		return -ENOMEM;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || (uint64_t)status.st_size > checksum_max_bytes)
		return -ENOENT;
	for (; at < (uint64_t)status.st_size; at += (uint64_t)n) {
		n = pread(fd, chunk, CHECKSUM_CHUNK_BYTES, (off_t)at);
		if (n <= 0)
			return -ENOENT;
		sum = crc32(sum, chunk, (uInt)n);
	}
	return (uint32_t)sum == wanted ? 0 : -ENOENT;
}

static int open_checked(const char *root, const char *path, uint32_t checksum, struct elf_file **ret_debug)
{
	_cleanup_close_ int fd = open_in_root(root, path);
	const char *reason;
	int err;

	if (fd < 0)
		return -ENOENT;
	err = checksum_fits(fd, checksum);
	return err ? err : elf_file_open_fd(TAKE_FD(fd), ret_debug, &reason);
}

static int open_by_debuglink(const struct elf_file *file, const char *path, const char *root,
			     struct elf_file **ret_debug)
{
	static const char *const formats[] = {"%.*s%s", "%.*s.debug/%s", DEBUG_DIRECTORY "%.*s%s"};
	const char *slash = strrchr(path, '/');
	int directory_length = slash ? (int)(slash + 1 - path) : 0, length;
	_cleanup_free_ char *name = NULL;
	char candidate[PATH_MAX];
	uint32_t checksum;
	int err;

	err = debuglink_read(file, &name, &checksum);
	if (err)
		return err;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		length = snprintf(candidate, sizeof(candidate), formats[i], directory_length, path, name);
		if (length < 0 || (size_t)length >= sizeof(candidate))
			continue;
		if (!open_checked(root, candidate, checksum, ret_debug))
			return 0;
	}
	return -ENOENT;
}

int debuginfo_open(const struct elf_file *file, const char *path, const char *root,
		   struct elf_file **ret_debug)
{
	if (!open_by_build_id(file, root, ret_debug) || !open_by_debuglink(file, path, root, ret_debug))
		return 0;
	return -ENOENT;
}
