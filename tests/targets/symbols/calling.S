/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every way to call `callee`, once each, and what only looks like a call. Names that begin with `calls_` call, `jumps_` jump. */
	.text

	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm

	.macro	finish name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.p2align 4
	function jumps_near
	jmp	.Lcallee
	finish	jumps_near

	function callee
.Lcallee:
	lea	1(%rdi), %eax
	ret
	finish	callee

	function jumps_conditionally_near
	test	%edi, %edi
	je	.Lcallee
	ret
	finish	jumps_conditionally_near

	.skip	256, 0xcc

	function calls_directly
	push	%rbx
	call	.Lcallee
	pop	%rbx
	ret
	finish	calls_directly

	function calls_with_prefix
	.byte	0x67
	call	.Lcallee
	ret
	finish	calls_with_prefix

	function calls_by_stub
	call	callee@PLT
	ret
	finish	calls_by_stub

	function calls_by_slot
	call	*callee@GOTPCREL(%rip)
	ret
	finish	calls_by_slot

	function calls_elsewhere
	call	elsewhere@PLT
	ret
	finish	calls_elsewhere

	function jumps_far
	{disp32} jmp .Lcallee
	finish	jumps_far

	function jumps_conditionally
	test	%edi, %edi
	{disp32} jne .Lcallee
	ret
	finish	jumps_conditionally

	function jumps_by_slot
	nop
	jmp	*callee@GOTPCREL(%rip)
	finish	jumps_by_slot

	/* Without a frame description, but with a size. */
	.globl	calls_without_frame
	.type	calls_without_frame, @function
calls_without_frame:
	call	.Lcallee
	ret
	.size	calls_without_frame, . - calls_without_frame

	/* A constant that holds the bytes of a call. */
	function holds_constant
	.byte	0x48, 0xb8, 0xe8 /* mov rax, ... */
	.long	.Lcallee - . - 4
	.byte	0, 0, 0
	ret
	finish	holds_constant

	/* Calls and jumps that lead elsewhere, or nobody knows where. */
	function calls_in_vain
	call	calls_directly
	call	*%rax
	jmp	*%rax
	finish	calls_in_vain

	/* Behind bytes that are no instruction nobody knows where one begins. */
	function hides
	ret
	.byte	0x06
	call	.Lcallee
	ret
	finish	hides

	/* The distance to `twofold_far` is 10eb, and reads as a short jump to `twofold_near`. */
	function calls_twofold
	call	.Ltwofold_far
	ret
	.skip	13, 0xcc
	finish	calls_twofold

	function twofold_near
	ret
	finish	twofold_near

	.skip	0x10f0 - 0x14, 0xcc
	function twofold_far
.Ltwofold_far:
	ret
	finish	twofold_far

	/* Neither size nor frame description. */
unbounded:
	call	.Lcallee
	ret

	.section .note.GNU-stack, "", @progbits
