/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that begin in every way that matters to the choice of an entry site. All are called as
 * `long f(long a)` and hand back a + 1, so that a site that breaks one is seen; what they do besides is for show.
 */
	.text

	.macro FUNCTION name
	.globl \name
	.type \name, @function
	.balign 16
\name:
	.endm

	.macro END name
	.size \name, . - \name
	.balign 16, 0xcc
	.endm

/* emulated at +0 */
FUNCTION site_push
	push %rbp
	mov %rsp, %rbp
	lea 1(%rdi), %rax
	pop %rbp
	ret
END site_push

/* emulated at +4, behind endbr64 */
FUNCTION site_endbr_push
	endbr64
	push %r12
	lea 1(%rdi), %rax
	pop %r12
	ret
END site_endbr_push

/* emulated at +3; no argument is lost */
FUNCTION site_mov_push
	mov %rdi, %rax
	push %rbx
	add $1, %rax
	pop %rbx
	ret
END site_mov_push

/* emulated at +3; the jcc is taken for 0 and not for others, and counts both */
FUNCTION site_test_je
	test %rdi, %rdi
	je 1f
	lea 1(%rdi), %rax
	ret
1:	mov $1, %eax
	ret
END site_test_je

/* no cheap site: the stack pointer moves first */
FUNCTION site_sub_rsp
	sub $24, %rsp
	lea 1(%rdi), %rax
	mov %rax, 8(%rsp)
	add $24, %rsp
	ret
END site_sub_rsp

/* the jne is emulated, but a loop of four rounds passes it: only +0 counts calls */
FUNCTION site_loop_back
	lea 1(%rdi), %rax
	mov $4, %ecx
1:	mov %ecx, %edx
	dec %ecx
	jne 1b
	ret
END site_loop_back

/* the 5-byte nop at +0 */
FUNCTION site_nop5
	.byte 0x0f, 0x1f, 0x44, 0x00, 0x00
	lea 1(%rdi), %rax
	ret
END site_nop5

/* a nop with a CS prefix is refused; the push behind it is emulated, at +10 */
FUNCTION site_cs_nop
	.byte 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00
	push %rbp
	lea 1(%rdi), %rax
	pop %rbp
	ret
END site_cs_nop

/* emulated at +2: the jump that leaves for another function (which is so called twice) */
FUNCTION site_tail
	xor %esi, %esi
	jmp site_tail_end
END site_tail

FUNCTION site_tail_end
	push %rbx
	lea 1(%rdi,%rsi), %rax
	pop %rbx
	ret
END site_tail_end

/* a getter: nothing cheap in it */
FUNCTION site_ret_only
	lea 1(%rdi), %rax
	ret
END site_ret_only

/* the nop5 stands over a variable in the red zone: only +0 is safe */
FUNCTION site_red_zone
	lea 1(%rdi), %rdx
	mov %rdx, -8(%rsp)
	.byte 0x0f, 0x1f, 0x44, 0x00, 0x00
	mov -8(%rsp), %rax
	ret
END site_red_zone

	.section .note.GNU-stack, "", @progbits
