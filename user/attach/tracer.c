/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attach/tracer.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/programs.h"
#include "attach/tracer_internal.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"

#define SLOW_RING_BYTES (1U << 20) /* some 450 slow queries with their texts, which are read some times a second */

static uint32_t power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n && power < (1U << 31))
		power <<= 1;
	return power;
}

/* log2 of the shards per node: enough to keep CPUs apart, few enough to keep the tables small. */
static uint32_t shard_shift(void)
{
	int cpus = libbpf_num_possible_cpus();
	uint32_t shift = 0;

	while ((1 << (shift + 1)) <= cpus && (1U << (shift + 1)) <= WEIR_SHARDS_MAX)
		shift++;
	return shift;
}

static uint32_t size_or(uint32_t size, uint32_t fallback)
{
	return size ? size : fallback;
}

size_t tracer_table_bytes(size_t count, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (count * ((size + 7) & ~7UL) + page - 1) / page * page;
}

static int set_sizes(struct tracer *t, const struct tracer_sizes *sizes)
{
	struct weir_bpf *s = t->skeleton;
	uint32_t shift = shard_shift(), buckets = power_of_two((sizes->goroutines + WEIR_GO_BUCKET - 1) / WEIR_GO_BUCKET);
	int err;

	t->slots_count = power_of_two(size_or(sizes->nodes, WEIR_NODE_SLOTS));
	t->labels_count = power_of_two(size_or(sizes->labels, WEIR_LABEL_SLOTS));
	if (t->slots_count > WEIR_NODES_MAX)
		t->slots_count = WEIR_NODES_MAX;
	if (t->labels_count > 65536) /* ids fit 16 bits of the fingerprint cache */
		t->labels_count = 65536;
	t->blocks_count = size_or(sizes->blocks, WEIR_BLOCKS);
	t->threads_count = size_or(sizes->threads, WEIR_THREADS);
	t->probes_count = sizes->probes ? sizes->probes : 2;
	t->shards_per_node = 1U << shift;

	err = bpf_map__set_max_entries(s->maps.probes, t->probes_count);
	err = err ?: bpf_map__set_max_entries(s->maps.slots, t->slots_count);
	err = err ?: bpf_map__set_max_entries(s->maps.shards, t->slots_count << shift);
	err = err ?: bpf_map__set_max_entries(s->maps.blocks, t->blocks_count);
	err = err ?: bpf_map__set_max_entries(s->maps.labels, t->labels_count);
	err = err ?: bpf_map__set_max_entries(s->maps.rows, t->threads_count + 1);
	err = err ?: bpf_map__set_max_entries(s->maps.free_rows, t->threads_count);
	err = err ?: bpf_map__set_max_entries(s->maps.stacks, t->threads_count);
	err = err ?: bpf_map__set_max_entries(s->maps.threads_by_id, t->hash_threads ? t->threads_count * 4 : 1);
	err = err ?: bpf_map__set_max_entries(s->maps.go_rows, buckets * WEIR_GO_BUCKET);
	err = err ?: bpf_map__set_max_entries(s->maps.go_buckets, buckets);
	err = err ?: bpf_map__set_max_entries(s->maps.samples, sizes->query_text == WEIR_QUERY_RAW ? t->labels_count : 1);
	err = err ?: bpf_map__set_max_entries(s->maps.slow_queries, sizes->slow_ns ? SLOW_RING_BYTES : (uint32_t)sysconf(_SC_PAGESIZE));
	t->query_text = sizes->query_text;
	s->rodata->query_text = sizes->query_text;
	s->rodata->slow_ns = sizes->slow_ns;
	s->rodata->follows_queries = sizes->slow_ns || sizes->query_text == WEIR_QUERY_RAW;
	s->rodata->go_bucket_mask = buckets - 1;
	s->rodata->slot_mask = t->slots_count - 1;
	s->rodata->label_mask = t->labels_count - 1;
	s->rodata->shard_shift = shift;
	s->rodata->shard_mask = t->shards_per_node - 1;
	s->rodata->hash_threads = t->hash_threads;
	s->rodata->emulates = t->features.register_writes;
	s->rodata->pid_namespace_inode = t->features.pid_namespace;
	return err;
}

