/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From sites to breakpoints: one uprobe_multi link per module and program, or, where the kernel has none, one
 * perf event per site.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "attach/programs.h"
#include "attach/tracer.h"
#include "attach/tracer_internal.h"
#include "attach/uprobe_multi.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "weir/emulate.h"

/* The sites of one program in one module, as the kernel wants them. */
struct batch {
	struct tracer *tracer;
	struct links *links; /* where they are kept */
	const char *path, *display;
	struct bpf_program *program;
	bool returns;
	uint32_t pid; /* 0: all processes */
	uint64_t *offsets, *cookies;
	uint64_t *semaphores; /* NULL: no site has one */
	size_t *origins; /* index in the caller's sites */
	size_t count;
	bool *refused;   /* by origin */
};

static void batch_release(struct batch *batch)
{
	free(batch->offsets);
	free(batch->cookies);
	free(batch->semaphores);
	free(batch->origins);
}

static int keep_link(struct links *l, int fd)
{
	if (VEC_RESERVE(l->links, l->links_count, l->links_capacity)) {
		close(fd);
		return -ENOMEM;
	}
	l->links[l->links_count++] = fd;
	return 0;
}

/* A perf event per site: kernels before 6.6. */
static int attach_perf(struct batch *batch, size_t i)
{
	LIBBPF_OPTS(bpf_uprobe_opts, options, .bpf_cookie = batch->cookies[i], .retprobe = batch->returns,
		    .ref_ctr_offset = batch->semaphores ? batch->semaphores[i] : 0);
	struct links *l = batch->links;
	struct bpf_link *link;

	if (VEC_RESERVE(l->perf_links, l->perf_links_count, l->perf_links_capacity))
		return -ENOMEM;
	link = bpf_program__attach_uprobe_opts(batch->program, batch->pid ? (pid_t)batch->pid : -1, batch->path, batch->offsets[i], &options);
	if (!link)
		return -errno;
	l->perf_links[l->perf_links_count++] = link;
	return 0;
}

/* One place has one counter for all who probe it (kernel/events/uprobes.c, __uprobe_register()). */
static void warn_refused(const struct batch *batch, size_t i, int err)
{
	bool counts = batch->semaphores && batch->semaphores[i];

	log_warning("%s+0x%llx: the kernel refuses a breakpoint there: %s%s", batch->display, (unsigned long long)batch->offsets[i],
		    strerror(-err), counts && err == -EINVAL ? " (is it probed by somebody who does not raise the USDT semaphore?)" : "");
}

/*
 * Attach sites [first, first + count). A link is all or nothing: where it is refused, halve until the guilty
 * site stands alone. Returns the number attached, or -errno where nothing to do with a site is wrong.
 */
static long attach_range(struct batch *batch, size_t first, size_t count)
{
	long left, right;
	int err;

	if (batch->tracer->features.uprobe_multi) {
		err = uprobe_multi_attach(bpf_program__fd(batch->program), batch->path, batch->offsets + first,
					  batch->cookies + first, batch->semaphores ? batch->semaphores + first : NULL, count, batch->returns, batch->pid);
		if (err >= 0)
			err = keep_link(batch->links, err);
	} else {
		err = count == 1 ? attach_perf(batch, first) : -EAGAIN;
	}
	if (!err)
		return (long)count;
	if (err == -EPERM || err == -EACCES || err == -ENOMEM || err == -ENOENT || err == -ESRCH)
		return err;
	if (count == 1) {
		warn_refused(batch, first, err);
		batch->refused[batch->origins[first]] = true;
		return 0;
	}
	left = attach_range(batch, first, count / 2);
	if (left < 0)
		return left;
	right = attach_range(batch, first + count / 2, count - count / 2);
	return right < 0 ? right : left + right;
}

/* Attach all of a batch. Returns the number attached, or -errno (logged). */
static long attach_all(struct batch *batch)
{
	long attached = batch->count ? attach_range(batch, 0, batch->count) : 0;

	if (attached == -EPERM || attached == -EACCES)
		log_error("cannot attach to %s: %s (CAP_PERFMON or CAP_SYS_ADMIN is missing)", batch->display,
			  strerror((int)-attached));
	else if (attached < 0 && attached != -ESRCH) /* the one process that they are for has ended */
		log_error("cannot attach to %s: %s", batch->display, strerror((int)-attached));
	return attached;
}

