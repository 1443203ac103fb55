/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a profile: it is refused with a complaint, or is sound. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/profile/run_code.h"
#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile *profile = NULL;
	char *complaints = NULL;
	size_t complaints_size;
	FILE *out = open_memstream(&complaints, &complaints_size);
	int err;

	assert(out);
	err = profile_parse((const char *)data, size, "fuzz.yaml", out, &profile);
	fclose(out);
	assert(err == 0 || err == -EINVAL);
	/* No refusal without a word, no word without a refusal. */
	assert((err == 0) == (complaints_size == 0) && (err == 0) == (profile != NULL));
	for (size_t i = 0; i < complaints_size; i++)
		assert(complaints[i] == '\n' || (unsigned char)complaints[i] >= ' ');
	if (profile) {
		assert(profile->engine && profile->summary && profile->modules_count > 0 &&
		       profile->probes_count > 0);
		for (size_t i = 0; i < profile->probes_count; i++) {
			assert(profile->probes[i].function);
			assert(!run_check(&profile->probes[i].code, profile->probes[i].entry_only));
		}
		profile_matches(profile, "libdemo.so.1");
	}
	profile_free(&profile);
	free(complaints);
	return 0;
}
