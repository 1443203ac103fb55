/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All profiles of this machine: the *.yaml of the profile directories, in this order, the first of an
 * engine's name wins:
 *   1. the extra directory of catalog_load
 *   2. $WEIR_PROFILES (a list with colons) where it is set; else $XDG_CONFIG_HOME/weir/profiles, or
 *      ~/.config/weir/profiles
 *   3. /etc/weir/profiles
 *   4. WEIR_PROFILE_DIR, fixed when weir was built
 *   5. ../profiles beside the directory of the running program: the source tree's, when run as build/weir
 * Directories that do not exist are passed over; so is a file with faults, after complaints on stderr.
 */
#ifndef WEIR_CATALOG_H
#define WEIR_CATALOG_H

#include <stddef.h>

#include "profile/profile.h"

struct catalog;

/* `extra_dir` may be NULL. Returns 0 or -ENOMEM. */
int catalog_load(const char *extra_dir, struct catalog **ret_catalog);
void catalog_free(struct catalog **catalog);

size_t catalog_count(const struct catalog *catalog);
/* In the order of their directories, by file name within one. Valid as long as the catalog. */
const struct profile *catalog_at(const struct catalog *catalog, size_t index);

/*
 * By engine name; or, where `name` holds a "/" or ends in ".yaml", the profile in that file, which the
 * catalog then owns. Returns 0; -ENOENT where no profile has the name, or as profile_load: each with a
 * sentence on stderr.
 */
int catalog_find(struct catalog *catalog, const char *name, const struct profile **ret_profile);

#endif
