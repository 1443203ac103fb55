/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "sites/site.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* Bytes as an initialiser of { pointer, size }. */
#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

#define ENDBR64 0xf3, 0x0f, 0x1e, 0xfa
#define NOP5 0x0f, 0x1f, 0x44, 0x00, 0x00
#define PUSH_RBP 0x55
#define PUSH_R12 0x41, 0x54
#define MOV_RAX_RDI 0x48, 0x89, 0xf8
#define MOV_RDI_RAX 0x48, 0x89, 0xc7
#define RET 0xc3

static const uint64_t some_address = 0x1000;

/* ---- classes ------------------------------------------------------------------------------------- */

struct class_case {
	const char *what;
	const uint8_t *code;
	size_t size;
};

static void assert_classes(enum site_class class, const struct class_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned length = 99;
		enum site_class got = site_classify(cases[i].code, cases[i].size, &length);

		if (got != class || length != cases[i].size)
			fail_msg("%s: expected %s, %zu bytes; got %s, %u bytes", cases[i].what, site_class_name(class),
				 cases[i].size, site_class_name(got), length);
	}
}

static void the_five_byte_nop_is_a_class_of_its_own(void **state)
{
	const struct class_case cases[] = {
		{ "nop5", BYTES(NOP5) },
	};

	(void)state;
	assert_classes(SITE_NOP5, cases, LENGTH(cases));
}

static void nops_that_every_kernel_knows_are_emulated(void **state)
{
	const struct class_case cases[] = {
		{ "nop", BYTES(0x90) },
		{ "66 nop", BYTES(0x66, 0x90) },
		{ "66 66 nop", BYTES(0x66, 0x66, 0x90) },
		{ "rex.w nop", BYTES(0x48, 0x90) },
		{ "nop3", BYTES(0x0f, 0x1f, 0x00) },
		{ "nop4", BYTES(0x0f, 0x1f, 0x40, 0x00) },
		{ "nop6", BYTES(0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00) },
		{ "nop7", BYTES(0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00) },
		{ "nop8", BYTES(0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00) },
	};

	(void)state;
	assert_classes(SITE_EMULATED, cases, LENGTH(cases));
}

static void other_nops_are_stepped(void **state)
{
	const struct class_case cases[] = {
		{ "endbr64", BYTES(ENDBR64) },
		{ "pause", BYTES(0xf3, 0x90) },
		{ "nop3 of a register", BYTES(0x0f, 0x1f, 0xc0) },
		{ "nop4 by way of a sib", BYTES(0x0f, 0x1f, 0x04, 0x24) },
		{ "nop5 with another index", BYTES(0x0f, 0x1f, 0x44, 0x20, 0x00) },
		{ "nop9", BYTES(0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00) },
		{ "0f 19", BYTES(0x0f, 0x19, 0xc0) },
	};

	(void)state;
	assert_classes(SITE_STEPPED, cases, LENGTH(cases));
}

static void pushes_of_registers_are_emulated(void **state)
{
	const struct class_case cases[] = {
		{ "push rax", BYTES(0x50) },
		{ "push rsp", BYTES(0x54) },
		{ "push rbp", BYTES(0x55) },
		{ "push rdi", BYTES(0x57) },
		{ "push r8", BYTES(0x41, 0x50) },
		{ "push r15", BYTES(0x41, 0x57) },
	};

	(void)state;
	assert_classes(SITE_EMULATED, cases, LENGTH(cases));
}

static void other_pushes_are_stepped(void **state)
{
	const struct class_case cases[] = {
		{ "push imm8", BYTES(0x6a, 0x01) },
		{ "push imm32", BYTES(0x68, 0x01, 0x00, 0x00, 0x00) },
		{ "push [rax]", BYTES(0xff, 0x30) },
		{ "push rbp as ff /6", BYTES(0xff, 0xf5) },
		{ "push bp", BYTES(0x66, 0x55) },
		{ "rex push rbp", BYTES(0x40, 0x55) },
		{ "rex.w push rbp", BYTES(0x48, 0x55) },
		{ "rex.wb push r13", BYTES(0x49, 0x55) },
		{ "pushfq", BYTES(0x9c) },
	};

	(void)state;
	assert_classes(SITE_STEPPED, cases, LENGTH(cases));
}

