/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/fuse.h"
#include "plan/plan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "sites/emulate.h"
#include "sites/go_entry.h"
#include "sites/leave.h"
#include "symbols/module.h"

/* The longest function body that is decoded to find its entry site. */
#define CODE_MAX (64 * 1024)
/* Bytes looked at where a function's bounds are not known. */
#define CODE_UNBOUNDED 64

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- what was asked for */

static int parse_pattern(const char *text, struct plan_pattern *ret_pattern)
{
	const char *colon = strchr(text, ':'), *plus = strstr(text, "+0x");
	const char *split = colon ? colon : plus;
	struct plan_pattern p = { 0 };

	if (!split || split == text || !split[1]) {
		log_error("-f %s: expected MODULE:GLOB, as in 'libfoo.so*:foo_*', or MODULE+0xADDRESS", text);
		return -EINVAL;
	}
	p.module = strndup(text, (size_t)(split - text));
	p.function = strdup(colon ? colon + 1 : plus);
	if (!p.module || !p.function) {
		free(p.module);
		free(p.function);
		return -ENOMEM;
	}
	*ret_pattern = p;
	return 0;
}

static int select_functions(struct plan_selection *s, const char *const *functions, size_t count)
{
	s->patterns = calloc(count, sizeof(*s->patterns));
	if (!s->patterns)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int err = parse_pattern(functions[i], &s->patterns[i]);

		if (err)
			return err;
		s->patterns_count++;
	}
	return 0;
}

static int select_profiles(struct plan_selection *s, struct catalog *catalog, const char *const *names, size_t count)
{
	s->by_default = !count;
	s->profiles_count = count ? count : catalog_count(catalog);
	s->profiles = calloc(s->profiles_count + 1, sizeof(*s->profiles));
	s->profiles_used = calloc(s->profiles_count + 1, sizeof(*s->profiles_used));
	if (!s->profiles || !s->profiles_used)
		return -ENOMEM;
	for (size_t i = 0; i < s->profiles_count; i++) {
		int err = 0;

		if (count)
			err = catalog_find(catalog, names[i], &s->profiles[i]);
		else
			s->profiles[i] = catalog_at(catalog, i);
		if (err)
			return err == -EINVAL ? -ENOEXEC : err; /* the file's fault, not that of the command line */
	}
	return 0;
}

int plan_init(struct plan *plan, struct catalog *catalog, const char *const *functions, size_t functions_count,
	      const char *const *profile_names, size_t profile_names_count, enum profile_detail detail)
{
	*plan = (struct plan){ .selection.detail = detail };
	if (functions_count) {
		int err = select_functions(&plan->selection, functions, functions_count);

		if (err || !profile_names_count)
			return err;
	}
	return select_profiles(&plan->selection, catalog, profile_names, profile_names_count);
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->modules_count; i++) {
		close(plan->modules[i].fd);
		free(plan->modules[i].display);
		module_free(&plan->modules[i].module);
	}
	for (size_t i = 0; i < plan->selection.patterns_count; i++) {
		free(plan->selection.patterns[i].module);
		free(plan->selection.patterns[i].function);
	}
	free(plan->selection.patterns);
	free(plan->selection.profiles);
	free(plan->selection.profiles_used);
	for (size_t i = 0; i < plan->probes_count; i++)
		free(plan->probes[i].rets);
	free(plan->modules);
	free(plan->looked);
	free(plan->probes);
	*plan = (struct plan){ 0 };
}

/* ---- probes of a module */

long plan_read_body(struct module *m, const struct function *f, uint8_t **ret_code, bool *ret_complete)
{
	size_t size = f->size && f->size <= CODE_MAX ? f->size : CODE_UNBOUNDED;
	uint8_t *code = malloc(size);
	long n;

	if (!code)
		return -ENOMEM;
	n = module_code(m, f->address, code, size);
	if (n <= 0) {
		free(code);
		return -EINVAL;
	}
	*ret_code = code;
	*ret_complete = f->size && (uint64_t)n == f->size;
	return n;
}

const char *plan_leave_name(enum plan_leave leave)
{
	static const char *const names[] = { "none: counted only", "uretprobe", "return sites", "span" };

	return names[leave];
}

