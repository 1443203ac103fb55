/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each form that weir emulates, beside the processor: the same registers, stack and flags go into both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "sites/emulate.h"
#include "weir/emulate.h"

/* ---- the processor's side: load all registers, run one instruction, store all registers */

struct weir_registers machine_in, machine_out;
uint64_t machine_stack_pointer;
void machine_run(void);
extern uint8_t machine_slot[], machine_landing[];

#define SLOT_BYTES 15

__asm__(".pushsection .text\n"
	".globl machine_run\n"
	"machine_run:\n"
	"push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"mov %rsp, machine_stack_pointer(%rip)\n"
	"push machine_in+136(%rip)\n popfq\n"
	"mov machine_in(%rip), %rax\n mov machine_in+8(%rip), %rcx\n mov machine_in+16(%rip), %rdx\n"
	"mov machine_in+24(%rip), %rbx\n mov machine_in+40(%rip), %rbp\n mov machine_in+48(%rip), %rsi\n"
	"mov machine_in+56(%rip), %rdi\n mov machine_in+64(%rip), %r8\n mov machine_in+72(%rip), %r9\n"
	"mov machine_in+80(%rip), %r10\n mov machine_in+88(%rip), %r11\n mov machine_in+96(%rip), %r12\n"
	"mov machine_in+104(%rip), %r13\n mov machine_in+112(%rip), %r14\n mov machine_in+120(%rip), %r15\n"
	"mov machine_in+32(%rip), %rsp\n"
	".globl machine_slot\n"
	"machine_slot:\n"
	".fill 15, 1, 0x90\n"
	".globl machine_landing\n"
	"machine_landing:\n"
	"mov %rax, machine_out(%rip)\n mov %rcx, machine_out+8(%rip)\n mov %rdx, machine_out+16(%rip)\n"
	"mov %rbx, machine_out+24(%rip)\n mov %rsp, machine_out+32(%rip)\n mov %rbp, machine_out+40(%rip)\n"
	"mov %rsi, machine_out+48(%rip)\n mov %rdi, machine_out+56(%rip)\n mov %r8, machine_out+64(%rip)\n"
	"mov %r9, machine_out+72(%rip)\n mov %r10, machine_out+80(%rip)\n mov %r11, machine_out+88(%rip)\n"
	"mov %r12, machine_out+96(%rip)\n mov %r13, machine_out+104(%rip)\n mov %r14, machine_out+112(%rip)\n"
	"mov %r15, machine_out+120(%rip)\n"
	"mov machine_stack_pointer(%rip), %rsp\n"
	"pushfq\n pop machine_out+136(%rip)\n"
	"cld\n"
	"pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
	"ret\n"
	".popsection\n");

static uint64_t stack[512];
static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t random_word(void)
{
	static const uint64_t edges[] = { 0, 1, UINT64_MAX, 1ULL << 63, (1ULL << 63) - 1, 1ULL << 31, (1ULL << 31) - 1, UINT32_MAX, 0x80, 0x0f };

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % 4 ? seed : edges[(seed >> 8) % (sizeof(edges) / sizeof(edges[0]))];
}

static void fill_in(void)
{
	for (int i = 0; i < WEIR_REGISTERS; i++)
		machine_in.general[i] = random_word();
	for (size_t i = 0; i < sizeof(stack) / sizeof(stack[0]); i++)
		stack[i] = random_word();
	machine_in.general[WEIR_REGISTER_SP] = (uintptr_t)&stack[256];
	machine_in.ip = (uintptr_t)machine_slot;
	machine_in.flags = 0x202 | (random_word() & WEIR_FLAGS_ARITHMETIC);
}