static void relative_branches_are_emulated(void **state)
{
	const struct class_case cases[] = {
		{ "jmp rel8", BYTES(0xeb, 0x10) },
		{ "jmp rel32", BYTES(0xe9, 0x10, 0x00, 0x00, 0x00) },
		{ "bnd jmp", BYTES(0xf2, 0xe9, 0x10, 0x00, 0x00, 0x00) },
		{ "call rel32", BYTES(0xe8, 0x10, 0x00, 0x00, 0x00) },
		{ "jo rel8", BYTES(0x70, 0x10) },
		{ "jg rel8", BYTES(0x7f, 0x10) },
		{ "jo rel32", BYTES(0x0f, 0x80, 0x10, 0x00, 0x00, 0x00) },
		{ "jg rel32", BYTES(0x0f, 0x8f, 0x10, 0x00, 0x00, 0x00) },
	};

	(void)state;
	assert_classes(SITE_EMULATED, cases, LENGTH(cases));
}

static void everything_else_is_stepped(void **state)
{
	const struct class_case cases[] = {
		{ "mov", BYTES(MOV_RAX_RDI) },
		{ "lea", BYTES(0x48, 0x8d, 0x47, 0x01) },
		{ "sub rsp", BYTES(0x48, 0x83, 0xec, 0x18) },
		{ "pop rbp", BYTES(0x5d) },
		{ "leave", BYTES(0xc9) },
		{ "ret", BYTES(RET) },
		{ "rep ret", BYTES(0xf3, 0xc3) },
		{ "jmp rax", BYTES(0xff, 0xe0) },
		{ "call rax", BYTES(0xff, 0xd0) },
		{ "loop", BYTES(0xe2, 0x10) },
		{ "jrcxz", BYTES(0xe3, 0x10) },
		{ "setg", BYTES(0x0f, 0x9f, 0xc0) },
		{ "mov rax, fs:[0]", BYTES(0x64, 0x48, 0x8b, 0x04, 0x25, 0x00, 0x00, 0x00, 0x00) },
		{ "pshufb xmm0, xmm1", BYTES(0x66, 0x0f, 0x38, 0x00, 0xc1) },
		{ "vpaddb xmm0, xmm0, xmm1", BYTES(0xc5, 0xf9, 0xfc, 0xc1) },
		{ "xchg r9, rax", BYTES(0x49, 0x91) },
		{ "mov ds, eax", BYTES(0x8e, 0xd8) },
	};

	(void)state;
	assert_classes(SITE_STEPPED, cases, LENGTH(cases));
}

static void prefixes_that_the_kernel_refuses_are_refused(void **state)
{
	const struct class_case cases[] = {
		{ "cs nop10", BYTES(0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00) },
		{ "cs nop", BYTES(0x2e, 0x90) },
		{ "notrack jmp rax", BYTES(0x3e, 0xff, 0xe0) },
		{ "es push", BYTES(0x26, 0x55) },
		{ "ss mov", BYTES(0x36, 0x48, 0x8b, 0x00) },
		{ "lock inc", BYTES(0xf0, 0xff, 0x00) },
		{ "jcc with a hint", BYTES(0x2e, 0x74, 0x10) },
		{ "66 jmp", BYTES(0x66, 0xeb, 0x10) },
		{ "66 jcc rel32", BYTES(0x66, 0x0f, 0x84, 0x10, 0x00, 0x00, 0x00) },
		{ "call of __tls_get_addr", BYTES(0x66, 0x48, 0xe8, 0x10, 0x00, 0x00, 0x00) },
	};

	(void)state;
	assert_classes(SITE_REFUSED, cases, LENGTH(cases));
}

static void opcodes_that_the_kernel_refuses_are_refused(void **state)
{
	const struct class_case cases[] = {
		{ "int3", BYTES(0xcc) },
		{ "int 80", BYTES(0xcd, 0x80) },
		{ "hlt", BYTES(0xf4) },
		{ "in al, dx", BYTES(0xec) },
		{ "ud2", BYTES(0x0f, 0x0b) },
		{ "syscall", BYTES(0x0f, 0x05) },
		{ "mov ss, eax", BYTES(0x8e, 0xd0) },
		{ "vpxor", BYTES(0xc5, 0xf9, 0xef, 0xc1) },
	};

	(void)state;
	assert_classes(SITE_REFUSED, cases, LENGTH(cases));
}