/* Go copies stacks and must find its own return addresses there: no return probe, whoever insists. */
static bool choose_go_leave(struct plan *plan, struct plan_module *m, const struct function *f, bool entry_only,
			    enum plan_leave *ret_leave)
{
	if (plan->selection.returns == RETURNS_TRAMPOLINE)
		go_module_refuse(&m->go, m->display, "a return probe would end it (--returns sites is safe)");
	else if (*m->go.obstacle)
		go_module_refuse(&m->go, m->display, m->go.obstacle);
	if (m->go.refused)
		return false;
	*ret_leave = entry_only || !go_module_has(&m->go, f) ? LEAVE_NONE : LEAVE_SITES;
	return true;
}

/* How calls of the function can be seen to leave; false where only a return probe was allowed and it would be unsafe. */
static bool choose_leave(struct plan *plan, struct plan_module *m, const struct function *f, const struct profile_probe *spec,
			 enum plan_leave *ret_leave)
{
	const struct plan_selection *s = &plan->selection;
	bool deadly = s->switches || (module_unwinds(m->module) && !(spec && spec->catches_all));

	if (m->go.is_go)
		return choose_go_leave(plan, m, f, spec && spec->entry_only, ret_leave);
	if (spec && spec->entry_only) {
		*ret_leave = LEAVE_NONE;
		return true;
	}
	*ret_leave = s->returns == RETURNS_SITES || (s->returns == RETURNS_AUTO && deadly) ? LEAVE_SITES : LEAVE_TRAMPOLINE;
	return *ret_leave == LEAVE_SITES || !deadly || s->unsafe;
}

/* An instruction at the very beginning is not emulated: a return probe of somebody else's may stand there and look for its own return address. */
static struct plan_ret plan_ret_at(const struct function *f, const uint8_t *code, size_t size, uint32_t at, bool has_value)
{
	uint64_t offset = f->file_offset + at;

	return (struct plan_ret){ offset, has_value, at ? site_emulation(code + at, size - at, offset) : 0 };
}

/* Until a caller is covered, the function's own rets tell when it is left. */
static int find_rets(struct plan_probe *p, const struct function *f, const uint8_t *code, size_t size, bool complete)
{
	struct leave_points points = { 0 };
	int err = site_find_leaves(code, size, complete, &points);

	if (err)
		return err == -ENOMEM ? err : 0;
	if (points.tail_jumps_count || !points.complete)
		p->record.flags |= WEIR_PROBE_TAILS;
	/* A function that is a ret: of two breakpoints in one place, the one attached last is hit first, and rets come and go. */
	if (points.rets_count && points.rets[0] == p->site.offset)
		points.complete = false;
	if (points.complete) {
		/* None at all: it does not return, and every call that ends was unwound. */
		p->rets = calloc(points.rets_count + points.tail_jumps_count + 1, sizeof(*p->rets));
		for (size_t i = 0; p->rets && i < points.rets_count; i++)
			p->rets[p->rets_count++] = plan_ret_at(f, code, size, points.rets[i], true);
		for (size_t i = 0; p->rets && i < points.tail_jumps_count; i++)
			p->rets[p->rets_count++] = plan_ret_at(f, code, size, points.tail_jumps[i], false);
		p->record.flags |= p->rets ? WEIR_PROBE_RETS : 0;
	}
	leave_points_free(&points);
	return 0;
}

void plan_fill_code(struct weir_probe *record, const struct profile_code *code)
{
	struct weir_op *end = record->ops;

	end += record->label_ops = (uint8_t)fuse(code->ops, code->label_ops, end);
	end += fuse(code->ops + code->label_ops, (size_t)(code->enter_ops - code->label_ops), end);
	record->enter_ops = (uint8_t)(end - record->ops);
	record->leave_ops = (uint8_t)fuse(code->ops + code->enter_ops, code->leave_ops, end);
	if (record->enter_ops)
		record->flags |= WEIR_PROBE_ENTER_OPS;
	if (record->leave_ops)
		record->flags |= WEIR_PROBE_LEAVE_OPS;
}

static void fill_record(struct plan_probe *p)
{
	p->record.level = (uint8_t)p->level;
	p->record.address = p->address;
	p->record.flags |= p->leave == LEAVE_NONE ? WEIR_PROBE_ENTRY_ONLY : p->leave == LEAVE_SITES ? WEIR_PROBE_SITES : 0;
}

