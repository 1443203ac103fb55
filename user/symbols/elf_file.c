/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/elf_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

enum {
	NOTES_MAX_BYTES = 1 << 20,
	SEGMENTS_MAX_BYTES = 65536, /* the kernel loads no more: fs/binfmt_elf.c, load_elf_phdrs() */
	NOTE_GO_BUILD_ID = 4, /* owner "Go"; cmd/link/internal/ld/elf.go, ELF_NOTE_GOBUILDID_TAG */
};

int elf_file_read(const struct elf_file *file, uint64_t offset, void *buffer, size_t size)
{
	size_t done = 0;
	ssize_t n;

	if (offset > file->size || size > file->size - offset)
		return -ENODATA;
	if (file->memory) {
		memcpy(buffer, file->memory + offset, size);
		return 0;
	}
	while (done < size) {
		n = pread(file->fd, (char *)buffer + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		done += (size_t)n;
	}
	return 0;
}

int elf_file_load(const struct elf_file *file, uint64_t offset, uint64_t size, char **ret_bytes)
{
	_cleanup_free_ char *bytes = NULL;
	int err;

	if (offset > file->size || size > file->size - offset)
		return -ENODATA;
	if (size > ELF_LOAD_MAX_BYTES)
		return -EFBIG;
	bytes = malloc(size + 1);
	if (!bytes)
		return -ENOMEM;
	err = elf_file_read(file, offset, bytes, size);
	if (err)
		return err;
	bytes[size] = '\0';
	*ret_bytes = TAKE_PTR(bytes);
	return 0;
}

/* gABI, "ELF Identification" and "ELF Header". */
static const char *header_refusal(const Elf64_Ehdr *header)
{
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return "it is not an ELF file";
	if (header->e_ident[EI_CLASS] == ELFCLASS32)
		return "it is a 32-bit file";
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return "its ELF class is not known";
	if (header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != EM_X86_64)
		return "it is made for another machine than x86-64";
	if (header->e_type == ET_REL)
		return "it is an object file that is not yet linked";
	if (header->e_type == ET_CORE)
		return "it is a core dump";
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return "it is neither an executable nor a shared object";
	return NULL;
}

static int segments_read(struct elf_file *file, const Elf64_Ehdr *header)
{
	uint64_t size = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);
	char *bytes;
	int err;

	if (size == 0)
		return 0;
	if (header->e_phentsize != sizeof(Elf64_Phdr) || size > SEGMENTS_MAX_BYTES)
		return -ENOEXEC;
	err = elf_file_load(file, header->e_phoff, size, &bytes);
	if (err)
		return err;
	file->segments = (Elf64_Phdr *)(void *)bytes;
	file->segments_count = header->e_phnum;
	return 0;
}

/* Files with 0xff00 sections or more keep the counts in section 0 (gABI, "Section Header Table"). */
static int section_counts(const struct elf_file *file, const Elf64_Ehdr *header, uint64_t *ret_count,
			  uint32_t *ret_names)
{
	Elf64_Shdr first;
	int err;

	err = elf_file_read(file, header->e_shoff, &first, sizeof(first));
	if (err)
		return err;
	*ret_count = header->e_shnum ? header->e_shnum : first.sh_size;
	*ret_names = header->e_shstrndx == SHN_XINDEX ? first.sh_link : header->e_shstrndx;
	return 0;
}

/* A file runs without section headers: whatever is wrong with them, it then counts as stripped. */
static int sections_read(struct elf_file *file, const Elf64_Ehdr *header)
{
	_cleanup_free_ char *bytes = NULL, *names = NULL;
	const Elf64_Shdr *strings;
	uint32_t names_index;
	uint64_t count;
	int err;

	if (header->e_shoff == 0 || header->e_shentsize != sizeof(Elf64_Shdr))
		return -ENOENT;
	err = section_counts(file, header, &count, &names_index);
	if (err)
		return err;
	if (count > ELF_SECTIONS_MAX || names_index >= count)
		return -EINVAL;
	err = elf_file_load(file, header->e_shoff, count * sizeof(Elf64_Shdr), &bytes);
	if (err)
		return err;
	strings = (const Elf64_Shdr *)(void *)bytes + names_index;
	if (strings->sh_type != SHT_STRTAB)
		return -EINVAL;
	err = elf_file_load(file, strings->sh_offset, strings->sh_size, &names);
	if (err)
		return err;
	file->section_names_size = strings->sh_size;
	file->section_names = TAKE_PTR(names);
	file->sections = (Elf64_Shdr *)(void *)TAKE_PTR(bytes);
	file->sections_count = count;
	return 0;
}

