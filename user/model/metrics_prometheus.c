/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "model/metrics.h"

static bool take_off(char *name, const char *ending)
{
	size_t length = strlen(name), end = strlen(ending);

	if (length < end || strcmp(name + length - end, ending))
		return false;
	name[length - end] = '\0';
	return true;
}

/* "live_bytes_peak" -> "live_peak": the unit goes to the end. */
static void take_out(char *name, const char *part)
{
	char *at = strstr(name, part);

	if (at)
		memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
}

const char *metric_prometheus_name(const struct metric *metric, char ret_name[METRIC_PROMETHEUS_NAME])
{
	const char *unit = metric->unit == METRIC_UNIT_NS ? "_seconds" : metric->unit == METRIC_UNIT_BYTES ? "_bytes" : "";
	char name[METRIC_PROMETHEUS_NAME / 2];

	snprintf(name, sizeof(name), "%s", metric->name);
	if (metric->unit == METRIC_UNIT_NS)
		take_off(name, "_ns");
	else if (metric->unit == METRIC_UNIT_BYTES && strcmp(name, "bytes"))
		take_out(name, "_bytes");
	else if (metric->unit == METRIC_UNIT_BYTES)
		unit = ""; /* its name is its unit */
	snprintf(ret_name, METRIC_PROMETHEUS_NAME, "weir_%s%s%s%s%s", metric->group ?: "", metric->group ? "_" : "", name,
		 unit, metric->kind == METRIC_KIND_COUNTER ? "_total" : "");
	return ret_name;
}