int tracer_map_table(const struct bpf_map *map, size_t bytes, bool writable, void *ret_address)
{
	void *address = mmap(NULL, bytes, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, bpf_map__fd(map), 0);

	if (address == MAP_FAILED)
		return -errno;
	*(void **)ret_address = address;
	return 0;
}

static int map_tables(struct tracer *t)
{
	struct weir_bpf *s = t->skeleton;
	struct weir_slot *slots = NULL;
	int err;

	t->shards_bytes = tracer_table_bytes((size_t)t->slots_count * t->shards_per_node, sizeof(struct weir_shard));
	err = window_open(s->maps.probes, tracer_table_bytes(t->probes_count, sizeof(struct weir_probe)), &t->probes_window);
	t->probes = (struct weir_probe *)t->probes_window.base;
	err = err ?: tracer_map_table(s->maps.slots, tracer_table_bytes(t->slots_count, sizeof(struct weir_slot)), true, &slots);
	t->slots = slots;
	err = err ?: tracer_map_table(s->maps.shards, t->shards_bytes, true, &t->shards);
	err = err ?: window_open(s->maps.blocks, tracer_table_bytes(t->blocks_count, sizeof(struct weir_block)), &t->blocks_window);
	t->blocks = (struct weir_block *)t->blocks_window.base;
	err = err ?: tracer_map_table(s->maps.labels, tracer_table_bytes(t->labels_count, sizeof(struct weir_label)), false, &t->labels);
	if (t->query_text == WEIR_QUERY_RAW)
		err = err ?: tracer_map_table(s->maps.samples, tracer_table_bytes(t->labels_count, sizeof(struct weir_sample)), false, &t->samples);
	err = err ?: tracer_map_table(s->maps.losses, tracer_table_bytes(WEIR_LOSS_COUNT, sizeof(uint64_t)), true, &t->losses);
	if (err)
		return err;
	/* Slots of the root and of (other) are never given out. */
	slots[WEIR_NODE_ROOT].key = UINT64_MAX;
	slots[WEIR_NODE_OTHER].key = UINT64_MAX - 1;
	slots[WEIR_NODE_OTHER].target = WEIR_NODE_OTHER;
	t->tables = (struct tracer_tables){
		.slots = t->slots, .slots_count = t->slots_count,
		.shards = t->shards, .shards_per_node = t->shards_per_node,
		.blocks = t->blocks, .blocks_count = t->blocks_count,
		.labels = t->labels, .labels_count = t->labels_count, .samples = t->samples,
		.losses = t->losses,
	};
	return tracer_look(t);
}

/* Blocks are given out one after the other, and at most so many while tables are read. */
#define BLOCKS_AHEAD 4096

int tracer_look(struct tracer *tracer)
{
	size_t blocks = (size_t)__atomic_load_n(&tracer->skeleton->data->next_block, __ATOMIC_ACQUIRE) + BLOCKS_AHEAD;
	int err = window_show(&tracer->blocks_window, blocks * sizeof(struct weir_block));

	blocks = tracer->blocks_window.shown / sizeof(struct weir_block);
	tracer->tables.blocks_count = blocks < tracer->blocks_count ? (uint32_t)blocks : tracer->blocks_count;
	return err;
}

static int fill_free_rows(struct tracer *t)
{
	int fd = bpf_map__fd(t->skeleton->maps.free_rows);

	for (uint32_t row = 1; row <= t->threads_count; row++)
		if (bpf_map_update_elem(fd, NULL, &row, BPF_ANY))
			return -errno;
	return 0;
}

static int take_event(void *context, void *data, size_t size)
{
	struct tracer *t = context;

	if (size >= sizeof(struct weir_event) && t->handle)
		t->handle(t->handle_context, data);
	return 0;
}

static int take_slow(void *context, void *data, size_t size)
{
	struct tracer *t = context;

	if (size >= offsetof(struct weir_query, text) && t->handle_slow)
		t->handle_slow(t->slow_context, data, size);
	return 0;
}