static int batch_allocate(struct batch *batch, size_t count)
{
	batch->offsets = calloc(count + 1, sizeof(*batch->offsets));
	batch->cookies = calloc(count + 1, sizeof(*batch->cookies));
	batch->origins = calloc(count + 1, sizeof(*batch->origins));
	return batch->offsets && batch->cookies && batch->origins ? 0 : -ENOMEM;
}

enum batch_kind { BATCH_RETURNS, BATCH_ENTRIES, BATCH_GO_ENTRIES, BATCH_SPANS };

static bool batch_wants(enum batch_kind kind, const struct tracer_site *site)
{
	if (site->follows)
		return false;
	if (kind == BATCH_RETURNS)
		return site->returns;
	return kind == (site->span ? BATCH_SPANS : site->go ? BATCH_GO_ENTRIES : BATCH_ENTRIES);
}

static int program_of(struct tracer *t, enum batch_kind kind, struct bpf_program **ret_program)
{
	enum program_set set = kind == BATCH_GO_ENTRIES ? PROGRAMS_GO : kind == BATCH_SPANS ? PROGRAMS_SPANS : PROGRAMS_CORE;
	const struct weir_bpf *s;
	int err = programs_need(t, set, &s);

	if (!err)
		*ret_program = kind == BATCH_RETURNS    ? s->progs.weir_leave :
			       kind == BATCH_GO_ENTRIES ? s->progs.weir_go_enter :
			       kind == BATCH_SPANS      ? s->progs.weir_span :
							  s->progs.weir_enter;
	return err;
}

static int batch_add_semaphore(struct batch *batch, size_t sites_count, uint64_t semaphore)
{
	if (!semaphore)
		return 0;
	if (!batch->semaphores)
		batch->semaphores = calloc(sites_count + 1, sizeof(*batch->semaphores));
	if (!batch->semaphores)
		return -ENOMEM;
	batch->semaphores[batch->count] = semaphore;
	return 0;
}

