/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/unmatched.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "symbols/module.h"
#include "symbols/work.h"
#include "target/process.h"

enum {
	PROCESSES_LOOKED = 8,  /* of many, the first tell enough */
	MODULES_LOOKED = 48,
	PER_MODULE = 6,        /* functions of one module at most */
	CHOSEN_MAX = 8,        /* of all */
	CONSIDERED_MAX = 12,   /* some may turn out to have no instruction that can carry a breakpoint */
	PROGRAM_BONUS = 3,     /* what the program itself does says more than its libraries */
};

/* A file that the target maps. */
struct looked {
	uint64_t device, inode;
	char *path, *display, *root; /* as plan_add_module wants them; owned */
};

struct candidate {
	char *argument; /* owned */
	int score;
	size_t module;
	bool can_be_probed;
	enum site_class class;
	enum plan_leave leave;
};

struct look {
	struct looked *modules;
	size_t modules_count, modules_capacity;
	struct candidate *candidates;
	size_t candidates_count, candidates_capacity;
	const char *stripped, *fixed; /* a program without names; one with no dynamic linker; displays, or NULL */
	const struct profile *built_in; /* an engine whose function a program has itself; NULL: none */
	const char *built_in_function, *built_in_program;
	const struct plan *plan;
	const char *interpreter;      /* what a script is run by */
	char script[128];
};

static void look_free(struct look *look)
{
	for (size_t i = 0; i < look->modules_count; i++) {
		free(look->modules[i].path);
		free(look->modules[i].display);
		free(look->modules[i].root);
	}
	for (size_t i = 0; i < look->candidates_count; i++)
		free(look->candidates[i].argument);
	free(look->modules);
	free(look->candidates);
}

void unmatched_free(struct unmatched *unmatched)
{
	for (size_t i = 0; i < unmatched->functions_count; i++)
		free(unmatched->functions[i].argument);
	free(unmatched->functions);
	free(unmatched->reason);
	*unmatched = (struct unmatched){ 0 };
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Every program has these, and none is its work. */
static bool is_everyday(const char *display)
{
	static const char *const globs[] = {
		"libc.so*", "libc-*.so", "ld-linux*", "ld-*.so", "libm.so*", "libpthread*", "libdl.so*", "librt.so*", "libstdc++.so*",
		"libgcc_s*", "libc++*.so*", "libresolv*", "libnss_*", "libselinux*", "libcap*", "libtinfo*", "libreadline*", "libmvec*",
		"libpcre*", "libgmp*", "libnsl*", "libcrypt.so*", "libutil.so*", "ld-musl*", "*.cpython-*",
	};

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (!fnmatch(globs[i], last_component(display), 0))
			return true;
	return false;
}

/* ---- the modules */

static int candidates_add(struct look *look, size_t module, const char *name, const struct work_function *f, bool is_program)
{
	struct candidate c = { .module = module, .score = f->score + (is_program ? PROGRAM_BONUS : 0) };

	if (VEC_RESERVE(look->candidates, look->candidates_count, look->candidates_capacity) ||
	    asprintf(&c.argument, "%s:%.*s", name, f->bare_length, f->display) < 0)
		return -ENOMEM;
	look->candidates[look->candidates_count++] = c;
	return 0;
}

/* An engine that is linked into the program: its profile names the file of a library, which is not there. */
static void note_built_in(struct look *look, struct module *module, const char *display)
{
	const struct plan_selection *s = &look->plan->selection;

	for (size_t i = 0; i < s->profiles_count && !look->built_in; i++) {
		for (size_t k = 0; k < s->profiles[i]->probes_count && !look->built_in; k++) {
			const struct profile_probe *p = &s->profiles[i]->probes[k];
			_cleanup_free_ struct function *functions = NULL;
			size_t count = 0;

			if (p->level != WEIR_LEVEL_QUERY || !p->function || strpbrk(p->function, "*?[") || strlen(p->function) < 8)
				continue; /* a short name is anybody's */
			if (module_find(module, p->function, &functions, &count) || !count)
				continue;
			look->built_in = s->profiles[i];
			look->built_in_function = p->function;
			look->built_in_program = display;
		}
	}
}

static void note_program(struct look *look, struct module *module, const char *display)
{
	note_built_in(look, module, display);
	if (module_is_stripped(module))
		look->stripped = display;
	if (module_is_static(module))
		look->fixed = display;
}

static int look_at_module(struct look *look, size_t index, bool is_program)
{
	const struct looked *m = &look->modules[index];
	struct work_function work[PER_MODULE];
	struct module *module = NULL;
	long count;
	int err = 0;

	if (module_open(m->path, m->display, m->root, &module))
		return 0; /* said; the rest goes on */
	if (is_program)
		note_program(look, module, m->display);
	count = module_work(module, work, PER_MODULE);
	for (long i = 0; i < count && !err; i++)
		err = candidates_add(look, index, module_name(module), &work[i], is_program);
	module_free(&module);
	return err;
}

static int look_at_mapping(struct look *look, uint32_t pid, const struct mapping *m, const char *exe)
{
	struct looked looked = { .device = m->device, .inode = m->inode };
	char path[PATH_MAX], root[32];

	if (is_everyday(m->path) || look->modules_count >= MODULES_LOOKED || mapping_path(pid, m, path, sizeof(path)))
		return 0;
	for (size_t i = 0; i < look->modules_count; i++)
		if (look->modules[i].device == m->device && look->modules[i].inode == m->inode)
			return 0;
	if (VEC_RESERVE(look->modules, look->modules_count, look->modules_capacity))
		return -ENOMEM;
	snprintf(root, sizeof(root), "/proc/%u/root", pid);
	looked.path = strdup(path);
	looked.display = strdup(m->path);
	looked.root = strdup(root);
	look->modules[look->modules_count++] = looked;
	if (!looked.path || !looked.display || !looked.root)
		return -ENOMEM;
	return look_at_module(look, look->modules_count - 1, !strcmp(m->path, exe));
}

/* An interpreter's own functions say little of what its script does. */
static void note_script(struct look *look, const struct target_process *p)
{
	static const char *const globs[] = { "sh", "bash", "dash", "zsh", "ksh*", "busybox", "python*", "perl*", "ruby*", "node", "nodejs", "php*", "lua*" };
	const char *name = last_component(p->exe);
	char line[512], path[64];
	_cleanup_fclose_ FILE *file = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]) && !look->interpreter; i++)
		if (!fnmatch(globs[i], name, 0))
			look->interpreter = name;
	snprintf(path, sizeof(path), "/proc/%u/cmdline", p->pid);
	file = look->interpreter == name ? fopen(path, "re") : NULL;
	if (file)
		n = fread(line, 1, sizeof(line) - 1, file);
	line[n] = '\0';
	/* The first argument that is no option. The text of a program (-c, -e) is nobody's business. */
	for (const char *at = line + strlen(line) + 1; at < line + n; at += strlen(at) + 1) {
		if (!strcmp(at, "-c") || !strcmp(at, "-e"))
			break;
		if (*at == '-')
			continue;
		snprintf(look->script, sizeof(look->script), "%s", last_component(at));
		break;
	}
}