static const char *bytes_text(const uint8_t *code, size_t length)
{
	static char text[64];
	size_t at = 0;

	for (size_t i = 0; i < length; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x ", code[i]);
	return text;
}

static void compare(const uint8_t *code, size_t length, const struct weir_registers *weir)
{
	for (int i = 0; i < WEIR_REGISTERS; i++)
		if (weir->general[i] != machine_out.general[i])
			fail_msg("%s: register %d: the processor has %#llx, weir %#llx", bytes_text(code, length), i,
				 (unsigned long long)machine_out.general[i], (unsigned long long)weir->general[i]);
	if (weir->flags != machine_out.flags)
		fail_msg("%s: flags: the processor has %#llx, weir %#llx", bytes_text(code, length),
			 (unsigned long long)machine_out.flags, (unsigned long long)weir->flags);
}

/* Both ways, a few times with other values. */
static void check_form(const uint8_t *code, size_t length)
{
	uint64_t cookie = site_emulation(code, length, (uintptr_t)machine_slot);

	if (!cookie)
		fail_msg("%s is not emulated", bytes_text(code, length));
	assert_int_equal(WEIR_EMULATED_LENGTH(cookie), length);
	assert_int_equal(WEIR_EMULATED_PLACE(cookie), (uintptr_t)machine_slot & 0xfff);
	memset(machine_slot, 0x90, SLOT_BYTES);
	memcpy(machine_slot, code, length);
	for (int round = 0; round < 20; round++) {
		struct weir_registers weir;
		bool is_ret = WEIR_EMULATED(cookie) == WEIR_EMULATED_RET;

		fill_in();
		if (is_ret)
			stack[256] = (uintptr_t)machine_landing;
		weir = machine_in;
		assert_int_equal(weir_emulate(&weir, cookie, stack[256]), 0);
		machine_run();
		compare(code, length, &weir);
		assert_true(weir.ip == (is_ret ? (uintptr_t)machine_landing : (uintptr_t)machine_slot + length));
		if (WEIR_EMULATED(cookie) != WEIR_EMULATED_MOV64)
			assert_true(weir_emulation_undo_sp(cookie, weir.general[WEIR_REGISTER_SP]) == machine_in.general[WEIR_REGISTER_SP]);
	}
}

static int make_writable(void **state)
{
	uintptr_t page = (uintptr_t)machine_slot & ~(uintptr_t)4095;

	(void)state;
	return mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* opcode /r with both registers of all 16, and REX.W or not */
static void check_registers(uint8_t opcode)
{
	for (unsigned to = 0; to < 16; to++) {
		for (unsigned from = 0; from < 16; from++) {
			uint8_t modrm = (uint8_t)(0xc0 | (from & 7) << 3 | (to & 7)), high = (uint8_t)((from & 8) >> 1 | (to & 8) >> 3);
			uint8_t wide[] = { 0x48 | high, opcode, modrm }, narrow[] = { 0x40 | high, opcode, modrm };

			if (to == WEIR_REGISTER_SP) {
				assert_true(site_emulation(wide, sizeof(wide), 0) == 0);
				continue;
			}
			check_form(wide, sizeof(wide));
			check_form(narrow, sizeof(narrow));
		}
	}
}

static void moves_do_as_the_processor_does(void **state)
{
	static const uint8_t other_direction[] = { 0x48, 0x8b, 0xec }, short_form[] = { 0x89, 0xf8 };

	(void)state;
	check_registers(0x89);
	check_form(other_direction, sizeof(other_direction));
	check_form(short_form, sizeof(short_form));
}

static void xors_do_as_the_processor_does(void **state)
{
	static const uint8_t short_form[] = { 0x31, 0xc0 }, other_direction[] = { 0x33, 0xd2 };

	(void)state;
	check_registers(0x31);
	check_form(short_form, sizeof(short_form));
	check_form(other_direction, sizeof(other_direction));
}

static void sums_do_as_the_processor_does(void **state)
{
	static const int numbers[] = { 0, 1, -1, 8, -8, 127, -128, 128, 0x1000, -0x1000, WEIR_EMULATION_IMM_MAX, -1 - WEIR_EMULATION_IMM_MAX };

	(void)state;
	for (unsigned to = 0; to < 16; to++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			uint8_t add[] = { 0x48 | to >> 3, 0x81, 0xc0 | (to & 7), 0, 0, 0, 0 };
			uint8_t sub[] = { 0x48 | to >> 3, 0x81, 0xe8 | (to & 7), 0, 0, 0, 0 };

			memcpy(add + 3, &numbers[i], 4);
			memcpy(sub + 3, &numbers[i], 4);
			check_form(add, sizeof(add));
			check_form(sub, sizeof(sub));
		}
	}
	check_form((const uint8_t[]){ 0x48, 0x83, 0xec, 0x38 }, 4);
	check_form((const uint8_t[]){ 0x48, 0x83, 0xc4, 0x80 }, 4);
}

static void addresses_are_computed_as_the_processor_does(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 16; to++) {
		for (unsigned base = 0; base < 16; base++) {
			uint8_t rex = (uint8_t)(0x48 | (to & 8) >> 1 | base >> 3);
			bool needs_sib = (base & 7) == 4;
			uint8_t code[9] = { rex, 0x8d, (uint8_t)(0x80 | (to & 7) << 3 | (base & 7)) };
			size_t at = 3;
			int number = (int)(random_word() & 0x3ffff) - 0x20000;

			if (needs_sib)
				code[at++] = 0x24;
			memcpy(code + at, &number, 4);
			at += 4;
			if (to == WEIR_REGISTER_SP && base != WEIR_REGISTER_SP)
				assert_true(site_emulation(code, at, 0) == 0);
			else
				check_form(code, at);
		}
	}
	check_form((const uint8_t[]){ 0x48, 0x8d, 0x05, 0x10, 0x20, 0x03, 0x00 }, 7); /* lea rax, [rip + 0x32010] */
	check_form((const uint8_t[]){ 0x4c, 0x8d, 0x35, 0xf0, 0xff, 0xff, 0xff }, 7); /* lea r14, [rip - 16] */
}