void tracer_on_slow(struct tracer *tracer, void (*handle)(void *context, const struct weir_query *query, size_t size), void *context)
{
	tracer->handle_slow = handle;
	tracer->slow_context = context;
}

static int attach_watcher(struct tracer *t, size_t slot, struct bpf_program *program)
{
	t->watchers[slot] = bpf_program__attach(program);
	if (t->watchers[slot])
		return 0;
	log_error("cannot attach %s to its tracepoint: %s", bpf_program__name(program), strerror(errno));
	return -errno;
}

/* What watches processes and the scheduler: attached for the whole life of the tracer. */
static int attach_watchers(struct tracer *t)
{
	struct weir_bpf *s = t->skeleton;
	struct bpf_program *programs[] = {
		s->progs.weir_fork, s->progs.weir_go_exec, s->progs.weir_exec, s->progs.weir_go_exit, s->progs.weir_exit,
		t->features.switch_state ? s->progs.weir_switch : s->progs.weir_switch_3,
	};

	int err = 0;

	for (size_t i = 0; !err && i < sizeof(programs) / sizeof(programs[0]); i++)
		err = attach_watcher(t, i, programs[i]);
	return err;
}

int tracer_watch_goroutines(struct tracer *tracer)
{
	const struct weir_bpf *s;
	int err = programs_need(tracer, PROGRAMS_GO, &s);

	if (err || tracer->watchers[WATCHERS - 1])
		return err;
	return attach_watcher(tracer, WATCHERS - 1,
			      tracer->features.switch_state ? s->progs.weir_go_switch : s->progs.weir_go_switch_3);
}