static void make_request(struct weir_probe *record)
{
	record->flags |= WEIR_PROBE_REQUESTS;
	for (size_t i = 0; i < record->enter_ops; i++)
		if (record->ops[i].code == WEIR_OP_BYTES)
			record->ops[i].code = WEIR_OP_REQUEST;
		else if (record->ops[i].out == WEIR_OP_BYTES)
			record->ops[i].out = WEIR_OP_REQUEST;
}

void plan_take_use(struct plan_probe *p, const struct plan_use *use, bool reads)
{
	p->profile = use->profile;
	p->spec = use->spec;
	p->layout = use->layout;
	p->left_out = use->left_out;
	p->names = use->code.names;
	p->names_number = use->code.names_number;
	p->names_table = use->code.names_table;
	p->types = use->code.types;
	if (!reads)
		return;
	plan_fill_code(&p->record, &use->code);
	if (profile_probe_allocates(use->spec))
		make_request(&p->record);
	if (use->spec->charges) {
		p->record.flags |= WEIR_PROBE_CHARGES;
		p->record.charged = (uint8_t)use->spec->charged;
	}
}

struct plan_probe *plan_probe_at(const struct plan *plan, size_t module, uint64_t file_offset)
{
	for (size_t i = plan->modules[module].first; i < plan->probes_count; i++)
		if (!plan_is_siteless(&plan->probes[i]) && plan->probes[i].file_offset == file_offset)
			return &plan->probes[i];
	return NULL;
}

/* The nop of a USDT site that is passed first thing is left to whom it is for: a place has one semaphore, or none, for all who probe it. */
int plan_choose_site(struct module *m, struct plan_probe *p, const struct function *f, uint32_t needed_args, const uint8_t *code, size_t size,
		     bool complete)
{
	if (site_choose_entry(code, size, complete, f->address, needed_args, &p->site))
		return -EINVAL;
	if (p->site.offset && !strcmp(p->site.instruction, "nop") && plan_is_usdt(m, f->address + p->site.offset) &&
	    site_at(code, size, f->address, &p->site))
		return -EINVAL;
	p->address = f->address + p->site.offset;
	p->file_offset = f->file_offset + p->site.offset;
	return 0;
}

static int choose_site(struct plan_module *m, const struct function *f, uint32_t needed_args, const uint8_t *code, size_t size,
		       bool complete, struct plan_probe *p)
{
	struct go_entry entry;

	if (!go_module_has(&m->go, f))
		return plan_choose_site(m->module, p, f, needed_args, code, size, complete);
	if (site_choose_go_entry(code, size, complete, f->address, needed_args, &entry))
		return -EINVAL;
	p->site = entry.site;
	p->address = f->address + p->site.offset;
	p->file_offset = f->file_offset + p->site.offset;
	p->record.flags |= WEIR_PROBE_GO | (entry.stack_check ? WEIR_PROBE_STACK_CHECK : 0);
	p->record.go_id = (uint8_t)(m->go.layout.goid / 8);
	return 0;
}

int plan_append(struct plan *plan, struct plan_probe *p)
{
	uint64_t constant_end = module_constant_end(plan->modules[p->module].module);

	if (plan->probes_count >= WEIR_PROBES_MAX - 1)
		return -E2BIG;
	if (VEC_RESERVE(plan->probes, plan->probes_count, plan->probes_capacity))
		return -ENOMEM;
	p->id = (uint32_t)plan->probes_count + 1;
	p->record.constant_end = constant_end <= UINT32_MAX ? (uint32_t)constant_end : 0;
	plan->probes[plan->probes_count++] = *p;
	return 0;
}

/* Two functions of one address, or a function named twice: one breakpoint's worth. */
static bool is_taken(const struct plan *plan, const struct plan_probe *p)
{
	const struct plan_probe *there = plan_probe_at(plan, p->module, p->file_offset);

	if (there && (there->kind == PLAN_SPAN_SITE || there->kind == PLAN_EVENT_SITE))
		log_warning("%s is not measured as a function, for %s %s of profile %s %s there", p->symbol,
			    there->kind == PLAN_SPAN_SITE ? "the span" : "the event", plan->probes[there->span - 1].function,
			    there->profile->engine, there->kind == PLAN_SPAN_SITE ? "begins or ends" : "is");
	return there;
}

