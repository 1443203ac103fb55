/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that code stores into objects. */
#include "sites/stored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LEA_RAX "\x48\x8d\x05\x10\x00\x00\x00"     /* lea rax, [rip + 0x10] */
#define STORE_RAX "\x48\x89\x43\x18"               /* mov [rbx + 0x18], rax */
#define FIND(code) site_find_stored((const uint8_t *)(code), sizeof(code) - 1, 0x1000, 0x18, found)

static void an_address_that_is_stored_is_found(void **state)
{
	uint64_t found[STORED_MAX];

	(void)state;
	assert_int_equal(FIND(LEA_RAX STORE_RAX "\xc3"), 1);
	assert_int_equal(found[0], 0x1017);
	/* lea r12, [rip - 1]; call; mov [r9 + 0x18], r12: calls spare it */
	assert_int_equal(FIND("\x4c\x8d\x25\xff\xff\xff\xff" "\xe8\x00\x00\x00\x00" "\x4d\x89\x61\x18"), 1);
	assert_int_equal(found[0], 0x1006);
	assert_int_equal(FIND(LEA_RAX STORE_RAX STORE_RAX), 1); /* once */
}

static void what_is_stored_elsewhere_or_changed_is_not(void **state)
{
	uint64_t found[STORED_MAX];

	(void)state;
	assert_int_equal(FIND(LEA_RAX "\x48\x89\x43\x20"), 0);                 /* at 0x20 */
	assert_int_equal(FIND(LEA_RAX "\x48\x89\x44\x24\x18"), 0);             /* on the stack */
	assert_int_equal(FIND(LEA_RAX "\x31\xc0" STORE_RAX), 0);               /* xor eax, eax */
	assert_int_equal(FIND(LEA_RAX "\xe8\x00\x00\x00\x00" STORE_RAX), 0);   /* call */
	assert_int_equal(FIND(LEA_RAX "\x48\x89\x4b\x18"), 0);                 /* rcx */
	assert_int_equal(FIND(LEA_RAX "\x48\x89\x44\x8b\x18"), 0);             /* [rbx + rcx * 4 + 0x18] */
	assert_int_equal(FIND("\x48\x8d\x43\x10" STORE_RAX), 0);               /* lea rax, [rbx + 0x10] */
	assert_int_equal(FIND(LEA_RAX "\x06" STORE_RAX), 0);                   /* no instruction */
	assert_int_equal(FIND("\x48\x8d"), 0);
}

static void an_address_that_is_handed_on_is_found(void **state)
{
	uint64_t found[STORED_MAX];
	static const char call[] = "\x48\x8d\x35\x10\x00\x00\x00" "\xe8\x00\x00\x00\x00"; /* lea rsi, [rip + 0x10]; call */
	static const char jump[] = "\x48\x8d\x35\x10\x00\x00\x00" "\xe9\x00\x00\x00\x00";

	(void)state;
	assert_int_equal(site_find_passed((const uint8_t *)call, sizeof(call) - 1, 0x1000, 2, found), 1);
	assert_int_equal(found[0], 0x1017);
	assert_int_equal(site_find_passed((const uint8_t *)jump, sizeof(jump) - 1, 0x1000, 2, found), 1);
	assert_int_equal(site_find_passed((const uint8_t *)call, sizeof(call) - 1, 0x1000, 1, found), 0);
	assert_int_equal(site_find_passed((const uint8_t *)call, 7, 0x1000, 2, found), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_that_is_stored_is_found),
		cmocka_unit_test(an_address_that_is_handed_on_is_found),
		cmocka_unit_test(what_is_stored_elsewhere_or_changed_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
