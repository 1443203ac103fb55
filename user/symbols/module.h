/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module: one ELF file that a target maps, and what can be learned from it. Opened by path (often
 * /proc/PID/map_files/... or /proc/PID/root/...), identified by the caller by (device, inode).
 * Symbols are read on first use and kept until module_free. Knows no profile and no process.
 *
 * Every reader here takes hostile bytes: a broken file ends in an error or in fewer symbols, never in a
 * crash, an endless loop or unbounded memory.
 */
#ifndef WEIR_MODULE_H
#define WEIR_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;

enum function_source {
	FUNCTION_SYMTAB,
	FUNCTION_DYNSYM,
	FUNCTION_DEBUG,     /* .symtab of a separate debug file */
	FUNCTION_MINI_DEBUG, /* .gnu_debugdata */
	FUNCTION_GO          /* .gopclntab; only where no other table names the address */
};

struct function {
	const char *name;      /* as in the file, version suffix removed; owned by the module */
	const char *display;   /* demangled where it is mangled, else equal to name; owned by the module */
	uint64_t address;      /* link-time virtual address */
	uint64_t size;         /* bytes; from the symbol, else from .eh_frame, else 0: not known */
	uint64_t file_offset;  /* of address, in the module's file */
	enum function_source source;
};

/*
 * Open the ELF file at `path`. `display_path` is how messages and outputs name it; `root` is prefixed to the
 * directories in which separate debug files are looked for ("" or "/proc/PID/root").
 * Logs one sentence and returns -errno on failure: -ENOEXEC where it is no x86-64 ELF file that can be run.
 */
int module_open(const char *path, const char *display_path, const char *root, struct module **ret_module);
/* The same of a file that nobody asked for: of failures only a lack of memory is logged. */
int module_open_quietly(const char *path, const char *display_path, const char *root, struct module **ret_module);
void module_free(struct module **module);

const char *module_path(const struct module *module);     /* display_path */
const char *module_name(const struct module *module);     /* the last component of it */
const char *module_build_id(const struct module *module); /* lower-case hex, "" where it has none */

/*
 * All functions, sorted by (address, name), several names of one address included. The array belongs to the
 * module. `@@` default versions win over other versions of the same name; other versions are left out.
 * IFUNC symbols are left out, and so are parts of functions that are jumped to (NAME.cold): their first
 * instruction sees no return address. All sizes stay within the segment. Returns 0 or -errno (logged).
 */
int module_functions(struct module *module, const struct function **ret_functions, size_t *ret_count);

/*
 * Functions whose name or demangled name matches the shell glob `pattern`; where a demangled name has
 * a parameter list, the pattern also matches the form without it. A pattern that is the name itself matches it, too,
 * whatever it means as a glob. One entry per address (the first name that matched). "+0x1f40" names the link-time address itself, whether or not a symbol is there; without one,
 * the size reaches to the end of the function around it. An address outside the code matches nothing.
 * *ret_functions is the caller's to free (not the strings). Returns 0 (also with no match) or -errno.
 */
int module_find(struct module *module, const char *pattern, struct function **ret_functions, size_t *ret_count);

/*
 * Does it define functions of all these names (16 at most)? Asked without reading its symbols, unless they have been read: by the dynamic linker's
 * hash table, then by the bytes of .symtab, its own or that of a debug file.
 */
bool module_holds(struct module *module, const char *const *names, size_t count);

/*
 * The names nearest to `pattern` (edit distance; demangled without parameters), for "did you mean".
 * At most `max` of them (64 is the most), nearest first, none that is hopelessly far. Stars at the ends of the
 * pattern cost nothing. Strings belong to the module. Returns the count.
 */
size_t module_nearest(struct module *module, const char *pattern, const char **ret_names, size_t max);

/*
 * Bounds of the function that holds `address`, from .eh_frame; in a Go module, whose functions have no frame table,
 * else from its symbols. Returns 0, or -ENOENT.
 */
int module_bounds(struct module *module, uint64_t address, uint64_t *ret_start, uint64_t *ret_end);

/*
 * Copy up to `size` bytes of the file's text at link-time `address`. Returns the number of bytes copied,
 * which may be fewer at the end of the segment, or -errno: -ENOENT where the address is in no executable
 * segment.
 */
long module_code(struct module *module, uint64_t address, void *buffer, size_t size);

/* The same of any segment: data as it is in the file, before the program runs. */
long module_data(struct module *module, uint64_t address, void *buffer, size_t size);

/* The link-time address below which nothing of the module is ever written, as its segments have it; 0: there is no such part. */
uint64_t module_constant_end(const struct module *module);

/* Link-time address to file offset, by the program headers. Returns 0 or -ENOENT. */
int module_file_offset(const struct module *module, uint64_t address, uint64_t *ret_offset);

/*
 * The link-time address that the dynamic linker fills the word at `address` with, by which functions are called: of what the module itself defines,
 * unless it is preempted. Returns 0, -ENOENT, or -errno.
 */
int module_slot(struct module *module, uint64_t address, uint64_t *ret_target);

/* An exported or local data object by name. Returns 0 or -ENOENT. */
int module_object(struct module *module, const char *name, uint64_t *ret_address, uint64_t *ret_size);

/*
 * Can a call into this module be left by unwinding (C++ exception, Rust panic, forced unwinding through a
 * landing pad, Go's stack copier)? A return address replaced by a trampoline would then abort the process.
 * NULL if not; else why, as a clause: "it has exception tables (.gcc_except_table)". Owned by the module.
 */
const char *module_unwinds(struct module *module);

/* Has it no names of functions but those it exports? */
bool module_is_stripped(struct module *module);

/* Is it loaded without a dynamic linker? Asked of programs; libraries are. */
bool module_is_static(const struct module *module);

/* Does it hold a Go runtime? Its goroutines move between threads and its stacks between addresses. */
bool module_is_go(const struct module *module);

/*
 * The version of Go that made it, from its build information: "1.19.8". NULL where it is no Go module, or where that
 * names no release. Owned by the module. What it says of the runtime: go_layout_find() in go_runtime.h.
 */
const char *module_go_version(struct module *module);

#endif
