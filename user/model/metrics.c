/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/metrics.h"

#include <assert.h>

#define OFFSET(member) .offset = offsetof(struct counters, member)

const struct metric metrics[METRIC_COUNT] = {
	[METRIC_CALLS] = {"calls", NULL, "calls", OFFSET(calls),
		.help = "Calls entered: completed + unwound + untimed + open"},
	[METRIC_COMPLETED] = {"completed", NULL, "done", OFFSET(completed),
		.help = "Calls that were seen to return, the samples of latency_ns"},
	[METRIC_UNWOUND] = {"unwound", NULL, "unwound", OFFSET(unwound),
		.help = "Calls left without a return: by longjmp, an exception, a panic or a tail call"},
	[METRIC_UNTIMED] = {"untimed", NULL, "untimed", OFFSET(untimed),
		.help = "Calls counted without a latency: the probe has no leave, or the call's leave was not covered"},
	[METRIC_OPEN] = {"open", NULL, "open", OFFSET(open), .kind = METRIC_KIND_GAUGE,
		.help = "Calls that were still running when the snapshot was taken"},
	[METRIC_OLDEST_OPEN] = {"oldest_open_ns", NULL, "oldest", OFFSET(oldest_open_ns), .needs = HAVE_OLDEST,
		.unit = METRIC_UNIT_NS, .kind = METRIC_KIND_GAUGE, .greatest = true,
		.help = "How long the call that has been running longest has; of those alone that surely run: not in Go, nor on a stack that "
			"its thread has left for another one"},
	[METRIC_ERRORS] = {"errors", NULL, "errors", OFFSET(errors), .needs = HAVE_ERRORS,
		.help = "Calls that failed, as the profile defines it"},
	[METRIC_ROWS] = {"rows", NULL, "rows", OFFSET(rows), .needs = HAVE_ROWS,
		.help = "Rows produced, as the profile defines it"},
	[METRIC_BYTES] = {"bytes", NULL, "bytes", OFFSET(bytes), .needs = HAVE_BYTES, .unit = METRIC_UNIT_BYTES,
		.help = "Bytes handled, as the profile defines it"},
	[METRIC_HITS] = {"hits", NULL, "hits", OFFSET(hits), .needs = HAVE_CACHE,
		.help = "Cache look-ups answered from the cache"},
	[METRIC_MISSES] = {"misses", NULL, "misses", OFFSET(misses), .needs = HAVE_CACHE,
		.help = "Cache look-ups not answered from the cache"},
	[METRIC_TOTAL] = {"total_ns", NULL, "total", OFFSET(total_ns), .needs = HAVE_LATENCY, .unit = METRIC_UNIT_NS,
		.inclusive = true,
		.help = "Time in completed calls, child calls included; nested calls of the same thing count once"},
	[METRIC_SELF] = {"self_ns", NULL, "self", OFFSET(self_ns), .needs = HAVE_LATENCY, .unit = METRIC_UNIT_NS,
		.help = "Time in completed calls less the time in the probed calls inside them"},
	[METRIC_CPU] = {"cpu_ns", NULL, "cpu", OFFSET(cpu_ns), .needs = HAVE_LATENCY, .unit = METRIC_UNIT_NS,
		.inclusive = true, .help = "Time on a CPU: total_ns - blocked_ns - wait_ns"},
	[METRIC_BLOCKED] = {"blocked_ns", NULL, "blocked", OFFSET(blocked_ns), .needs = HAVE_LATENCY,
		.unit = METRIC_UNIT_NS, .inclusive = true,
		.help = "Time off the CPU and not runnable: locks, I/O, sleep"},
	[METRIC_WAIT] = {"wait_ns", NULL, "wait", OFFSET(wait_ns), .needs = HAVE_LATENCY, .unit = METRIC_UNIT_NS,
		.inclusive = true, .help = "Time off the CPU although runnable: other threads had it"},
	[METRIC_MINOR_FAULTS] = {"minor_faults", NULL, "minflt", OFFSET(minor_faults), .needs = HAVE_LATENCY,
		.inclusive = true, .help = "Page faults that needed no I/O"},
	[METRIC_MAJOR_FAULTS] = {"major_faults", NULL, "majflt", OFFSET(major_faults), .needs = HAVE_LATENCY,
		.inclusive = true, .help = "Page faults that waited for I/O"},
	[METRIC_VOLUNTARY_SWITCHES] = {"voluntary_switches", NULL, "vcsw", OFFSET(voluntary_switches),
		.needs = HAVE_LATENCY, .inclusive = true,
		.help = "Context switches because the thread had to wait"},
	[METRIC_INVOLUNTARY_SWITCHES] = {"involuntary_switches", NULL, "ivcsw", OFFSET(involuntary_switches),
		.needs = HAVE_LATENCY, .inclusive = true,
		.help = "Context switches because the thread was preempted"},
	[METRIC_READ_BYTES] = {"read_bytes", NULL, "read", OFFSET(read_bytes), .needs = HAVE_LATENCY,
		.unit = METRIC_UNIT_BYTES, .inclusive = true,
		.help = "Bytes that the thread made the kernel read from storage"},
	[METRIC_WRITE_BYTES] = {"write_bytes", NULL, "write", OFFSET(write_bytes), .needs = HAVE_LATENCY,
		.unit = METRIC_UNIT_BYTES, .inclusive = true,
		.help = "Bytes that the thread made the kernel send to storage, or dirtied to be sent"},
	[METRIC_LATENCY] = {"latency_ns", NULL, "latency", OFFSET(latency), .needs = HAVE_LATENCY,
		.unit = METRIC_UNIT_NS, .kind = METRIC_KIND_HISTOGRAM,
		.help = "Time from enter to leave of each completed call, recursive ones included"},
	[METRIC_RSS_GROWN] = {"rss_grown_bytes", "memory", "rss+", OFFSET(rss_grown_bytes), .needs = HAVE_PAGES, .unit = METRIC_UNIT_BYTES,
		.help = "Resident memory that the node's own calls made grow, those below left out"},
	[METRIC_RSS_SHRUNK] = {"rss_shrunk_bytes", "memory", "rss-", OFFSET(rss_shrunk_bytes), .needs = HAVE_PAGES, .unit = METRIC_UNIT_BYTES,
		.help = "Resident memory that they gave back"},
	[METRIC_MAPPED] = {"mapped_bytes", "memory", "mmap", OFFSET(mapped_bytes), .needs = HAVE_MAPPINGS, .unit = METRIC_UNIT_BYTES,
		.help = "Address space that they took: mmap, brk, mremap, growing stacks"},
	[METRIC_UNMAPPED] = {"unmapped_bytes", "memory", "munmap", OFFSET(unmapped_bytes), .needs = HAVE_MAPPINGS, .unit = METRIC_UNIT_BYTES,
		.help = "Address space that they gave back"},
	[METRIC_TOTAL_RSS_GROWN] = {"total_rss_grown_bytes", "memory", "all rss+", OFFSET(total_rss_grown_bytes), .needs = HAVE_PAGES, .unit = METRIC_UNIT_BYTES,
		.inclusive = true,
		.help = "rss_grown_bytes, with the calls below"},
	[METRIC_TOTAL_RSS_SHRUNK] = {"total_rss_shrunk_bytes", "memory", "all rss-", OFFSET(total_rss_shrunk_bytes), .needs = HAVE_PAGES, .unit = METRIC_UNIT_BYTES,
		.inclusive = true,
		.help = "rss_shrunk_bytes, with the calls below"},
	[METRIC_TOTAL_MAPPED] = {"total_mapped_bytes", "memory", "all mmap", OFFSET(total_mapped_bytes), .needs = HAVE_MAPPINGS, .unit = METRIC_UNIT_BYTES,
		.inclusive = true,
		.help = "mapped_bytes, with the calls below"},
	[METRIC_TOTAL_UNMAPPED] = {"total_unmapped_bytes", "memory", "all munmap", OFFSET(total_unmapped_bytes), .needs = HAVE_MAPPINGS, .unit = METRIC_UNIT_BYTES,
		.inclusive = true,
		.help = "unmapped_bytes, with the calls below"},
	[METRIC_FAULTS] = {"faults", "memory", "faults", OFFSET(faults), .needs = HAVE_PAGES | HAVE_LATENCY,
		.inclusive = true, .help = "Page faults, those of the calls below as well: minor_faults + major_faults"},
	[METRIC_ALLOCATIONS] = {"allocations", "memory", "allocs", OFFSET(allocations), .needs = HAVE_SIZES,
		.help = "Allocations that the node's own calls made, those below left out; a realloc is one, and frees what it replaces"},
	[METRIC_ALLOCATED] = {"allocated_bytes", "memory", "alloc", OFFSET(allocated_bytes), .needs = HAVE_SIZES,
		.unit = METRIC_UNIT_BYTES,
		.help = "Bytes that they asked for"},
	[METRIC_TOTAL_ALLOCATIONS] = {"total_allocations", "memory", "all allocs", OFFSET(total_allocations), .needs = HAVE_SIZES,
		.inclusive = true,
		.help = "allocations, with the calls below"},
	[METRIC_TOTAL_ALLOCATED] = {"total_allocated_bytes", "memory", "all alloc", OFFSET(total_allocated_bytes), .needs = HAVE_SIZES,
		.unit = METRIC_UNIT_BYTES, .inclusive = true,
		.help = "allocated_bytes, with the calls below"},
	[METRIC_FREES] = {"frees", "memory", "frees", OFFSET(frees), .needs = HAVE_LIVE,
		.help = "Of these allocations, those that were freed, by whatever call and thread"},
	[METRIC_FREED] = {"freed_bytes", "memory", "freed", OFFSET(freed_bytes), .needs = HAVE_LIVE,
		.unit = METRIC_UNIT_BYTES,
		.help = "Their bytes"},
	[METRIC_ABANDONED] = {"abandoned", "memory", "left", OFFSET(abandoned), .needs = HAVE_LIVE,
		.help = "Of these allocations, those that a process held when it ended or ran another image, while the target went on; the last process' stay live"},
	[METRIC_ABANDONED_BYTES] = {"abandoned_bytes", "memory", "left bytes", OFFSET(abandoned_bytes), .needs = HAVE_LIVE,
		.unit = METRIC_UNIT_BYTES,
		.help = "Their bytes"},
	[METRIC_LIVE] = {"live", "memory", "held", OFFSET(live), .needs = HAVE_LIVE,
		.kind = METRIC_KIND_GAUGE,
		.help = "Allocations that are held: allocations - frees - abandoned - what is not followed"},
	[METRIC_LIVE_BYTES] = {"live_bytes", "memory", "live", OFFSET(live_bytes), .needs = HAVE_LIVE,
		.unit = METRIC_UNIT_BYTES, .kind = METRIC_KIND_GAUGE,
		.help = "Their bytes"},
	[METRIC_LIVE_PEAK] = {"live_bytes_peak", "memory", "peak", OFFSET(live_bytes_peak), .needs = HAVE_LIVE,
		.unit = METRIC_UNIT_BYTES, .kind = METRIC_KIND_GAUGE,
		.help = "The most that live_bytes was; in a row of several nodes the sum of their peaks, an upper bound"},
	[METRIC_TOTAL_LIVE] = {"total_live", "memory", "all held", OFFSET(total_live), .needs = HAVE_LIVE,
		.kind = METRIC_KIND_GAUGE, .inclusive = true,
		.help = "live, with the calls below"},
	[METRIC_TOTAL_LIVE_BYTES] = {"total_live_bytes", "memory", "all live", OFFSET(total_live_bytes), .needs = HAVE_LIVE,
		.unit = METRIC_UNIT_BYTES, .kind = METRIC_KIND_GAUGE, .inclusive = true,
		.help = "live_bytes, with the calls below"},
	[METRIC_REQUESTS] = {"requests", "memory", "asks", OFFSET(requests), .needs = HAVE_REQUESTS,
		.help = "Requests of the node's own calls to an allocator that the profile names, which divides what it takes from the process' own; "
			"what it takes is in allocations"},
	[METRIC_REQUESTED] = {"requested_bytes", "memory", "asked", OFFSET(requested_bytes), .needs = HAVE_REQUESTS,
		.unit = METRIC_UNIT_BYTES,
		.help = "Bytes that they asked for"},
	[METRIC_TOTAL_REQUESTS] = {"total_requests", "memory", "all asks", OFFSET(total_requests), .needs = HAVE_REQUESTS,
		.inclusive = true,
		.help = "requests, with the calls below"},
	[METRIC_TOTAL_REQUESTED] = {"total_requested_bytes", "memory", "all asked", OFFSET(total_requested_bytes), .needs = HAVE_REQUESTS,
		.unit = METRIC_UNIT_BYTES, .inclusive = true,
		.help = "requested_bytes, with the calls below"},
	[METRIC_SIZES] = {"size_bytes", "memory", "size", OFFSET(sizes), .needs = HAVE_SIZES,
		.unit = METRIC_UNIT_BYTES, .kind = METRIC_KIND_HISTOGRAM,
		.help = "Size of each of these allocations"},
	[METRIC_AGES] = {"age_ns", "memory", "age", OFFSET(ages), .needs = HAVE_LIVE,
		.unit = METRIC_UNIT_NS, .kind = METRIC_KIND_HISTOGRAM,
		.help = "How long ago each of those that are held was made"},
	[METRIC_REQUEST_SIZES] = {"request_size_bytes", "memory", "ask size", OFFSET(request_sizes), .needs = HAVE_REQUESTS,
		.unit = METRIC_UNIT_BYTES, .kind = METRIC_KIND_HISTOGRAM,
		.help = "Size of each request"},
};

