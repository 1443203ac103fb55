/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/usdt.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "symbols/module_internal.h"

enum {
	NOTE_STAPSDT = 3,
	NOTE_ADDRESSES = 3, /* of the place, of .stapsdt.base, of the semaphore; 64 bits each */
};

/* What the notes of one module are turned into. */
struct reading {
	const struct elf_file *file;
	uint64_t base; /* address of .stapsdt.base; 0: there is none */
	struct usdt_site *sites;
	size_t count, capacity;
};

/* A tool that moves a linked program leaves notes as they are, but not the section's address. */
static uint64_t moved_by(const struct reading *r, uint64_t noted_base)
{
	return r->base && noted_base ? r->base - noted_base : 0;
}

/* The counter must be in data that is written: the kernel adds to it in each process (valid_ref_ctr_vma()). */
static bool semaphore_place(const struct elf_file *file, uint64_t address, uint64_t *ret_offset)
{
	const Elf64_Phdr *segment = elf_file_loaded(file, address, PF_W);

	if (!segment || segment->p_filesz - (address - segment->p_vaddr) < sizeof(uint16_t))
		return false;
	*ret_offset = segment->p_offset + (address - segment->p_vaddr);
	return true;
}

/* The three texts behind the addresses, each with its NUL. The first two become one, which is the name. */
static bool take_texts(char *texts, size_t size, struct usdt_site *site)
{
	char *provider_end = memchr(texts, '\0', size), *name_end;

	if (!provider_end)
		return false;
	name_end = memchr(provider_end + 1, '\0', size - (size_t)(provider_end + 1 - texts));
	if (!name_end || !memchr(name_end + 1, '\0', size - (size_t)(name_end + 1 - texts)))
		return false;
	*provider_end = ':';
	site->name = texts;
	site->operands = name_end + 1;
	return true;
}

/* Returns 0, also for a note that means nothing, or -ENOMEM. */
static int add_note(struct reading *r, char *text, size_t size)
{
	uint64_t addresses[NOTE_ADDRESSES], moved, offset;
	struct usdt_site site = { 0 };
	const Elf64_Phdr *code;

	if (size < sizeof(addresses) || r->count == USDT_SITES_MAX)
		return 0;
	memcpy(addresses, text, sizeof(addresses));
	moved = moved_by(r, addresses[1]);
	site.address = addresses[0] + moved;
	code = elf_file_loaded(r->file, site.address, PF_X);
	if (!code || !take_texts(text + sizeof(addresses), size - sizeof(addresses), &site))
		return 0;
	site.file_offset = code->p_offset + (site.address - code->p_vaddr);
	if (addresses[2] && semaphore_place(r->file, addresses[2] + moved, &offset))
		site.semaphore_offset = offset;
	site.semaphore_lost = addresses[2] && !site.semaphore_offset;
	if (VEC_RESERVE(r->sites, r->count, r->capacity))
		return -ENOMEM;
	r->sites[r->count++] = site;
	return 0;
}

/* gABI, "Note Section"; these are padded to 4. */
static int read_notes(struct reading *r, char *bytes, size_t size)
{
	size_t at = 0, text_at;
	Elf64_Nhdr note;
	int err = 0;

	while (!err && size - at >= sizeof(note)) {
		memcpy(&note, bytes + at, sizeof(note));
		at += sizeof(note);
		if (note.n_namesz > size - at)
			return 0;
		text_at = at + ((note.n_namesz + 3UL) & ~3UL);
		if (text_at > size || note.n_descsz > size - text_at)
			return 0;
		if (note.n_type == NOTE_STAPSDT && note.n_namesz == sizeof("stapsdt") && !memcmp(bytes + at, "stapsdt", sizeof("stapsdt")))
			err = add_note(r, bytes + text_at, note.n_descsz);
		at = text_at + ((note.n_descsz + 3UL) & ~3UL);
		if (at > size)
			return err;
	}
	return err;
}

static int read_section(struct module *module)
{
	const Elf64_Shdr *section = elf_file_section(module->file, ".note.stapsdt"),
			 *base = elf_file_section(module->file, ".stapsdt.base");
	struct reading r = { .file = module->file, .base = base ? base->sh_addr : 0 };
	_cleanup_free_ char *bytes = NULL;
	int err;

	if (!section) /* a file without section headers has none: no segment holds them */
		return 0;
	if (section->sh_size > USDT_NOTES_MAX_BYTES)
		return -EFBIG;
	err = elf_file_load(module->file, section->sh_offset, section->sh_size, &bytes);
	err = err ?: read_notes(&r, bytes, section->sh_size);
	if (err) {
		free(r.sites);
		return err;
	}
	if (r.count == USDT_SITES_MAX)
		log_warning("%s has more USDT sites than weir reads; some are missing.", module->path);
	module->usdt_notes = TAKE_PTR(bytes);
	module->usdt = r.sites;
	module->usdt_count = r.count;
	return 0;
}

int module_usdt(struct module *module, const struct usdt_site **ret_sites, size_t *ret_count)
{
	int err;

	if (!module->usdt_read) {
		err = read_section(module);
		if (err)
			log_warning("cannot read the USDT notes of %s: %s.", module->path, strerror(-err));
		if (err == -ENOMEM)
			return err;
		module->usdt_read = true;
	}
	*ret_sites = module->usdt;
	*ret_count = module->usdt_count;
	return 0;
}