/* `use`: NULL for -f. */
static int add_probe(struct plan *plan, size_t module, const struct function *f, const struct plan_use *use)
{
	struct plan_module *pm = &plan->modules[module];
	struct plan_probe p = { .module = module, .symbol = f->name };
	const struct profile_probe *spec = use ? use->spec : NULL;
	_cleanup_free_ uint8_t *code = NULL;
	bool complete = false;
	long size;
	int err;

	if (!choose_leave(plan, pm, f, spec, &p.measured_leave)) {
		plan->unwinding++;
		return 0;
	}
	p.leave = plan->selection.count_only ? LEAVE_NONE : p.measured_leave;
	size = plan_read_body(pm->module, f, &code, &complete);
	if (size < 0 || choose_site(pm, f, use ? use->code.needed_args : 0, code, (size_t)size, complete, &p)) {
		plan->unsited++;
		log_debug("%s: %s: no instruction at its beginning can carry a breakpoint", pm->display, f->display);
		return 0;
	}
	if (p.site.class == SITE_STEPPED)
		p.emulation = site_entry_emulation(code + p.site.offset, (size_t)size - p.site.offset, p.file_offset);
	if (is_taken(plan, &p))
		return 0;
	p.function = use && use->name ? use->name : spec && spec->name ? spec->name : f->display;
	if (use && use->name && f->name[0] == '+')
		p.symbol = use->name; /* more than the address, which is told too */
	p.level = spec ? spec->level : WEIR_LEVEL_FUNCTION;
	err = p.leave == LEAVE_SITES ? find_rets(&p, f, code, (size_t)size, complete) : 0;
	if (err)
		return err;
	fill_record(&p);
	if (use)
		plan_take_use(&p, use, !plan->selection.count_only);
	if (use && !plan->selection.count_only)
		plan_set_within(plan, &p);
	err = plan_append(plan, &p);
	if (err)
		free(p.rets);
	return err;
}

int plan_add_matching(struct plan *plan, size_t module, const char *glob, const struct plan_use *use, size_t *ret_matched)
{
	_cleanup_free_ struct function *functions = NULL;
	size_t count = 0;
	int err = module_find(plan->modules[module].module, glob, &functions, &count);

	for (size_t i = 0; !err && i < count; i++)
		err = add_probe(plan, module, &functions[i], use);
	if (err == -E2BIG)
		log_error("%s matches too many functions: at most %d probes", glob, WEIR_PROBES_MAX - 1);
	*ret_matched = count;
	return err;
}

/* libfoo.so.1 is what people call libfoo.so.1.2.13. */
static bool module_matches(const char *glob, const char *display)
{
	const char *name = strchr(glob, '/') ? display : last_component(display);
	char longer[PATH_MAX];

	if (!fnmatch(glob, name, 0))
		return true;
	return strstr(glob, ".so") && (size_t)snprintf(longer, sizeof(longer), "%s.*", glob) < sizeof(longer) &&
	       !fnmatch(longer, name, 0);
}

bool plan_wants(const struct plan *plan, const char *display)
{
	const struct plan_selection *s = &plan->selection;

	for (size_t i = 0; i < s->patterns_count; i++)
		if (module_matches(s->patterns[i].module, display))
			return true;
	for (size_t i = 0; i < s->profiles_count; i++)
		if (profile_matches(s->profiles[i], last_component(display)))
			return true;
	return false;
}

static int functions_count(struct module *module, const char *glob, size_t *ret_count)
{
	_cleanup_free_ struct function *functions = NULL;

	if (strpbrk(glob, "*?[: ("))
		return module_find(module, glob, &functions, ret_count);
	*ret_count = module_holds(module, &glob, 1); /* a plain name need not be compared with all */
	return 0;
}

static int add_use(struct plan *plan, size_t module, struct plan_use *use)
{
	size_t matched = 0;
	int err = 0;

	if (use->spec->unless)
		err = functions_count(plan->modules[module].module, use->spec->unless, &matched);
	if (err || matched)
		return err;
	err = plan_compile(&plan->modules[module], use);
	if (err)
		return err;
	if (use->spec->sites)
		return plan_add_span(plan, module, use);
	if (use->spec->usdt)
		return plan_add_events(plan, module, use);
	if (use->spec->found_class)
		return plan_add_virtual(plan, module, use);
	if (use->spec->found_in)
		return plan_add_found(plan, module, use);
	err = plan_add_matching(plan, module, use->spec->function, use, &matched);
	if (!err && !matched && !use->spec->optional)
		log_warning("%s has no function %s: what profile %s reads of it is not shown", plan->modules[module].display,
			    use->spec->function, use->profile->engine);
	return err;
}

