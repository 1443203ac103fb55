/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sentences for the user on stderr, each one line that begins with "weir: ". A failure is logged once,
 * where the context is known; callers pass the error code on without a word.
 */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING, /* the default */
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Messages above `level` are dropped. Process-wide. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
