/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dialects of SQL by name, for query(). */
#ifndef WEIR_DIALECT_H
#define WEIR_DIALECT_H

#include <stdint.h>

#include "weir/fingerprint.h"

extern const char *const dialect_names[]; /* ends with NULL */

/* *ret_dialect is a mask of enum weir_sql. Returns 0, or -EINVAL where no dialect has this name. */
int dialect_by_name(const char *name, uint8_t *ret_dialect);

#endif