/* Has the profile another probe of the function that goes deeper, and is asked for? */
static bool has_deeper_twin(const struct plan *plan, const struct profile *profile, const struct profile_probe *spec)
{
	for (size_t i = 0; i < profile->probes_count; i++) {
		const struct profile_probe *other = &profile->probes[i];

		if (other->detail > spec->detail && other->detail <= plan->selection.detail && spec->function && other->function &&
		    !strcmp(spec->function, other->function) && !spec->module == !other->module &&
		    (!spec->module || !strcmp(spec->module, other->module)))
			return true;
	}
	return false;
}

static int add_profile(struct plan *plan, size_t module, const struct profile *profile)
{
	struct plan_use use = { .profile = profile, .layout = plan_choose_layout(&plan->modules[module], profile) };
	size_t first = plan->probes_count;
	int err = 0;

	for (size_t i = 0; i < profile->probes_count && !err; i++) {
		use.spec = &profile->probes[i];
		if (use.spec->detail > plan->selection.detail || (profile_probe_allocates(use.spec) && !plan->selection.requests))
			continue;
		if (has_deeper_twin(plan, profile, use.spec))
			continue;
		if (use.spec->module && !module_matches(use.spec->module, plan->modules[module].display))
			continue;
		err = add_use(plan, module, &use);
	}
	if (!err)
		plan_set_waits(plan, module, profile, use.layout, first);
	return err;
}

static int add_probes(struct plan *plan, size_t module)
{
	struct plan_selection *s = &plan->selection;
	const char *display = plan->modules[module].display;

	for (size_t i = 0; i < s->patterns_count; i++) {
		struct plan_pattern *p = &s->patterns[i];
		size_t matched;
		int err;

		if (!module_matches(p->module, display))
			continue;
		p->module_seen = true;
		err = plan_add_matching(plan, module, p->function, NULL, &matched);
		if (err)
			return err;
		p->matched += matched;
	}
	for (size_t i = 0; i < s->profiles_count; i++) {
		int err;

		if (!profile_matches(s->profiles[i], last_component(display)) &&
		    !plan_holds_engine(plan->modules[module].module, s->profiles[i]))
			continue;
		s->profiles_used[i] = true;
		err = add_profile(plan, module, s->profiles[i]);
		if (err)
			return err;
	}
	return 0;
}

static struct plan_module *find_module(struct plan *plan, uint64_t device, uint64_t inode)
{
	for (size_t i = 0; i < plan->modules_count; i++)
		if (plan->modules[i].device == device && plan->modules[i].inode == inode)
			return &plan->modules[i];
	return NULL;
}

int plan_add_module(struct plan *plan, const char *path, const char *display, const char *root, bool mapped)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct plan_module m = { .first = plan->probes_count, .mapped = mapped }, *known;
	size_t index = plan->modules_count;
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st)) {
		if (errno == ENOENT || errno == ESRCH)
			return 0; /* the process that mapped it is gone */
		log_error("cannot open %s: %s", display, strerror(errno));
		return -errno;
	}
	m.device = st.st_dev;
	m.inode = st.st_ino;
	known = find_module(plan, m.device, m.inode);
	if (known) {
		known->mapped |= mapped;
		return 0;
	}
	if (VEC_RESERVE(plan->modules, plan->modules_count, plan->modules_capacity))
		return -ENOMEM;
	m.display = strdup(display);
	if (!m.display)
		return -ENOMEM;
	snprintf(m.path, sizeof(m.path), "/proc/self/fd/%d", fd);
	if (module_open(m.path, display, root, &m.module))
		m.module = NULL; /* said by module_open; the rest goes on */
	if (m.module)
		go_module_look(m.module, &m.go);
	m.fd = TAKE_FD(fd);
	plan->modules[plan->modules_count++] = m;
	if (!m.module)
		return 0;
	err = add_probes(plan, index);
	plan->modules[index].count = plan->probes_count - plan->modules[index].first;
	if (err)
		return err;
	return plan->modules[index].count > 0;
}

bool plan_uses_profile(const struct plan *plan, const struct profile *profile)
{
	for (size_t i = 0; i < plan->probes_count; i++)
		if (plan->probes[i].profile == profile && plan->modules[plan->probes[i].module].mapped)
			return true;
	return false;
}

