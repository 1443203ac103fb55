/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/symtab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"

enum {
	VERSION_HIDDEN = 0x8000, /* not the default version: LSB Core, "Symbol Version Table" */
};

/* What a reader of one table carries along. */
struct table_reader {
	struct symbols *symbols;
	const struct elf_file *main;
	enum function_source source;
	const Elf64_Sym *entries;
	size_t entries_count;
	const uint16_t *versions; /* NULL: none */
	char *strings;
	size_t strings_size;
	uint64_t name_bytes_left;
	const Elf64_Phdr *segment; /* of the last function */
};

/*
 * Beginnings of names that raise, pass on or receive an exception, a panic or a forced unwinding (Itanium
 * C++ ABI, "Exception Handling"). Also a C++ module built without exceptions is left by those of operator
 * new.
 */
static const char *const unwinders[] = {
	"_Unwind_ForcedUnwind", "_Unwind_RaiseException", "_Unwind_Resume", "__cxa_begin_catch",
	"__cxa_rethrow", "__cxa_throw", "__gcc_personality_v0", "__gxx_personality_v0", "_Znam", "_Znwm",
	"rust_eh_personality",
};

static bool name_unwinds(const char *name)
{
	if (name[0] != '_' && name[0] != 'r')
		return false;
	for (size_t i = 0; i < sizeof(unwinders) / sizeof(unwinders[0]); i++) {
		if (!strncmp(name, unwinders[i], strlen(unwinders[i])))
			return true;
	}
	return !strncmp(name, "_ZSt", 4) && strstr(name, "__throw_"); /* libstdc++'s helpers */
}

/*
 * Parts of a function that are jumped to, not called: at their first instruction the top of the stack is
 * no return address. GCC and LLVM name them NAME.cold or NAME.cold.N, LLVM's basic block sections
 * NAME.__part.N, BOLT NAME.warm.
 */
static bool name_is_fragment(const char *name)
{
	const char *dot = strstr(name, ".cold");

	if (dot && dot > name && (dot[5] == '\0' || dot[5] == '.'))
		return true;
	dot = strstr(name, ".warm");
	if (dot && dot > name && dot[5] == '\0')
		return true;
	return strstr(name, ".__part.") != NULL;
}

/*
 * The name of an entry without its version, or NULL where the entry is to be left out. Linkers write
 * NAME@@DEFAULT and NAME@OTHER into .symtab. The NUL is put into the table itself: whatever other name
 * shares these bytes ends in the same "@@DEFAULT" and loses the same.
 */
static const char *entry_name(struct table_reader *reader, const Elf64_Sym *entry)
{
	char *name, *at;
	size_t length;

	if (entry->st_name == 0 || entry->st_name >= reader->strings_size)
		return NULL;
	name = reader->strings + entry->st_name;
	length = strnlen(name, SYMBOL_NAME_MAX + 1);
	if (length == 0 || length > SYMBOL_NAME_MAX)
		return NULL;
	if (length > reader->name_bytes_left) {
		reader->symbols->cut = true;
		return NULL;
	}
	reader->name_bytes_left -= length;
	at = memchr(name, '@', length);
	if (!at)
		return name;
	if (at == name || at[1] != '@')
		return NULL;
	*at = '\0';
	return name;
}

static int function_add(struct table_reader *reader, const Elf64_Sym *entry, const char *name)
{
	struct symbols *symbols = reader->symbols;
	const Elf64_Phdr *segment = reader->segment;
	uint64_t room;

	if (name_is_fragment(name))
		return 0;
	if (!segment || entry->st_value < segment->p_vaddr ||
	    entry->st_value - segment->p_vaddr >= segment->p_filesz)
		segment = elf_file_loaded(reader->main, entry->st_value, PF_X);
	if (!segment)
		return 0;
	reader->segment = segment;
	if (symbols->functions_count == SYMBOLS_MAX) {
		symbols->cut = true;
		return 0;
	}
	if (VEC_RESERVE(symbols->functions, symbols->functions_count, symbols->functions_capacity))
		return -ENOMEM;
	room = segment->p_vaddr + segment->p_filesz - entry->st_value;
	symbols->functions[symbols->functions_count++] = (struct function){
		.name = name,
		.address = entry->st_value,
		.size = entry->st_size < room ? entry->st_size : room,
		.file_offset = segment->p_offset + (entry->st_value - segment->p_vaddr),
		.source = reader->source,
	};
	return 0;
}

static int object_add(struct table_reader *reader, const Elf64_Sym *entry, const char *name)
{
	struct symbols *symbols = reader->symbols;

	if (symbols->objects_count == SYMBOLS_MAX) {
		symbols->cut = true;
		return 0;
	}
	if (VEC_RESERVE(symbols->objects, symbols->objects_count, symbols->objects_capacity))
		return -ENOMEM;
	symbols->objects[symbols->objects_count++] = (struct object){
		.name = name,
		.address = entry->st_value,
		.size = entry->st_size,
		.local = ELF64_ST_BIND(entry->st_info) == STB_LOCAL,
	};
	return 0;
}

static int entry_add(struct table_reader *reader, size_t index)
{
	const Elf64_Sym *entry = &reader->entries[index];
	unsigned int type = ELF64_ST_TYPE(entry->st_info);
	const char *name;

	/* Undefined names may have any type, mostly NOTYPE; they tell whether the module unwinds. */
	if (entry->st_shndx != SHN_UNDEF && type != STT_FUNC && type != STT_OBJECT)
		return 0;
	name = entry_name(reader, entry);
	if (!name)
		return 0;
	if (!reader->symbols->unwinder && name_unwinds(name))
		reader->symbols->unwinder = name;
	if (entry->st_shndx == SHN_UNDEF)
		return 0;
	if (reader->versions && reader->versions[index] & VERSION_HIDDEN)
		return 0;
	return type == STT_FUNC ? function_add(reader, entry, name) : object_add(reader, entry, name);
}