static int batch_fill(struct batch *batch, enum batch_kind kind, const struct tracer_site *sites, size_t count)
{
	if (batch_allocate(batch, count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (batch->refused[i] || !batch_wants(kind, &sites[i]))
			continue;
		if (batch_add_semaphore(batch, count, sites[i].semaphore))
			return -ENOMEM;
		batch->offsets[batch->count] = sites[i].file_offset;
		batch->cookies[batch->count] = sites[i].probe;
		if ((kind == BATCH_ENTRIES || kind == BATCH_GO_ENTRIES) && batch->tracer->features.register_writes)
			batch->cookies[batch->count] |= sites[i].emulation;
		batch->origins[batch->count] = i;
		batch->count++;
	}
	return 0;
}

static long attach_batch(struct tracer *t, const char *path, const char *display, const struct tracer_site *sites,
			 size_t count, enum batch_kind kind, bool *refused)
{
	_cleanup_(batch_release) struct batch batch = {
		.tracer = t, .links = &t->links, .path = path, .display = display, .returns = kind == BATCH_RETURNS,
		.refused = refused,
	};
	long err = batch_fill(&batch, kind, sites, count);

	if (!err && batch.count)
		err = program_of(t, kind, &batch.program);
	return err ?: attach_all(&batch);
}

/*
 * Return probes first, then entries, then the probes become active: a call that is half covered is not looked
 * at, so that every call counted has both its ends.
 */
long tracer_attach(struct tracer *tracer, const char *path, const char *display, const struct tracer_site *sites,
		   size_t count, bool *ret_refused)
{
	_cleanup_free_ bool *own = NULL;
	uint64_t start_ns = clock_ns();
	bool *refused = ret_refused;
	long attached;

	if (!refused)
		refused = own = calloc(count ? count : 1, sizeof(*own));
	if (!refused)
		return -ENOMEM;
	memset(refused, 0, count * sizeof(*refused));
	attached = attach_batch(tracer, path, display, sites, count, BATCH_RETURNS, refused);
	for (enum batch_kind kind = BATCH_ENTRIES; attached >= 0 && kind <= BATCH_SPANS; kind++) {
		long more = attach_batch(tracer, path, display, sites, count, kind, refused);

		attached = more < 0 ? more : attached + more;
	}
	if (attached < 0)
		return attached;
	for (size_t i = 0; i < count; i++)
		if (!refused[i])
			tracer_activate(tracer, sites[i].probe);
	log_debug("attached %ld sites of %s in %.1f ms", attached, display, (double)(clock_ns() - start_ns) / 1e6);
	return attached;
}

static int fill_leaves(struct batch *batch, const uint64_t *offsets, const uint64_t *cookies, size_t count)
{
	if (batch_allocate(batch, count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		batch->offsets[i] = offsets[i];
		batch->cookies[i] = cookies[i];
		batch->origins[i] = i;
	}
	batch->count = count;
	return 0;
}

long tracer_attach_unwind(struct tracer *tracer, enum tracer_unwind kind, const char *path, const char *display,
			  const uint64_t *offsets, const uint64_t *cookies, size_t count)
{
	_cleanup_free_ bool *refused = calloc(count + 1, sizeof(*refused));
	_cleanup_(batch_release) struct batch batch = {
		.tracer = tracer, .path = path, .display = display, .refused = refused, .links = &tracer->links,
	};
	const struct weir_bpf *s;
	int err = refused ? programs_need(tracer, PROGRAMS_UNWIND, &s) : -ENOMEM;

	if (err)
		return err;
	batch.program = kind == TRACER_RAISE ? s->progs.weir_raise : kind == TRACER_LAND ? s->progs.weir_land : s->progs.weir_catch;
	return fill_leaves(&batch, offsets, cookies, count) ?: attach_all(&batch);
}

long tracer_attach_switches(struct tracer *tracer, const char *path, const char *display, const uint64_t *offsets, size_t count)
{
	_cleanup_free_ bool *refused = calloc(count + 1, sizeof(*refused));
	_cleanup_free_ uint64_t *cookies = calloc(count + 1, sizeof(*cookies));
	_cleanup_(batch_release) struct batch batch = {
		.tracer = tracer, .path = path, .display = display, .refused = refused, .links = &tracer->links,
		.program = tracer->skeleton->progs.weir_switch_stack,
	};

	return refused && cookies ? fill_leaves(&batch, offsets, cookies, count) ?: attach_all(&batch) : -ENOMEM;
}

long tracer_attach_return_sites(struct tracer *tracer, enum tracer_frames frames, const char *path, const char *display,
				const uint64_t *offsets, const uint64_t *cookies, size_t count, bool *ret_refused)
{
	_cleanup_(batch_release) struct batch batch = {
		.tracer = tracer, .path = path, .display = display, .refused = ret_refused, .links = &tracer->links,
	};
	const struct weir_bpf *s;
	int err = count ? programs_need(tracer, frames == TRACER_BY_GOROUTINE ? PROGRAMS_GO : PROGRAMS_CORE, &s) : 0;

	if (err || !count)
		return err;
	batch.program = frames == TRACER_BY_GOROUTINE ? s->progs.weir_go_return : s->progs.weir_return;
	memset(ret_refused, 0, count * sizeof(*ret_refused));
	return fill_leaves(&batch, offsets, cookies, count) ?: attach_all(&batch);
}

static int attach_go_site(struct tracer *tracer, struct bpf_program *program, const char *path, const char *display,
			  uint64_t offset, uint64_t cookie)
{
	bool refused = false;
	_cleanup_(batch_release) struct batch batch = {
		.tracer = tracer, .path = path, .display = display, .refused = &refused, .links = &tracer->links,
		.program = program,
	};
	long attached = fill_leaves(&batch, &offset, &cookie, 1) ?: attach_all(&batch);

	return attached < 0 ? (int)attached : 0;
}

int tracer_attach_go(struct tracer *tracer, const char *path, const char *display, const uint64_t offsets[TRACER_GO_COUNT],
		     const uint64_t cookies[TRACER_GO_COUNT])
{
	const struct weir_bpf *s;
	int err = programs_need(tracer, PROGRAMS_GO, &s) ?: tracer_watch_goroutines(tracer);

	for (int i = 0; !err && i < TRACER_GO_COUNT; i++) {
		struct bpf_program *program = i == TRACER_GO_END      ? s->progs.weir_go_end :
					      i == TRACER_GO_SCHEDULE ? s->progs.weir_go_schedule :
									s->progs.weir_go_execute;

		err = attach_go_site(tracer, program, path, display, offsets[i], cookies[i]);
	}
	return err;
}

static struct ret_group *find_group(struct tracer *t, uint32_t group)
{
	for (size_t i = 0; i < t->rets_count; i++)
		if (t->rets[i].group == group)
			return &t->rets[i];
	if (VEC_RESERVE(t->rets, t->rets_count, t->rets_capacity))
		return NULL;
	t->rets[t->rets_count] = (struct ret_group){ .group = group };
	return &t->rets[t->rets_count++];
}

int tracer_set_rets(struct tracer *tracer, uint32_t group, enum tracer_frames frames, const char *path, const char *display,
		    const uint64_t *offsets, const uint64_t *cookies, size_t count)
{
	_cleanup_free_ bool *refused = calloc(count + 1, sizeof(*refused));
	struct ret_group *g = find_group(tracer, group);
	struct links fresh = { 0 };
	_cleanup_(batch_release) struct batch batch = {
		.tracer = tracer, .path = path, .display = display, .refused = refused, .links = &fresh,
	};
	const struct weir_bpf *s;
	long attached;
	int err;

	if (!refused || !g || fill_leaves(&batch, offsets, cookies, count))
		return -ENOMEM;
	err = programs_need(tracer, frames == TRACER_BY_GOROUTINE && count ? PROGRAMS_GO : PROGRAMS_CORE, &s);
	if (err)
		return err;
	batch.program = frames == TRACER_BY_GOROUTINE ? s->progs.weir_go_ret : s->progs.weir_ret;
	for (size_t i = 0; i < count && !tracer->features.register_writes; i++)
		batch.cookies[i] = WEIR_COOKIE_OWN(batch.cookies[i]);
	attached = attach_all(&batch);
	links_free(attached < 0 ? &fresh : &g->links);
	if (attached >= 0)
		g->links = fresh;
	return attached < 0 ? (int)attached : 0;
}

static struct pid_links *find_pid(struct tracer *t, uint32_t pid)
{
	for (size_t i = 0; i < t->allocators_count; i++)
		if (t->allocators[i].pid == pid)
			return &t->allocators[i];
	if (VEC_RESERVE(t->allocators, t->allocators_count, t->allocators_capacity))
		return NULL;
	t->allocators[t->allocators_count] = (struct pid_links){ .pid = pid };
	return &t->allocators[t->allocators_count++];
}

/* In the order in which they are attached: what is counted as allocated is seen to be freed. */
enum alloc_batch { ALLOC_RETURNS, ALLOC_RETS, ALLOC_FREES, ALLOC_ENTRIES, ALLOC_BATCHES };

static bool alloc_batch_wants(enum alloc_batch batch, uint64_t cookie)
{
	if (batch == ALLOC_RETURNS)
		return cookie & WEIR_ALLOC_RETURNS;
	if (batch == ALLOC_RETS || cookie & WEIR_ALLOC_RET)
		return batch == ALLOC_RETS && cookie & WEIR_ALLOC_RET;
	return (WEIR_ALLOC_KIND(cookie) == WEIR_ALLOC_FREE) == (batch == ALLOC_FREES);
}

long tracer_attach_allocator(struct tracer *tracer, uint32_t pid, const char *path, const char *display,
			     const struct tracer_alloc_site *sites, size_t count)
{
	struct weir_bpf *s = tracer->skeleton;
	struct bpf_program *programs[ALLOC_BATCHES] = {
		s->progs.weir_alloc_return, s->progs.weir_new_ret, s->progs.weir_free, s->progs.weir_alloc,
	};
	_cleanup_free_ bool *refused = calloc(count + 1, sizeof(*refused));
	struct pid_links *links = find_pid(tracer, pid);
	long attached = 0, n;

	if (!refused || !links)
		return -ENOMEM;
	for (enum alloc_batch k = 0; k < ALLOC_BATCHES; k++) {
		_cleanup_(batch_release) struct batch batch = {
			.tracer = tracer, .path = path, .display = display, .refused = refused, .links = &links->links,
			.program = programs[k], .pid = pid, .returns = k == ALLOC_RETURNS,
		};

		if (batch_allocate(&batch, count))
			return -ENOMEM;
		for (size_t i = 0; i < count; i++) {
			if (refused[i] || !alloc_batch_wants(k, sites[i].cookie))
				continue;
			batch.offsets[batch.count] = sites[i].file_offset;
			batch.cookies[batch.count] = tracer->features.register_writes ? sites[i].cookie : WEIR_COOKIE_OWN(sites[i].cookie);
			batch.origins[batch.count++] = i;
		}
		n = attach_all(&batch);
		if (n < 0)
			return n;
		attached += n;
	}
	return attached;
}

void tracer_forget_allocator(struct tracer *tracer, uint32_t pid)
{
	for (size_t i = 0; i < tracer->allocators_count; i++) {
		if (tracer->allocators[i].pid != pid)
			continue;
		links_free(&tracer->allocators[i].links);
		tracer->allocators[i] = tracer->allocators[--tracer->allocators_count];
		return;
	}
}
