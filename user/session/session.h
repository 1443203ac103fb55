/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One measurement: TARGET and WHAT of the command line, resolved, attached, followed until its end, and read as
 * snapshots. Ties target/, plan/, attach/ and collect/ together; the subcommands see nothing else of them.
 */
#ifndef WEIR_SESSION_H
#define WEIR_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "attach/calibrate.h"
#include "base/options.h"
#include "model/snapshot.h"
#include "plan/plan.h"
#include "session/unmatched.h"
#include "slow/slow_log.h"

/* TARGET and WHAT, as every subcommand that has them takes them. */
struct session_options {
	struct option_pids pids;
	const char *exe;
	struct option_list functions; /* -f */
	struct option_list profiles;  /* --profile */
	const char *detail;
	const char *returns;
	const char *memory;
	const char *query_text;       /* --query-text */
	struct slow_options slow;     /* --slow and what goes with it */
	uint64_t leaks_ns;            /* --leaks; 0: not asked for */
	uint64_t allocations;         /* --allocations; 0: the default */
	uint64_t warn_rss_bytes, warn_operator_live_bytes; /* 0: none */
	bool unsafe;
	uint64_t duration_ns; /* 0: until the target ends or a signal comes */
	uint64_t interval_ns; /* 0: no documents in between */
	bool verbose;
	bool count_only;      /* entries are counted, and nothing else is measured; no option of its own */
};

/* The option table's entries for these members, which every such subcommand begins with. */
#define SESSION_OPTIONS(type, member) \
	{ 'p', "pid", OPTION_PIDS, offsetof(type, member.pids), "PID[,PID...]", \
	  "measure these processes, their children and their threads" }, \
	{ 0, "exe", OPTION_STRING, offsetof(type, member.exe), "NAME|PATH", \
	  "measure every process of this executable, present and future" }, \
	{ 'f', "function", OPTION_LIST, offsetof(type, member.functions), "MODULE:GLOB", \
	  "measure these functions of these modules; may be given several times" }, \
	{ 0, "profile", OPTION_LIST, offsetof(type, member.profiles), "NAME|FILE", \
	  "measure what this profile describes, not what all matching ones do" }, \
	{ 0, "detail", OPTION_STRING, offsetof(type, member.detail), "TIER", \
	  "how deep profiles go: queries, operators (the default) or rows" }, \
	{ 0, "returns", OPTION_STRING, offsetof(type, member.returns), "WAY", \
	  "how calls are seen to leave: auto (the default), sites or trampoline" }, \
	{ 0, "query-text", OPTION_STRING, offsetof(type, member.query_text), "MODE", \
	  "what is shown of query texts: normalized (the default: no literals), raw or off (their hash)" }, \
	{ 0, "memory", OPTION_STRING, offsetof(type, member.memory), "MODE", \
	  "how memory is measured: off, pages (the default), sizes or live" }, \
	{ 0, "unsafe", OPTION_FLAG, offsetof(type, member.unsafe), NULL, \
	  "with --returns trampoline: also where an exception, a panic or a switch of stacks would kill the target" }, \
	{ 'v', "verbose", OPTION_FLAG, offsetof(type, member.verbose), NULL, \
	  "say more on stderr, the kernel's verifier included" }

/* What is asked of memory, for those that measure. */
#define MEMORY_OPTIONS(type, member) \
	{ 0, "leaks", OPTION_DURATION, offsetof(type, member.leaks_ns), "AGE", \
	  "what was allocated longer ago than this and is not freed, by path; with --memory live, which it means" }, \
	{ 0, "allocations", OPTION_SIZE, offsetof(type, member.allocations), "NUMBER", \
	  "with --memory live: follow so many at once (1M)" }, \
	{ 0, "warn-rss", OPTION_SIZE, offsetof(type, member.warn_rss_bytes), "SIZE", \
	  "say on stderr when a process has more resident memory than this, and when no longer" }, \
	{ 0, "warn-operator-live", OPTION_SIZE, offsetof(type, member.warn_operator_live_bytes), "SIZE", \
	  "the same of what the calls of one operator hold; with --memory live, which it means" }

/* What TARGET and WHAT are, for --help. */
#define SESSION_HELP \
	"TARGET is one of -p, --exe, or -- COMMAND [ARGS...], which is probed before its first instruction runs. " \
	"WHAT is -f, --profile, or nothing: then every profile that matches a module of the target is used."

void session_options_free(struct session_options *options);

struct session;

/*
 * Resolve the target and the plan; nothing is attached yet. `command` is what follows "--", or NULL.
 * Logs one sentence on failure. Returns 0, -EINVAL for wrong usage, or another -errno.
 */
int session_open(const struct session_options *options, char **command, struct session **ret_session);
void session_free(struct session **session); /* detaches; a command that was not let go yet is killed */

const struct plan *session_plan(const struct session *session);

/* Where no profile matches, and nothing is probed therefore: why, and what could be. NULL: something is probed, or waited for. */
const struct unmatched *session_unmatched(const struct session *session);

/* What a hit costs here: loads the programs and measures on a child of weir. Returns 0 or -errno (logged). */
int session_costs(struct session *session, struct calibration *ret_costs);

/* Attach, and let a launched command run. Returns 0 or -errno (logged). */
int session_start(struct session *session);

/*
 * Follow the target until it ends, the duration is over, or SIGINT or SIGTERM comes. `tick` (may be NULL) is called each interval; what it returns, if not 0,
 * ends the session and is returned. Breakpoints are out when this returns. Returns 0 or -errno.
 */
int session_run(struct session *session, int (*tick)(void *context, struct session *session), void *context);

/*
 * The same in steps, for those who do something else meanwhile: follow the target until `until_ns` (CLOCK_MONOTONIC), or until
 * `fd` can be read (-1: none) or a signal handler ran. SESSION_ENDED: the target has ended, or SIGINT or SIGTERM came and ended
 * the session (SESSION_SIGNALLED). Breakpoints stay until session_stop. Returns one of these or -errno.
 */
enum session_state { SESSION_GOES_ON, SESSION_ENDED, SESSION_SIGNALLED };
int session_follow(struct session *session, uint64_t until_ns, int fd);
/* The same for a session that was stopped: only signals and `fd` are waited for. SESSION_GOES_ON or SESSION_SIGNALLED. */
int session_wait(struct session *session, uint64_t until_ns, int fd);
/* Take the breakpoints out. Snapshots can still be taken. */
void session_stop(struct session *session);

/* Read everything. The caller frees. Returns 0 or -errno (logged). */
int session_snapshot(struct session *session, struct snapshot **ret_snapshot);

/* After session_start: the calls of each probe of the plan so far, in `calls` (plan->probes_count counters). Returns the ns since then. */
uint64_t session_calls(const struct session *session, uint64_t *calls);

/* After session_run: wait for a launched command's end; its exit code, 0 where none was launched. */
int session_exit_code(struct session *session);

#endif
