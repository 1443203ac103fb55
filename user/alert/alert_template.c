/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_template.h"

#include <errno.h>
#include <string.h>

/* Without blanks around it, "$labels." or "$". */
static void trim(const char **name, size_t *length)
{
	static const char labels[] = "$labels.";
	const char *start = *name, *end = start + *length;

	start += strspn(start, " \t");
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if ((size_t)(end - start) > sizeof(labels) - 1 && !strncmp(start, labels, sizeof(labels) - 1))
		start += sizeof(labels) - 1;
	else if (start < end && *start == '$')
		start++;
	*name = start;
	*length = end > start ? (size_t)(end - start) : 0;
}

int alert_template_write(const char *text, int (*expand)(void *context, const char *name, size_t length, FILE *out),
			 void *context, FILE *out, size_t *ret_position)
{
	const char *at = text, *open, *close, *name;
	size_t length;

	while ((open = strstr(at, "{{"))) {
		fwrite(at, 1, (size_t)(open - at), out);
		close = strstr(open, "}}");
		name = open + 2;
		length = close ? (size_t)(close - name) : 0;
		if (close)
			trim(&name, &length);
		if (!close || expand(context, name, length, out)) {
			if (ret_position)
				*ret_position = (size_t)(open - text);
			return -EINVAL;
		}
		at = close + 2;
	}
	fputs(at, out);
	return 0;
}
