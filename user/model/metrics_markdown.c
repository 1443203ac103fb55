/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/metrics.md, written from the registry and the table of losses. */
#include <errno.h>

#include "model/metrics.h"

static const char *needs_sentence(uint32_t needs)
{
	switch (needs) {
	case 0:
		return "always";
	case HAVE_LATENCY:
		return "the probe has a leave";
	case HAVE_ROWS:
		return "the probe counts rows";
	case HAVE_BYTES:
		return "the probe counts bytes";
	case HAVE_OLDEST:
		return "a call is known to run";
	case HAVE_PAGES:
		return "memory is measured (`--memory`)";
	case HAVE_MAPPINGS:
		return "and the kernel lets mappings be watched";
	case HAVE_SIZES:
		return "`--memory sizes` or `live`";
	case HAVE_REQUESTS:
		return "and the profile names an allocator";
	case HAVE_LIVE:
		return "`--memory live`";
	case HAVE_PAGES | HAVE_LATENCY:
		return "memory is measured, the probe has a leave";
	case HAVE_CACHE:
		return "the probe counts look-ups";
	default:
		return "the probe tells errors";
	}
}

static void write_intro(FILE *out)
{
	fputs("# Metrics\n\n"
	      "Written by `weir doc metrics` from the metric registry (`user/model/metrics.c`): do not edit.\n\n"
	      "A *node* is a place in the flow tree: a function, with its label, called from another node. The rows of\n"
	      "`operators` and `queries` hold the same counters, summed over the nodes of one level, profile, module,\n"
	      "function and label. Counters only grow while weir is attached: subtract two snapshots for an interval.\n"
	      "What does not apply is absent, not 0.\n\n",
	      out);
}

static void write_counters(FILE *out)
{
	fputs("## Of each node\n\n"
	      "Always `calls = completed + unwound + untimed + open`, and `completed = latency_ns.count`.\n"
	      "*Inclusive* ones hold what child calls spent too. A node with `\"recursive\": true` (an ancestor has the\n"
	      "same function and label) adds nothing to the inclusive ones of flat rows: the outermost call holds it.\n\n"
	      "| name | unit | kind | inclusive | there when | what it counts |\n"
	      "| --- | --- | --- | --- | --- | --- |\n",
	      out);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		fprintf(out, "| `%s%s%s` | %s | %s | %s | %s | %s. |\n", metrics[i].group ?: "", metrics[i].group ? "." : "",
			metrics[i].name,
			metric_unit_name(metrics[i].unit), metric_kind_name(metrics[i].kind),
			metrics[i].inclusive ? "yes" : "no", needs_sentence(metrics[i].needs), metrics[i].help);
	fputs("| `counters.NAME` | count | counter | no | the profile names it | What the profile counts beyond these. |\n",
	      out);
}

static void write_latency(FILE *out)
{
	fprintf(out,
		"\n## Latency\n\n"
		"`latency_ns` holds `count`, `sum`, `min`, `max`, the quantiles `p50`, `p90`, `p95`, `p99`, `p999` (ns,\n"
		"rounded; at most 4.5 %% off) and `histogram`: an exponential histogram of base 2^(1/8), scale %d of\n"
		"OpenTelemetry's, schema %d of Prometheus' native histogram. `counts[k]` is bucket i = `offset` + k, and\n"
		"bucket i holds 2^(i/8) s < x <= 2^((i+1)/8) s. Without completed calls `count` and `sum` are 0, `counts`\n"
		"is empty, and there are no extremes and no quantiles.\n"
		"`memory.size_bytes`, `memory.request_size_bytes` and `memory.age_ns` have the same form; buckets of sizes are bytes: 2^(i/8) B < x <= 2^((i+1)/8) B.\n",
		WEIR_HIST_SCALE, WEIR_HIST_SCALE);
}

static void write_waits(FILE *out)
{
	fputs("\n## Waits\n\n"
	      "`waits` divides the blocked time of the nodes' own calls (`blocked_ns` holds that of child calls too) by what the engine\n"
	      "says its thread waits for, read as the thread leaves the CPU; absent where no profile in use knows that of its engine. A wait is there\n"
	      "as soon as it is over, `blocked_ns` of the call as soon as the call is.\n\n"
	      "| name | unit | kind | what it counts |\n"
	      "| --- | --- | --- | --- |\n"
	      "| `waits[].blocked_ns` | ns | counter | Time off the CPU and not runnable for `name`, in the node's own calls. |\n"
	      "| `waits[].count` | count | counter | How often a thread left the CPU for it. |\n",
	      out);
}

static void write_losses(FILE *out)
{
	fputs("\n## Losses\n\n"
	      "Nothing is lost silently: `lost.total` is the sum of all reasons, and every reason is there, zero included.\n\n"
	      "| reason | what was lost |\n"
	      "| --- | --- |\n",
	      out);
#define WRITE_LOSS(name, key, sentence) fputs("| `lost." #key "` | " sentence ". |\n", out);
	WEIR_LOSSES(WRITE_LOSS)
#undef WRITE_LOSS
}

static void write_overhead(FILE *out)
{
	fputs("\n## Overhead\n\n"
	      "| name | unit | kind | what it counts |\n"
	      "| --- | --- | --- | --- |\n"
	      "| `overhead.hits` | count | counter | Hits of weir's breakpoints, enter and leave. |\n"
	      "| `overhead.estimated_cpu_ns` | ns | counter | CPU time that they took: hits x the cost of their class, "
	      "measured at start. |\n"
	      "| `overhead.ratio` | 1 | gauge | `estimated_cpu_ns` / CPU time of the target; absent where that is not "
	      "known. |\n",
	      out);
}

/* What serves them is to come; alert rules are translated for them already. */
static void write_prometheus(FILE *out)
{
	char name[METRIC_PROMETHEUS_NAME];

	fputs("\n## Names in Prometheus\n\n"
	      "`weir alerts convert` writes rules for these names: `weir_`, the group, the name, times in seconds, the unit at the\n"
	      "end, and `_total` behind a counter. Series are those of flat rows, with the labels `level`, `profile`, `module`,\n"
	      "`function` and `label`; what is of the whole target has none of them. Histograms are classic ones (`_bucket`, `_sum`,\n"
	      "`_count`).\n\n"
	      "| here | in Prometheus |\n"
	      "| --- | --- |\n",
	      out);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		fprintf(out, "| `%s%s%s` | `%s` |\n", metrics[i].group ?: "", metrics[i].group ? "." : "", metrics[i].name,
			metric_prometheus_name(&metrics[i], name));
	fputs("| `counters.NAME` | `weir_counters_total{counter=\"NAME\"}` |\n"
	      "| `waits[].blocked_ns` | `weir_waits_blocked_seconds_total{wait=\"NAME\"}` |\n"
	      "| `waits[].count` | `weir_waits_total{wait=\"NAME\"}` |\n"
	      "| rows of the row's children, of which `pass_ratio` is made | `weir_rows_in_total` |\n"
	      "| `lost.REASON` | `weir_lost_total{reason=\"REASON\"}` |\n"
	      "| `target.rss_bytes` | `weir_target_rss_bytes` |\n"
	      "| `target.cpu_ns` | `weir_target_cpu_seconds_total` |\n"
	      "| `overhead.estimated_cpu_ns` | `weir_overhead_estimated_cpu_seconds_total` |\n",
	      out);
}

int metrics_write_markdown(FILE *out)
{
	errno = 0;
	write_intro(out);
	write_counters(out);
	write_latency(out);
	write_waits(out);
	write_losses(out);
	write_overhead(out);
	write_prometheus(out);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
