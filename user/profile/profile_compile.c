/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/profile_compile.h"

#include <errno.h>

#include "base/cleanup.h"

static int add_lets(struct expression_builder *builder, const struct profile_probe *probe, struct expression_fault *fault)
{
	int err = 0;

	for (size_t i = 0; i < probe->lets_count && !err; i++)
		err = expression_let(builder, probe->lets[i].name, probe->lets[i].text, fault);
	return err;
}

int probe_compile(const struct profile_probe *probe, const struct expression_names *names, struct profile_code *ret_code,
		  uint32_t *ret_left_out, struct expression_fault *ret_fault)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	struct expression_fault fault;
	uint32_t left_out = 0;
	int err = expression_builder_new(profile_probe_scheme(probe), &builder);

	if (err)
		return err;
	expression_set_dialect(builder, probe->dialect);
	expression_set_names(builder, names);
	err = add_lets(builder, probe, ret_fault);
	for (size_t i = 0; i < probe->expressions_count && !err; i++) {
		const struct profile_expression *x = &probe->expressions[i];

		err = expression_add(builder, x->output, x->index, x->text, &fault);
		if (err != -ENODATA)
			continue;
		if (!left_out)
			*ret_fault = fault;
		left_out |= 1U << (x->output + x->index);
		err = 0;
	}
	err = err ?: expression_finish(builder, ret_code, ret_fault);
	if (!err)
		*ret_left_out = left_out;
	return err;
}

int site_compile(const struct profile_site *site, const struct expression_names *names, struct profile_code *ret_code,
		 struct expression_fault *ret_fault)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	int err = expression_builder_new(EXPRESSION_ENTRY_ONLY, &builder);

	if (err || (!site->when && !site->key))
		return err;
	expression_set_names(builder, names);
	err = expression_add(builder, OUTPUT_WHEN, 0, site->when ?: "1", ret_fault);
	if (!err && site->key)
		err = expression_add(builder, OUTPUT_KEY, 0, site->key, ret_fault);
	return err ?: expression_finish(builder, ret_code, ret_fault);
}
