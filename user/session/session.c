/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/session.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "collect/collect.h"
#include "session/session_internal.h"
#include "target/process.h"

/* Room for probes of modules that appear later, where some are waited for. */
#define LATER_PROBES 16384

void session_options_free(struct session_options *options)
{
	option_pids_free(&options->pids);
	option_list_free(&options->functions);
	option_list_free(&options->profiles);
}

void session_free(struct session **session)
{
	struct session *s = *session;

	if (!s)
		return;
	*session = NULL;
	if (s->launched && s->launch.state == LAUNCH_STARTING)
		launch_abort(&s->launch);
	callers_free(&s->callers);
	rets_free(&s->rets);
	unwinders_free(&s->unwinders);
	allocators_free(&s->allocators);
	free(s->ended);
	warnings_free(&s->warnings);
	stacks_free(&s->stacks);
	unmatched_free(&s->unmatched);
	slow_log_free(&s->slow);
	tracer_free(&s->tracer);
	target_free(&s->target);
	plan_free(&s->plan);
	catalog_free(&s->catalog);
	if (s->signals_fd >= 0)
		close(s->signals_fd);
	free(s);
}

const struct plan *session_plan(const struct session *session)
{
	return &session->plan;
}

/* ---- opening */

static int check_usage(const struct session_options *o, char **command)
{
	int targets = (o->pids.count > 0) + (o->exe != NULL) + (command != NULL);

	if (targets == 1 && command && !command[0]) {
		log_error("there is no command after --");
		return -EINVAL;
	}
	if (targets == 1)
		return 0;
	log_error(targets ? "-p, --exe and -- COMMAND do not go together: name one target"
			  : "no target: name one with -p PID, --exe NAME, or -- COMMAND");
	return -EINVAL;
}

static int parse_returns(const char *text, enum plan_returns *ret_returns)
{
	static const char *const names[] = { "auto", "sites", "trampoline" };

	for (int i = 0; text && i < 3; i++) {
		if (!strcmp(text, names[i])) {
			*ret_returns = (enum plan_returns)i;
			return 0;
		}
	}
	if (!text)
		return 0;
	log_error("--returns %s: expected auto, sites or trampoline", text);
	return -EINVAL;
}

static int parse_query_text(const char *text, enum weir_query_text *ret_mode)
{
	static const char *const names[] = { "normalized", "raw", "off" };

	for (int i = 0; text && i < 3; i++) {
		if (!strcmp(text, names[i])) {
			*ret_mode = (enum weir_query_text)i;
			return 0;
		}
	}
	if (!text)
		return 0;
	log_error("--query-text %s: expected normalized, raw or off", text);
	return -EINVAL;
}

static int open_plan(struct session *s)
{
	enum plan_returns returns = RETURNS_AUTO;
	const struct session_options *o = &s->options;
	enum profile_detail detail = DETAIL_OPERATORS;
	int err;

	if (o->detail && detail_by_name(o->detail, &detail)) {
		log_error("--detail %s: expected queries, operators or rows", o->detail);
		return -EINVAL;
	}
	err = parse_returns(o->returns, &returns) ?: parse_query_text(o->query_text, &s->query_text) ?: session_memory_mode(o, &s->memory);
	err = err ?: catalog_load(NULL, &s->catalog);
	err = err ?: plan_init(&s->plan, s->catalog, o->functions.values, o->functions.count, o->profiles.values,
			       o->profiles.count, detail);
	s->plan.selection.returns = returns;
	s->plan.selection.unsafe = o->unsafe;
	s->plan.selection.requests = s->memory >= WEIR_MEMORY_SIZES;
	s->plan.selection.count_only = o->count_only;
	return err;
}