static void build_id_set(struct elf_file *file, const unsigned char *bytes, size_t size)
{
	if (size == 0 || size > ELF_BUILD_ID_MAX_BYTES || file->build_id[0])
		return;
	for (size_t i = 0; i < size; i++)
		snprintf(file->build_id + 2 * i, 3, "%02x", bytes[i]);
}

/* gABI, "Note Section": name and descriptor are padded to `align`, which is 8 for some GNU notes. */
static void notes_parse(struct elf_file *file, const char *bytes, size_t size, size_t align)
{
	size_t at = 0, name_at, text_at;
	const char *name;
	Elf64_Nhdr note;

	while (size - at >= sizeof(note)) {
		memcpy(&note, bytes + at, sizeof(note));
		name_at = at + sizeof(note);
		if (note.n_namesz > size - name_at)
			return;
		text_at = (name_at + note.n_namesz + align - 1) & ~(align - 1);
		if (text_at > size || note.n_descsz > size - text_at)
			return;
		name = note.n_namesz == 4 ? bytes + name_at : "\0\0\0";
		if (note.n_type == NT_GNU_BUILD_ID && !memcmp(name, "GNU", 4))
			build_id_set(file, (const unsigned char *)bytes + text_at, note.n_descsz);
		if (note.n_type == NOTE_GO_BUILD_ID && !memcmp(name, "Go\0", 4))
			file->go_note = true;
		at = (text_at + note.n_descsz + align - 1) & ~(align - 1);
		if (at > size)
			return;
	}
}

static void notes_load(struct elf_file *file, uint64_t offset, uint64_t size, uint64_t align)
{
	_cleanup_free_ char *bytes = NULL;

	if (size > NOTES_MAX_BYTES || elf_file_load(file, offset, size, &bytes))
		return;
	notes_parse(file, bytes, size, align == 8 ? 8 : 4);
}

/*
 * The segments of a separate debug file point at bytes that it does not have; its note sections are real.
 */
static void notes_read(struct elf_file *file)
{
	const Elf64_Phdr *segment;
	const Elf64_Shdr *section;

	for (size_t i = 0; i < file->sections_count; i++) {
		section = &file->sections[i];
		if (section->sh_type == SHT_NOTE)
			notes_load(file, section->sh_offset, section->sh_size, section->sh_addralign);
	}
	if (file->sections)
		return;
	for (size_t i = 0; i < file->segments_count; i++) {
		segment = &file->segments[i];
		if (segment->p_type == PT_NOTE)
			notes_load(file, segment->p_offset, segment->p_filesz, segment->p_align);
	}
}

static int headers_read(struct elf_file *file, const char **ret_reason)
{
	Elf64_Ehdr header = {0};
	const char *refusal;
	int err;

	err = elf_file_read(file, 0, &header, sizeof(header));
	if (err == -ENODATA && elf_file_read(file, 0, &header, EI_NIDENT))
		memset(&header, 0, sizeof(header));
	refusal = err && err != -ENODATA ? "it cannot be read" : header_refusal(&header);
	if (!refusal && err == -ENODATA)
		refusal = "it ends within its ELF header";
	if (refusal) {
		*ret_reason = refusal;
		return err && err != -ENODATA ? err : -ENOEXEC;
	}
	file->type = header.e_type;
	err = segments_read(file, &header);
	if (err) {
		*ret_reason = "its program headers are broken";
		return err == -ENOMEM ? err : -ENOEXEC;
	}
	err = sections_read(file, &header);
	if (err == -ENOMEM) {
		*ret_reason = "memory ran out";
		return err;
	}
	notes_read(file);
	return 0;
}

