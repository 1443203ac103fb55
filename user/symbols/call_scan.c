/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/call_scan.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "sites/branch.h"
#include "symbols/address_set.h"
#include "symbols/module_internal.h"
#include "symbols/slots.h"

enum {
	CANDIDATE_BYTES = 6, /* bytes of a branch that are looked at, from its opcode on */
	SLOT_JUMP_BYTES = 6, /* ff 25 and a displacement */
	STUB_ALIGNMENT = 8,
};

struct text {
	const uint8_t *bytes;
	uint64_t address, size;
};

/* The function being looked at, decoded as far as `aligned`. */
struct body {
	uint64_t address, size; /* 0: none */
	size_t aligned;
	bool broken; /* behind `aligned` instructions cannot be told apart */
};

struct scan {
	struct module *module;
	const struct callee *callees;
	size_t count;
	struct address_set entries; /* callees and their stubs */
	struct address_set stubs;   /* the jumps of the stubs: their ff bytes */
	struct address_set slots;   /* words that the dynamic linker points at a callee */
	struct address_set names;   /* by hash; as in all of them, the number is a callee's */
	struct text text;
	struct body body;
	uint64_t visited; /* address of the last call visited: an instruction may hold two candidates */
	int (*visit)(void *context, const struct call *call);
	void *context;
	struct call_scan found;
	bool stopped; /* by the visit, whose reason is its own */
	int err;
};

static int64_t relative32(const uint8_t *at)
{
	int32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* ---- slots that lead to a callee ----------------------------------------------------------------- */

/* FNV-1a, with 0 left out. */
static uint64_t name_hash(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3ULL;
	return hash | 1;
}

static int add_callees(struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++) {
		const struct callee *callee = &scan->callees[i];

		if (callee->address && address_set_add(&scan->entries, callee->address, (uint32_t)i))
			return -ENOMEM;
		if (callee->name && address_set_add(&scan->names, name_hash(callee->name), (uint32_t)i))
			return -ENOMEM;
	}
	return 0;
}

static void look_at_slot(void *context, const struct slot *slot)
{
	struct scan *scan = context;
	uint32_t callee;
	bool ours;

	if (scan->err || !slot->address)
		return;
	ours = slot->name && address_set_find(&scan->names, name_hash(slot->name), &callee) &&
	       !strcmp(scan->callees[callee].name, slot->name);
	if (!ours)
		ours = address_set_find(&scan->entries, slot->target, &callee);
	if (ours)
		scan->err = address_set_add(&scan->slots, slot->address, callee);
}

/* ---- stubs that jump by such a slot -------------------------------------------------------------- */

static bool is_filler(const uint8_t *code, size_t size)
{
	static const uint8_t nop2[] = { 0x66, 0x90 }, nop3[] = { 0x0f, 0x1f }, nop6[] = { 0x66, 0x0f, 0x1f };

	return (size >= 1 && (code[0] == 0x90 || code[0] == 0xcc)) || (size >= 2 && !memcmp(code, nop2, sizeof(nop2))) ||
	       (size >= 2 && !memcmp(code, nop3, sizeof(nop3))) || (size >= 3 && !memcmp(code, nop6, sizeof(nop6)));
}

static int add_stub(struct scan *scan, uint64_t start, uint64_t jump, uint64_t slot)
{
	uint32_t callee;

	if (!start || !jump || !address_set_find(&scan->slots, slot, &callee))
		return 0;
	if (address_set_add(&scan->entries, start, callee))
		return -ENOMEM;
	return address_set_add(&scan->stubs, jump, callee);
}

/*
 * A linkage table is all stubs, of shapes that differ by linker: `jmp slot; push n; jmp first`, `endbr64; bnd jmp slot; nop`,
 * `endbr64; mov r11d, n; jmp slot`. Each begins behind a jump and its padding.
 */
static int add_stubs_of(struct scan *scan, const uint8_t *code, uint64_t size, uint64_t address)
{
	struct branch branch;
	uint64_t start = 0;
	bool behind_jump = true;

	for (uint64_t at = 0; at < size; at += branch.length) {
		if (!branch_decode(code + at, size - at, &branch))
			return 0;
		if (behind_jump && is_filler(code + at, size - at))
			continue;
		if (behind_jump)
			start = at;
		behind_jump = branch.kind == BRANCH_JUMP;
		if (behind_jump && branch.way == BRANCH_SLOT &&
		    add_stub(scan, address + start, address + at + branch.length - SLOT_JUMP_BYTES,
			     address + at + (uint64_t)branch.target))
			return -ENOMEM;
	}
	return 0;
}

static int add_stubs(struct scan *scan)
{
	const struct elf_file *file = scan->module->file;
	uint64_t budget = file->size;
	int err = 0;

	for (size_t i = 0; !err && i < file->sections_count; i++) {
		const Elf64_Shdr *section = &file->sections[i];
		_cleanup_free_ char *code = NULL;

		if (!(section->sh_flags & SHF_EXECINSTR) || section->sh_type != SHT_PROGBITS || section->sh_size > budget ||
		    strncmp(elf_file_section_name(file, section), ".plt", 4) != 0)
			continue;
		budget -= section->sh_size;
		if (elf_file_load(file, section->sh_offset, section->sh_size, &code) == 0)
			err = add_stubs_of(scan, (const uint8_t *)code, section->sh_size, section->sh_addr);
	}
	return err;
}

