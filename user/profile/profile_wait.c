/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/profile_wait.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/profile_layout.h"
#include "profile/profile_values.h"

static const char *const wait_keys[] = { "code", "class_mask", "classes", "names", NULL };

/* ---- where it is --------------------------------------------------------------------------------- */

static int refuse(struct expression_fault *ret_fault, const char *what)
{
	*ret_fault = (struct expression_fault){ 0 };
	snprintf(ret_fault->message, sizeof(ret_fault->message), "%s, expected a number of 1, 2 or 4 bytes in memory, by at most %d pointers from a "
		 "symbol: **(u32 **)symbol(name)", what, WEIR_WAIT_HOPS);
	return -EINVAL;
}

/* The operations are a symbol, the loads of pointers and that of the number, and the output. */
static int source_of(const struct profile_code *code, struct weir_wait_source *ret_source, struct expression_fault *ret_fault)
{
	size_t loads = code->enter_ops >= 3 ? code->enter_ops - 2U : 0;
	const struct weir_op *load = &code->ops[1];
	struct weir_wait_source source = { 0 };

	if (!loads || code->ops[0].code != WEIR_OP_SYMBOL)
		return refuse(ret_fault, "it is not read from a symbol");
	if (loads > WEIR_WAIT_HOPS + 1)
		return refuse(ret_fault, "it is more than memory");
	source.address = (uint32_t)code->ops[0].imm + (uint64_t)(int64_t)load[0].imm;
	for (size_t i = 0; i < loads; i++) {
		bool last = i + 1 == loads;

		if ((load[i].code != WEIR_OP_LOAD && load[i].code != WEIR_OP_LOADS) || (!last && load[i].a != 8))
			return refuse(ret_fault, "it is more than memory");
		if (last && load[i].a == 8)
			return refuse(ret_fault, "it has 8 bytes");
		if (i && (load[i].imm < INT16_MIN || load[i].imm > INT16_MAX))
			return refuse(ret_fault, "it is too far from where a pointer leads");
		if (i)
			source.offset[i - 1] = (int16_t)load[i].imm;
	}
	source.hops = (uint8_t)(loads - 1);
	source.bytes = load[loads - 1].a;
	*ret_source = source;
	return 0;
}

int wait_compile(const struct profile_wait *wait, const struct expression_names *names, struct weir_wait_source *ret_source,
		 struct expression_fault *ret_fault)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	_cleanup_free_ struct profile_code *code = calloc(1, sizeof(*code));
	int err = code ? expression_builder_new(EXPRESSION_ENTRY_ONLY, &builder) : -ENOMEM;

	if (err)
		return err;
	expression_set_names(builder, names);
	err = expression_add(builder, OUTPUT_ROWS, 0, wait->code, ret_fault) ?: expression_finish(builder, code, ret_fault);
	return err ?: source_of(code, ret_source, ret_fault);
}

/* ---- reading ------------------------------------------------------------------------------------- */

