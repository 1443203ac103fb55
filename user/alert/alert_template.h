/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Templates in annotations: {{value}}, {{alert}}, {{level}}, {{profile}}, {{module}}, {{function}}, {{label}}, {{path}} and
 * {{NAME}} of a label of the rule; Prometheus' own forms {{ $value }} and {{ $labels.NAME }} mean the same.
 */
#ifndef WEIR_ALERT_TEMPLATE_H
#define WEIR_ALERT_TEMPLATE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Write `text` to `out` with what `expand` writes for each name in braces in their place. `expand` returns 0, or not where it
 * knows no such name. Returns 0, or -EINVAL with the byte of the template that is not known or not closed in *ret_position
 * (may be NULL), after which nothing more is written.
 */
int alert_template_write(const char *text, int (*expand)(void *context, const char *name, size_t length, FILE *out),
			 void *context, FILE *out, size_t *ret_position);

#endif