/*
 * Without section headers: a jump by a slot that stands where stubs begin. What is no stub but looks like one is a function that only
 * jumps on, and its callers are callers too.
 */
static void guess_stubs(struct scan *scan)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	const uint8_t *bytes = scan->text.bytes, *end = bytes + scan->text.size;

	for (const uint8_t *at = bytes; !scan->err && end - at >= SLOT_JUMP_BYTES; at++) {
		const uint8_t *start;
		uint64_t jump;

		at = memchr(at, 0xff, (size_t)(end - at) - SLOT_JUMP_BYTES + 1);
		if (!at)
			return;
		if (at[1] != 0x25)
			continue;
		start = at > bytes && at[-1] == 0xf2 ? at - 1 : at;
		if (start - bytes >= 4 && !memcmp(start - 4, endbr64, sizeof(endbr64)))
			start -= 4;
		jump = scan->text.address + (uint64_t)(at - bytes);
		if ((jump - (uint64_t)(at - start)) % STUB_ALIGNMENT == 0)
			scan->err = add_stub(scan, jump - (uint64_t)(at - start), jump,
					     jump + SLOT_JUMP_BYTES + (uint64_t)relative32(at + 2));
	}
}

/* ---- candidates ---------------------------------------------------------------------------------- */

/* The symbol around `address`, for text without .eh_frame. */
static const struct function *symbol_around(struct module *module, uint64_t address)
{
	const struct function *functions = module->symbols.functions;
	size_t low = 0, high = module->symbols.functions_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low && !functions[low - 1].size; low--)
		; /* names without a size, at its beginning or inside it */
	return low && address - functions[low - 1].address < functions[low - 1].size ? &functions[low - 1] : NULL;
}

/* Make the body that holds `address` the current one; false where there is none. */
static bool body_enter(struct scan *scan, uint64_t address)
{
	struct body *body = &scan->body;
	const struct function *function;
	uint64_t start, end;

	if (address - body->address < body->size)
		return true;
	*body = (struct body){ 0 };
	if (module_bounds(scan->module, address, &start, &end)) {
		function = symbol_around(scan->module, address);
		if (!function)
			return false;
		start = function->address;
		end = start + function->size;
	}
	if (start < scan->text.address || end <= start)
		return false;
	if (end > scan->text.address + scan->text.size)
		end = scan->text.address + scan->text.size;
	body->address = start;
	body->size = end - start;
	return address < end;
}

/* The callee that the branch at `address` leads to; false where it leads elsewhere. */
static bool branch_callee(const struct scan *scan, uint64_t address, const struct branch *branch, struct call *call)
{
	uint64_t target = address + (uint64_t)branch->target;
	uint32_t callee;

	if (branch->kind == BRANCH_NONE || branch->way == BRANCH_INDIRECT)
		return false;
	if (!address_set_find(branch->way == BRANCH_SLOT ? &scan->slots : &scan->entries, target, &callee))
		return false;
	call->callee = callee;
	call->through_slot = target != scan->callees[callee].address;
	return true;
}

/* The instruction that the byte at `offset` of the text belongs to, if it is whole and does lead to a callee. */
static void look_at_candidate(struct scan *scan, size_t offset)
{
	uint64_t address = scan->text.address + offset;
	struct call call = { 0 };
	struct body *body = &scan->body;
	struct branch branch;
	const uint8_t *code;

	if (!body_enter(scan, address)) {
		scan->found.unverified++;
		return;
	}
	code = scan->text.bytes + (body->address - scan->text.address);
	body->broken = body->broken || branch_align(code, body->size, body->aligned, address - body->address, &body->aligned);
	if (body->broken) {
		scan->found.unverified++;
		return;
	}
	call.address = body->address + body->aligned;
	if (call.address == scan->visited || !branch_decode(code + body->aligned, body->size - body->aligned, &branch) ||
	    !branch_callee(scan, call.address, &branch, &call))
		return;
	scan->visited = call.address;
	call.return_address = call.address + branch.length;
	call.is_jump = branch.kind != BRANCH_CALL;
	call.body_address = body->address;
	call.body = code;
	call.body_size = body->size;
	*(call.is_jump ? &scan->found.jumps : &scan->found.calls) += 1;
	scan->err = scan->visit(scan->context, &call);
	scan->stopped = scan->err != 0;
}

/* Which bytes may be the opcode of a branch, and how many bytes are behind them. */
enum opcode {
	OPCODE_OTHER,
	OPCODE_RELATIVE8,
	OPCODE_RELATIVE32,
	OPCODE_0F,
	OPCODE_FF,
	OPCODE_LAST = 0xff
};