static void the_stack_is_popped_as_the_processor_does(void **state)
{
	(void)state;
	for (uint8_t to = 0; to < 16; to++) {
		uint8_t code[] = { 0x40 | to >> 3, 0x58 | (to & 7) };

		if (to == WEIR_REGISTER_SP)
			assert_true(site_emulation(code, sizeof(code), 0) == 0);
		else
			check_form(code, sizeof(code));
	}
	check_form((const uint8_t[]){ 0xc3 }, 1);
	check_form((const uint8_t[]){ 0xf3, 0xc3 }, 2);
	check_form((const uint8_t[]){ 0xc2, 0x18, 0x00 }, 3);
	check_form((const uint8_t[]){ 0xf3, 0x0f, 0x1e, 0xfa }, 4);
}

static void other_instructions_are_left_to_the_processor(void **state)
{
	static const struct {
		const char *text;
		uint8_t code[12], length;
	} others[] = {
		{ "mov rax, [rdi]", { 0x48, 0x8b, 0x07 }, 3 },
		{ "mov ax, di", { 0x66, 0x89, 0xf8 }, 3 },
		{ "mov al, dil", { 0x40, 0x88, 0xf8 }, 3 },
		{ "mov rax, cr0", { 0x0f, 0x20, 0xc0 }, 3 },
		{ "mov eax, ds", { 0x8c, 0xd8 }, 2 },
		{ "xor eax, [rdi]", { 0x33, 0x07 }, 2 },
		{ "lea rax, [rdi + rsi]", { 0x48, 0x8d, 0x04, 0x37 }, 4 },
		{ "lea eax, [rdi + 1]", { 0x8d, 0x47, 0x01 }, 3 },
		{ "lea rax, [edi + 1]", { 0x67, 0x48, 0x8d, 0x47, 0x01 }, 5 },
		{ "lea rax, [0x1000]", { 0x48, 0x8d, 0x04, 0x25, 0x00, 0x10, 0, 0 }, 8 },
		{ "sub esp, 8", { 0x83, 0xec, 0x08 }, 3 },
		{ "sub rsp, 0x100000", { 0x48, 0x81, 0xec, 0, 0, 0x10, 0 }, 7 },
		{ "add rax, rdi", { 0x48, 0x01, 0xf8 }, 3 },
		{ "pop [rax]", { 0x8f, 0x00 }, 2 },
		{ "pop ax", { 0x66, 0x58 }, 2 },
		{ "retf", { 0xcb }, 1 },
		{ "iretq", { 0x48, 0xcf }, 2 },
		{ "leave", { 0xc9 }, 1 },
		{ "syscall", { 0x0f, 0x05 }, 2 },
		{ "nothing", { 0 }, 0 },
		{ "a cut instruction", { 0x48 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (site_emulation(others[i].code, others[i].length, 0))
			fail_msg("%s is emulated", others[i].text);
}

static void what_would_fault_is_left_to_the_processor(void **state)
{
	uint64_t ret = site_emulation((const uint8_t[]){ 0xc3 }, 1, 0);
	struct weir_registers registers = { .flags = 0x202 }, stepped = { .flags = 0x202 | WEIR_FLAG_TRAP };

	(void)state;
	assert_int_equal(weir_emulate(&registers, ret, WEIR_USER_END), -1);
	assert_int_equal(weir_emulate(&registers, ret, UINT64_MAX), -1);
	assert_int_equal(registers.general[WEIR_REGISTER_SP], 0);
	assert_int_equal(weir_emulate(&registers, ret, 0), 0); /* faults where it lands, as it does on the processor */
	assert_int_equal(weir_emulate(&stepped, ret, 0), -1);
	assert_int_equal(weir_emulate(&registers, 0, 0), -1);
	assert_int_equal(weir_emulate(&registers, UINT64_MAX, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_do_as_the_processor_does),
		cmocka_unit_test(xors_do_as_the_processor_does),
		cmocka_unit_test(sums_do_as_the_processor_does),
		cmocka_unit_test(addresses_are_computed_as_the_processor_does),
		cmocka_unit_test(the_stack_is_popped_as_the_processor_does),
		cmocka_unit_test(other_instructions_are_left_to_the_processor),
		cmocka_unit_test(what_would_fault_is_left_to_the_processor),
	};

	return cmocka_run_group_tests(tests, make_writable, NULL);
}
