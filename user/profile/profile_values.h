/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of a profile's document: what is taken from them, and what is said where they are not as expected. Private to the
 * readers of profiles. Where a function returns int, that is 0 or -ENOMEM: faults are complained of, and the rest goes on.
 */
#ifndef WEIR_PROFILE_VALUES_H
#define WEIR_PROFILE_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/expression.h"
#include "profile/profile.h"
#include "profile/profile_document.h"

typedef const struct document_value value_t;

/* "unknown WHAT "..."": with the nearest of `words` (NULL-terminated), and all of them. */
void complain_unknown(struct complaints *c, value_t *value, const char *what, const char *const *words);
/* A fault in the expression that stands under the key `name`. */
void complain_of_expression(struct complaints *c, value_t *value, const char *name, const struct expression_fault *fault);

bool value_is_kind(struct complaints *c, value_t *value, enum document_kind kind, const char *name, const char *expected);
/* Text of 1 to `most` bytes in one line. */
bool value_is_text(struct complaints *c, value_t *value, const char *name, size_t most, const char *expected);
/* *ret_text is the caller's to free. */
int value_copy_text(struct complaints *c, value_t *value, const char *name, const char *expected, char **ret_text);
/* A glob over names of modules, which are last components of paths. */
int value_copy_module(struct complaints *c, value_t *value, char **ret_text);
void value_read_truth(struct complaints *c, value_t *value, const char *name, bool *ret_truth);

void mapping_check_keys(struct complaints *c, value_t *mapping, const char *of, const char *const *keys);
/* NULL, complained of, where it has no such key. */
value_t *mapping_find_required(struct complaints *c, value_t *mapping, const char *of, const char *key);

/*
 * The keys of a span, `begin`, `end` and `again`, of the mapping of a probe (profile_span.c). Not called where it has neither
 * `begin` nor `end`.
 */
int span_read(struct complaints *c, value_t *mapping, const struct expression_names *names, struct profile_probe *probe);

/*
 * The key "within" of a probe: *ret_key is the expression that tells which span, NULL where the probe has no such key or a fault in
 * it (profile_span.c).
 */
int within_read(struct complaints *c, value_t *mapping, const struct profile *profile, struct profile_probe *probe, value_t **ret_key);

/* The key "found" of a probe (profile_found.c); of virtual functions (profile_class.c). */
int found_read(struct complaints *c, value_t *mapping, value_t *found, const struct profile *profile, struct profile_probe *probe);
int class_read(struct complaints *c, value_t *found, const struct profile *profile, struct profile_probe *probe);

/* The key "usdt" of a span's place, and of a probe, which is an event then (profile_span.c). */
int usdt_read(struct complaints *c, value_t *value, char **ret_glob);
int events_read(struct complaints *c, value_t *mapping, value_t *usdt, struct profile_probe *probe);

/* The key "waits" of a profile, whose layouts have been read (profile_wait.c). */
int waits_read(struct complaints *c, value_t *value, const struct expression_names *names, struct profile *profile);

/* Codes to names, of which each code has one. */
int value_read_names(struct complaints *c, value_t *mapping, const char *name, struct profile_error_name **ret_names, size_t *ret_count);

/* A whole number, decimal or 0x..., negative ones too. */
bool value_read_number(const char *text, int64_t *ret_value);

/* The keys "version" and "layouts" of a profile (profile_layout.c). */
int version_read(struct complaints *c, value_t *value, struct profile *profile);
int layouts_read(struct complaints *c, value_t *list, struct profile *profile);

#endif
