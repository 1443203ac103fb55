/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

int held_start(int fd, struct held *ret_held)
{
	_cleanup_fclose_ FILE *file = NULL;
	struct held held = {.fd = fd, .original = -1, .file = -1};

	if (!isatty(fd))
		return 0;
	file = tmpfile();
	if (!file)
		return -errno;
	held.file = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
	held.original = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	/* several processes may write at once: each at the end */
	if (held.file < 0 || held.original < 0 || fcntl(held.file, F_SETFL, O_APPEND) || dup2(held.file, fd) < 0) {
		int err = errno;

		cleanup_close(&held.file);
		cleanup_close(&held.original);
		return -err;
	}
	*ret_held = held;
	return 0;
}

void held_release(struct held *held)
{
	if (held->original < 0)
		return;
	dup2(held->original, held->fd);
	close(TAKE_FD(held->original));
}

void held_end(struct held *held)
{
	char buffer[4096];
	off_t at = 0;
	ssize_t n;

	held_release(held);
	while (held->file >= 0 && (n = pread(held->file, buffer, sizeof(buffer), at)) > 0) {
		if (write(held->fd, buffer, (size_t)n) != n)
			break;
		at += n;
	}
	cleanup_close(&held->file);
	*held = HELD_NONE;
}

void held_last_line(struct held *held, char *text, size_t size)
{
	char buffer[1024];
	ssize_t n;

	text[0] = '\0';
	while (held->file >= 0 && (n = pread(held->file, buffer, sizeof(buffer) - 1, held->read)) > 0) {
		char *end, *start;

		buffer[n] = '\0';
		end = memrchr(buffer, '\n', (size_t)n);
		if (!end)
			return; /* not whole yet, or longer than anything that is said here */
		held->read += end - buffer + 1;
		*end = '\0';
		start = strrchr(buffer, '\n');
		snprintf(text, size, "%s", start ? start + 1 : buffer);
	}
}