int value_read_names(struct complaints *c, value_t *mapping, const char *name, struct profile_error_name **ret_names, size_t *ret_count)
{
	struct profile_error_name *names;
	int err = 0;

	if (!value_is_kind(c, mapping, DOCUMENT_MAPPING, name, "a mapping of codes to names"))
		return 0;
	names = calloc(mapping->items_count / 2 + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	*ret_names = names;
	*ret_count = 0;
	for (size_t i = 0; i < mapping->items_count && !err; i += 2) {
		value_t *key = &mapping->items[i];
		struct profile_error_name *to = &names[*ret_count];

		if (!value_read_number(key->text, &to->code)) {
			complain(c, key->line, key->column, "\"%.40s\" is no code, expected a whole number", key->text);
			continue;
		}
		err = value_copy_text(c, &mapping->items[i + 1], key->text, "a name", &to->name);
		if (to->name)
			++*ret_count;
	}
	return err;
}

static int read_code(struct complaints *c, value_t *value, const struct expression_names *names, struct profile_wait *wait)
{
	struct weir_wait_source source;
	struct expression_fault fault;
	int err;

	if (!value_is_kind(c, value, DOCUMENT_TEXT, "code", "an expression"))
		return 0;
	wait->code = strdup(value->text);
	if (!wait->code)
		return -ENOMEM;
	err = wait_compile(wait, names, &source, &fault);
	if (err != -EINVAL && err != -E2BIG)
		return err == -ENOMEM ? err : 0;
	complain_of_expression(c, value, "code", &fault);
	return 0;
}

static void read_mask(struct complaints *c, value_t *value, struct profile_wait *wait)
{
	int64_t mask;

	if (!value_is_kind(c, value, DOCUMENT_TEXT, "class_mask", "a number of 32 bits"))
		return;
	if (!value_read_number(value->text, &mask) || mask <= 0 || mask > UINT32_MAX)
		complain(c, value->line, value->column, "\"class_mask\" is \"%.40s\", expected a number of 32 bits, not 0", value->text);
	else
		wait->class_mask = (uint32_t)mask;
}

static int read_table(struct complaints *c, value_t *value, const struct profile *profile, struct profile_wait *wait)
{
	uint64_t table;
	int err = value_copy_text(c, value, "names", "the name of a table of the layouts", &wait->names);

	if (!err && wait->names && layout_find(profile, NULL, NAME_TABLE, wait->names, &table))
		complain(c, value->line, value->column, "no layout has a table of names \"%.40s\"", wait->names);
	return err;
}

int waits_read(struct complaints *c, value_t *value, const struct expression_names *names, struct profile *profile)
{
	struct profile_wait *wait = &profile->wait;
	value_t *code, *mask, *classes, *table;
	int err = 0;

	if (!value_is_kind(c, value, DOCUMENT_MAPPING, "waits", "a mapping with the key \"code\""))
		return 0;
	mapping_check_keys(c, value, "\"waits\"", wait_keys);
	wait->line = value->line;
	mask = document_find(value, "class_mask");
	classes = document_find(value, "classes");
	table = document_find(value, "names");
	if (!mask != !classes)
		complain(c, value->line, value->column, "\"%s\" without \"%s\", expected both or neither", mask ? "class_mask" : "classes",
			 mask ? "classes" : "class_mask");
	code = mapping_find_required(c, value, "\"waits\"", "code");
	if (code)
		err = read_code(c, code, names, wait);
	if (mask)
		read_mask(c, mask, wait);
	if (!err && classes)
		err = value_read_names(c, classes, "classes", &wait->classes, &wait->classes_count);
	return !err && table ? read_table(c, table, profile, wait) : err;
}

void profile_wait_clear(struct profile_wait *wait)
{
	for (size_t i = 0; i < wait->classes_count; i++)
		free(wait->classes[i].name);
	free(wait->classes);
	free(wait->code);
	free(wait->names);
	*wait = (struct profile_wait){ 0 };
}

/* ---- names --------------------------------------------------------------------------------------- */

static const char *class_name(const struct profile_wait *wait, uint32_t code)
{
	for (size_t i = 0; i < wait->classes_count; i++)
		if (wait->classes[i].code == (code & wait->class_mask))
			return wait->classes[i].name;
	return NULL;
}

void wait_name(const struct profile *profile, const struct profile_layout *layout, uint32_t code, char *buffer, size_t size)
{
	const struct profile_wait *wait = &profile->wait;
	const char *class = class_name(wait, code), *name = NULL;
	uint64_t table;

	if (wait->names && layout && !layout_find(profile, layout, NAME_TABLE, wait->names, &table))
		name = layout_name(layout, (unsigned)table, code);
	if (name)
		snprintf(buffer, size, "%s%s%s", class ?: "", class ? ": " : "", name);
	else if (class && !code)
		snprintf(buffer, size, "%s", class);
	else if (class)
		snprintf(buffer, size, "%s: %" PRIu32, class, code & ~wait->class_mask);
	else
		snprintf(buffer, size, "%" PRIu32, code);
}