/* --exe: processes to come are recognised by the kernel side; a path's file can be probed before they run. */
static int open_exe(struct session *s)
{
	const char *exe = s->options.exe;
	struct stat st;
	long found = target_add_exe(&s->target, exe);

	s->waits_for_exe = true;
	if (found < 0 || !strchr(exe, '/'))
		return found < 0 ? (int)found : 0;
	if (stat(exe, &st)) {
		log_error("cannot look at %s: %s", exe, strerror(errno));
		return -errno;
	}
	if (plan_wants(&s->plan, exe))
		found = plan_add_module(&s->plan, exe, exe, "", true);
	else if (plan_looks_inside(&s->plan, st.st_dev, st.st_ino))
		found = plan_look_inside(&s->plan, st.st_dev, st.st_ino, exe, exe, "", true);
	return found < 0 ? -EIO : 0;
}

static int open_target(struct session *s, char **command)
{
	int err = 0;

	if (command) {
		err = launch_start(command, &s->launch);
		s->launched = !err;
		return err ?: target_joined(&s->target, (uint32_t)s->launch.pid);
	}
	if (s->options.exe)
		return open_exe(s);
	for (size_t i = 0; !err && i < s->options.pids.count; i++)
		err = target_add_tree(&s->target, s->options.pids.values[i]);
	return err;
}

/* May what is asked for still appear? A profile that was not named is not waited for in a process that runs. */
static bool may_appear(const struct session *s)
{
	if (s->launched || s->waits_for_exe)
		return plan_waits(&s->plan);
	return plan_waits(&s->plan) && !s->plan.selection.by_default;
}

static bool has_queries(const struct plan *plan)
{
	for (size_t i = 0; i < plan->probes_count; i++)
		if (plan->probes[i].level == WEIR_LEVEL_QUERY)
			return true;
	return false;
}

