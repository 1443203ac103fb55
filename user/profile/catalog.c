/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"

#ifndef WEIR_PROFILE_DIR
#define WEIR_PROFILE_DIR "/usr/local/share/weir/profiles"
#endif

struct directory_id {
	dev_t device;
	ino_t inode;
};

struct catalog {
	struct profile **profiles;
	size_t profiles_count, profiles_capacity;
	struct profile **files; /* given by path to catalog_find */
	size_t files_count, files_capacity;
	struct directory_id *seen; /* one directory may be reached by two ways */
	size_t seen_count, seen_capacity;
};

static const struct profile *find_engine(const struct catalog *catalog, const char *engine)
{
	for (size_t i = 0; i < catalog->profiles_count; i++)
		if (strcmp(catalog->profiles[i]->engine, engine) == 0)
			return catalog->profiles[i];
	return NULL;
}

static int add_file(struct catalog *catalog, const char *path)
{
	_cleanup_(profile_free) struct profile *profile = NULL;
	int err = VEC_RESERVE(catalog->profiles, catalog->profiles_count, catalog->profiles_capacity);

	if (!err)
		err = profile_load(path, stderr, &profile);
	if (err)
		return err == -ENOMEM ? err : 0;
	if (find_engine(catalog, profile->engine)) {
		log_debug("%s: the engine %s has a profile already", path, profile->engine);
		return 0;
	}
	catalog->profiles[catalog->profiles_count++] = TAKE_PTR(profile);
	return 0;
}

static int is_profile_name(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* 1: not seen before, and a directory. */
static int note_directory(struct catalog *catalog, const char *path)
{
	struct stat st;
	int err;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			log_warning("%s: %s: its profiles are not used", path, strerror(errno));
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	for (size_t i = 0; i < catalog->seen_count; i++)
		if (catalog->seen[i].device == st.st_dev && catalog->seen[i].inode == st.st_ino)
			return 0;
	err = VEC_RESERVE(catalog->seen, catalog->seen_count, catalog->seen_capacity);
	if (err)
		return err;
	catalog->seen[catalog->seen_count++] = (struct directory_id){ st.st_dev, st.st_ino };
	return 1;
}

/* Only plain files: reading a pipe that lies in the directory would never end. */
static int add_entry(struct catalog *catalog, const char *directory, const char *name)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		log_warning("%s: no plain file that can be read", path);
		return 0;
	}
	return add_file(catalog, path);
}

static int add_directory(struct catalog *catalog, const char *path)
{
	struct dirent **entries = NULL;
	int count, err = note_directory(catalog, path);

	if (err <= 0)
		return err;
	err = 0;
	count = scandir(path, &entries, is_profile_name, alphasort);
	if (count < 0) {
		if (errno == ENOMEM)
			return -ENOMEM;
		log_warning("%s: %s: its profiles are not used", path, strerror(errno));
		return 0;
	}
	for (int i = 0; i < count; i++) {
		if (!err)
			err = add_entry(catalog, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int add_directories(struct catalog *catalog, const char *list)
{
	_cleanup_free_ char *copy = strdup(list);
	char *rest = copy, *path;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	while (!err && (path = strsep(&rest, ":")))
		if (*path)
			err = add_directory(catalog, path);
	return err;
}

static int add_below(struct catalog *catalog, const char *base, const char *below)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/%s", base, below) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return add_directory(catalog, path);
}

/* secure_getenv: where weir has file capabilities, the caller's environment must not choose what it reads. */
static int add_user_directory(struct catalog *catalog)
{
	const char *list = secure_getenv("WEIR_PROFILES"), *config = secure_getenv("XDG_CONFIG_HOME"),
		   *home = secure_getenv("HOME");

	if (list)
		return add_directories(catalog, list);
	/* The XDG Base Directory Specification: a relative path is to be ignored. */
	if (config && config[0] == '/')
		return add_below(catalog, config, "weir/profiles");
	if (home && home[0])
		return add_below(catalog, home, ".config/weir/profiles");
	return 0;
}

static int add_source_tree(struct catalog *catalog)
{
	char exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (length <= 0)
		return 0;
	exe[length] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return 0;
	*slash = '\0';
	return add_below(catalog, exe, "../profiles");
}

int catalog_load(const char *extra_dir, struct catalog **ret_catalog)
{
	_cleanup_(catalog_free) struct catalog *catalog = calloc(1, sizeof(*catalog));
	int err = 0;

	if (!catalog)
		return -ENOMEM;
	if (extra_dir)
		err = add_directory(catalog, extra_dir);
	if (!err)
		err = add_user_directory(catalog);
	if (!err)
		err = add_directory(catalog, "/etc/weir/profiles");
	if (!err)
		err = add_directory(catalog, WEIR_PROFILE_DIR);
	if (!err)
		err = add_source_tree(catalog);
	if (err)
		return err;
	*ret_catalog = TAKE_PTR(catalog);
	return 0;
}

void catalog_free(struct catalog **catalog)
{
	struct catalog *c = *catalog;

	if (!c)
		return;
	for (size_t i = 0; i < c->profiles_count; i++)
		profile_free(&c->profiles[i]);
	for (size_t i = 0; i < c->files_count; i++)
		profile_free(&c->files[i]);
	free(c->profiles);
	free(c->files);
	free(c->seen);
	free(c);
	*catalog = NULL;
}

size_t catalog_count(const struct catalog *catalog)
{
	return catalog->profiles_count;
}

const struct profile *catalog_at(const struct catalog *catalog, size_t index)
{
	return index < catalog->profiles_count ? catalog->profiles[index] : NULL;
}

static bool is_path(const char *name)
{
	size_t length = strlen(name);

	return strchr(name, '/') || (length > 5 && strcmp(name + length - 5, ".yaml") == 0);
}

static int find_file(struct catalog *catalog, const char *path, const struct profile **ret_profile)
{
	struct profile *profile;
	int err = VEC_RESERVE(catalog->files, catalog->files_count, catalog->files_capacity);

	if (!err)
		err = profile_load(path, stderr, &profile);
	if (err)
		return err;
	catalog->files[catalog->files_count++] = profile;
	*ret_profile = profile;
	return 0;
}

static void log_engines(const struct catalog *catalog, const char *name)
{
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < catalog->profiles_count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 catalog->profiles[i]->engine);
	log_error("there is no profile \"%s\", expected a file or one of: %s", name,
		  catalog->profiles_count ? list : "(none was found)");
}

int catalog_find(struct catalog *catalog, const char *name, const struct profile **ret_profile)
{
	const struct profile *profile;

	if (is_path(name))
		return find_file(catalog, name, ret_profile);
	profile = find_engine(catalog, name);
	if (!profile) {
		log_engines(catalog, name);
		return -ENOENT;
	}
	*ret_profile = profile;
	return 0;
}
