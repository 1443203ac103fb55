/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles from strings, and their complaints as one string. Included after cmocka.h. */
#ifndef TEST_PROFILE_SUPPORT_H
#define TEST_PROFILE_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

struct parsed {
	int err;
	struct profile *profile;
	char *complaints;
};

static inline struct parsed parse_bytes(const char *text, size_t size)
{
	struct parsed p = { 0 };
	size_t length;
	FILE *out = open_memstream(&p.complaints, &length);

	assert_non_null(out);
	p.err = profile_parse(text, size, "p.yaml", out, &p.profile);
	fclose(out);
	return p;
}

static inline struct parsed parse_text(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static inline void parsed_clear(struct parsed *p)
{
	profile_free(&p->profile);
	free(p->complaints);
}

static inline void assert_complaints(struct parsed *p, const char *const *expected, size_t count)
{
	const char *at = p->complaints;
	size_t lines = 0;

	if (p->err != -EINVAL || p->profile)
		fail_msg("the profile gave %d, expected -EINVAL and these complaints:\n%s", p->err,
			 p->complaints);
	for (const char *s = at; (s = strchr(s, '\n')); s++)
		lines++;
	for (size_t i = 0; i < count; i++) {
		at = strstr(at, expected[i]);
		if (!at)
			fail_msg("expected the complaint \"%s\" in its place in:\n%s", expected[i],
				 p->complaints);
	}
	if (lines != count)
		fail_msg("expected %zu complaints, not %zu:\n%s", count, lines, p->complaints);
	parsed_clear(p);
}

/* All complaints about `text`, in their order, each by its beginning. */
#define ASSERT_COMPLAINTS(text, ...) \
	do { \
		static const char *const _expected[] = { __VA_ARGS__ }; \
		struct parsed _parsed = parse_text(text); \
		assert_complaints(&_parsed, _expected, sizeof(_expected) / sizeof(_expected[0])); \
	} while (0)

static inline struct profile *profile_of(const char *text)
{
	struct parsed p = parse_text(text);

	if (p.err)
		fail_msg("the profile gave %d:\n%s", p.err, p.complaints);
	if (p.complaints[0])
		fail_msg("a good profile was complained of:\n%s", p.complaints);
	free(p.complaints);
	return p.profile;
}

#endif