static int look_at_process(struct look *look, const struct target_process *p)
{
	struct mapping *mappings = NULL;
	size_t count = 0;
	int err = 0;

	if (process_mappings(p->pid, &mappings, &count))
		return 0; /* it has ended */
	note_script(look, p);
	for (size_t i = 0; i < count && !err; i++)
		err = look_at_mapping(look, p->pid, &mappings[i], p->exe);
	mappings_free(mappings, count);
	return err;
}

/* ---- why */

/* Does a process map what the profile describes? Then it has lost all its functions. */
static bool is_mapped(const struct plan *plan, const struct profile *profile)
{
	for (size_t i = 0; i < plan->modules_count; i++)
		if (plan->modules[i].mapped && profile_matches(profile, last_component(plan->modules[i].display)))
			return true;
	return false;
}

/* "no profile matches calls (12): it maps no libsqlite3.so* (sqlite) and no postgres (postgresql)" */
static void write_engines(const struct plan *plan, bool several, FILE *out)
{
	const struct plan_selection *s = &plan->selection;
	size_t said = 0, missing = 0;

	for (size_t i = 0; i < s->profiles_count; i++)
		missing += !is_mapped(plan, s->profiles[i]);
	for (size_t i = 0; i < s->profiles_count; i++) {
		if (is_mapped(plan, s->profiles[i]))
			continue;
		fprintf(out, "%s no %s%s (%s)", !said ? several ? " they map" : " it maps" : said + 1 == missing ? " and" : ",",
			s->profiles[i]->modules_count ? "" : "module with ",
			s->profiles[i]->modules_count ? s->profiles[i]->modules[0] : s->profiles[i]->functions[0], s->profiles[i]->engine);
		said++;
	}
	for (size_t i = 0; i < s->profiles_count; i++)
		if (is_mapped(plan, s->profiles[i]))
			fprintf(out, "%s none of the functions that profile %s describes is in what is mapped of it", said++ ? ";" : "",
				s->profiles[i]->engine);
	if (!s->profiles_count)
		fputs(" there are no profiles", out);
}