static void instructions_that_the_kernel_would_misread_are_refused(void **state)
{
	const struct class_case cases[] = {
		{ "xchg r8, rax: as nop", BYTES(0x49, 0x90) },
		{ "xchg r8d, eax: as nop", BYTES(0x41, 0x90) },
		{ "vzeroupper: as ja", BYTES(0xc5, 0xf8, 0x77) },
		{ "vpshufd: as jo", BYTES(0xc5, 0xf9, 0x70, 0xc1, 0x00) },
		{ "vmovdqu [rsp-64], xmm0: as jg", BYTES(0xc5, 0xfa, 0x7f, 0x44, 0x24, 0xc0) },
		{ "vpor: as jmp", BYTES(0xc5, 0xf9, 0xeb, 0xc1) },
		{ "vpsubsb: as call", BYTES(0xc5, 0xf9, 0xe8, 0xc1) },
		{ "vcmpps: as ret", BYTES(0xc5, 0xf8, 0xc2, 0xc1, 0x00) },
		{ "evex vmovdqu64 [rax], zmm0: as jg", BYTES(0x62, 0xf1, 0xfe, 0x48, 0x7f, 0x00) },
	};

	(void)state;
	assert_classes(SITE_REFUSED, cases, LENGTH(cases));
}

static void bytes_that_are_no_instruction_are_refused_with_length_zero(void **state)
{
	static const uint8_t invalid[] = { 0x06 }, cut[] = { 0xe8, 0x00, 0x00 };
	unsigned length = 99;

	(void)state;
	assert_int_equal(site_classify(invalid, sizeof(invalid), &length), SITE_REFUSED);
	assert_int_equal(length, 0);
	length = 99;
	assert_int_equal(site_classify(cut, sizeof(cut), &length), SITE_REFUSED);
	assert_int_equal(length, 0);
	length = 99;
	assert_int_equal(site_classify(cut, 0, &length), SITE_REFUSED);
	assert_int_equal(length, 0);
}

static void only_the_first_instruction_is_classified(void **state)
{
	static const uint8_t code[] = { PUSH_R12, MOV_RAX_RDI };
	unsigned length = 99;

	(void)state;
	assert_int_equal(site_classify(code, sizeof(code), &length), SITE_EMULATED);
	assert_int_equal(length, 2);
}

static void every_class_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(site_class_name(SITE_NOP5), "nop5");
	assert_string_equal(site_class_name(SITE_EMULATED), "emulated");
	assert_string_equal(site_class_name(SITE_STEPPED), "stepped");
	assert_string_equal(site_class_name(SITE_REFUSED), "refused");
}

/* ---- the choice ---------------------------------------------------------------------------------- */

enum { NO_SITE = -1 };

struct choice_case {
	const char *what;
	int offset; /* expected; NO_SITE: -EINVAL */
	enum site_class class;
	uint32_t needed_args;
	const uint8_t *code;
	size_t size;
};

static void assert_choices(bool complete, const struct choice_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct choice_case *c = &cases[i];
		struct entry_site site = { .offset = 12345 };
		int err = site_choose_entry(c->code, c->size, complete, some_address, c->needed_args, &site);

		if (c->offset == NO_SITE) {
			if (err != -EINVAL || site.offset != 12345)
				fail_msg("%s: expected no site, got %d and +%u", c->what, err, site.offset);
			continue;
		}
		if (err || site.offset != (uint32_t)c->offset || site.class != c->class)
			fail_msg("%s: expected +%d %s, got %d, +%u %s (%s)", c->what, c->offset,
				 site_class_name(c->class), err, site.offset, site_class_name(site.class),
				 site.instruction);
	}
}

