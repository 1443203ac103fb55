/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/go_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* Go, src/debug/buildinfo/buildinfo.go: magic, size of a pointer, flags; then two pointers, or the strings. */
enum {
	INFO_ALIGN = 16,
	INFO_BYTES = 32,
	INFO_FLAGS = 15,
	INFO_VERSION = 16,   /* up to Go 1.17: address of a string, which is an address and a length */
	FLAG_BIG_ENDIAN = 1,
	FLAG_INLINE = 2,     /* since Go 1.18: the length as a varint, and the bytes */
	VERSION_MAX_BYTES = 127, /* so that the varint is one byte */
};

static const char info_magic[] = "\xff Go buildinf:";

/* ---- where it is --------------------------------------------------------------------------------- */

static bool info_is_at(const struct elf_file *file, uint64_t offset)
{
	char magic[sizeof(info_magic) - 1];

	return !elf_file_read(file, offset, magic, sizeof(magic)) && !memcmp(magic, info_magic, sizeof(magic));
}

static bool info_accept(const struct elf_file *file, uint64_t address, void *context)
{
	uint64_t offset, *ret_offset = context;

	if (address % INFO_ALIGN || elf_file_offset(file, address, &offset) || !info_is_at(file, offset))
		return false;
	*ret_offset = offset;
	return true;
}

static int info_scan(const struct elf_file *file, uint64_t limit, uint64_t *ret_offset)
{
	uint64_t first;
	const struct go_scan scan = {
		.flags = PF_W,
		.limit = limit,
		.wanted = &first,
		.wanted_count = 1,
		.accept = info_accept,
		.context = ret_offset,
	};

	memcpy(&first, info_magic, sizeof(first));
	return go_scan_words(file, &scan);
}

static int info_find(const struct elf_file *file, uint64_t *ret_offset)
{
	const Elf64_Shdr *section = elf_file_section(file, ".go.buildinfo");

	if (section && info_is_at(file, section->sh_offset)) {
		*ret_offset = section->sh_offset;
		return 0;
	}
	return info_scan(file, UINT64_MAX, ret_offset);
}

bool go_build_info_exists(const struct elf_file *file, uint64_t limit)
{
	uint64_t offset;

	return !info_scan(file, limit, &offset);
}

/* ---- what it says -------------------------------------------------------------------------------- */

/* `size` bytes at link-time `address`, as they are once the program runs. */
static int memory_read(const struct elf_file *file, uint64_t address, void *buffer, size_t size)
{
	_cleanup_(go_relocations_free) struct go_relocations relocations = {0};
	uint64_t offset;
	int err;

	err = elf_file_offset(file, address, &offset);
	if (!err)
		err = elf_file_read(file, offset, buffer, size);
	if (!err)
		err = go_relocations_read(file, &relocations);
	if (!err)
		go_relocations_apply(&relocations, address, buffer, size);
	return err;
}

/* The text by two pointers. Returns its length or -errno. */
static long pointed_read(const struct elf_file *file, uint64_t info_offset, char *buffer, size_t size)
{
	const Elf64_Phdr *segment;
	uint64_t string, header[2];
	int err;

	for (size_t i = 0; i < file->segments_count; i++) {
		segment = &file->segments[i];
		if (segment->p_type != PT_LOAD || info_offset < segment->p_offset ||
		    info_offset - segment->p_offset >= segment->p_filesz)
			continue;
		err = memory_read(file, segment->p_vaddr + (info_offset - segment->p_offset) + INFO_VERSION, &string,
				  sizeof(string));
		if (!err)
			err = memory_read(file, string, header, sizeof(header));
		if (!err && header[1] >= size)
			err = -EINVAL;
		if (!err)
			err = memory_read(file, header[0], buffer, header[1]);
		return err ? err : (long)header[1];
	}
	return -ENOENT;
}

static long inline_read(const struct elf_file *file, uint64_t info_offset, char *buffer, size_t size)
{
	uint8_t length;
	int err;

	err = elf_file_read(file, info_offset + INFO_BYTES, &length, sizeof(length));
	if (!err && length >= size)
		err = -EINVAL;
	if (!err)
		err = elf_file_read(file, info_offset + INFO_BYTES + 1, buffer, length);
	return err ? err : (long)length;
}

/* "go1.24.4 X:nocoverageredesign" and "go1.25-custom" give "1.24.4" and "1.25-custom". */
static int version_cut(char *text, char *ret_version, size_t size)
{
	size_t length;

	if (strncmp(text, "go1.", 4) != 0)
		return -ENOENT;
	length = strspn(text + 2, "0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-_~");
	if (length >= size || (text[2 + length] != '\0' && text[2 + length] != ' '))
		return -ENOENT;
	snprintf(ret_version, size, "%.*s", (int)length, text + 2);
	return 0;
}

int go_version_read(const struct elf_file *file, char *ret_version, size_t size)
{
	char text[VERSION_MAX_BYTES + 1];
	uint8_t flags;
	uint64_t offset;
	long length;

	if (info_find(file, &offset) || elf_file_read(file, offset + INFO_FLAGS, &flags, sizeof(flags)))
		return -ENOENT;
	if (flags & FLAG_INLINE)
		length = inline_read(file, offset, text, sizeof(text));
	else if (flags & FLAG_BIG_ENDIAN)
		return -ENOENT;
	else
		length = pointed_read(file, offset, text, sizeof(text));
	if (length < 0)
		return length == -ENOMEM ? -ENOMEM : -ENOENT;
	text[length] = '\0';
	return version_cut(text, ret_version, size);
}
