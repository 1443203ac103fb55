/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dynamic symbol table as the dynamic linker finds it, for files whose section headers were cut off. */
#include "symbols/symtab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	DYNAMIC_MAX_BYTES = 1 << 20,
	CHAIN_MAX = 1 << 16, /* symbols of one hash bucket */
};

struct dynamic {
	uint64_t symbols, strings, strings_size, hash, gnu_hash, versions, relocations, relocations_size;
};

static void dynamic_note(struct dynamic *dynamic, const Elf64_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_SYMTAB: dynamic->symbols = entry->d_un.d_ptr; break;
	case DT_STRTAB: dynamic->strings = entry->d_un.d_ptr; break;
	case DT_STRSZ: dynamic->strings_size = entry->d_un.d_val; break;
	case DT_HASH: dynamic->hash = entry->d_un.d_ptr; break;
	case DT_GNU_HASH: dynamic->gnu_hash = entry->d_un.d_ptr; break;
	case DT_VERSYM: dynamic->versions = entry->d_un.d_ptr; break;
	case DT_RELA: dynamic->relocations = entry->d_un.d_ptr; break;
	case DT_RELASZ: dynamic->relocations_size = entry->d_un.d_val; break;
	default: break;
	}
}

static int dynamic_read(const struct elf_file *file, struct dynamic *ret_dynamic)
{
	const Elf64_Phdr *segment = elf_file_segment(file, PT_DYNAMIC);
	struct dynamic dynamic = {0};
	_cleanup_free_ char *bytes = NULL;
	const Elf64_Dyn *entries;
	int err;

	if (!segment)
		return -ENOENT;
	if (segment->p_filesz > DYNAMIC_MAX_BYTES)
		return -EFBIG;
	err = elf_file_load(file, segment->p_offset, segment->p_filesz, &bytes);
	if (err)
		return err;
	entries = (const Elf64_Dyn *)(const void *)bytes;
	for (size_t i = 0; i < segment->p_filesz / sizeof(*entries) && entries[i].d_tag != DT_NULL; i++)
		dynamic_note(&dynamic, &entries[i]);
	*ret_dynamic = dynamic;
	return 0;
}

/* gABI, "Hash Table": the number of chain entries is the number of symbols. */
static int hash_count(const struct elf_file *file, uint64_t address, uint64_t *ret_count)
{
	uint32_t head[2];
	uint64_t offset;
	int err;

	err = elf_file_offset(file, address, &offset);
	if (!err)
		err = elf_file_read(file, offset, head, sizeof(head));
	if (!err)
		*ret_count = head[1];
	return err;
}

/*
 * The GNU hash table does not say how many symbols there are: the last one is at the end of the chain of
 * the highest bucket, marked by the lowest bit of its hash (binutils, bfd/elflink.c).
 */
static int gnu_hash_count(const struct elf_file *file, uint64_t address, uint64_t *ret_count)
{
	_cleanup_free_ char *bytes = NULL;
	uint32_t head[4]; /* buckets, first symbol, words of the bloom filter, shift */
	uint32_t bucket, last = 0, hash, links = 0;
	uint64_t offset;
	int err;

	err = elf_file_offset(file, address, &offset);
	if (!err)
		err = elf_file_read(file, offset, head, sizeof(head));
	if (err)
		return err;
	offset += sizeof(head) + 8ULL * head[2];
	err = elf_file_load(file, offset, 4ULL * head[0], &bytes);
	if (err)
		return err;
	for (uint32_t i = 0; i < head[0]; i++) {
		memcpy(&bucket, bytes + 4ULL * i, sizeof(bucket));
		if (bucket > last)
			last = bucket;
	}
	if (last < head[1]) {
		*ret_count = head[1];
		return 0;
	}
	offset += 4ULL * head[0];
	for (;; last++) {
		err = elf_file_read(file, offset + 4ULL * (last - head[1]), &hash, sizeof(hash));
		if (err)
			return err;
		if (hash & 1 || ++links == CHAIN_MAX)
			break;
	}
	*ret_count = (uint64_t)last + 1;
	return 0;
}

int dynamic_symbol_table(const struct elf_file *file, struct symbol_table *ret_table)
{
	struct symbol_table table = {0};
	struct dynamic dynamic;
	int err;

	err = dynamic_read(file, &dynamic);
	if (err)
		return err;
	if (!dynamic.symbols || !dynamic.strings)
		return -ENOENT;
	if (dynamic.hash)
		err = hash_count(file, dynamic.hash, &table.symbols_count);
	else if (dynamic.gnu_hash)
		err = gnu_hash_count(file, dynamic.gnu_hash, &table.symbols_count);
	else
		err = -ENOENT;
	/* Of a program that exports nothing the hash table knows no symbol; linkers put the names behind the symbols. */
	if (!err && !dynamic.hash && table.symbols_count <= 1 && dynamic.strings > dynamic.symbols)
		table.symbols_count = (dynamic.strings - dynamic.symbols) / sizeof(Elf64_Sym);
	if (!err)
		err = elf_file_offset(file, dynamic.symbols, &table.symbols_offset);
	if (!err)
		err = elf_file_offset(file, dynamic.strings, &table.strings_offset);
	if (err)
		return err;
	table.strings_size = dynamic.strings_size;
	if (!dynamic.versions || elf_file_offset(file, dynamic.versions, &table.versions_offset))
		table.versions_offset = 0;
	*ret_table = table;
	return 0;
}

int dynamic_gnu_hash(const struct elf_file *file, uint64_t *ret_address)
{
	struct dynamic dynamic;
	int err = dynamic_read(file, &dynamic);

	if (err || !dynamic.gnu_hash)
		return err ?: -ENOENT;
	*ret_address = dynamic.gnu_hash;
	return 0;
}

int dynamic_strings(const struct elf_file *file, uint64_t *ret_offset, uint64_t *ret_size)
{
	struct dynamic dynamic;
	uint64_t offset;
	int err;

	err = dynamic_read(file, &dynamic);
	if (!err && !dynamic.strings)
		err = -ENOENT;
	if (!err)
		err = elf_file_offset(file, dynamic.strings, &offset);
	if (err)
		return err;
	*ret_offset = offset;
	*ret_size = dynamic.strings_size;
	return 0;
}

int dynamic_relocations(const struct elf_file *file, uint64_t *ret_offset, uint64_t *ret_size)
{
	struct dynamic dynamic;
	uint64_t offset;
	int err;

	err = dynamic_read(file, &dynamic);
	if (!err && (!dynamic.relocations || !dynamic.relocations_size))
		err = -ENOENT;
	if (!err)
		err = elf_file_offset(file, dynamic.relocations, &offset);
	if (err)
		return err;
	*ret_offset = offset;
	*ret_size = dynamic.relocations_size;
	return 0;
}