static void write_lacks(const struct look *look, FILE *out)
{
	if (look->built_in)
		fprintf(out, "; %s holds %s itself: a copy of profile %s whose match names %s measures it",
			last_component(look->built_in_program), look->built_in_function, look->built_in->engine,
			last_component(look->built_in_program));
	else if (look->fixed)
		fprintf(out, "; %s is linked statically, so that no library in it can be told", last_component(look->fixed));
	if (look->stripped)
		fprintf(out, "; %s is stripped: its functions have no names%s", last_component(look->stripped),
			look->candidates_count ? " but the exported ones" : "");
	if (look->interpreter && *look->script)
		fprintf(out, "; %s is an interpreter and runs %s, whose functions it has no symbols of", look->interpreter, look->script);
	else if (look->interpreter)
		fprintf(out, "; %s is an interpreter: it has no symbols of the functions that it runs", look->interpreter);
	if (!look->candidates_count)
		fputs("; no function looks like work by its name", out);
}

static char *reason_of(const struct look *look, const struct plan *plan, const struct target *target)
{
	const struct target_process *first = NULL;
	char *text = NULL;
	size_t size = 0, running = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < target->count; i++) {
		first = first ?: target->processes[i].running ? &target->processes[i] : NULL;
		running += target->processes[i].running;
	}
	if (!first)
		fputs("no process of the target has run yet", out);
	else if (running > 1)
		fprintf(out, "no profile matches any of %zu processes, the first of which is %s (%u):", running, first->comm, first->pid);
	else
		fprintf(out, "no profile matches %s (%u):", first->comm, first->pid);
	if (first) {
		write_engines(plan, running > 1, out);
		write_lacks(look, out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- what it would cost */

static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return strcmp(x->argument, y->argument);
}

/* Is it the function that the argument names, with or without its parameters? */
static bool is_named(const struct plan_probe *p, const char *argument)
{
	const char *name = strchr(argument, ':') + 1;
	size_t length = strlen(name);

	return !strncmp(p->function, name, length) && (!p->function[length] || p->function[length] == '(');
}

/* What -f would make of the candidates in this module, by making it so. */
static int predict(struct look *look, size_t module, size_t count, struct catalog *catalog)
{
	const struct looked *m = &look->modules[module];
	const char *arguments[CONSIDERED_MAX];
	struct plan plan = { 0 };
	size_t asked = 0;
	int err = 0;

	for (size_t i = 0; i < count; i++)
		if (look->candidates[i].module == module)
			arguments[asked++] = look->candidates[i].argument;
	if (!asked)
		return 0;
	err = plan_init(&plan, catalog, arguments, asked, NULL, 0, DETAIL_OPERATORS);
	if (!err && plan_add_module(&plan, m->path, m->display, m->root, true) == -ENOMEM)
		err = -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct candidate *c = &look->candidates[i];

		for (size_t k = 0; c->module == module && k < plan.probes_count && !c->can_be_probed; k++) {
			c->can_be_probed = is_named(&plan.probes[k], c->argument);
			c->class = plan.probes[k].site.class;
			c->leave = plan.probes[k].measured_leave;
		}
	}
	plan_free(&plan);
	return err == -ENOMEM ? err : 0;
}

/* The best of the candidates that can be probed. */
static int choose(struct unmatched *unmatched, struct look *look, struct catalog *catalog)
{
	size_t count = look->candidates_count < CONSIDERED_MAX ? look->candidates_count : CONSIDERED_MAX;
	int err = 0;

	if (!count)
		return 0;
	qsort(look->candidates, look->candidates_count, sizeof(*look->candidates), compare);
	for (size_t i = 0; i < look->modules_count && !err; i++)
		err = predict(look, i, count, catalog);
	for (size_t i = 0; i < count && unmatched->functions_count < CHOSEN_MAX && !err; i++) {
		struct candidate *c = &look->candidates[i];

		if (c->can_be_probed)
			unmatched->functions[unmatched->functions_count++] =
				(struct unmatched_function){ TAKE_PTR(c->argument), c->class, c->leave };
	}
	return err;
}

int unmatched_look(struct unmatched *unmatched, const struct plan *plan, struct catalog *catalog, const struct target *target)
{
	_cleanup_(look_free) struct look look = { .plan = plan };
	size_t looked = 0;
	int err = 0;

	for (size_t i = 0; i < target->count && !err && looked < PROCESSES_LOOKED; i++)
		if (target->processes[i].running && ++looked)
			err = look_at_process(&look, &target->processes[i]);
	if (err || !looked)
		return err;
	unmatched_free(unmatched);
	unmatched->reason = reason_of(&look, plan, target);
	unmatched->functions = calloc(CHOSEN_MAX, sizeof(*unmatched->functions));
	if (!unmatched->reason || !unmatched->functions)
		return -ENOMEM;
	return choose(unmatched, &look, catalog);
}
