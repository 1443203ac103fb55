/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static int complain(const char *path, int err)
{
	log_error("cannot write %s: %s", path ? path : "stdout", strerror(err));
	return -err;
}

void output_complain(const struct output *output, int err)
{
	complain(output->path, err < 0 ? -err : err);
}

static int open_direct(const char *path, struct output *ret_output)
{
	FILE *stream = fopen(path, "we");

	if (!stream)
		return complain(path, errno);
	*ret_output = (struct output){ .stream = stream, .path = strdup(path) };
	return 0;
}

int output_open(const char *path, struct output *ret_output)
{
	struct output o = { 0 };
	struct stat st;
	int fd, exists;

	if (!path) {
		*ret_output = (struct output){ .stream = stdout };
		return 0;
	}
	exists = !stat(path, &st);
	if (exists && S_ISDIR(st.st_mode))
		return complain(path, EISDIR);
	if (exists && !S_ISREG(st.st_mode))
		return open_direct(path, ret_output);
	o.path = strdup(path);
	if (!o.path || asprintf(&o.temporary, "%s.XXXXXX", path) < 0) {
		free(o.path);
		return complain(path, ENOMEM);
	}
	fd = mkostemp(o.temporary, O_CLOEXEC);
	o.stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (!o.stream) {
		int err = errno;

		free(o.path);
		free(o.temporary);
		return complain(path, err);
	}
	fchmod(fd, exists ? st.st_mode & 07777 : 0644);
	*ret_output = o;
	return 0;
}

int output_commit(struct output *output)
{
	int err = 0;

	if (fflush(output->stream) || ferror(output->stream))
		err = errno;
	if (output->stream != stdout && fclose(output->stream) && !err)
		err = errno;
	output->stream = NULL;
	if (!err && output->temporary && rename(output->temporary, output->path))
		err = errno;
	if (err) {
		complain(output->path, err);
	} else {
		free(output->temporary);
		output->temporary = NULL;
	}
	output_discard(output);
	return -err;
}

void output_discard(struct output *output)
{
	if (output->stream && output->stream != stdout)
		fclose(output->stream);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	free(output->path);
	*output = (struct output){ 0 };
}
