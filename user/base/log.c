/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum log_level threshold = LOG_LEVEL_WARNING;

void log_set_level(enum log_level level)
{
	threshold = level;
}

bool log_enabled(enum log_level level)
{
	return level <= threshold;
}

/* One write per line, so that lines of weir and of a launched target do not mix. */
static void log_line(enum log_level level, const char *format, va_list args)
{
	char line[1024];
	int n;

	if (level > threshold)
		return;
	n = vsnprintf(line, sizeof(line), format, args);
	if (n < 0)
		return;
	fprintf(stderr, "weir: %s%s\n", line, (size_t)n >= sizeof(line) ? "..." : "");
}

#define LOG_FUNCTION(name, level) \
	void name(const char *format, ...) \
	{ \
		va_list args; \
		va_start(args, format); \
		log_line(level, format, args); \
		va_end(args); \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
