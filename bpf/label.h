/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels: what tells two calls of one probe apart, interned to a small number. */
#ifndef WEIR_BPF_LABEL_H
#define WEIR_BPF_LABEL_H

#include "maps.h"
#include "query.h"

_Static_assert(WEIR_FINGERPRINT_TEXT == WEIR_LABEL_TEXT, "a folded text fills a label");

#define TEXT_MASK (WEIR_QUERY_READ - 1)

static __always_inline u64 hash_mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

struct label_text {
	char bytes[WEIR_LABEL_TEXT];
};

struct label_loop {
	struct row *row;
	u64 key, number;
	u32 start, kind_and_cut, id;
};

/* The slot was free, and is now ours. */
VERIFIED_ONCE int label_fill(struct weir_label *label, const struct label_text *text, u64 number, u32 kind_and_cut)
{
	u32 kind = kind_and_cut & 0xff;

	if (!label || !text)
		return 0;
	label->kind = kind;
	label->number = number;
	if (kind == WEIR_LABEL_STRING || (kind == WEIR_LABEL_QUERY && query_text != WEIR_QUERY_OFF)) {
		label->cut = kind_and_cut >> 8;
		__builtin_memcpy(label->text, text, WEIR_LABEL_TEXT);
		label->text[WEIR_LABEL_TEXT - 1] = '\0';
		if (label->cut)
			lose(WEIR_LOSS_LABEL_TEXT, 1);
	}
	*(volatile u32 *)&label->state = WEIR_LABEL_READY;
	return 0;
}

/* A slot that may be the label's; id 0 is none. */
static long label_next(u32 i, struct label_loop *loop)
{
	u32 index = (loop->start + i) & label_mask;
	struct weir_label *label = bpf_map_lookup_elem(&labels, &index);
	u64 found;

	if (!label)
		return 1;
	found = *(volatile u64 *)&label->key;
	if (!found && index) {
		found = __sync_val_compare_and_swap(&label->key, 0, loop->key);
		if (!found) {
			label_fill(label, (struct label_text *)loop->row->fingerprint.text, loop->number, loop->kind_and_cut);
			found = loop->key;
		}
	}
	if (found != loop->key)
		return 0;
	loop->id = index;
	return 1;
}

/* The id of the label (kind, hash), made if it is new; 0 where the table is full. */
static __noinline u32 label_intern(struct row *row, u64 hash, u64 number, u32 kind_and_cut)
{
	struct label_loop loop = { .row = row, .key = hash_mix(hash, kind_and_cut & 0xff), .number = number, .kind_and_cut = kind_and_cut };
	struct weir_label *label;

	if (!loop.key)
		loop.key = 1;
	loop.start = (u32)(loop.key >> 32) & label_mask;
	label = bpf_map_lookup_elem(&labels, &loop.start);
	if (likely(label && *(volatile u64 *)&label->key == loop.key))
		return loop.start;
	bpf_loop(WEIR_LABEL_TRIES, label_next, &loop, 0);
	if (!loop.id)
		lose(WEIR_LOSS_LABEL_TABLE, 1);
	return loop.id;
}

struct hash_loop {
	struct row *row;
	u64 hash;
};

#define HASH_BYTES 64 /* at a time */

static long hash_words(u32 i, struct hash_loop *loop)
{
	u64 *words = (u64 *)(loop->row->text + (i & (WEIR_QUERY_READ / HASH_BYTES - 1)) * HASH_BYTES), hash = loop->hash;

	for (u32 k = 0; k < HASH_BYTES / 8; k++)
		hash = hash_mix(hash, words[k]);
	loop->hash = hash;
	return 0;
}

/* Hash `length` bytes of row->text; what follows them is cleared as far as it is hashed too. */
static __always_inline u64 label_hash_text(struct row *row, u32 length)
{
	struct hash_loop loop = { .row = row, .hash = length };

	length &= TEXT_MASK;
	__builtin_memset(row->text + length, 0, HASH_BYTES);
	bpf_loop((length + HASH_BYTES - 1) / HASH_BYTES, hash_words, &loop, 0);
	return loop.hash;
}