static void the_first_emulated_instruction_is_chosen(void **state)
{
	const struct choice_case cases[] = {
		{ "push", 0, SITE_EMULATED, 0, BYTES(PUSH_RBP, RET) },
		{ "endbr64; push", 4, SITE_EMULATED, 0, BYTES(ENDBR64, PUSH_RBP, RET) },
		{ "mov; push", 3, SITE_EMULATED, 0, BYTES(MOV_RAX_RDI, PUSH_R12, RET) },
		{ "test; je", 3, SITE_EMULATED, 0, BYTES(0x48, 0x85, 0xff, 0x74, 0x01, RET, RET) },
		{ "xor; jmp out", 2, SITE_EMULATED, 0, BYTES(0x31, 0xf6, 0xe9, 0x00, 0x10, 0x00, 0x00) },
		{ "jmp out", 0, SITE_EMULATED, 0, BYTES(0xe9, 0x00, 0x10, 0x00, 0x00) },
		{ "nop5", 0, SITE_NOP5, 0, BYTES(NOP5, RET) },
		{ "endbr64; nop5", 4, SITE_NOP5, 0, BYTES(ENDBR64, NOP5, RET) },
		{ "a store to memory; push", 3, SITE_EMULATED, 0, BYTES(0x48, 0x89, 0x37, PUSH_RBP, RET) },
		{ "rep movsb; push", 2, SITE_EMULATED, 0, BYTES(0xf3, 0xa4, PUSH_RBP, RET) },
		{ "go: cmp rsp, [r14+16]; jbe", 4, SITE_EMULATED, 63,
		  BYTES(0x49, 0x3b, 0x66, 0x10, 0x76, 0x01, RET, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void without_a_cheap_site_the_first_instruction_is_chosen(void **state)
{
	const struct choice_case cases[] = {
		{ "mov; ret", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, RET) },
		{ "mov; mov; jmp [rax+8]", 0, SITE_STEPPED, 0,
		  BYTES(0x48, 0x8b, 0x07, MOV_RAX_RDI, 0xff, 0x60, 0x08) },
		{ "a getter cut at its end", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void nothing_that_moves_the_stack_pointer_is_stepped_over(void **state)
{
	const struct choice_case cases[] = {
		{ "sub rsp; push", 0, SITE_STEPPED, 0, BYTES(0x48, 0x83, 0xec, 0x18, PUSH_RBP, RET) },
		{ "lea rsp; push", 0, SITE_STEPPED, 0, BYTES(0x48, 0x8d, 0x64, 0x24, 0xf0, PUSH_RBP, RET) },
		{ "mov sp, ax; push", 0, SITE_STEPPED, 0, BYTES(0x66, 0x89, 0xc4, PUSH_RBP, RET) },
		{ "pop; push", 0, SITE_STEPPED, 0, BYTES(0x58, PUSH_RBP, RET) },
		{ "push imm; push", 0, SITE_STEPPED, 0, BYTES(0x6a, 0x01, PUSH_RBP, RET) },
		{ "leave; push", 0, SITE_STEPPED, 0, BYTES(0xc9, PUSH_RBP, RET) },
		{ "enter; push", 0, SITE_STEPPED, 0, BYTES(0xc8, 0x10, 0x00, 0x00, PUSH_RBP, RET) },
		{ "call rax; push", 0, SITE_STEPPED, 0, BYTES(0xff, 0xd0, PUSH_RBP, RET) },
		{ "mov rbp, rsp only reads it", 3, SITE_EMULATED, 0, BYTES(0x48, 0x89, 0xe5, PUSH_RBP, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void nothing_that_changes_the_flow_is_stepped_over(void **state)
{
	const struct choice_case cases[] = {
		{ "ret; push", 0, SITE_STEPPED, 0, BYTES(RET, PUSH_RBP, RET) },
		{ "jmp rax; push", 0, SITE_STEPPED, 0, BYTES(0xff, 0xe0, PUSH_RBP, RET) },
		{ "jrcxz; push", 0, SITE_STEPPED, 0, BYTES(0xe3, 0x01, PUSH_RBP, RET) },
		{ "mov; syscall; push", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, 0x0f, 0x05, PUSH_RBP, RET) },
		{ "mov; int3; push", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, 0xcc, PUSH_RBP, RET) },
		{ "mov; ud2; push", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, 0x0f, 0x0b, PUSH_RBP, RET) },
		{ "mov; hlt; push", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, 0xf4, PUSH_RBP, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void a_needed_argument_is_never_overwritten_before_the_site(void **state)
{
	const struct choice_case cases[] = {
		{ "rdi", 0, SITE_STEPPED, SITE_ARG1, BYTES(MOV_RDI_RAX, PUSH_RBP, RET) },
		{ "rdi, not needed", 3, SITE_EMULATED, 63 & ~SITE_ARG1, BYTES(MOV_RDI_RAX, PUSH_RBP, RET) },
		{ "esi", 0, SITE_STEPPED, SITE_ARG2, BYTES(0x31, 0xf6, PUSH_RBP, RET) },
		{ "dx", 0, SITE_STEPPED, SITE_ARG3, BYTES(0x66, 0x31, 0xd2, PUSH_RBP, RET) },
		{ "cl", 0, SITE_STEPPED, SITE_ARG4, BYTES(0xb1, 0x01, PUSH_RBP, RET) },
		{ "ch", 0, SITE_STEPPED, SITE_ARG4, BYTES(0xb5, 0x01, PUSH_RBP, RET) },
		{ "r8", 0, SITE_STEPPED, SITE_ARG5, BYTES(0x4d, 0x31, 0xc0, PUSH_RBP, RET) },
		{ "r9b", 0, SITE_STEPPED, SITE_ARG6, BYTES(0x41, 0xb1, 0x01, PUSH_RBP, RET) },
		{ "cdq writes edx unsaid", 0, SITE_STEPPED, SITE_ARG3, BYTES(0x99, PUSH_RBP, RET) },
		{ "cdq, rdx not needed", 1, SITE_EMULATED, SITE_ARG1, BYTES(0x99, PUSH_RBP, RET) },
		{ "rep stosb writes rcx and rdi", 0, SITE_STEPPED, SITE_ARG4, BYTES(0xf3, 0xaa, PUSH_RBP, RET) },
		{ "cmov writes perhaps", 0, SITE_STEPPED, SITE_ARG1, BYTES(0x48, 0x0f, 0x44, 0xf8, PUSH_RBP, RET) },
		{ "xchg rax, rdi", 0, SITE_STEPPED, SITE_ARG1, BYTES(0x48, 0x97, PUSH_RBP, RET) },
		{ "test only reads", 3, SITE_EMULATED, 63, BYTES(0x48, 0x85, 0xff, PUSH_RBP, RET) },
		{ "a store through rdi", 3, SITE_EMULATED, 63, BYTES(0x48, 0x89, 0x37, PUSH_RBP, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void a_site_that_the_function_jumps_to_or_before_is_not_chosen(void **state)
{
	const struct choice_case cases[] = {
		/* lea; mov ecx; 1: mov; dec; jne 1b */
		{ "a loop over the jne", 0, SITE_STEPPED, 0,
		  BYTES(0x48, 0x8d, 0x47, 0x01, 0xb9, 4, 0, 0, 0, 0x89, 0xca, 0xff, 0xc9, 0x75, 0xfa, RET) },
		/* mov; 1: push; pop; jmp 1b */
		{ "a jump onto the site", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, 0x5d, 0xeb, 0xfc) },
		/* mov; push; pop; 1: jmp 1b */
		{ "a jump behind the site", 3, SITE_EMULATED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, 0x5d, 0xeb, 0xfe) },
		/* mov; push; pop; jne into the middle of the mov */
		{ "a jump into an instruction", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, 0x5d, 0x75, 0xfa, RET) },
		/* mov; mov; push; pop; loop / jrcxz / jne rel32 / call to the second mov */
		{ "loop", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, MOV_RAX_RDI, PUSH_RBP, 0x5d, 0xe2, 0xf9, RET) },
		{ "jrcxz", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, MOV_RAX_RDI, PUSH_RBP, 0x5d, 0xe3, 0xf9, RET) },
		{ "jne rel32", 0, SITE_STEPPED, 0,
		  BYTES(MOV_RAX_RDI, MOV_RAX_RDI, PUSH_RBP, 0x5d, 0x0f, 0x85, 0xf5, 0xff, 0xff, 0xff, RET) },
		{ "call", 0, SITE_STEPPED, 0,
		  BYTES(MOV_RAX_RDI, MOV_RAX_RDI, PUSH_RBP, 0x5d, 0xe8, 0xf6, 0xff, 0xff, 0xff, RET) },
		/* mov; mov; push; lea rax, [rip - 12] is the address of the second mov */
		{ "its address is taken", 0, SITE_STEPPED, 0,
		  BYTES(MOV_RAX_RDI, MOV_RAX_RDI, PUSH_RBP, 0x48, 0x8d, 0x05, 0xf5, 0xff, 0xff, 0xff, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void a_jump_to_the_first_byte_is_a_call_again(void **state)
{
	const struct choice_case cases[] = {
		{ "push first", 0, SITE_EMULATED, 0, BYTES(PUSH_RBP, 0x5d, 0xeb, 0xfc) },
		{ "mov; push", 3, SITE_EMULATED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, 0x5d, 0xeb, 0xf9) },
		{ "recursion", 3, SITE_EMULATED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, 0xe8, 0xf7, 0xff, 0xff, 0xff, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

/* movsxd rax, [rcx+rax*4]; add rax, rcx; jmp rax */
#define JUMP_THROUGH_TABLE 0x48, 0x63, 0x04, 0x81, 0x48, 0x01, 0xc8, 0xff, 0xe0

static void behind_a_jump_table_only_a_push_or_what_follows_endbr64_is_chosen(void **state)
{
	const struct choice_case cases[] = {
		{ "cmp; ja", 0, SITE_STEPPED, 0, BYTES(0x83, 0xff, 0x05, 0x77, 0x0a, JUMP_THROUGH_TABLE, RET, RET) },
		{ "endbr64; ja", 4, SITE_EMULATED, 0, BYTES(ENDBR64, 0x77, 0x0a, JUMP_THROUGH_TABLE, RET, RET) },
		{ "ja at +0", 0, SITE_EMULATED, 0, BYTES(0x77, 0x0a, JUMP_THROUGH_TABLE, RET, RET) },
		{ "mov; push", 3, SITE_EMULATED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, JUMP_THROUGH_TABLE) },
		{ "test; je; jmp [rdx+rax*8]", 0, SITE_STEPPED, 0,
		  BYTES(0x48, 0x85, 0xff, 0x74, 0x03, 0xff, 0x24, 0xc2, RET) },
		{ "test; je; notrack jmp [rdx+rax*8]", 0, SITE_STEPPED, 0,
		  BYTES(0x48, 0x85, 0xff, 0x74, 0x04, 0x3e, 0xff, 0x24, 0xc2, RET) },
		{ "test; je; mov rax, [rdx+rax*8]; jmp rax", 0, SITE_STEPPED, 0,
		  BYTES(0x48, 0x85, 0xff, 0x74, 0x06, 0x48, 0x8b, 0x04, 0xc2, 0xff, 0xe0, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void a_tail_call_through_a_pointer_is_no_jump_table(void **state)
{
	const struct choice_case cases[] = {
		{ "jmp [rax+8]", 3, SITE_EMULATED, 0, BYTES(0x48, 0x85, 0xff, 0x74, 0x03, 0xff, 0x60, 0x08, RET) },
		{ "jmp [rip+x]", 3, SITE_EMULATED, 0,
		  BYTES(0x48, 0x85, 0xff, 0x74, 0x06, 0xff, 0x25, 0x00, 0x10, 0x00, 0x00, RET) },
		{ "mov rax, [rdi]; jmp rax", 3, SITE_EMULATED, 0,
		  BYTES(0x48, 0x85, 0xff, 0x74, 0x05, 0x48, 0x8b, 0x07, 0xff, 0xe0, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void behind_bytes_that_cannot_be_decoded_the_targets_are_unknown(void **state)
{
	const struct choice_case cases[] = {
		{ "test; je", 0, SITE_STEPPED, 0, BYTES(0x48, 0x85, 0xff, 0x74, 0x01, RET, 0x06, RET) },
		{ "test; je, cut", 0, SITE_STEPPED, 0, BYTES(0x48, 0x85, 0xff, 0x74, 0x01, RET, 0xe8, 0x00) },
		{ "mov; push", 3, SITE_EMULATED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, 0x06) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void of_an_incomplete_function_only_the_start_or_a_push_behind_endbr64_is_chosen(void **state)
{
	const struct choice_case cases[] = {
		{ "push", 0, SITE_EMULATED, 0, BYTES(PUSH_RBP, RET) },
		{ "nop5", 0, SITE_NOP5, 0, BYTES(NOP5, RET) },
		{ "endbr64; push", 4, SITE_EMULATED, 0, BYTES(ENDBR64, PUSH_RBP, RET) },
		{ "endbr64; nop5", 0, SITE_STEPPED, 0, BYTES(ENDBR64, NOP5, RET) },
		{ "endbr64; mov; push", 0, SITE_STEPPED, 0, BYTES(ENDBR64, MOV_RAX_RDI, PUSH_RBP, RET) },
		{ "mov; push", 0, SITE_STEPPED, 0, BYTES(MOV_RAX_RDI, PUSH_RBP, RET) },
		{ "test; je", 0, SITE_STEPPED, 0, BYTES(0x48, 0x85, 0xff, 0x74, 0x01, RET, RET) },
		{ "cs nop; push", NO_SITE, SITE_REFUSED, 0, BYTES(0x2e, 0x90, PUSH_RBP, RET) },
	};

	(void)state;
	assert_choices(false, cases, LENGTH(cases));
}

static void a_refused_start_is_stepped_over(void **state)
{
	const struct choice_case cases[] = {
		{ "cs nop; push", 2, SITE_EMULATED, 0, BYTES(0x2e, 0x90, PUSH_RBP, RET) },
		{ "lock inc; mov; ret", 3, SITE_STEPPED, 0, BYTES(0xf0, 0xff, 0x07, MOV_RAX_RDI, RET) },
		{ "xchg r8, rax; ret", 2, SITE_STEPPED, 0, BYTES(0x49, 0x90, RET) },
		{ "vpor; push", 4, SITE_EMULATED, 0, BYTES(0xc5, 0xf9, 0xeb, 0xc1, PUSH_RBP, RET) },
		{ "lock inc; sub rsp; push", 3, SITE_STEPPED, 0,
		  BYTES(0xf0, 0xff, 0x07, 0x48, 0x83, 0xec, 0x18, PUSH_RBP, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void a_function_without_any_site_is_refused(void **state)
{
	const struct choice_case cases[] = {
		{ "no bytes", NO_SITE, SITE_REFUSED, 0, (const uint8_t[]){ 0x90 }, 0 },
		{ "no instruction", NO_SITE, SITE_REFUSED, 0, BYTES(0x06, PUSH_RBP) },
		{ "notrack jmp", NO_SITE, SITE_REFUSED, 0, BYTES(0x3e, 0xff, 0xe0, PUSH_RBP) },
		{ "ud2", NO_SITE, SITE_REFUSED, 0, BYTES(0x0f, 0x0b) },
		{ "lock or over the return address", NO_SITE, SITE_REFUSED, 0,
		  BYTES(0xf0, 0x48, 0x83, 0x0c, 0x24, 0x00, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void nothing_that_writes_over_the_return_address_is_stepped_over(void **state)
{
	const struct choice_case cases[] = {
		{ "mov [rsp], rax; push", 0, SITE_STEPPED, 0, BYTES(0x48, 0x89, 0x04, 0x24, PUSH_RBP, RET) },
		{ "mov [rsp+7], al; push", 0, SITE_STEPPED, 0, BYTES(0x88, 0x44, 0x24, 0x07, PUSH_RBP, RET) },
		{ "mov [rsp-4], rax; push", 0, SITE_STEPPED, 0, BYTES(0x48, 0x89, 0x44, 0x24, 0xfc, PUSH_RBP, RET) },
		{ "mov [rsp+rax], al; push", 0, SITE_STEPPED, 0, BYTES(0x88, 0x04, 0x04, PUSH_RBP, RET) },
		{ "mov [rsp+rax+16], al; push", 0, SITE_STEPPED, 0, BYTES(0x88, 0x44, 0x04, 0x10, PUSH_RBP, RET) },
		{ "mov [rsp+8], rax; push", 5, SITE_EMULATED, 0, BYTES(0x48, 0x89, 0x44, 0x24, 0x08, PUSH_RBP, RET) },
		{ "mov [rsp-8], rax; push", 5, SITE_EMULATED, 0, BYTES(0x48, 0x89, 0x44, 0x24, 0xf8, PUSH_RBP, RET) },
		{ "mov rax, [rsp]; push", 4, SITE_EMULATED, 0, BYTES(0x48, 0x8b, 0x04, 0x24, PUSH_RBP, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void a_nop5_over_a_red_zone_in_use_is_not_chosen(void **state)
{
	const struct choice_case cases[] = {
		{ "mov [rsp-8], rdx; nop5", 0, SITE_STEPPED, 0, BYTES(0x48, 0x89, 0x54, 0x24, 0xf8, NOP5, RET) },
		{ "mov [rsp-8], rdx; nop5; nop", 10, SITE_EMULATED, 0,
		  BYTES(0x48, 0x89, 0x54, 0x24, 0xf8, NOP5, 0x90, RET) },
		{ "mov rdx, [rsp-8]; nop5", 5, SITE_NOP5, 0, BYTES(0x48, 0x8b, 0x54, 0x24, 0xf8, NOP5, RET) },
	};

	(void)state;
	assert_choices(true, cases, LENGTH(cases));
}

static void a_nop5_across_two_pages_is_only_emulated(void **state)
{
	static const uint8_t code[] = { NOP5, RET };
	struct entry_site site;

	(void)state;
	assert_int_equal(site_choose_entry(code, sizeof(code), true, 0x1ffc, 0, &site), 0);
	assert_int_equal(site.class, SITE_EMULATED);
	assert_int_equal(site_choose_entry(code, sizeof(code), true, 0x1ffb, 0, &site), 0);
	assert_int_equal(site.class, SITE_NOP5);
}

static void the_walk_ends_after_so_many_steps(void **state)
{
	uint8_t code[3 * (SITE_STEPS_MAX + 1) + 2];
	struct entry_site site;

	(void)state;
	for (size_t i = 0; i < SITE_STEPS_MAX + 1; i++)
		memcpy(code + 3 * i, (const uint8_t[]){ MOV_RAX_RDI }, 3);
	code[sizeof(code) - 2] = PUSH_RBP;
	code[sizeof(code) - 1] = RET;
	assert_int_equal(site_choose_entry(code + 3, sizeof(code) - 3, true, some_address, 0, &site), 0);
	assert_int_equal(site.offset, 3 * SITE_STEPS_MAX);
	assert_int_equal(site_choose_entry(code, sizeof(code), true, some_address, 0, &site), 0);
	assert_int_equal(site.offset, 0);
	assert_int_equal(site.class, SITE_STEPPED);
}

static void the_instruction_is_told_as_text(void **state)
{
	static const uint8_t push[] = { ENDBR64, PUSH_RBP, RET };
	static const uint8_t je[] = { 0x48, 0x85, 0xff, 0x74, 0x01, RET, RET };
	static const uint8_t lengthy[] = { 0x64, 0x67, 0x48, 0xc7, 0x84, 0xc8, 0x78, 0x56,
					   0x34, 0x12, 0x78, 0x56, 0x34, 0x12, RET };
	struct entry_site site;

	(void)state;
	assert_int_equal(site_choose_entry(push, sizeof(push), true, some_address, 0, &site), 0);
	assert_string_equal(site.instruction, "push rbp");
	assert_int_equal(site_choose_entry(je, sizeof(je), true, 0xabc000, 0, &site), 0);
	assert_string_equal(site.instruction, "jz 0xABC006");
	assert_int_equal(site_choose_entry(lengthy, sizeof(lengthy), true, some_address, 0, &site), 0);
	assert_true(strlen(site.instruction) < sizeof(site.instruction));
	assert_memory_equal(site.instruction, "mov qword ptr fs:[", 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_five_byte_nop_is_a_class_of_its_own),
		cmocka_unit_test(nops_that_every_kernel_knows_are_emulated),
		cmocka_unit_test(other_nops_are_stepped),
		cmocka_unit_test(pushes_of_registers_are_emulated),
		cmocka_unit_test(other_pushes_are_stepped),
		cmocka_unit_test(relative_branches_are_emulated),
		cmocka_unit_test(everything_else_is_stepped),
		cmocka_unit_test(prefixes_that_the_kernel_refuses_are_refused),
		cmocka_unit_test(opcodes_that_the_kernel_refuses_are_refused),
		cmocka_unit_test(instructions_that_the_kernel_would_misread_are_refused),
		cmocka_unit_test(bytes_that_are_no_instruction_are_refused_with_length_zero),
		cmocka_unit_test(only_the_first_instruction_is_classified),
		cmocka_unit_test(every_class_has_a_name),
		cmocka_unit_test(the_first_emulated_instruction_is_chosen),
		cmocka_unit_test(without_a_cheap_site_the_first_instruction_is_chosen),
		cmocka_unit_test(nothing_that_moves_the_stack_pointer_is_stepped_over),
		cmocka_unit_test(nothing_that_changes_the_flow_is_stepped_over),
		cmocka_unit_test(a_needed_argument_is_never_overwritten_before_the_site),
		cmocka_unit_test(a_site_that_the_function_jumps_to_or_before_is_not_chosen),
		cmocka_unit_test(a_jump_to_the_first_byte_is_a_call_again),
		cmocka_unit_test(behind_a_jump_table_only_a_push_or_what_follows_endbr64_is_chosen),
		cmocka_unit_test(a_tail_call_through_a_pointer_is_no_jump_table),
		cmocka_unit_test(behind_bytes_that_cannot_be_decoded_the_targets_are_unknown),
		cmocka_unit_test(of_an_incomplete_function_only_the_start_or_a_push_behind_endbr64_is_chosen),
		cmocka_unit_test(a_refused_start_is_stepped_over),
		cmocka_unit_test(a_function_without_any_site_is_refused),
		cmocka_unit_test(nothing_that_writes_over_the_return_address_is_stepped_over),
		cmocka_unit_test(a_nop5_over_a_red_zone_in_use_is_not_chosen),
		cmocka_unit_test(a_nop5_across_two_pages_is_only_emulated),
		cmocka_unit_test(the_walk_ends_after_so_many_steps),
		cmocka_unit_test(the_instruction_is_told_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
