/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USDT sites as places of spans and as events. Where a site's arguments are is turned into code that fetches them (wire.h,
 * WEIR_PROBE_OPERANDS), so that expressions, which sites of one name share, need not know.
 */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "plan/fuse.h"
#include "plan/plan_internal.h"
#include "symbols/usdt.h"

enum { INSTRUCTION_BYTES = 16, OPERAND_OPS_MAX = 8 };

#define ALL_ARGUMENTS ((1U << USDT_OPERANDS_MAX) - 1)

/* Operations of a site's operands as they are made. */
struct operand_code {
	struct weir_op ops[USDT_OPERANDS_MAX * OPERAND_OPS_MAX];
	size_t count;
};

static void emit(struct operand_code *code, enum weir_op_code op, unsigned a, int32_t imm)
{
	code->ops[code->count++] = (struct weir_op){ .code = (uint8_t)op, .a = (uint8_t)a, .imm = imm };
}

static void emit_constant(struct operand_code *code, uint64_t value)
{
	emit(code, WEIR_OP_CONST, 0, (int32_t)(uint32_t)value);
	if ((uint64_t)(int64_t)(int32_t)(uint32_t)value != value)
		emit(code, WEIR_OP_HIGH, 0, (int32_t)(uint32_t)(value >> 32));
}

/* The constant as an argument of that size is. */
static uint64_t constant_of(const struct usdt_operand *o)
{
	unsigned spare = 64 - 8U * o->size;

	if (o->is_signed)
		return (uint64_t)((int64_t)((uint64_t)o->value << spare) >> spare);
	return (uint64_t)o->value << spare >> spare;
}

static bool emit_register(struct operand_code *code, const struct usdt_operand *o)
{
	int32_t sign = o->is_signed ? WEIR_LOAD_SIGNED : 0;

	if (!o->high_byte) {
		emit(code, WEIR_OP_REGISTER, o->base, o->size | sign);
		return true;
	}
	emit(code, WEIR_OP_REGISTER, o->base, 2 | sign);
	if (o->is_signed)
		return false; /* there is no shift that keeps the sign, and nobody was seen to write this */
	emit_constant(code, 8);
	emit(code, WEIR_OP_SHR, 0, 0);
	return true;
}

/* Where the object lies that the operand names, as the load-time address; false where that is not known. */
static bool symbol_address(struct module *m, const struct usdt_operand *o, uint32_t *ret_address)
{
	uint64_t address, size;
	char name[256];

	if (o->symbol_length >= sizeof(name))
		return false;
	memcpy(name, o->symbol, o->symbol_length);
	name[o->symbol_length] = '\0';
	if (module_object(m, name, &address, &size) || address + (uint64_t)o->value > UINT32_MAX)
		return false;
	*ret_address = (uint32_t)(address + (uint64_t)o->value);
	return true;
}

static bool emit_memory(struct operand_code *code, struct module *m, const struct usdt_operand *o)
{
	int64_t displacement = o->value;
	uint32_t address;

	if (o->symbol) {
		if (!symbol_address(m, o, &address))
			return false;
		emit(code, WEIR_OP_SYMBOL, 0, (int32_t)address);
		displacement = 0;
	}
	if (displacement < INT32_MIN || displacement > INT32_MAX)
		return false;
	if (o->base != WEIR_MACHINE_REGISTERS)
		emit(code, WEIR_OP_REGISTER, o->base, 8);
	if (o->index != WEIR_MACHINE_REGISTERS) {
		emit(code, WEIR_OP_REGISTER, o->index, 8);
		emit_constant(code, o->scale);
		emit(code, WEIR_OP_MUL, 0, 0);
		if (o->base != WEIR_MACHINE_REGISTERS)
			emit(code, WEIR_OP_ADD, 0, 0);
	}
	emit(code, o->is_signed ? WEIR_OP_LOADS : WEIR_OP_LOAD, o->size, (int32_t)displacement);
	return true;
}

/* Code that makes argument `argument` (1 ...) of the operand; false, with nothing added, where it cannot be read. */
static bool emit_operand(struct operand_code *code, struct module *m, const struct usdt_operand *o, unsigned argument)
{
	size_t before = code->count;
	bool readable = false;

	if (o->kind == USDT_CONSTANT) {
		emit_constant(code, constant_of(o));
		readable = true;
	} else if (o->kind == USDT_REGISTER) {
		readable = emit_register(code, o);
	} else if (o->kind == USDT_MEMORY) {
		readable = emit_memory(code, m, o);
	}
	if (readable)
		emit(code, WEIR_OP_OPERAND, argument, 0);
	else
		code->count = before;
	return readable;
}

