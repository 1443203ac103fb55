// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exceptions and panics, seen where the target's own unwinder works: what is thrown, and, where it lands, which frames it left.
 * Without it, a call whose direct caller catches looks as if it had returned: the handler may go on at the return site, and
 * with the same stack pointer.
 */
#include "maps.h"
#include "thread.h"
#include "frame.h"
#include "stack.h"
#include "label.h"
#include "error.h"

/*
 * The word that an exception begins with: of C++ without its last byte, which tells a dependent exception (C++ ABI for Itanium,
 * 2.2.1); of Rust as a number and, in newer versions, as bytes (library/panic_unwind/src/gcc.rs).
 */
#define CLASS_GNU 0x474e5543432b2bULL   /* GNUCC++ */
#define CLASS_CLANG 0x434c4e47432b2bULL /* CLNGC++ */
#define CLASS_RUST 0x4d4f5a0052555354ULL /* MOZ\0RUST */
#define CLASS_RUST_BYTES 0x54535552005a4f4dULL

/*
 * Of a C++ exception, before its _Unwind_Exception: the std::type_info, with the mangled name behind the virtual table. The same
 * in libstdc++ (unwind-cxx.h, struct __cxa_exception) and libc++abi (cxa_exception.h). A dependent exception, made by
 * std::rethrow_exception, has the primary one's object there, which the primary's header precedes.
 */
#define TYPE_BEFORE 0x50
#define TYPE_BEFORE_OBJECT 0x70
#define NAME_IN_TYPE 8

static __always_inline u64 read_word(u64 address)
{
	u64 word = 0;

	if (bpf_probe_read_user(&word, sizeof(word), (void *)address))
		lose(WEIR_LOSS_READ_FAULT, 1);
	return word;
}

static __noinline u64 exception_type_name(u64 exception, bool dependent)
{
	u64 type = read_word(exception - TYPE_BEFORE);

	if (type && dependent)
		type = read_word(type - TYPE_BEFORE_OBJECT);
	return type ? read_word(type + NAME_IN_TYPE) : 0;
}

CHAIN(weir_raise_chain);

/*
 * _Unwind_RaiseException, _Unwind_Resume and _Unwind_Resume_or_Rethrow: what lands next on this thread is the exception in
 * rdi. _Unwind_ForcedUnwind (cookie 1): a thread that exits or is cancelled, which is no error.
 */
SEC("uprobe")
int weir_raise(struct pt_regs *ctx)
{
	struct row *row = row_current(ctx->sp, 0);
	u64 class, exception = ctx->di;

	STACK_OF_ITS_OWN(ctx, weir_raise_chain);
	if (!row || frozen || !row->depth)
		return 0;
	row->exception = 0;
	row->exception_name = 0;
	if (bpf_get_attach_cookie(ctx))
		return 0;
	class = read_word(exception);
	row->exception = WEIR_ERROR_EXCEPTION;
	if (class >> 8 == CLASS_GNU || class >> 8 == CLASS_CLANG)
		row->exception_name = exception_type_name(exception, class & 0xff);
	else if (class == CLASS_RUST || class == CLASS_RUST_BYTES)
		row->exception = WEIR_ERROR_PANIC;
	return 0;
}

/* Where the frame is known to be left: one that nests, by an exception, with the call that began it. */
static __always_inline u64 frame_low(struct row *row, u32 depth)
{
	struct frame *f = frame_at(row, depth - 1);

	return f->flags & FRAME_NESTS ? row->returns[depth_index(depth - 1)] : f->sp;
}

struct land_loop {
	struct row *row;
	u64 sp;
	s64 code;
	u32 kind;
};

static long land_next(u32 i, struct land_loop *loop)
{
	struct row *row = loop->row;
	u32 depth = row->depth;
	struct weir_shard *shard;
	struct frame *f;

	(void)i;
	if (!depth || depth > WEIR_DEPTH_MAX)
		return 1;
	f = frame_at(row, depth - 1);
	if (frame_low(row, depth) >= loop->sp)
		return 1;
	shard = node_shard(f->node);
	if (shard && loop->kind && frame_leave_was_seen(f)) {
		add(shard->errors, 1);
		error_count(f->node, loop->kind, loop->code);
	}
	frame_drop(row, true);
	return 0;
}

/* What is thrown lands in a frame whose callees lie below `sp`: they are left. */
static __noinline void land(struct row *row, u64 sp)
{
	struct land_loop loop = { .row = row, .sp = sp, .kind = row->exception };

	row->label_size = WEIR_LABEL_TEXT;
	if (loop.kind == WEIR_ERROR_EXCEPTION)
		loop.code = label_string(row, row->exception_name);
	bpf_loop(WEIR_DEPTH_MAX, land_next, &loop, 0);
}

static __always_inline bool has_below(struct row *row, u64 sp)
{
	u32 depth = row->depth;

	return depth && depth <= WEIR_DEPTH_MAX && frame_low(row, depth) < sp;
}

CHAIN(weir_land_chain);

/*
 * _Unwind_SetGR: a language's handler has found that the exception lands in the frame it was asked about, and sets the registers
 * that it lands with. The context (rdi) holds, the cookie tells where, the stack pointer that the frame will have.
 */
SEC("uprobe")
int weir_land(struct pt_regs *ctx)
{
	struct row *row = row_current(ctx->sp, 0);
	u64 sp;

	STACK_OF_ITS_OWN(ctx, weir_land_chain);
	if (!row || frozen || !row->depth)
		return 0;
	sp = read_word(ctx->di + bpf_get_attach_cookie(ctx));
	if (!has_below(row, sp))
		return 0;
	resources_look(row);
	land(row, sp);
	return 0;
}

CHAIN(weir_catch_chain);

/* __cxa_begin_catch, where the unwinder's context is not known: the call stands where those of the callees left by it stood. */
SEC("uprobe")
int weir_catch(struct pt_regs *ctx)
{
	struct row *row = row_current(ctx->sp, 0);
	u64 sp = ctx->sp + 8;

	STACK_OF_ITS_OWN(ctx, weir_catch_chain);
	if (!row || frozen || !has_below(row, sp))
		return 0;
	resources_look(row);
	land(row, sp);
	return 0;
}