bool metric_applies(const struct metric *metric, const struct counters *counters)
{
	return (counters->have & metric->needs) == metric->needs;
}

struct metric_samples metric_samples(const struct metric *metric, const struct counters *counters)
{
	assert(metric->kind == METRIC_KIND_HISTOGRAM);
	if (metric == &metrics[METRIC_SIZES])
		return (struct metric_samples){&counters->sizes, counters->allocated_bytes, counters->size_min_bytes,
					       counters->size_max_bytes};
	if (metric == &metrics[METRIC_REQUEST_SIZES])
		return (struct metric_samples){&counters->request_sizes, counters->requested_bytes, counters->request_min_bytes,
					       counters->request_max_bytes};
	if (metric == &metrics[METRIC_AGES])
		return (struct metric_samples){&counters->ages, counters->age_sum_ns, counters->age_min_ns, counters->age_max_ns};
	return (struct metric_samples){&counters->latency, counters->latency_sum_ns, counters->min_ns, counters->max_ns};
}

double metric_quantile(const struct metric *metric, const struct counters *counters, double q)
{
	struct metric_samples s = metric_samples(metric, counters);

	if (metric->unit == METRIC_UNIT_BYTES)
		return histogram_quantile_bytes(s.histogram, q, s.min, s.max);
	return histogram_quantile_ns(s.histogram, q, s.min, s.max);
}

const char *metric_unit_name(enum metric_unit unit)
{
	static const char *const names[] = {
		[METRIC_UNIT_COUNT] = "count", [METRIC_UNIT_NS] = "ns", [METRIC_UNIT_BYTES] = "bytes"};

	return names[unit];
}

const char *metric_kind_name(enum metric_kind kind)
{
	static const char *const names[] = {[METRIC_KIND_COUNTER] = "counter",
					    [METRIC_KIND_GAUGE] = "gauge",
					    [METRIC_KIND_HISTOGRAM] = "histogram"};

	return names[kind];
}
