/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

/* East Asian Wide and emoji (Unicode EastAsianWidth.txt), in blocks: good enough to keep lines in their width. */
static const struct range wide[] = {
	{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
	{0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

/* Combining marks and variation selectors. */
static const struct range narrow[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
	{0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

/* Not seen, but they change how the rest is seen: direction, joining, separators, tags (Unicode category Cf, Zl, Zp). */
static const struct range unseen[] = {
	{0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
	{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe01ef},
};

#define IN_RANGES(ranges, c) in_ranges(ranges, sizeof(ranges) / sizeof((ranges)[0]), c)

static bool in_ranges(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* The well-formed sequences are those of table 3-7 of the Unicode standard: only the second byte's range varies. */
uint32_t utf8_decode(const char *text, size_t *ret_length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned char lead = bytes[0], low = 0x80, high = 0xbf;
	size_t length;
	uint32_t c;

	*ret_length = 1;
	if (lead < 0x80)
		return lead;
	if (lead < 0xc2 || lead > 0xf4)
		return UTF8_REPLACEMENT;
	length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	c = lead & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if (bytes[i] < low || bytes[i] > high) {
			*ret_length = i;
			return UTF8_REPLACEMENT;
		}
		c = c << 6 | (bytes[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*ret_length = length;
	return c;
}

char *utf8_repair(const char *text)
{
	/* a single bad byte grows to three */
	char *repaired = malloc(strlen(text) * 3 + 1), *end = repaired;
	size_t length;

	if (!repaired)
		return NULL;
	for (; *text; text += length) {
		if (utf8_decode(text, &length) == UTF8_REPLACEMENT)
			end = stpcpy(end, "\xef\xbf\xbd");
		else
			end = mempcpy(end, text, length);
	}
	*end = '\0';
	return repaired;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x2028 || c == 0x2029;
}

/* Write one character of a flattened text, at most 8 bytes; returns its end. */
static char *flatten_character(char *end, uint32_t c, const char *bytes, size_t length, bool utf8)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return end + sprintf(end, "\\x%02x", c);
	if (c < 0x7f || (utf8 && c != UTF8_REPLACEMENT && !IN_RANGES(unseen, c)))
		return mempcpy(end, bytes, length);
	if (!utf8)
		return stpcpy(end, "?");
	if (c == UTF8_REPLACEMENT)
		return stpcpy(end, "\xef\xbf\xbd");
	return end + sprintf(end, "\\u%04x", c);
}

char *utf8_flatten(const char *text, bool utf8)
{
	/* a control character grows from one byte to four, a bad byte to three, a direction mark from two to six */
	char *flat = malloc(strlen(text) * 4 + 1), *end = flat;
	bool blank = false;
	size_t length;

	if (!flat)
		return NULL;
	for (; *text; text += length) {
		uint32_t c = utf8_decode(text, &length);

		if (is_blank(c)) {
			blank = end > flat;
			continue;
		}
		if (blank)
			*end++ = ' ';
		blank = false;
		end = flatten_character(end, c, text, length, utf8);
	}
	*end = '\0';
	return flat;
}

static size_t character_columns(uint32_t c)
{
	if (c < 0x300)
		return 1;
	return IN_RANGES(narrow, c) ? 0 : IN_RANGES(wide, c) ? 2 : 1;
}

size_t utf8_columns(const char *text)
{
	size_t columns = 0, length;

	for (; *text; text += length)
		columns += character_columns(utf8_decode(text, &length));
	return columns;
}

size_t utf8_fit(const char *text, size_t columns)
{
	size_t bytes = 0, used = 0, length;

	for (; text[bytes]; bytes += length) {
		used += character_columns(utf8_decode(text + bytes, &length));
		if (used > columns)
			break;
	}
	return bytes;
}