static void fill_opcodes(uint8_t *opcodes)
{
	memset(opcodes, OPCODE_OTHER, OPCODE_LAST + 1);
	memset(opcodes + 0x70, OPCODE_RELATIVE8, 16);
	opcodes[0xeb] = OPCODE_RELATIVE8;
	opcodes[0xe8] = opcodes[0xe9] = OPCODE_RELATIVE32;
	opcodes[0x0f] = OPCODE_0F;
	opcodes[0xff] = OPCODE_FF;
}

/* Does what may be a branch at `at`, with six bytes there to read, lead to a callee? */
static bool is_candidate(const struct scan *scan, enum opcode opcode, const uint8_t *at, uint64_t address)
{
	uint32_t callee;

	switch (opcode) {
	case OPCODE_RELATIVE8:
		return address_set_find(&scan->entries, address + 2 + (uint64_t)(int64_t)(int8_t)at[1], &callee);
	case OPCODE_RELATIVE32:
		return address_set_find(&scan->entries, address + 5 + (uint64_t)relative32(at + 1), &callee);
	case OPCODE_0F:
		return (at[1] & 0xf0) == 0x80 &&
		       address_set_find(&scan->entries, address + 6 + (uint64_t)relative32(at + 2), &callee);
	case OPCODE_FF:
		return (at[1] == 0x15 || at[1] == 0x25) &&
		       address_set_find(&scan->slots, address + 6 + (uint64_t)relative32(at + 2), &callee) &&
		       !address_set_find(&scan->stubs, address, &callee);
	default:
		return false;
	}
}

static void scan_text(struct scan *scan)
{
	const uint8_t *bytes = scan->text.bytes;
	uint64_t size = scan->text.size, address = scan->text.address;
	uint8_t opcodes[OPCODE_LAST + 1], tail[2 * CANDIDATE_BYTES] = { 0 };
	uint64_t i = 0;

	fill_opcodes(opcodes);
	for (; i + CANDIDATE_BYTES <= size && !scan->err; i++) {
		if (opcodes[bytes[i]] != OPCODE_OTHER && is_candidate(scan, opcodes[bytes[i]], bytes + i, address + i))
			look_at_candidate(scan, i);
	}
	if (scan->err)
		return;
	/* The last few, where a shorter branch may still stand: over a copy, for they are looked at six at a time. */
	memcpy(tail, bytes + i, size - i);
	for (uint64_t k = 0; i + k < size && !scan->err; k++) {
		if (is_candidate(scan, opcodes[tail[k]], tail + k, address + i + k))
			look_at_candidate(scan, i + k);
	}
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static bool segment_is_text(const struct elf_file *file, const Elf64_Phdr *segment)
{
	return segment->p_type == PT_LOAD && segment->p_flags & PF_X && segment->p_filesz &&
	       elf_file_loaded(file, segment->p_vaddr, PF_X) == segment;
}

static int for_each_text(struct scan *scan, void (*look)(struct scan *scan))
{
	const struct elf_file *file = scan->module->file;
	uint64_t budget = file->size; /* segments that share their bytes are no honest ones */

	for (size_t i = 0; !scan->err && i < file->segments_count; i++) {
		const Elf64_Phdr *segment = &file->segments[i];
		_cleanup_free_ char *bytes = NULL;

		if (!segment_is_text(file, segment) || segment->p_filesz > budget)
			continue;
		budget -= segment->p_filesz;
		scan->err = elf_file_load(file, segment->p_offset, segment->p_filesz, &bytes);
		if (scan->err)
			break;
		scan->text = (struct text){ (const uint8_t *)bytes, segment->p_vaddr, segment->p_filesz };
		scan->body = (struct body){ 0 };
		look(scan);
	}
	return scan->err;
}

static int prepare(struct scan *scan)
{
	int err = add_callees(scan);

	if (!err)
		err = slots_visit(scan->module->file, look_at_slot, scan);
	if (!err)
		err = scan->err;
	if (err || !scan->slots.count)
		return err;
	return scan->module->file->sections ? add_stubs(scan) : for_each_text(scan, guess_stubs);
}

static void scan_free(struct scan **scan)
{
	if (!*scan)
		return;
	address_set_free(&(*scan)->entries);
	address_set_free(&(*scan)->stubs);
	address_set_free(&(*scan)->slots);
	address_set_free(&(*scan)->names);
	free(*scan);
	*scan = NULL;
}

int callers_scan(struct module *module, const struct callee *callees, size_t count,
		 int (*visit)(void *context, const struct call *call), void *context, struct call_scan *ret_scan)
{
	_cleanup_(scan_free) struct scan *scan = calloc(1, sizeof(*scan));
	int err;

	if (scan) {
		scan->module = module;
		scan->callees = callees;
		scan->count = count;
		scan->visit = visit;
		scan->context = context;
	}
	err = module_read_symbols(module);
	if (err)
		return err;
	err = scan ? prepare(scan) : -ENOMEM;
	if (!err && (scan->entries.count || scan->slots.count))
		err = for_each_text(scan, scan_text);
	if (err) {
		if (!scan || !scan->stopped)
			log_error("the callers in %s cannot be looked for: %s.", module_path(module), strerror(-err));
		return err;
	}
	*ret_scan = scan->found;
	return 0;
}
