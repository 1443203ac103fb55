/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/slots.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "symbols/symtab.h"

enum { DYNAMIC_MAX_BYTES = 1 << 20 };

struct table {
	uint64_t address, size; /* bytes */
};

struct tables {
	struct table relocations, calls;
};

static void tables_note(struct tables *tables, const Elf64_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_RELA: tables->relocations.address = entry->d_un.d_ptr; break;
	case DT_RELASZ: tables->relocations.size = entry->d_un.d_val; break;
	case DT_JMPREL: tables->calls.address = entry->d_un.d_ptr; break;
	case DT_PLTRELSZ: tables->calls.size = entry->d_un.d_val; break;
	default: break;
	}
}

static int tables_find(const struct elf_file *file, struct tables *ret_tables)
{
	const Elf64_Phdr *segment = elf_file_segment(file, PT_DYNAMIC);
	struct tables tables = { 0 };
	_cleanup_free_ char *bytes = NULL;
	Elf64_Dyn entry;
	int err;

	if (!segment)
		return -ENOENT;
	if (segment->p_filesz > DYNAMIC_MAX_BYTES)
		return -EFBIG;
	err = elf_file_load(file, segment->p_offset, segment->p_filesz, &bytes);
	if (err)
		return err;
	for (size_t i = 0; i < segment->p_filesz / sizeof(entry); i++) {
		memcpy(&entry, bytes + i * sizeof(entry), sizeof(entry));
		if (entry.d_tag == DT_NULL)
			break;
		tables_note(&tables, &entry);
	}
	*ret_tables = tables;
	return 0;
}

struct symbols_bytes {
	char *symbols, *strings;
	uint64_t count, strings_size;
};

static void symbols_bytes_free(struct symbols_bytes *bytes)
{
	free(bytes->symbols);
	free(bytes->strings);
}

/* A file without dynamic symbols still has slots that are relative. */
static int symbols_bytes_read(const struct elf_file *file, struct symbols_bytes *bytes)
{
	struct symbol_table table;
	int err = dynamic_symbol_table(file, &table);

	if (err || table.symbols_count > ELF_LOAD_MAX_BYTES / sizeof(Elf64_Sym))
		return 0;
	err = elf_file_load(file, table.symbols_offset, table.symbols_count * sizeof(Elf64_Sym), &bytes->symbols);
	if (!err)
		err = elf_file_load(file, table.strings_offset, table.strings_size, &bytes->strings);
	if (err)
		return err == -ENOMEM ? err : 0;
	bytes->count = table.symbols_count;
	bytes->strings_size = table.strings_size;
	return 0;
}

/* Fills the slot's name and target by what the relocation says; false where it is no address of code. */
static bool slot_fill(const struct symbols_bytes *bytes, const Elf64_Rela *relocation, struct slot *slot)
{
	uint64_t index = ELF64_R_SYM(relocation->r_info), addend = (uint64_t)relocation->r_addend;
	Elf64_Sym symbol;

	switch (ELF64_R_TYPE(relocation->r_info)) {
	case R_X86_64_RELATIVE:
		slot->target = addend;
		return true;
	case R_X86_64_JUMP_SLOT:
	case R_X86_64_GLOB_DAT:
		addend = 0;
		break;
	case R_X86_64_64:
		break;
	default:
		return false;
	}
	if (index == 0 || index >= bytes->count || addend)
		return false;
	memcpy(&symbol, bytes->symbols + index * sizeof(symbol), sizeof(symbol));
	if (symbol.st_name >= bytes->strings_size)
		return false;
	slot->name = bytes->strings + symbol.st_name; /* elf_file_load() puts a NUL behind all */
	slot->target = symbol.st_shndx == SHN_UNDEF ? 0 : symbol.st_value;
	return true;
}

static int visit_table(const struct elf_file *file, const struct symbols_bytes *bytes, const struct table *table,
		       void (*visit)(void *context, const struct slot *slot), void *context)
{
	_cleanup_free_ char *entries = NULL;
	Elf64_Rela relocation;
	uint64_t offset;
	int err;

	if (!table->size)
		return 0;
	err = elf_file_offset(file, table->address, &offset);
	if (!err)
		err = elf_file_load(file, offset, table->size, &entries);
	for (size_t i = 0; !err && i < table->size / sizeof(relocation); i++) {
		struct slot slot = { 0 };

		memcpy(&relocation, entries + i * sizeof(relocation), sizeof(relocation));
		slot.address = relocation.r_offset;
		if (slot_fill(bytes, &relocation, &slot))
			visit(context, &slot);
	}
	return err;
}

int slots_visit(const struct elf_file *file, void (*visit)(void *context, const struct slot *slot), void *context)
{
	_cleanup_(symbols_bytes_free) struct symbols_bytes bytes = { 0 };
	struct tables tables;
	int err = tables_find(file, &tables);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = symbols_bytes_read(file, &bytes);
	if (!err)
		err = visit_table(file, &bytes, &tables.relocations, visit, context);
	if (!err)
		err = visit_table(file, &bytes, &tables.calls, visit, context);
	return err;
}
