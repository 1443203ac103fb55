/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction under the breakpoint, performed here: the kernel then finds the instruction pointer moved and does not
 * single-step. Only where the kernel lets uprobe programs write registers; elsewhere the verifier finds that none of this is
 * reached. Another program at the same site may have come first and done it already.
 */
#ifndef WEIR_BPF_EMULATE_H
#define WEIR_BPF_EMULATE_H

#include "maps.h"
#include "weir/emulate.h"

/* A return address on a shadow stack would have to go with the one on the stack: left to the processor (arch/x86/kernel/shstk.c). */
#define SHADOW_STACK 1 /* ARCH_SHSTK_SHSTK */

static __always_inline bool is_at_site(struct pt_regs *ctx, u64 cookie)
{
	return (ctx->ip & 0xfff) == WEIR_EMULATED_PLACE(cookie);
}

/* The stack pointer that the instruction under the breakpoint is to see. */
static __always_inline u64 site_sp(struct pt_regs *ctx, u64 cookie)
{
	u64 sp = ctx->sp;

	if (emulates && WEIR_EMULATED(cookie) && !is_at_site(ctx, cookie))
		return weir_emulation_undo_sp(cookie, sp);
	return sp;
}

static __always_inline bool has_shadow_stack(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return bpf_core_field_exists(task->thread.features) && task->thread.features & SHADOW_STACK;
}

/* The members have the order of the instruction encoding here, another one in pt_regs. */
static __noinline void emulate(struct pt_regs *ctx, u64 cookie)
{
	struct weir_registers r = {
		.general = { ctx->ax, ctx->cx, ctx->dx, ctx->bx, ctx->sp, ctx->bp, ctx->si, ctx->di,
			     ctx->r8, ctx->r9, ctx->r10, ctx->r11, ctx->r12, ctx->r13, ctx->r14, ctx->r15 },
		.ip = ctx->ip, .flags = ctx->flags,
	};
	u64 popped = 0;

	if (weir_emulation_pops(cookie) && bpf_probe_read_user(&popped, sizeof(popped), (void *)ctx->sp))
		return; /* not in memory: the processor will fault it in */
	if (has_shadow_stack() || weir_emulate(&r, cookie, popped))
		return;
	ctx->ax = r.general[0];
	ctx->cx = r.general[1];
	ctx->dx = r.general[2];
	ctx->bx = r.general[3];
	ctx->sp = r.general[4];
	ctx->bp = r.general[5];
	ctx->si = r.general[6];
	ctx->di = r.general[7];
	ctx->r8 = r.general[8];
	ctx->r9 = r.general[9];
	ctx->r10 = r.general[10];
	ctx->r11 = r.general[11];
	ctx->r12 = r.general[12];
	ctx->r13 = r.general[13];
	ctx->r14 = r.general[14];
	ctx->r15 = r.general[15];
	ctx->flags = r.flags;
	ctx->ip = r.ip;
}

/* At the end of each program whose sites may be single-stepped. */
static __always_inline void site_done(struct pt_regs *ctx, u64 cookie)
{
	if (emulates && WEIR_EMULATED(cookie) && is_at_site(ctx, cookie))
		emulate(ctx, cookie);
}

#endif
