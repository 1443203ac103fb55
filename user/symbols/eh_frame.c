/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/eh_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"

enum {
	ENCODING_ABSOLUTE = 0x00,
	ENCODING_UNSIGNED_2 = 0x02,
	ENCODING_UNSIGNED_4 = 0x03,
	ENCODING_UNSIGNED_8 = 0x04,
	ENCODING_SIGNED_2 = 0x0a,
	ENCODING_SIGNED_4 = 0x0b,
	ENCODING_SIGNED_8 = 0x0c,
	ENCODING_FORMAT = 0x0f,
	ENCODING_RELATIVE = 0x70,
	ENCODING_TO_ITSELF = 0x10, /* relative to where the value stands */
	ENCODING_INDIRECT = 0x80,
	ENCODING_NONE = 0xff,
};

/* A common information entry: what its functions' entries need of it. */
struct common {
	size_t at; /* offset of its length field */
	uint8_t encoding;
};

struct walker {
	const struct elf_file *file;
	struct eh_frame *frame;
	const unsigned char *bytes;
	size_t size;
	uint64_t address; /* of bytes[0] */
	struct common *commons; /* sorted by `at`, as the walk goes upward */
	size_t commons_count, commons_capacity;
};

/* Bytes of one entry still to be read; `failed` sticks. */
struct cursor {
	const struct walker *walker;
	size_t at, end;
	bool failed;
};

static uint64_t cursor_fixed(struct cursor *cursor, size_t size)
{
	uint64_t value = 0;

	if (cursor->failed || size > cursor->end - cursor->at) {
		cursor->failed = true;
		return 0;
	}
	memcpy(&value, cursor->walker->bytes + cursor->at, size);
	cursor->at += size;
	return value;
}