static int file_open(struct elf_file *opened, struct elf_file **ret_file, const char **ret_reason)
{
	int err;

	err = headers_read(opened, ret_reason);
	if (err) {
		elf_file_free(&opened);
		return err;
	}
	*ret_file = opened;
	return 0;
}

int elf_file_open_fd(int fd, struct elf_file **ret_file, const char **ret_reason)
{
	_cleanup_close_ int owned = fd;
	struct elf_file *file;
	struct stat status;

	if (fstat(owned, &status)) {
		*ret_reason = "it cannot be examined";
		return -errno;
	}
	if (!S_ISREG(status.st_mode)) {
		*ret_reason = "it is not a regular file";
		return -ENOEXEC;
	}
	file = calloc(1, sizeof(*file));
	if (!file) {
		*ret_reason = "memory ran out";
		return -ENOMEM;
	}
	file->fd = TAKE_FD(owned);
	file->size = (uint64_t)status.st_size;
	return file_open(file, ret_file, ret_reason);
}

int elf_file_open_memory(char *memory, size_t size, struct elf_file **ret_file, const char **ret_reason)
{
	struct elf_file *file;

	file = calloc(1, sizeof(*file));
	if (!file) {
		free(memory);
		*ret_reason = "memory ran out";
		return -ENOMEM;
	}
	file->fd = -1;
	file->memory = memory;
	file->size = size;
	return file_open(file, ret_file, ret_reason);
}

void elf_file_free(struct elf_file **file)
{
	struct elf_file *old = *file;

	if (!old)
		return;
	cleanup_close(&old->fd);
	free(old->memory);
	free(old->segments);
	free(old->sections);
	free(old->section_names);
	free(old);
	*file = NULL;
}

const char *elf_file_section_name(const struct elf_file *file, const Elf64_Shdr *section)
{
	return section->sh_name < file->section_names_size ? file->section_names + section->sh_name : "";
}

/* SHT_NOBITS in a separate debug file: the section's bytes stayed in the main file. */
static bool section_has_bytes(const Elf64_Shdr *section)
{
	return section->sh_type != SHT_NOBITS && section->sh_type != SHT_NULL && section->sh_size > 0;
}

const Elf64_Shdr *elf_file_section(const struct elf_file *file, const char *name)
{
	const Elf64_Shdr *section;

	for (size_t i = 0; i < file->sections_count; i++) {
		section = &file->sections[i];
		if (section_has_bytes(section) && !strcmp(elf_file_section_name(file, section), name))
			return section;
	}
	return NULL;
}

const Elf64_Shdr *elf_file_section_typed(const struct elf_file *file, uint32_t type)
{
	for (size_t i = 0; i < file->sections_count; i++) {
		if (file->sections[i].sh_type == type && section_has_bytes(&file->sections[i]))
			return &file->sections[i];
	}
	return NULL;
}

const Elf64_Phdr *elf_file_segment(const struct elf_file *file, uint32_t type)
{
	for (size_t i = 0; i < file->segments_count; i++) {
		if (file->segments[i].p_type == type)
			return &file->segments[i];
	}
	return NULL;
}

const Elf64_Phdr *elf_file_loaded(const struct elf_file *file, uint64_t address, uint32_t flags)
{
	const Elf64_Phdr *segment;

	for (size_t i = 0; i < file->segments_count; i++) {
		segment = &file->segments[i];
		if (segment->p_type != PT_LOAD || (segment->p_flags & flags) != flags)
			continue;
		if (segment->p_offset > file->size || segment->p_filesz > file->size - segment->p_offset)
			continue; /* the bytes are not there: truncated, or a debug file */
		if (segment->p_vaddr > UINT64_MAX - segment->p_filesz)
			continue;
		if (address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_filesz)
			return segment;
	}
	return NULL;
}

int elf_file_offset(const struct elf_file *file, uint64_t address, uint64_t *ret_offset)
{
	const Elf64_Phdr *segment = elf_file_loaded(file, address, 0);

	if (!segment)
		return -ENOENT;
	*ret_offset = segment->p_offset + (address - segment->p_vaddr);
	return 0;
}