static int table_add(struct table_reader *reader)
{
	struct symbols *symbols = reader->symbols;
	int err = 0;

	if (VEC_RESERVE(symbols->strings, symbols->strings_count, symbols->strings_capacity)) {
		free(reader->strings);
		return -ENOMEM;
	}
	symbols->strings[symbols->strings_count++] = reader->strings;
	reader->name_bytes_left = SYMBOLS_NAMES_PER_BYTE * (uint64_t)reader->strings_size + SYMBOL_NAME_MAX;
	for (size_t i = 1; i < reader->entries_count && !err; i++)
		err = entry_add(reader, i);
	return err;
}

static int table_load(struct symbols *symbols, const struct elf_file *main, const struct elf_file *file,
		      const struct symbol_table *table, enum function_source source)
{
	_cleanup_free_ char *entries = NULL, *versions = NULL, *strings = NULL;
	struct table_reader reader = {.symbols = symbols, .main = main, .source = source};
	int err;

	if (table->symbols_count > ELF_LOAD_MAX_BYTES / sizeof(Elf64_Sym))
		return -EFBIG;
	err = elf_file_load(file, table->symbols_offset, table->symbols_count * sizeof(Elf64_Sym), &entries);
	if (!err)
		err = elf_file_load(file, table->strings_offset, table->strings_size, &strings);
	if (err)
		return err;
	if (table->versions_offset)
		err = elf_file_load(file, table->versions_offset, table->symbols_count * sizeof(uint16_t),
				    &versions);
	if (err == -ENOMEM)
		return err;
	reader.entries = (const Elf64_Sym *)(const void *)entries;
	reader.entries_count = table->symbols_count;
	reader.versions = (const uint16_t *)(const void *)versions;
	reader.strings_size = table->strings_size;
	reader.strings = TAKE_PTR(strings);
	return table_add(&reader);
}

int symbols_section_table(const struct elf_file *file, const Elf64_Shdr *section, struct symbol_table *ret_table)
{
	const Elf64_Shdr *strings;

	if (section->sh_link >= file->sections_count || section->sh_entsize != sizeof(Elf64_Sym))
		return -EINVAL;
	strings = &file->sections[section->sh_link];
	if (strings->sh_type != SHT_STRTAB)
		return -EINVAL;
	*ret_table = (struct symbol_table){
		.symbols_offset = section->sh_offset,
		.symbols_count = section->sh_size / sizeof(Elf64_Sym),
		.strings_offset = strings->sh_offset,
		.strings_size = strings->sh_size,
	};
	return 0;
}

int symbols_add_symtab(struct symbols *symbols, const struct elf_file *main, const struct elf_file *file,
		       enum function_source source)
{
	const Elf64_Shdr *section = elf_file_section_typed(file, SHT_SYMTAB);
	struct symbol_table table;
	int err;

	if (!section)
		return -ENOENT;
	err = symbols_section_table(file, section, &table);
	if (err)
		return err;
	return table_load(symbols, main, file, &table, source);
}

int symbols_add_dynamic(struct symbols *symbols, const struct elf_file *main)
{
	const Elf64_Shdr *section = elf_file_section_typed(main, SHT_DYNSYM);
	const Elf64_Shdr *versions = elf_file_section_typed(main, SHT_GNU_versym);
	struct symbol_table table;
	int err;

	if (!section || symbols_section_table(main, section, &table)) {
		err = dynamic_symbol_table(main, &table);
		if (err)
			return err;
	} else if (versions && versions->sh_size / sizeof(uint16_t) >= table.symbols_count) {
		table.versions_offset = versions->sh_offset;
	}
	return table_load(symbols, main, main, &table, FUNCTION_DYNSYM);
}

static int compare_functions(const void *left, const void *right)
{
	const struct function *a = left, *b = right;
	int order;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	order = a->name == b->name ? 0 : strcmp(a->name, b->name);
	return order ? order : (int)a->source - (int)b->source;
}

static int compare_objects(const void *left, const void *right)
{
	const struct object *a = left, *b = right;
	int order = a->name == b->name ? 0 : strcmp(a->name, b->name);

	if (order)
		return order;
	if (a->local != b->local)
		return a->local ? 1 : -1;
	return a->address < b->address ? -1 : a->address > b->address;
}

void symbols_finish(struct symbols *symbols)
{
	struct function *kept = NULL;
	size_t count = 0;

	if (symbols->objects_count)
		qsort(symbols->objects, symbols->objects_count, sizeof(*symbols->objects), compare_objects);
	if (symbols->functions_count == 0)
		return;
	qsort(symbols->functions, symbols->functions_count, sizeof(*symbols->functions), compare_functions);
	for (size_t i = 0; i < symbols->functions_count; i++) {
		struct function *next = &symbols->functions[i];

		if (kept && kept->address == next->address && !strcmp(kept->name, next->name)) {
			if (kept->size == 0)
				kept->size = next->size;
			continue;
		}
		kept = &symbols->functions[count++];
		*kept = *next;
	}
	symbols->functions_count = count;
}

void symbols_free(struct symbols *symbols)
{
	for (size_t i = 0; i < symbols->strings_count; i++)
		free(symbols->strings[i]);
	free(symbols->strings);
	free(symbols->functions);
	free(symbols->objects);
	memset(symbols, 0, sizeof(*symbols));
}
