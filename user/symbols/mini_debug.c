/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/debuginfo.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A buffer that grows up to MINI_DEBUG_MAX_BYTES. */
struct unpacked {
	char *bytes;
	size_t size, capacity;
};

static int unpacked_grow(struct unpacked *unpacked)
{
	size_t capacity = unpacked->capacity ? 2 * unpacked->capacity : 64 << 10;
	char *grown;

	if (capacity > MINI_DEBUG_MAX_BYTES)
		return -EFBIG;
	grown = realloc(unpacked->bytes, capacity);
	if (!grown)
		return -ENOMEM;
	unpacked->bytes = grown;
	unpacked->capacity = capacity;
	return 0;
}

static int unpack_stream(lzma_stream *stream, struct unpacked *unpacked)
{
	lzma_ret status = LZMA_OK;
	int err;

	while (status == LZMA_OK) {
		if (unpacked->size == unpacked->capacity) {
			err = unpacked_grow(unpacked);
			if (err)
				return err;
		}
		stream->next_out = (uint8_t *)unpacked->bytes + unpacked->size;
		stream->avail_out = unpacked->capacity - unpacked->size;
		status = lzma_code(stream, LZMA_FINISH);
		unpacked->size = unpacked->capacity - stream->avail_out;
	}
	if (status == LZMA_STREAM_END)
		return 0;
	return status == LZMA_MEM_ERROR || status == LZMA_MEMLIMIT_ERROR ? -ENOMEM : -EINVAL;
}

static int unpack(const char *packed, size_t size, struct unpacked *unpacked)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	int err;

	if (lzma_stream_decoder(&stream, MINI_DEBUG_MEMORY_BYTES, 0) != LZMA_OK)
		return -ENOMEM;
	stream.next_in = (const uint8_t *)packed;
	stream.avail_in = size;
	err = unpack_stream(&stream, unpacked);
	lzma_end(&stream);
	return err;
}

int mini_debug_open(const struct elf_file *file, struct elf_file **ret_debug)
{
	const Elf64_Shdr *section = elf_file_section(file, ".gnu_debugdata");
	_cleanup_free_ char *packed = NULL;
	struct unpacked unpacked = {0};
	const char *reason;
	int err;

	if (!section)
		return -ENOENT;
	err = elf_file_load(file, section->sh_offset, section->sh_size, &packed);
	if (!err)
		err = unpack(packed, section->sh_size, &unpacked);
	if (err) {
		free(unpacked.bytes);
		return err;
	}
	return elf_file_open_memory(unpacked.bytes, unpacked.size, ret_debug, &reason);
}