/* Code for those of the `wanted` arguments that can be read, and which these are. */
static uint32_t emit_operands(struct operand_code *code, struct module *m, const struct usdt_site *site, uint32_t wanted)
{
	struct usdt_operand operands[USDT_OPERANDS_MAX];
	size_t count = usdt_operands_parse(site->operands, operands);
	uint32_t readable = 0;

	code->count = 0;
	for (unsigned i = 0; i < count; i++)
		if (wanted & 1U << i && emit_operand(code, m, &operands[i], i + 1))
			readable |= 1U << i;
	return readable;
}

/* ---- which sites are meant */

static bool is_meant(const struct usdt_site *site, const char *glob)
{
	return !strcmp(site->name, glob) || !fnmatch(glob, site->name, 0);
}

bool plan_is_usdt(struct module *m, uint64_t address)
{
	const struct usdt_site *sites;
	size_t count;

	if (module_usdt(m, &sites, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (sites[i].address == address)
			return true;
	return false;
}

uint32_t plan_find_unreadable_of(struct module *m, const char *usdt)
{
	const struct usdt_site *sites;
	struct operand_code code;
	uint32_t unreadable = 0;
	size_t count;

	if (module_usdt(m, &sites, &count))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (is_meant(&sites[i], usdt))
			unreadable |= ALL_ARGUMENTS & ~emit_operands(&code, m, &sites[i], ALL_ARGUMENTS);
	return unreadable;
}

void plan_find_unreadable(struct module *m, const struct profile_probe *spec, uint32_t *ret_args, uint32_t *ret_end_args)
{
	uint32_t of[2] = { 0 };

	for (size_t i = 0; i < spec->sites_count; i++)
		if (spec->sites[i].usdt)
			of[spec->sites[i].ends] |= plan_find_unreadable_of(m, spec->sites[i].function);
	*ret_args = of[0];
	*ret_end_args = of[1];
}

/* ---- sites of a span or an event */

/* Where the breakpoint goes is not weir's to choose. */
static bool choose_site(struct plan_probe *p, struct module *m, const struct usdt_site *site)
{
	uint8_t code[INSTRUCTION_BYTES];
	long size = module_code(m, site->address, code, sizeof(code));

	p->address = site->address;
	p->file_offset = site->file_offset;
	p->semaphore = site->semaphore_offset;
	return size > 0 && !site_at(code, (size_t)size, site->address, &p->site) && !site->semaphore_lost;
}

/* What the site does besides fetching its arguments is in the record already. */
static bool fill_operands(struct plan_probe *p, struct module *m, const struct usdt_site *site, uint32_t wanted)
{
	struct operand_code code;
	size_t room = WEIR_OPS_MAX - p->record.enter_ops;

	emit_operands(&code, m, site, wanted);
	if (code.count > room)
		return false;
	p->record.flags |= WEIR_PROBE_OPERANDS;
	p->record.leave_ops = (uint8_t)fuse(code.ops, code.count, p->record.ops + p->record.enter_ops);
	return true;
}

static int add_site(struct plan *plan, struct plan_probe *p, const struct usdt_site *site, uint32_t wanted)
{
	const struct plan_probe *owner = &plan->probes[p->span - 1];
	struct module *m = plan->modules[p->module].module;
	struct plan_probe *there;

	if (!choose_site(p, m, site)) {
		log_warning("%s: a USDT site %s (+0x%llx) cannot be probed: %s", plan->modules[p->module].display, site->name,
			    (unsigned long long)site->address,
			    site->semaphore_lost ? "its semaphore is not in the file's data" : "its instruction can carry no breakpoint that is safe");
		return 0;
	}
	there = plan_probe_at(plan, p->module, p->file_offset);
	if (there && (there->kind == PLAN_CALL || !(there->record.flags & (WEIR_PROBE_OPERANDS | WEIR_PROBE_ENTRY_ONLY)) ||
		      there->semaphore != p->semaphore)) {
		log_warning("%s: %s of profile %s does not see a USDT site %s: %s has its breakpoint there", plan->modules[p->module].display,
			    owner->function, owner->profile->engine, site->name, there->function);
		return 0;
	}
	if (plan->selection.count_only) {
		p->record = (struct weir_probe){ .flags = WEIR_PROBE_ENTRY_ONLY, .level = (uint8_t)owner->level };
	} else if (!fill_operands(p, m, site, wanted)) {
		log_warning("%s: too many operations at a USDT site %s: %s of profile %s does not see it", plan->modules[p->module].display,
			    site->name, owner->function, owner->profile->engine);
		return 0;
	}
	p->record.address = p->address;
	return plan_append_site(plan, p, there);
}

int plan_add_usdt_sites(struct plan *plan, size_t span_index, const struct plan_use *use, const struct profile_site *site, size_t *ret_matched)
{
	const struct plan_probe span = plan->probes[span_index];
	const struct plan_module *pm = &plan->modules[span.module];
	struct profile_code when = { 0 };
	const struct usdt_site *sites;
	size_t count, matched = 0;
	int err = module_usdt(pm->module, &sites, &count) ?: plan_compile_site(pm, use, site, &when);

	if (err && err != -ENODATA)
		return err;
	for (size_t i = 0; i < count; i++) {
		struct plan_probe p = {
			.kind = PLAN_SPAN_SITE, .span = span.id, .ends = site->ends, .module = span.module, .symbol = sites[i].name,
			.function = sites[i].name, .level = span.level, .profile = span.profile, .leave = LEAVE_NONE,
			.record = { .flags = site->ends ? WEIR_PROBE_ENDS : WEIR_PROBE_BEGINS, .span = span.id },
		};
		int failed;

		if (!is_meant(&sites[i], site->function))
			continue;
		matched++;
		if (err)
			continue; /* its condition has no value: said */
		p.record.enter_ops = (uint8_t)fuse_guard(when.ops, when.enter_ops, p.record.ops, &p.record.guard);
		failed = add_site(plan, &p, &sites[i],
				  when.needed_args | (site->ends ? use->code.needed_end_args : use->code.needed_args));
		if (failed)
			return failed;
	}
	*ret_matched = matched;
	return 0;
}

/* ---- events */

/* The event of one name, with all sites of that name. */
static int add_event(struct plan *plan, size_t module, const struct plan_use *use, const char *name)
{
	const struct profile_probe *spec = use->spec;
	struct plan_module *pm = &plan->modules[module];
	struct plan_probe p = {
		.kind = PLAN_EVENT, .module = module, .symbol = name, .function = spec->name ?: name, .level = spec->level, .leave = LEAVE_NONE,
		.record = { .level = (uint8_t)spec->level },
	};
	struct plan_use own = *use;
	const struct usdt_site *sites;
	size_t count, index = plan->probes_count;
	int err = module_usdt(pm->module, &sites, &count);

	err = err ?: plan_compile_without(pm, &own, plan_find_unreadable_of(pm->module, name), 0);
	if (err)
		return err;
	plan_take_use(&p, &own, true);
	err = plan_append(plan, &p);
	for (size_t i = 0; i < count && !err; i++) {
		struct plan_probe site = {
			.kind = PLAN_EVENT_SITE, .span = (uint32_t)index + 1, .module = module, .symbol = name, .function = name,
			.level = spec->level, .profile = use->profile, .leave = LEAVE_NONE,
			.record = { .flags = WEIR_PROBE_COUNTS, .span = (uint32_t)index + 1 },
		};

		if (!strcmp(sites[i].name, name))
			err = add_site(plan, &site, &sites[i], own.code.needed_args);
	}
	if (!err && plan->probes_count == index + 1)
		plan->probes_count = index; /* no site of it can be probed */
	return err;
}

static bool is_first_of_name(const struct usdt_site *sites, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(sites[k].name, sites[i].name))
			return false;
	return true;
}

int plan_add_events(struct plan *plan, size_t module, const struct plan_use *use)
{
	const struct plan_module *pm = &plan->modules[module];
	const struct usdt_site *sites;
	size_t count, matched = 0;
	int err = module_usdt(pm->module, &sites, &count);

	if (!err && pm->go.is_go) {
		log_warning("%s is a Go program: the USDT sites %s of profile %s are not shown, for they are counted by thread", pm->display,
			    use->spec->usdt, use->profile->engine);
		return 0;
	}
	for (size_t i = 0; i < count && !err; i++) {
		if (!is_meant(&sites[i], use->spec->usdt) || !is_first_of_name(sites, i))
			continue;
		matched++;
		err = add_event(plan, module, use, sites[i].name);
	}
	if (err == -E2BIG)
		log_error("%s matches too many USDT sites: at most %d probes", use->spec->usdt, WEIR_PROBES_MAX - 1);
	if (!err && !matched && !use->spec->optional)
		log_warning("%s has no USDT site %s: what profile %s reads of it is not shown", pm->display, use->spec->usdt, use->profile->engine);
	return err;
}