static int load(struct tracer *t, const struct tracer_sizes *sizes, const char *exe_name)
{
	int err;

	t->skeleton = weir_bpf__open();
	if (!t->skeleton) {
		log_error("cannot open the BPF programs: %s", strerror(errno));
		return -errno;
	}
	t->memory = t->features.rss_stat ? sizes->memory : WEIR_MEMORY_OFF;
	err = set_sizes(t, sizes) ?: programs_choose(t) ?: memory_choose(t, sizes->allocations);
	if (exe_name) {
		t->skeleton->rodata->follow_exe_name = true;
		strncpy((char *)t->skeleton->rodata->exe_name.text, exe_name, WEIR_EXE_NAME - 1);
	}
	err = err ?: weir_bpf__load(t->skeleton);
	if (err) {
		log_error("the kernel refused the BPF programs: %s (weir --verbose shows its reasons)", strerror(-err));
		return err == -EINVAL ? -EIO : err; /* the kernel's, no wrong usage */
	}
	err = map_tables(t) ?: memory_map_tables(t) ?: fill_free_rows(t);
	if (err) {
		log_error("cannot set up the BPF maps: %s", strerror(-err));
		return err;
	}
	t->ring = ring_buffer__new(bpf_map__fd(t->skeleton->maps.events), take_event, t, NULL);
	if (!t->ring || ring_buffer__add(t->ring, bpf_map__fd(t->skeleton->maps.slow_queries), take_slow, t)) {
		log_error("cannot open the event ring buffer: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

/*
 * Without uprobe_multi every probe is a descriptor of its own, and 1,024 of them are the usual soft limit. As far up as we
 * may: where even that is too little, perf_event_open says so.
 */
static void raise_descriptor_limit(void)
{
	struct rlimit limit = {.rlim_cur = 1U << 20, .rlim_max = 1U << 20}, now;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur >= limit.rlim_cur)
		return;
	if (now.rlim_max >= limit.rlim_max)
		limit.rlim_max = now.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	now.rlim_cur = now.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &now);
}

int tracer_new(const struct features *features, const struct tracer_sizes *sizes, const char *exe_name,
	       struct tracer **ret_tracer)
{
	_cleanup_(tracer_free) struct tracer *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->features = *features;
	t->hash_threads = !features->storage_look_up;
	if (!features->uprobe_multi)
		raise_descriptor_limit();
	err = load(t, sizes, exe_name) ?: attach_watchers(t) ?: memory_attach(t);
	if (err)
		return err;
	*ret_tracer = TAKE_PTR(t);
	return 0;
}

static void unmap(const void *address, size_t bytes)
{
	if (address)
		munmap((void *)address, bytes);
}

void tracer_free(struct tracer **tracer)
{
	struct tracer *t = *tracer;

	if (!t)
		return;
	*tracer = NULL;
	tracer_detach(t);
	ring_buffer__free(t->ring);
	window_close(&t->probes_window);
	window_close(&t->blocks_window);
	unmap(t->slots, tracer_table_bytes(t->slots_count, sizeof(struct weir_slot)));
	unmap(t->shards, t->shards_bytes);
	unmap(t->labels, tracer_table_bytes(t->labels_count, sizeof(struct weir_label)));
	unmap(t->samples, tracer_table_bytes(t->labels_count, sizeof(struct weir_sample)));
	memory_unmap(t);
	unmap(t->losses, tracer_table_bytes(WEIR_LOSS_COUNT, sizeof(uint64_t)));
	for (int set = 0; set < PROGRAM_SETS; set++)
		weir_bpf__destroy(t->later[set]);
	weir_bpf__destroy(t->skeleton);
	free(t->rets);
	free(t->allocators);
	free(t);
}

int tracer_add_process(struct tracer *tracer, uint32_t tgid, uint32_t *ret_layout)
{
	struct weir_process process = {
		.layout = __atomic_fetch_add(&tracer->skeleton->data->next_layout, 1, __ATOMIC_RELAXED),
	};
	int err = bpf_map_update_elem(bpf_map__fd(tracer->skeleton->maps.processes), &tgid, &process, BPF_ANY);

	if (err) {
		log_error("cannot measure process %u: %s", tgid, errno == E2BIG ? "the process table is full" : strerror(errno));
		return -errno;
	}
	if (ret_layout)
		*ret_layout = process.layout;
	return 0;
}

void tracer_process_gone(struct tracer *tracer, uint32_t tgid)
{
	(void)bpf_map_delete_elem(bpf_map__fd(tracer->skeleton->maps.processes), &tgid);
	memory_process_gone(tracer, tgid);
}

int tracer_add_exe(struct tracer *tracer, const struct tracer_exe *exe)
{
	/* struct exe_key of bpf/maps.h; the kernel's own device numbers have 20 bits of minor. */
	struct {
		uint64_t inode;
		uint32_t device, pad;
	} key = { .inode = exe->inode, .device = major(exe->device) << 20 | minor(exe->device) };
	uint32_t one = 1;

	if (bpf_map_update_elem(bpf_map__fd(tracer->skeleton->maps.exes), &key, &one, BPF_ANY)) {
		log_error("cannot watch for processes of the executable: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

int tracer_iterate(const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	_cleanup_close_ int fd = -1;
	char nothing[64];
	ssize_t n;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0 && ((n = read(fd, nothing, sizeof(nothing))) > 0 || (n < 0 && errno == EAGAIN)))
		;
	bpf_link__destroy(link);
	return fd < 0 ? -errno : 0;
}

/* All that a program writes when it is run for every task. */
static int iterate_read(const struct bpf_program *program, void **ret_data, size_t *ret_size)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	_cleanup_close_ int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	_cleanup_free_ char *data = NULL;
	size_t size = 0, capacity = 0;
	ssize_t n = 0;
	int err = fd < 0 ? -errno : 0;

	while (!err) {
		if (size == capacity) {
			char *moved = realloc(data, capacity = 2 * capacity + 65536);

			if (!moved) {
				err = -ENOMEM;
				break;
			}
			data = moved;
		}
		n = read(fd, data + size, capacity - size);
		if (n > 0)
			size += (size_t)n;
		else if (!n)
			break;
		else if (errno != EAGAIN && errno != EINTR)
			err = -errno;
	}
	bpf_link__destroy(link);
	if (err)
		return err;
	*ret_data = TAKE_PTR(data);
	*ret_size = size;
	return 0;
}

/* Keyed spans are open until they are taken out of their table, whatever their threads do. `calls` has room for `most`. */
static size_t open_spans(const struct tracer *tracer, struct weir_open_call *calls, size_t most)
{
	const struct bpf_map *map = tracer->skeleton->maps.spans;
	char key[64], next[64], value[512];
	size_t count = 0;
	bool first = true;

	assert(bpf_map__key_size(map) <= sizeof(key) && bpf_map__value_size(map) <= sizeof(value));
	while (count < most && !bpf_map_get_next_key(bpf_map__fd(map), first ? NULL : key, next)) {
		struct weir_span_open open;

		first = false;
		memcpy(key, next, bpf_map__key_size(map));
		if (bpf_map_lookup_elem(bpf_map__fd(map), key, value))
			continue;
		memcpy(&open, value, sizeof(open));
		calls[count++] = (struct weir_open_call){ .start_ns = open.start_ns, .node = open.node, .first = 1 };
	}
	return count;
}

int tracer_open_calls(const struct tracer *tracer, struct weir_open_call **ret_calls, size_t *ret_count)
{
	size_t size = 0;
	void *data = NULL;
	int err = iterate_read(tracer->skeleton->progs.weir_open_calls, &data, &size);
	size_t count = size / sizeof(**ret_calls), spans;
	struct weir_open_call *calls = data;

	if (err)
		return err;
	spans = tracer->skeleton->bss->spans_count;
	if (spans) {
		calls = realloc(data, (count + spans) * sizeof(*calls));
		if (!calls) {
			free(data);
			return -ENOMEM;
		}
		count += open_spans(tracer, calls + count, spans);
	}
	*ret_calls = calls;
	*ret_count = count;
	return 0;
}

int tracer_prepare_threads(struct tracer *tracer)
{
	return tracer_iterate(tracer->skeleton->progs.weir_threads) ?: memory_prepare(tracer);
}

int tracer_set_probe(struct tracer *tracer, uint32_t id, const struct weir_probe *probe)
{
	int err;

	if (!id || id >= tracer->probes_count)
		return -E2BIG;
	err = window_show(&tracer->probes_window, (id + 1) * sizeof(*tracer->probes));
	if (err)
		return err;
	if (id >= tracer->probes_set)
		tracer->probes_set = id + 1;
	tracer->probes[id] = *probe;
	tracer->probes[id].flags &= ~(uint32_t)WEIR_PROBE_ACTIVE;
	if (probe->flags & WEIR_PROBE_REQUESTS)
		tracer->tables.requests = tracer->requests;
	return 0;
}

void tracer_activate(struct tracer *tracer, uint32_t id)
{
	tracer->probes[id].activated_ns = clock_ns();
	__atomic_fetch_or(&tracer->probes[id].flags, WEIR_PROBE_ACTIVE, __ATOMIC_RELEASE);
}

void tracer_lose(struct tracer *tracer, enum weir_loss loss, uint64_t count)
{
	__atomic_fetch_add(&tracer->losses[loss], count, __ATOMIC_RELAXED);
}

void tracer_freeze(struct tracer *tracer)
{
	__atomic_store_n(&tracer->skeleton->bss->frozen, 1, __ATOMIC_RELEASE);
	for (uint32_t id = 1; id < tracer->probes_set; id++)
		__atomic_fetch_and(&tracer->probes[id].flags, ~(uint32_t)WEIR_PROBE_ACTIVE, __ATOMIC_RELEASE);
}

void links_free(struct links *links)
{
	for (size_t i = 0; i < links->links_count; i++)
		close(links->links[i]);
	for (size_t i = 0; i < links->perf_links_count; i++)
		bpf_link__destroy(links->perf_links[i]);
	free(links->links);
	free(links->perf_links);
	*links = (struct links){ 0 };
}

void tracer_remove_breakpoints(struct tracer *tracer)
{
	links_free(&tracer->links);
	for (size_t i = 0; i < tracer->rets_count; i++)
		links_free(&tracer->rets[i].links);
	for (size_t i = 0; i < tracer->allocators_count; i++)
		links_free(&tracer->allocators[i].links);
	tracer->allocators_count = 0;
	tracer->rets_count = 0;
}

void tracer_detach(struct tracer *tracer)
{
	for (size_t i = 0; i < WATCHERS; i++) {
		bpf_link__destroy(tracer->watchers[i]);
		tracer->watchers[i] = NULL;
	}
	memory_detach(tracer);
	tracer_remove_breakpoints(tracer);
}

/* What was never set is not mapped, and was never called. */
bool tracer_probe_called(const struct tracer *tracer, uint32_t id)
{
	return id < tracer->probes_set && __atomic_load_n(&tracer->probes[id].flags, __ATOMIC_ACQUIRE) & WEIR_PROBE_CALLED;
}

void tracer_forget_rets(struct tracer *tracer, uint32_t id)
{
	assert(id < tracer->probes_set);
	__atomic_fetch_and(&tracer->probes[id].flags, ~(uint32_t)WEIR_PROBE_RETS, __ATOMIC_RELEASE);
}

void tracer_recall_rets(struct tracer *tracer, uint32_t id)
{
	assert(id < tracer->probes_set);
	__atomic_fetch_or(&tracer->probes[id].flags, WEIR_PROBE_RETS, __ATOMIC_RELEASE);
}

static int set_caller(struct tracer *tracer, uint32_t layout, uint64_t address, uint32_t state)
{
	struct weir_caller_key key = { .address = address, .layout = layout };

	return bpf_map_update_elem(bpf_map__fd(tracer->skeleton->maps.callers), &key, &state, BPF_ANY) ? -errno : 0;
}

int tracer_cover_caller(struct tracer *tracer, uint32_t layout, uint64_t address)
{
	return set_caller(tracer, layout, address, WEIR_CALLER_COVERED);
}

int tracer_note_siteless(struct tracer *tracer, uint32_t layout, uint64_t address)
{
	return set_caller(tracer, layout, address, WEIR_CALLER_SITELESS);
}

int tracer_events_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer_events(struct tracer *tracer, void (*handle)(void *context, const struct weir_event *event), void *context)
{
	tracer->handle = handle;
	tracer->handle_context = context;
	return ring_buffer__consume(tracer->ring);
}

const struct tracer_tables *tracer_tables(const struct tracer *tracer)
{
	return &tracer->tables;
}

int tracer_errors(const struct tracer *tracer, void (*visit)(void *context, const struct weir_error_key *key, uint64_t count),
		  void *context)
{
	int fd = bpf_map__fd(tracer->skeleton->maps.errors);
	struct weir_error_key key, next;
	uint64_t count;
	int err = bpf_map_get_next_key(fd, NULL, &next);

	for (uint32_t i = 0; !err && i < WEIR_ERRORS; i++) {
		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &count))
			visit(context, &key, count);
		err = bpf_map_get_next_key(fd, &key, &next);
	}
	return err && errno != ENOENT ? -errno : 0;
}