int session_open(const struct session_options *options, char **command, struct session **ret_session)
{
	_cleanup_(session_free) struct session *s = calloc(1, sizeof(*s));
	const char *obstacle;
	int err = check_usage(options, command);

	if (!s)
		return -ENOMEM;
	s->signals_fd = -1;
	s->options = *options;
	s->callers.rets = &s->rets;
	if (err)
		return err;
	if (options->verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	err = open_plan(s) ?: slow_log_open(&s->options.slow, &s->slow);
	if (err)
		return err;
	features_detect(&s->features);
	s->warnings.rss_bytes = options->warn_rss_bytes;
	s->warnings.operator_live_bytes = options->warn_operator_live_bytes;
	s->allocators.live = s->memory >= WEIR_MEMORY_LIVE;
	s->allocators.by_pid = s->features.uprobe_pid || !s->features.uprobe_multi;
	obstacle = features_obstacle(&s->features);
	if (obstacle) {
		log_error("%s", obstacle);
		return -EPERM;
	}
	err = open_target(s, command);
	err = err ?: session_scan(s);
	if (!err && (s->launched || s->plan.selection.patterns_count))
		err = session_scan_libraries(s);
	if (err)
		return err;
	if (!s->plan.probes_count && !may_appear(s) && !session_is_unmatched(s)) {
		plan_explain_nothing(&s->plan);
		return -ENOENT;
	}
	if (s->slow && s->plan.probes_count && !may_appear(s) && !has_queries(&s->plan))
		log_warning("--slow: nothing that is measured is a query; profiles say what is");
	if (!s->launched)
		err = session_look_unmatched(s, options->pids.count > 0);
	if (err)
		return err;
	*ret_session = TAKE_PTR(s);
	return 0;
}

/* ---- attaching */

static uint32_t threads_expected(const struct session *s)
{
	uint32_t threads = 0;

	for (size_t i = 0; i < s->target.count; i++)
		threads += process_threads(s->target.processes[i].pid);
	threads = 2 * threads + 128;
	return threads < 4096 ? threads : 4096;
}

/* Rows for goroutines: where a Go program is probed, or may turn up. */
static uint32_t goroutines_expected(const struct session *s)
{
	for (size_t i = 0; i < s->plan.modules_count; i++)
		if (s->plan.modules[i].go.is_go && s->plan.modules[i].count)
			return WEIR_GOROUTINES;
	return may_appear(s) || plan_waits(&s->plan) ? WEIR_GOROUTINES / 4 : 0;
}

static void handle_slow(void *context, const struct weir_query *query, size_t size)
{
	struct session *s = context;

	slow_log_take(s->slow, tracer_tables(s->tracer), &s->plan, query, size);
}

static int load_tracer(struct session *s)
{
	uint32_t probes = (uint32_t)s->plan.probes_count + 1 + CALIBRATE_PROBES;
	const char *exe = s->options.exe;
	struct tracer_sizes sizes = { .threads = threads_expected(s), .goroutines = goroutines_expected(s), .memory = s->memory, .allocations = (uint32_t)s->options.allocations, .query_text = s->query_text, .slow_ns = s->options.slow.slow_ns };
	int err;

	if (s->tracer)
		return 0;
	if (may_appear(s) || plan_waits(&s->plan))
		probes += LATER_PROBES;
	sizes.probes = probes < WEIR_PROBES_MAX ? probes : WEIR_PROBES_MAX;
	err = tracer_new(&s->features, &sizes, exe && !strchr(exe, '/') ? exe : NULL, &s->tracer);
	if (!err && s->slow)
		tracer_on_slow(s->tracer, handle_slow, s);
	return err ?: calibrate(s->tracer, sizes.probes - CALIBRATE_PROBES, &s->costs);
}

int session_costs(struct session *session, struct calibration *ret_costs)
{
	int err = load_tracer(session);

	if (!err)
		*ret_costs = session->costs;
	return err;
}

static int add_process(struct session *s, struct target_process *process)
{
	return process->layout ? 0 : tracer_add_process(s->tracer, process->pid, &process->layout);
}

static int add_processes(struct session *s)
{
	int err = 0;

	/* Children are followed from here on; those born before are found now. */
	for (size_t i = 0; !err && i < s->target.count; i++)
		err = add_process(s, &s->target.processes[i]);
	if (err || s->launched)
		return err ?: tracer_prepare_threads(s->tracer);
	err = target_add_descendants(&s->target);
	for (size_t i = 0; !err && i < s->target.count; i++)
		err = add_process(s, &s->target.processes[i]);
	return err ?: tracer_prepare_threads(s->tracer);
}

static int add_exe(struct session *s)
{
	struct tracer_exe exe;
	struct stat st;

	if (!s->options.exe || !strchr(s->options.exe, '/'))
		return 0;
	if (stat(s->options.exe, &st))
		return -errno;
	exe = (struct tracer_exe){ .device = st.st_dev, .inode = st.st_ino };
	return tracer_add_exe(s->tracer, &exe);
}

static int open_signals(struct session *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	s->signals_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals_fd < 0 ? -errno : 0;
}

static enum tracer_frames frames_of(const struct session *s, uint32_t probe)
{
	bool go = probe && probe <= s->plan.probes_count && s->plan.probes[probe - 1].record.flags & WEIR_PROBE_GO;

	return go ? TRACER_BY_GOROUTINE : TRACER_BY_THREAD;
}

void session_handle_event(struct session *s, const struct weir_event *event)
{
	struct target_process *process;

	switch (event->type) {
	case WEIR_EVENT_FORK:
		session_memory_joined(s);
		target_joined(&s->target, event->tgid);
		if (s->memory >= WEIR_MEMORY_SIZES)
			allocators_fork(&s->allocators, event->parent, event->tgid);
		process = target_find(&s->target, event->tgid);
		if (process) {
			process->scanned = process->covered = true; /* it maps what its parent maps, in the same places */
			process->layout = event->layout;
		}
		break;
	case WEIR_EVENT_EXEC:
		session_memory_joined(s);
		session_memory_gone(s, event, true);
		target_joined(&s->target, event->tgid);
		process = target_find(&s->target, event->tgid);
		if (process)
			process->layout = event->layout;
		break;
	case WEIR_EVENT_CALLER:
		callers_tell(&s->callers, event, frames_of(s, event->probe));
		break;
	case WEIR_EVENT_EXIT:
		process = target_find(&s->target, event->tgid);
		if (process)
			session_look_at_end(s, process);
		target_ended(&s->target, event->tgid, event->cpu_ns, event->peak_rss_bytes);
		allocators_ended(&s->allocators, s->tracer, event->tgid);
		session_memory_gone(s, event, false);
		tracer_process_gone(s->tracer, event->tgid);
		break;
	}
}

static void handle_event(void *context, const struct weir_event *event)
{
	session_handle_event(context, event);
}

static int take_events(struct session *s)
{
	int n = tracer_events(s->tracer, handle_event, s);

	if (n >= 0 && s->callers.told_count)
		n = callers_attach(&s->callers, s->tracer) ?: rets_restore(&s->rets, s->tracer, &s->plan);
	if (n >= 0)
		n = session_memory_abandon(s);
	return n < 0 ? n : session_scan(s);
}

/*
 * A command is often a wrapper that execs the real one (a script, /usr/bin/env): as long as what was asked for has not
 * appeared, its next exec is waited for. Where any profile will do, a library that the linker could load is no answer: the
 * real one may be another engine.
 */
static bool watches_exec(const struct session *s)
{
	return s->plan.selection.by_default ? !plan_is_mapped(&s->plan) : plan_waits(&s->plan);
}

/* A launched command stops whenever it has mapped code, so that not one instruction of a module runs unseen. */
static int release_command(struct session *s)
{
	struct target_process *process = target_find(&s->target, (uint32_t)s->launch.pid);
	int more;

	s->allocators.late = false;

	do {
		int err;

		process->scanned = false;
		err = take_events(s);
		if (err)
			return err;
		process = target_find(&s->target, (uint32_t)s->launch.pid);
		more = launch_next(&s->launch);
	} while (more == 1);
	s->allocators.late = true;
	if (more >= 0)
		more = session_look_unmatched(s, false);
	return more < 0 ? more : launch_release(&s->launch, watches_exec(s));
}

/* A process that ended before it was watched sends no event. */
static int check_alive(struct session *s)
{
	for (size_t i = 0; i < s->target.count; i++) {
		struct target_process *p = &s->target.processes[i];
		uint32_t tgid, parent;

		if (p->running && process_status(p->pid, &tgid, &parent) == -ESRCH)
			target_ended(&s->target, p->pid, p->cpu_start_ns, 0);
	}
	if (target_running(&s->target) || !s->options.pids.count)
		return 0;
	log_error("process %u ended before weir was attached", s->options.pids.values[0]);
	return -ESRCH;
}

int session_start(struct session *session)
{
	struct session *s = session;
	int err = open_signals(s) ?: load_tracer(s);

	err = err ?: add_processes(s);
	err = err ?: add_exe(s);
	err = err ?: session_attach_new(s);
	if (err)
		return err;
	s->started_ns = clock_ns();
	if (s->launched)
		err = release_command(s);
	s->allocators.late = true;
	err = err ?: take_events(s);
	return err ?: s->launched ? 0 : check_alive(s);
}

/* ---- running */

/* SIGTERM is passed on to a launched command; SIGINT reaches it from the terminal. A second one ends weir's own wait. */
static enum session_state take_signals(struct session *s)
{
	struct signalfd_siginfo info;
	enum session_state state = SESSION_GOES_ON;

	while (read(s->signals_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (s->launched && !s->interrupts && !s->launch.ended) {
			kill(s->launch.pid, (int)info.ssi_signo);
			s->interrupts++;
			continue;
		}
		state = SESSION_SIGNALLED;
	}
	return state;
}

static int follow_command(struct session *s)
{
	return s->launched && launch_poll(&s->launch) == LAUNCH_EXEC ? release_command(s) : 0;
}

static bool target_is_over(struct session *s)
{
	if (s->launched)
		return s->launch.ended && !target_running(&s->target);
	if (s->waits_for_exe)
		return false;
	return !target_running(&s->target);
}

/* Returns 1 where `fd` can be read or a signal handler ran, 0, or -errno. */
static int wait_until(struct session *s, uint64_t until_ns, int fd)
{
	struct pollfd fds[] = {
		{ .fd = s->signals_fd, .events = POLLIN },
		{ .fd = tracer_events_fd(s->tracer), .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	uint64_t now = clock_ns(), wait = until_ns > now ? until_ns - now : 0;
	struct timespec timeout = { (time_t)(wait / 1000000000ULL), (long)(wait % 1000000000ULL) };

	if (ppoll(fds, 3, &timeout, NULL) < 0)
		return errno == EINTR ? 1 : -errno;
	return fds[2].revents != 0;
}

/* Modules that were asked for by name are looked for ten times a second, those of unnamed profiles once. */
static uint64_t rescan_interval_ns(const struct session *s)
{
	if (!plan_waits(&s->plan))
		return 1000000000ULL;
	return s->plan.selection.by_default ? 1000000000ULL : 100000000ULL;
}

/*
 * The thread that is told to be a process's last can pass its siblings on the way out (before 6.15 the event comes late in
 * do_exit): a moment for them, so that what they had open is closed.
 */
static void await_threads(const struct session *s)
{
	for (size_t i = 0; i < s->target.count; i++) {
		const struct timespec pause = { 0, 1000000 };

		for (int tries = 0; !s->target.processes[i].running && tries < 100; tries++) {
			if (process_threads(s->target.processes[i].pid) <= 1)
				break;
			nanosleep(&pause, NULL);
		}
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int session_follow(struct session *session, uint64_t until_ns, int fd)
{
	struct session *s = session;
	int woken = 0, err = 0;

	if (!s->next_scan_ns)
		s->next_scan_ns = s->started_ns + rescan_interval_ns(s);
	if (!s->next_check_ns)
		s->next_check_ns = warnings_wanted(&s->warnings) ? s->started_ns : UINT64_MAX;
	while (!err && !woken && !target_is_over(s) && clock_ns() < until_ns) {
		err = woken = wait_until(s, earlier(until_ns, earlier(s->next_scan_ns, s->next_check_ns)), fd);
		if (err < 0)
			break;
		if (take_signals(s) == SESSION_SIGNALLED)
			return SESSION_SIGNALLED;
		err = follow_command(s) ?: take_events(s);
		if (!err && clock_ns() >= s->next_scan_ns) {
			session_look_for_gone(s);
			err = session_rescan(s);
			err = err ?: rets_drop(&s->rets, s->tracer, &s->plan);
			s->next_scan_ns = clock_ns() + rescan_interval_ns(s);
		}
		if (!err && clock_ns() >= s->next_check_ns) {
			err = warnings_check(&s->warnings, s->tracer, &s->plan, &s->target);
			s->next_check_ns = clock_ns() + WARNINGS_INTERVAL_NS;
		}
	}
	return err ?: target_is_over(s) ? SESSION_ENDED : SESSION_GOES_ON;
}

int session_wait(struct session *session, uint64_t until_ns, int fd)
{
	int err = wait_until(session, until_ns, fd);

	return err < 0 ? err : (int)take_signals(session);
}

void session_stop(struct session *session)
{
	struct session *s = session;

	if (s->stopped_ns)
		return;
	await_threads(s);
	tracer_freeze(s->tracer);
	s->stopped_ns = clock_ns();
	s->target_cpu_ns = target_cpu_ns(&s->target);
	tracer_events(s->tracer, handle_event, s);
	tracer_detach(s->tracer);
	if (s->launched)
		launch_unwatch(&s->launch);
	if (!s->plan.selection.by_default)
		plan_tell_missing(&s->plan);
}

int session_run(struct session *session, int (*tick)(void *context, struct session *session), void *context)
{
	struct session *s = session;
	uint64_t interval = s->options.interval_ns;
	uint64_t next_tick = interval && tick ? s->started_ns + interval : UINT64_MAX;
	uint64_t deadline = s->options.duration_ns ? s->started_ns + s->options.duration_ns : UINT64_MAX;
	int state = SESSION_GOES_ON;

	while (state == SESSION_GOES_ON && clock_ns() < deadline) {
		state = session_follow(s, earlier(next_tick, deadline), -1);
		if (state >= 0 && state != SESSION_SIGNALLED && clock_ns() >= next_tick && next_tick < deadline) {
			int err = tick(context, s);

			state = err ?: state;
			next_tick += interval;
		}
	}
	session_stop(s);
	return state < 0 ? state : 0;
}

int session_exit_code(struct session *session)
{
	if (!session->launched)
		return 0;
	while (launch_poll(&session->launch) != LAUNCH_ENDED) {
		struct timespec pause = { 0, 10000000 };

		nanosleep(&pause, NULL);
	}
	return launch_exit_code(&session->launch);
}

/* ---- reading */

/* A library probed before anybody mapped it shows by its calls that somebody did. */
static bool has_nodes_of(const struct snapshot *snapshot, const struct profile *profile)
{
	for (size_t i = 0; i < snapshot->nodes_count; i++)
		if (snapshot->nodes[i].profile && !strcmp(snapshot->nodes[i].profile, profile->engine))
			return true;
	return false;
}

static int fill_target(struct session *s, struct snapshot *snapshot)
{
	struct utsname name;

	snapshot->processes = calloc(s->target.count + 1, sizeof(*snapshot->processes));
	snapshot->profiles = calloc(s->plan.selection.profiles_count + 1, sizeof(*snapshot->profiles));
	if (!snapshot->processes || !snapshot->profiles)
		return -ENOMEM;
	for (size_t i = 0; i < s->target.count; i++) {
		const struct target_process *p = &s->target.processes[i];

		snapshot->processes[snapshot->processes_count++] = (struct snapshot_process){
			.pid = p->pid, .running = p->running,
			.comm = snapshot_string(snapshot, p->comm), .exe = snapshot_string(snapshot, p->exe),
		};
	}
	for (size_t i = 0; i < s->plan.selection.profiles_count; i++) {
		const struct profile *profile = s->plan.selection.profiles[i];

		if (plan_uses_profile(&s->plan, profile) || has_nodes_of(snapshot, profile))
			snapshot->profiles[snapshot->profiles_count++] = snapshot_string(snapshot, profile->engine);
	}
	uname(&name);
	snapshot->kernel = snapshot_string(snapshot, name.release);
	session_fill_rss(s, snapshot);
	snapshot->cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	return 0;
}

static void snapshot_release(struct snapshot **snapshot)
{
	snapshot_free(snapshot);
}

int session_snapshot(struct session *session, struct snapshot **ret_snapshot)
{
	struct session *s = session;
	_cleanup_(snapshot_release) struct snapshot *snapshot = NULL;
	int err = snapshot_new(&snapshot);

	if (snapshot)
		snapshot->leak_age_ns = s->options.leaks_ns;
	err = err ?: tracer_look(s->tracer);
	err = err ?: collect(s->tracer, &s->plan, &s->costs, snapshot);
	err = err ?: fill_target(s, snapshot) ?: session_fill_unmatched(s, snapshot);
	if (err) {
		log_error("cannot read the counters: %s", strerror(-err));
		return err;
	}
	clock_gettime(CLOCK_REALTIME, &snapshot->taken_at);
	snapshot->duration_ns = (s->stopped_ns ?: clock_ns()) - s->started_ns;
	snapshot->target_cpu_ns = s->stopped_ns ? s->target_cpu_ns : target_cpu_ns(&s->target);
	*ret_snapshot = TAKE_PTR(snapshot);
	return 0;
}

uint64_t session_calls(const struct session *session, uint64_t *calls)
{
	memset(calls, 0, session->plan.probes_count * sizeof(*calls));
	collect_calls(session->tracer, &session->plan, calls);
	return (session->stopped_ns ?: clock_ns()) - session->started_ns;
}
