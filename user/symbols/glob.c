/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/glob.h"

#include <string.h>

/* The end of the bracket expression behind `[` at `open`, or NULL where there is none. */
static const char *bracket_close(const char *open)
{
	const char *at = open + 1;

	if (*at == '!' || *at == '^')
		at++;
	if (*at == ']')
		at++;
	return strchr(at, ']');
}

static bool bracket_match(const char *open, const char *close, unsigned char c)
{
	const char *at = open + 1;
	bool negated = *at == '!' || *at == '^', found = false;
	unsigned char low, high;

	if (negated)
		at++;
	while (at < close) {
		low = high = (unsigned char)*at;
		if (close - at > 2 && at[1] == '-') {
			high = (unsigned char)at[2];
			at += 2;
		}
		at++;
		found |= low <= c && c <= high;
	}
	return found != negated;
}

/* Match one character; *pattern is moved behind what matched it, and stays where nothing did. */
static bool one_match(const char **pattern, char c)
{
	const char *at = *pattern, *close;

	if (*at == '\0')
		return false;
	if (*at == '[') {
		close = bracket_close(at);
		if (close) {
			if (!bracket_match(at, close, (unsigned char)c))
				return false;
			*pattern = close + 1;
			return true;
		}
	} else if (*at == '?') {
		*pattern = at + 1;
		return true;
	} else if (*at == '\\' && at[1]) {
		at++;
	}
	if (*at != c)
		return false;
	*pattern = at + 1;
	return true;
}

/* Only the last star seen needs another try: an earlier one can take nothing that the last could not. */
bool glob_match(const char *pattern, const char *text, size_t length)
{
	const char *star = NULL;
	size_t at = 0, star_at = 0;

	while (at < length) {
		if (*pattern == '*') {
			star = ++pattern;
			star_at = at;
		} else if (one_match(&pattern, text[at])) {
			at++;
		} else if (star) {
			pattern = star;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