/* ---- what is still missing */

void plan_waiting(const struct plan *plan, void (*visit)(void *context, const char *module_glob), void *context)
{
	const struct plan_selection *s = &plan->selection;

	for (size_t i = 0; i < s->patterns_count; i++)
		if (!s->patterns[i].module_seen)
			visit(context, s->patterns[i].module);
	for (size_t i = 0; i < s->profiles_count; i++)
		for (size_t k = 0; !s->profiles_used[i] && k < s->profiles[i]->modules_count; k++)
			visit(context, s->profiles[i]->modules[k]);
}

bool plan_is_mapped(const struct plan *plan)
{
	for (size_t i = 0; i < plan->modules_count; i++)
		if (plan->modules[i].count && plan->modules[i].mapped)
			return true;
	return false;
}

bool plan_waits(const struct plan *plan)
{
	const struct plan_selection *s = &plan->selection;

	for (size_t i = 0; i < s->patterns_count; i++)
		if (!s->patterns[i].module_seen)
			return true;
	for (size_t i = 0; i < s->profiles_count; i++)
		if (!s->profiles_used[i])
			return true;
	return false;
}

void plan_tell_missing(const struct plan *plan)
{
	const struct plan_selection *s = &plan->selection;

	for (size_t i = 0; i < s->patterns_count; i++)
		if (!s->patterns[i].module_seen)
			log_warning("no process mapped a module %s", s->patterns[i].module);
	for (size_t i = 0; i < s->profiles_count; i++) {
		char match[PROFILE_MATCH_TEXT_MAX];

		if (s->profiles_used[i])
			continue;
		profile_describe_match(s->profiles[i], match, sizeof(match));
		log_warning("no process mapped %s", match);
	}
}

static void explain_unwinding(struct plan *plan)
{
	if (plan->selection.switches) {
		log_error("nothing is probed: %s, and the kernel loses return probes of a stack that is switched away from, which "
			  "kills the process (--returns sites is safe, --unsafe insists)", plan->selection.switches);
		return;
	}
	for (size_t i = 0; i < plan->modules_count; i++) {
		struct plan_module *m = &plan->modules[i];

		if (!m->module || !module_unwinds(m->module))
			continue;
		if (m->go.refused)
			return; /* said when it was found */
		log_error("%s is not probed: %s, so that a call can be left by unwinding the stack, and a return probe "
			  "would then abort the process (--returns sites is safe, --unsafe insists)", m->display,
			  module_unwinds(m->module));
		return;
	}
}

static void explain_pattern(struct plan *plan, const struct plan_pattern *p)
{
	char near[512] = "";
	size_t length = 0;

	for (size_t i = 0; i < plan->modules_count && !length; i++) {
		struct plan_module *m = &plan->modules[i];
		const char *names[3];
		size_t count;

		if (!m->module || !module_matches(p->module, m->display))
			continue;
		count = module_nearest(m->module, p->function, names, 3);
		for (size_t k = 0; k < count && length < sizeof(near); k++)
			length += (size_t)snprintf(near + length, sizeof(near) - length, "%s%s", k ? ", " : "; did you mean ", names[k]);
	}
	log_error("no function of %s matches %s%s%s", p->module, p->function, near, length ? "?" : "");
}

static void explain_profiles(const struct plan *plan)
{
	const struct plan_selection *s = &plan->selection;
	char names[512] = "";
	size_t length = 0;

	for (size_t i = 0; i < s->profiles_count && length < sizeof(names); i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s", i ? ", " : "", s->profiles[i]->engine);
	if (s->by_default)
		log_error("no profile matches the target (there %s %s); name functions with -f MODULE:GLOB, or a profile with --profile",
			  s->profiles_count == 1 ? "is" : "are", length ? names : "none");
	else
		log_error("nothing of profile %s matches the target", names);
}

void plan_explain_nothing(struct plan *plan)
{
	if (plan->unwinding) {
		explain_unwinding(plan);
		return;
	}
	for (size_t i = 0; i < plan->selection.patterns_count; i++) {
		const struct plan_pattern *p = &plan->selection.patterns[i];

		if (!p->matched) {
			explain_pattern(plan, p);
			return;
		}
	}
	if (plan->unsited)
		log_error("none of the %zu functions that match has an instruction that can carry a breakpoint", plan->unsited);
	else
		explain_profiles(plan);
}