/* How much of the label's text to read. The compiler must not know its range: it would leave out what the verifier asks for. */
static __always_inline u32 label_size(struct row *row, u32 limit)
{
	u32 size = row->label_size;

	asm("" : "+r"(size));
	if (size > limit)
		size = limit;
	return size;
}

static __noinline __attribute__((unused)) u32 label_string(struct row *row, u64 address)
{
	long length;
	u64 hash;

	if (!address)
		return 0; /* no text, no label */
	length = bpf_probe_read_user_str(row->text, label_size(row, WEIR_LABEL_TEXT), (void *)address);
	if (length < 0) {
		lose(WEIR_LOSS_READ_FAULT, 1);
		return 0;
	}
	length = length ? (length - 1) & 511 : 0;
	hash = label_hash_text(row, length);
	row->text[(length & 511)] = '\0';
	__builtin_memcpy(row->fingerprint.text, row->text, WEIR_LABEL_TEXT);
	return label_intern(row, hash, 0, WEIR_LABEL_STRING | (length == WEIR_LABEL_TEXT - 1 ? 1 << 8 : 0));
}

/*
 * A text that is a part of the program's file need not be read: where it is tells which one it is. And often it cannot be, for nothing may be faulted in
 * here, and a process that has not looked at a name has not got its page.
 */
static __always_inline u32 label_text(struct row *row, u64 address)
{
	u64 at = address - row->registers[7];

	if (address && at < row->constant_end && row->label_size == WEIR_QUERY_READ)
		return label_intern(row, at, at, WEIR_LABEL_CONSTANT);
	return label_string(row, address);
}

/*
 * What was read of a query text, and what it was folded to, does not stay in the row. A read that fails clears its destination (kernel/trace/bpf_trace.c), and
 * nothing can be read at 0: one call, whatever the length.
 */
static __always_inline void label_wipe(struct row *row, u32 length)
{
	bpf_probe_read_kernel(row->text, length & TEXT_MASK, NULL);
	if (row->fingerprint.length) /* it was folded */
		bpf_probe_read_kernel(&row->fingerprint, sizeof(row->fingerprint), NULL);
}

struct fold {
	struct row *row;
	u32 length;
};

static long fold_byte(u32 index, struct fold *fold)
{
	struct row *row = fold->row;

	if (index >= fold->length)
		return 1;
	weir_fingerprint_step(&row->fingerprint, (u8)row->text[index & TEXT_MASK]);
	return 0;
}

/* Fold row->text, make or find its label. */
static __always_inline u32 label_fold(struct row *row, u32 length)
{
	struct fold fold = { .row = row, .length = length };
	bool cut = length == WEIR_QUERY_READ - 1;

	__builtin_memset(&row->fingerprint, 0, offsetof(struct weir_fingerprint, text));
	row->fingerprint.dialect = row->label_dialect;
	bpf_loop(WEIR_QUERY_READ, fold_byte, &fold, 0);
	weir_fingerprint_end(&row->fingerprint);
	cut |= row->fingerprint.length >= WEIR_LABEL_TEXT;
	return label_intern(row, row->fingerprint.hash, row->fingerprint.hash, WEIR_LABEL_QUERY | cut << 8);
}

enum text_class {
	TEXT_OTHER,
	TEXT_WORD,
	TEXT_DIGIT,
	TEXT_NAME, /* begins a quoted name, in which numbers are no values */
};

/* Of each byte, by what weir_fingerprint_step makes of it. */
static const u8 text_class[256] = {
	['0' ... '9'] = TEXT_DIGIT, ['A' ... 'Z'] = TEXT_WORD, ['a' ... 'z'] = TEXT_WORD, ['_'] = TEXT_WORD, ['$'] = TEXT_WORD,
	[0x80 ... 0xff] = TEXT_WORD, ['"'] = TEXT_NAME, ['`'] = TEXT_NAME, ['['] = TEXT_NAME,
};