int tracer_waits(const struct tracer *tracer,
		 void (*visit)(void *context, const struct weir_wait_key *key, const struct weir_waited *waited), void *context)
{
	int fd = bpf_map__fd(tracer->skeleton->maps.waits);
	struct weir_wait_key key, next;
	struct weir_waited waited;
	int err = bpf_map_get_next_key(fd, NULL, &next);

	for (uint32_t i = 0; !err && i < WEIR_WAITS; i++) {
		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &waited))
			visit(context, &key, &waited);
		err = bpf_map_get_next_key(fd, &key, &next);
	}
	return err && errno != ENOENT ? -errno : 0;
}

static uint64_t misses_of(const struct weir_bpf *s)
{
	struct bpf_program *program;
	uint64_t misses = 0;

	bpf_object__for_each_program(program, s->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		/* What the first two miss the next event of the address space tells of, and memory_process_gone() does the last one's work. */
		if (program == s->progs.weir_rss || program == s->progs.weir_map_lock || program == s->progs.weir_memory_exit)
			continue;
		if (bpf_program__fd(program) >= 0 && !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			misses += info.recursion_misses;
	}
	return misses;
}

uint64_t tracer_misses(const struct tracer *tracer)
{
	uint64_t misses = misses_of(tracer->skeleton);

	for (int set = 0; set < PROGRAM_SETS; set++)
		misses += tracer->later[set] ? misses_of(tracer->later[set]) : 0;
	return misses;
}
