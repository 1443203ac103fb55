/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/dialect.h"

#include <errno.h>
#include <string.h>

const char *const dialect_names[] = { "sqlite", "postgresql", "duckdb", "mysql", NULL };

/*
 * Sources: the lexers described in PostgreSQL's manual (4.1 Lexical Structure; standard_conforming_strings decides on
 * backslashes), which DuckDB shares without that setting, and in MySQL's (9.1 Literal Values, 9.7 Comments; with ANSI_QUOTES "x"
 * is a name, which is then folded too).
 */
static const uint8_t dialects[] = {
	0,
	WEIR_SQL_ARRAYS | WEIR_SQL_BACKSLASH_MAYBE | WEIR_SQL_NESTED_COMMENTS | WEIR_SQL_DOLLAR_STRINGS | WEIR_SQL_PREFIXES,
	WEIR_SQL_ARRAYS | WEIR_SQL_NESTED_COMMENTS | WEIR_SQL_DOLLAR_STRINGS | WEIR_SQL_PREFIXES,
	WEIR_SQL_ARRAYS | WEIR_SQL_BACKSLASH | WEIR_SQL_DOUBLE_STRINGS | WEIR_SQL_HASH_COMMENTS | WEIR_SQL_PREFIXES,
};

int dialect_by_name(const char *name, uint8_t *ret_dialect)
{
	for (unsigned i = 0; dialect_names[i]; i++) {
		if (strcmp(dialect_names[i], name) != 0)
			continue;
		*ret_dialect = dialects[i];
		return 0;
	}
	return -EINVAL;
}
