/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program with the tables of Go's linker and three functions, by hand. Preprocessed with
 *   FORMAT       12, 116, 118 or 120: as the magic numbers tell them apart
 *   TEXT_START   what the header says of the text: go_text or 0 (since Go 1.26)
 *   TABLE        the section of the table, by default .gopclntab; WRITABLE where the linker has to relocate it
 *   VERSION, VERSION_LENGTH  of the build information, by default "go1.20.3"; POINTED: as before Go 1.18
 *   PLAIN_TEXT   bytes of other code in front of Go's
 */
#ifndef FORMAT
#define FORMAT 120
#endif
#ifndef TEXT_START
#define TEXT_START go_text
#endif
#ifndef TABLE
#define TABLE .gopclntab
#endif
#ifndef VERSION
#define VERSION "go1.20.3"
#define VERSION_LENGTH 8
#endif
#ifdef WRITABLE
#define FLAGS "aw"
#else
#define FLAGS "a"
#endif

	.text
	.balign 32
	.globl _start
	.type _start, @function
_start:	mov $60, %eax
	xor %edi, %edi
	syscall
	.size _start, . - _start

	.balign 32, 0xcc
go_text:
	.ascii "a build id, no code"
	.balign 32, 0xcc
	.type main.one, @function
main.one:
	push %rbp
	pop %rbp
	ret
	.size main.one, . - main.one
	.balign 32, 0xcc
	.type main.two, @function
main.two:
	.fill 300, 1, 0x90
	ret
	.size main.two, . - main.two
	.balign 32, 0xcc
	.type main.three, @function
main.three:
	ret
	.byte 0xcc /* the function's own */
	.size main.three, . - main.three
	.balign 32, 0xcc
go_text_end:
	nop

	.section TABLE, FLAGS, @progbits
	.balign 32
table:
#if FORMAT == 12
	.long 0xfffffffb
#elif FORMAT == 116
	.long 0xfffffffa
#elif FORMAT == 118
	.long 0xfffffff0
#else
	.long 0xfffffff1
#endif
	.byte 0, 0, 1, 8
	.quad 4 /* functions */
#if FORMAT > 12
	.quad 1 /* files */
#if FORMAT > 116
	.quad TEXT_START
#endif
	.quad names - table
	.quad units - table
	.quad units - table
	.quad values - table
	.quad index - table
names:
name_build:	.asciz "go:buildid"
name_one:	.asciz "main.one"
name_two:	.asciz "main.(*T).two[...]"
name_three:	.asciz "main.three"
units:	.long 0
values:
	.byte 0
stack_one:	.byte 2, 1, 16, 1, 15, 1, 0
stack_two:	.byte 2, 0xad, 0x02, 0
stack_three:	.byte 2, 2, 0
	.balign 8
#define BASE index
#define NAMES names
#define VALUES values
#else
#define BASE table
#define NAMES table
#define VALUES table
#endif
#if FORMAT > 116
#define ADDRESS(symbol) .long symbol - go_text
#define OFFSET(symbol) .long symbol - BASE
#else
#define ADDRESS(symbol) .quad symbol
#define OFFSET(symbol) .quad symbol - BASE
#endif
index:
	ADDRESS(go_text); OFFSET(record_build)
	ADDRESS(main.one); OFFSET(record_one)
	ADDRESS(main.two); OFFSET(record_two)
	ADDRESS(main.three); OFFSET(record_three)
	ADDRESS(go_text_end)
	.balign 8
record_build:	ADDRESS(go_text); .long name_build - NAMES, 0, 0, 0, 0, 0
record_one:	ADDRESS(main.one); .long name_one - NAMES, 0, 0, stack_one - VALUES, 0, 0
record_two:	ADDRESS(main.two); .long name_two - NAMES, 0, 0, stack_two - VALUES, 0, 0
record_three:	ADDRESS(main.three); .long name_three - NAMES, 0, 0, stack_three - VALUES, 0, 0
#if FORMAT == 12
name_build:	.asciz "go.buildid"
name_one:	.asciz "main.one"
name_two:	.asciz "main.(*T).two[...]"
name_three:	.asciz "main.three"
stack_one:	.byte 2, 1, 16, 1, 15, 1, 0
stack_two:	.byte 2, 0xad, 0x02, 0
stack_three:	.byte 2, 2, 0
#endif

	.section .go.buildinfo, "aw", @progbits
	.balign 16
	.ascii "\377 Go buildinf:"
#ifdef POINTED
	.byte 8, 0
	.quad version
	.quad 0
#else
	.byte 8, 2
	.quad 0, 0
	.byte VERSION_LENGTH
	.ascii VERSION
	.byte 0
#endif

	.data
	.balign 8
version:
	.quad version_text, VERSION_LENGTH
version_text:
	.ascii VERSION
	.balign 8
	.quad table, 0 /* the address alone is no record of a module */
	.fill 21, 8, 0
module_data:
	.quad table
#if FORMAT > 12
	.quad names
#else
	.quad 0
#endif
	.fill 20, 8, 0
	.quad go_text

	.section .note.GNU-stack, "", @progbits