struct shape {
	struct row *row;
	u64 hash;
	u32 length;
	u32 last; /* enum text_class; DIGIT: of a number */
	u32 has_name;
	u32 has_number;
};

#define SHAPE_BYTES 8 /* at a time */

static long shape_bytes(u32 i, struct shape *shape)
{
	u32 last = shape->last, has_name = 0, has_number = 0;
	u64 hash = shape->hash;

	for (u32 k = 0; k < SHAPE_BYTES; k++) {
		u32 index = i * SHAPE_BYTES + k, c = (u8)shape->row->text[index & TEXT_MASK], class = text_class[c & 0xff];

		if (class == TEXT_DIGIT && last != TEXT_WORD) {
			has_number = 1;
			if (last == TEXT_DIGIT)
				continue;
			last = TEXT_DIGIT;
			c = '0';
		} else {
			has_name |= class == TEXT_NAME;
			last = class == TEXT_DIGIT ? TEXT_WORD : class;
		}
		hash = (hash ^ c) * 0x9e3779b97f4a7c15ULL;
	}
	shape->hash = hash;
	shape->last = last;
	shape->has_name |= has_name;
	shape->has_number |= has_number;
	return 0;
}

/*
 * The hash of row->text without its numbers' digits; 0 where it has no number, or may be something else without them: a number that
 * begins a word of its own is a value, or in a string or comment, wherever no name is quoted. The text is cleared behind its end.
 */
static __always_inline u64 label_shape(struct row *row, u32 length)
{
	struct shape shape = { .row = row, .hash = row->label_dialect };

	bpf_loop((length + SHAPE_BYTES - 1) / SHAPE_BYTES, shape_bytes, &shape, 0);
	return shape.has_name || !shape.has_number ? 0 : hash_mix(shape.hash, row->label_dialect + 1);
}

static __always_inline u64 *label_remembered(u64 hash)
{
	u32 index = (u32)hash & 8191;

	return bpf_map_lookup_elem(&fingerprints, &index);
}

/* The label of row->text, `length` bytes. */
static __always_inline u32 label_of_text(struct row *row, u32 length)
{
	u64 hash, *cached, packed;
	u32 id;

	hash = hash_mix(label_hash_text(row, length), row->label_dialect);
	cached = label_remembered(hash);
	packed = cached ? *(volatile u64 *)cached : 0;
	if (packed && (packed >> 16) == (hash >> 16))
		return packed & 0xffff;
	if (length < WEIR_QUERY_READ - 1) { /* one that is cut is folded, to tell so */
		u64 shape = label_shape(row, length);

		if (shape) {
			hash = shape;
			cached = label_remembered(hash);
			packed = cached ? *(volatile u64 *)cached : 0;
			if (packed && (packed >> 16) == (hash >> 16))
				return packed & 0xffff;
		}
	}
	id = label_fold(row, length);
	if (id && cached)
		*(volatile u64 *)cached = (hash >> 16 << 16) | id;
	return id;
}

/*
 * The label of a query text. Folding costs some ns a byte, so the hash of the raw text is looked up first, and then that of its shape: a
 * statement that runs again is read and hashed, no more.
 */
VERIFIED_ONCE int label_query(struct row *row, u64 address)
{
	long length;
	u32 id;

	if (!row)
		return 0;
	row->text_length = 0;
	if (!address)
		return 0;
	length = bpf_probe_read_user_str(row->text, label_size(row, WEIR_QUERY_READ), (void *)address);
	if (length < 0) {
		lose(WEIR_LOSS_READ_FAULT, 1);
		return 0;
	}
	length = length ? (length - 1) & TEXT_MASK : 0;
	id = label_of_text(row, length);
	if (query_text == WEIR_QUERY_RAW) {
		row->text_length = length;
		sample_keep(id, row->text, length, 0);
	} else {
		label_wipe(row, length);
	}
	return id;
}

#endif