/* Signed and unsigned LEB128 numbers are skipped alike; only lengths are used, and those are unsigned. */
static uint64_t cursor_leb128(struct cursor *cursor)
{
	uint64_t value = 0, byte;
	unsigned int shift = 0;

	do {
		byte = cursor_fixed(cursor, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !cursor->failed);
	return value;
}

static uint64_t cursor_format(struct cursor *cursor, uint8_t format)
{
	switch (format) {
	case ENCODING_ABSOLUTE:
	case ENCODING_UNSIGNED_8:
	case ENCODING_SIGNED_8: return cursor_fixed(cursor, 8);
	case ENCODING_UNSIGNED_2: return cursor_fixed(cursor, 2);
	case ENCODING_UNSIGNED_4: return cursor_fixed(cursor, 4);
	case ENCODING_SIGNED_2: return (uint64_t)(int64_t)(int16_t)cursor_fixed(cursor, 2);
	case ENCODING_SIGNED_4: return (uint64_t)(int64_t)(int32_t)cursor_fixed(cursor, 4);
	default: cursor->failed = true; return 0; /* LEB128 addresses: allowed, written by nobody */
	}
}

static uint64_t cursor_pointer(struct cursor *cursor, uint8_t encoding)
{
	uint64_t base = 0;

	if (encoding == ENCODING_NONE || encoding & ENCODING_INDIRECT) {
		cursor->failed = true;
		return 0;
	}
	if ((encoding & ENCODING_RELATIVE) == ENCODING_TO_ITSELF)
		base = cursor->walker->address + cursor->at;
	else if (encoding & ENCODING_RELATIVE)
		cursor->failed = true;
	return base + cursor_format(cursor, encoding & ENCODING_FORMAT);
}

/* The augmentation's letters say what its data holds, in their order. */
static uint8_t augmentation_read(struct cursor *cursor, const char *letters, bool *personality)
{
	uint8_t encoding = ENCODING_ABSOLUTE, other;

	for (; *letters && !cursor->failed; letters++) {
		switch (*letters) {
		case 'R':
			encoding = (uint8_t)cursor_fixed(cursor, 1);
			break;
		case 'L':
			*personality |= cursor_fixed(cursor, 1) != ENCODING_NONE;
			break;
		case 'P':
			other = (uint8_t)cursor_fixed(cursor, 1);
			*personality |= other != ENCODING_NONE;
			cursor_format(cursor, other & ENCODING_FORMAT);
			break;
		case 'S': /* a signal frame */
		case 'B': /* return addresses are signed */
			break;
		default:
			cursor->failed = true;
		}
	}
	return encoding;
}

static int common_read(struct walker *walker, size_t entry, struct cursor cursor)
{
	uint8_t version = (uint8_t)cursor_fixed(&cursor, 1), encoding = ENCODING_ABSOLUTE;
	const char *letters = (const char *)walker->bytes + cursor.at;
	bool personality = false;

	if (cursor.failed || (version != 1 && version != 3))
		return 0;
	if (!memchr(letters, '\0', cursor.end - cursor.at))
		return 0;
	cursor.at += strlen(letters) + 1;
	cursor_leb128(&cursor); /* code alignment */
	cursor_leb128(&cursor); /* data alignment */
	if (version == 1)
		cursor_fixed(&cursor, 1); /* return address register */
	else
		cursor_leb128(&cursor);
	if (letters[0] == 'z') {
		cursor_leb128(&cursor); /* length of what follows */
		encoding = augmentation_read(&cursor, letters + 1, &personality);
	} else if (letters[0]) {
		return 0; /* before GCC 3 */
	}
	walker->frame->personality |= personality;
	if (cursor.failed)
		return 0;
	if (VEC_RESERVE(walker->commons, walker->commons_count, walker->commons_capacity))
		return -ENOMEM;
	walker->commons[walker->commons_count++] = (struct common){.at = entry, .encoding = encoding};
	return 0;
}

static const struct common *common_find(const struct walker *walker, size_t at)
{
	size_t low = 0, high = walker->commons_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (walker->commons[middle].at == at)
			return &walker->commons[middle];
		if (walker->commons[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int function_read(struct walker *walker, size_t common_at, struct cursor cursor)
{
	const struct common *common = common_find(walker, common_at);
	struct eh_frame *frame = walker->frame;
	const Elf64_Phdr *segment;
	uint64_t start, length, room;

	if (!common)
		return 0;
	start = cursor_pointer(&cursor, common->encoding);
	length = cursor_format(&cursor, common->encoding & ENCODING_FORMAT);
	if (cursor.failed || length == 0)
		return 0;
	/* What the linker dropped may leave an entry for address 0. */
	segment = elf_file_loaded(walker->file, start, PF_X);
	if (!segment)
		return 0;
	room = segment->p_filesz - (start - segment->p_vaddr);
	if (length > room)
		length = room;
	if (VEC_RESERVE(frame->ranges, frame->count, frame->capacity))
		return -ENOMEM;
	frame->ranges[frame->count++] = (struct frame_range){.start = start, .end = start + length};
	return 0;
}

/* One entry after the other: the length, then 0 (common) or the way back to the common entry (function). */
static int walk(struct walker *walker, bool stop_at_terminator)
{
	struct cursor cursor = {.walker = walker};
	uint64_t length, back;
	size_t entry, link;
	int err = 0;

	while (!err) {
		entry = cursor.at;
		cursor.end = walker->size;
		length = cursor_fixed(&cursor, 4);
		if (length == 0xffffffff)
			length = cursor_fixed(&cursor, 8);
		if (cursor.failed)
			break;
		if (length == 0) {
			if (stop_at_terminator)
				break;
			continue;
		}
		if (length > walker->size - cursor.at)
			break;
		cursor.end = cursor.at + length;
		link = cursor.at;
		back = cursor_fixed(&cursor, 4);
		if (cursor.failed)
			cursor.failed = false; /* too short to be an entry */
		else if (back == 0)
			err = common_read(walker, entry, cursor);
		else if (back <= link)
			err = function_read(walker, link - back, cursor);
		cursor.at = cursor.end;
	}
	return err;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct frame_range *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

/* LSB Core, "The .eh_frame_hdr section": version, three encodings, then the address of .eh_frame. */
static int frame_address(const struct elf_file *file, uint64_t *ret_address)
{
	const Elf64_Phdr *segment = elf_file_segment(file, PT_GNU_EH_FRAME);
	struct walker walker = {.file = file};
	struct cursor cursor = {.walker = &walker, .at = 4};
	unsigned char head[12];
	uint64_t address;

	if (!segment || elf_file_read(file, segment->p_offset, head, sizeof(head)) || head[0] != 1)
		return -ENOENT;
	walker.bytes = head;
	walker.address = segment->p_vaddr;
	cursor.end = walker.size = sizeof(head);
	address = cursor_pointer(&cursor, head[1]);
	if (cursor.failed)
		return -ENOENT;
	*ret_address = address;
	return 0;
}

/* Fills file, address and size of `walker`; *ret_exact tells whether the size is that of the table. */
static int frame_locate(const struct elf_file *file, struct walker *walker, uint64_t *ret_offset,
			bool *ret_exact)
{
	const Elf64_Shdr *section = elf_file_section(file, ".eh_frame");
	const Elf64_Phdr *segment;
	uint64_t address;
	int err;

	if (section) {
		walker->address = section->sh_addr;
		walker->size = section->sh_size;
		*ret_offset = section->sh_offset;
		*ret_exact = true;
		return 0;
	}
	err = frame_address(file, &address);
	if (err)
		return err;
	segment = elf_file_loaded(file, address, 0);
	if (!segment)
		return -ENOENT;
	walker->address = address;
	walker->size = segment->p_filesz - (address - segment->p_vaddr);
	*ret_offset = segment->p_offset + (address - segment->p_vaddr);
	*ret_exact = false;
	return 0;
}

int eh_frame_read(const struct elf_file *file, struct eh_frame *ret_frame)
{
	_cleanup_free_ struct common *commons = NULL;
	_cleanup_free_ char *bytes = NULL;
	struct eh_frame frame = {0};
	struct walker walker = {.file = file, .frame = &frame};
	uint64_t offset;
	bool exact;
	int err;

	err = frame_locate(file, &walker, &offset, &exact);
	if (!err)
		err = elf_file_load(file, offset, walker.size, &bytes);
	if (err)
		return err;
	walker.bytes = (const unsigned char *)bytes;
	err = walk(&walker, !exact);
	commons = walker.commons;
	if (err) {
		eh_frame_free(&frame);
		return err;
	}
	if (frame.count)
		qsort(frame.ranges, frame.count, sizeof(*frame.ranges), compare_ranges);
	*ret_frame = frame;
	return 0;
}

void eh_frame_free(struct eh_frame *frame)
{
	free(frame->ranges);
	memset(frame, 0, sizeof(*frame));
}

const struct frame_range *eh_frame_find(const struct eh_frame *frame, uint64_t address)
{
	size_t low = 0, high = frame->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (frame->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && address < frame->ranges[low - 1].end ? &frame->ranges[low - 1] : NULL;
}
