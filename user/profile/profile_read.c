/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A document to a profile: which keys there are, what each may hold, and what is said where it does not.
 * Readers complain and go on, so that one run shows all faults; their return value is 0 or -ENOMEM, and
 * whether the profile is good is known by the number of complaints.
 */
#include "profile/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "profile/dialect.h"
#include "profile/expression.h"
#include "profile/profile_layout.h"
#include "profile/profile_document.h"
#include "profile/profile_values.h"

enum { COUNTER_BYTES_MAX = 32, ENGINE_BYTES_MAX = 32 };

static const char *const root_keys[] = { "engine", "summary", "match", "dialect", "version", "layouts", "errors", "waits", "probes", NULL };
static const char *const match_keys[] = { "module", "function", NULL };
static const char *const probe_keys[] = {
	"function", "module", "name", "level", "detail", "let", "label", "rows", "bytes", "hits", "misses",
	"error", "error_code", "counters", "catches", "entry_only", "optional", "unless", "begin", "end", "again", "charge", "found",
	"within", "usdt", NULL,
};

/* ---- probes -------------------------------------------------------------------------------------- */

static void read_level(struct complaints *c, value_t *value, const char *key, enum weir_level *ret_level)
{
	const char *names[WEIR_LEVEL_COUNT + 1] = { NULL };

	if (!value_is_kind(c, value, DOCUMENT_TEXT, key, "the name of a level"))
		return;
	for (unsigned i = 0; i < WEIR_LEVEL_COUNT; i++) {
		names[i] = level_name((enum weir_level)i);
		if (strcmp(value->text, names[i]) != 0)
			continue;
		*ret_level = (enum weir_level)i;
		return;
	}
	complain_unknown(c, value, "level", names);
}

static void read_detail(struct complaints *c, value_t *value, struct profile_probe *probe)
{
	const char *names[DETAIL_COUNT + 1] = { NULL };

	if (!value_is_kind(c, value, DOCUMENT_TEXT, "detail", "the name of a detail"))
		return;
	if (detail_by_name(value->text, &probe->detail) == 0)
		return;
	for (unsigned i = 0; i < DETAIL_COUNT; i++)
		names[i] = detail_name((enum profile_detail)i);
	complain_unknown(c, value, "detail", names);
}

static void read_catches(struct complaints *c, value_t *value, struct profile_probe *probe)
{
	static const char *const words[] = { "all", NULL };

	if (!value_is_kind(c, value, DOCUMENT_TEXT, "catches", "all"))
		return;
	probe->catches_all = strcmp(value->text, "all") == 0;
	if (!probe->catches_all)
		complain_unknown(c, value, "value of \"catches\"", words);
}

/* Remember a text that was compiled; err is what became of it. */
static int keep_text(struct profile_expression **expressions, size_t *count, size_t *capacity, struct profile_expression x)
{
	if (VEC_RESERVE(*expressions, *count, *capacity))
		return -ENOMEM;
	x.text = strdup(x.text);
	x.name = x.name ? strdup(x.name) : NULL;
	(*expressions)[(*count)++] = x;
	return x.text ? 0 : -ENOMEM;
}

static int read_lets(struct complaints *c, value_t *lets, struct expression_builder *builder, struct profile_probe *probe)
{
	struct expression_fault fault;

	if (!value_is_kind(c, lets, DOCUMENT_MAPPING, "let", "a mapping of names to expressions"))
		return 0;
	for (size_t i = 0; i < lets->items_count; i += 2) {
		value_t *name = &lets->items[i], *value = &lets->items[i + 1];
		int err;

		if (!value_is_kind(c, value, DOCUMENT_TEXT, name->text, "an expression"))
			continue;
		/* A key that is given twice was complained of. */
		if (document_find(lets, name->text) != value)
			continue;
		err = expression_let(builder, name->text, value->text, &fault);
		if (err == -EINVAL) {
			complain_of_expression(c, value, "let", &fault);
			/* Let the name stand, so that its uses are no faults too. */
			err = expression_let(builder, name->text, "0", &fault);
		}
		if (err && err != -EINVAL)
			return err;
		err = keep_text(&probe->lets, &probe->lets_count, &probe->lets_capacity,
				(struct profile_expression){ .name = name->text, .text = value->text });
		if (err)
			return err;
	}
	return 0;
}

static int read_expression(struct complaints *c, value_t *value, const char *name, struct expression_builder *builder,
			   enum expression_output output, unsigned index, struct profile_probe *probe)
{
	struct expression_fault fault;
	int err;

	if (!value_is_kind(c, value, DOCUMENT_TEXT, name, "an expression"))
		return 0;
	err = expression_add(builder, output, index, value->text, &fault);
	if (!err)
		return keep_text(&probe->expressions, &probe->expressions_count, &probe->expressions_capacity,
				 (struct profile_expression){ .output = output, .index = index, .text = value->text });
	if (err != -EINVAL)
		return err;
	complain_of_expression(c, value, name, &fault);
	return 0;
}

static bool is_counter_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return length > 0 && !name[length] && length <= COUNTER_BYTES_MAX && name[0] >= 'a' && name[0] <= 'z';
}

static int read_counters(struct complaints *c, value_t *counters, struct expression_builder *builder,
			 struct profile_probe *probe)
{
	unsigned used = 0;

	if (!value_is_kind(c, counters, DOCUMENT_MAPPING, "counters", "a mapping of names to expressions"))
		return 0;
	for (size_t i = 0; i < counters->items_count; i += 2) {
		value_t *name = &counters->items[i];
		int err;

		if (used == WEIR_EXTRA_MAX) {
			complain(c, name->line, name->column, "one counter too many, expected at most %d",
				 WEIR_EXTRA_MAX);
			return 0;
		}
		if (!is_counter_name(name->text)) {
			complain(c, name->line, name->column,
				 "\"%.40s\" cannot be the name of a counter, expected at most %d small "
				 "letters, digits and _, a letter first",
				 name->text, COUNTER_BYTES_MAX);
			continue;
		}
		probe->extra[used] = strdup(name->text);
		if (!probe->extra[used])
			return -ENOMEM;
		err = read_expression(c, &counters->items[i + 1], name->text, builder, OUTPUT_EXTRA, used++, probe);
		if (err)
			return err;
	}
	return 0;
}

static int read_outputs(struct complaints *c, value_t *mapping, struct expression_builder *builder,
			struct profile_probe *probe)
{
	const struct { const char *key; enum expression_output output; bool *has; } outputs[] = {
		{ "label", OUTPUT_LABEL, &probe->has_label },  { "rows", OUTPUT_ROWS, &probe->has_rows },
		{ "bytes", OUTPUT_BYTES, &probe->has_bytes },  { "hits", OUTPUT_HITS, &probe->has_cache },
		{ "misses", OUTPUT_MISSES, &probe->has_cache }, { "error_code", OUTPUT_ERROR_CODE, NULL },
		{ "error", OUTPUT_ERROR, &probe->has_errors },
	};
	value_t *code = document_find(mapping, "error_code"), *label = document_find(mapping, "label"),
		*counters = document_find(mapping, "counters");

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		value_t *value = document_find(mapping, outputs[i].key);
		int err;

		if (!value)
			continue;
		err = read_expression(c, value, outputs[i].key, builder, outputs[i].output, 0, probe);
		if (err)
			return err;
		if (outputs[i].has)
			*outputs[i].has = true;
	}
	if (code && !probe->has_errors)
		complain(c, code->line, code->column,
			 "\"error_code\" without \"error\", expected \"error\" to tell which calls failed");
	/* Calls that are only counted are counted at enter, before a label is looked at. */
	if (label && probe->entry_only)
		complain(c, label->line, label->column,
			 "\"label\" in a probe that is entry_only, expected no label");
	return counters ? read_counters(c, counters, builder, probe) : 0;
}

/* While a profile is checked each name has some value; that one is used is noted. */
struct checked_names {
	const struct profile *profile;
	bool used;
};

static int check_name(void *context, enum expression_name kind, const char *name, uint64_t *ret_value)
{
	struct checked_names *names = context;
	int err;

	*ret_value = 0;
	if (kind == NAME_ARGUMENT)
		return 0;
	names->used |= kind == NAME_SYMBOL;
	if (kind == NAME_SYMBOL)
		return 0;
	err = layout_find(names->profile, NULL, kind, name, ret_value);
	for (size_t i = 0; i < names->profile->layouts_count && err == -ENODATA; i++)
		err = layout_find(names->profile, &names->profile->layouts[i], kind, name, ret_value);
	names->used |= !err;
	return err;
}

/* Of an allocator sizes are counted, and nothing else: there is no node that could hold it. */
static void check_allocator(struct complaints *c, value_t *mapping, const struct profile_probe *probe)
{
	static const char *const keys[] = { "rows", "hits", "misses", "error", "counters", "charge", "usdt" };

	for (size_t i = 0; profile_probe_allocates(probe) && i < sizeof(keys) / sizeof(keys[0]); i++) {
		value_t *value = document_find(mapping, keys[i]);

		if (value)
			complain(c, value->line, value->column, "\"%s\" of an allocator (level alloc, entry_only, bytes), expected bytes alone",
				 keys[i]);
	}
}

static int read_code(struct complaints *c, value_t *mapping, const struct profile *profile, const struct expression_names *names,
		     struct profile_probe *probe)
{
	_cleanup_(expression_builder_free) struct expression_builder *builder = NULL;
	value_t *lets = document_find(mapping, "let"), *key = NULL;
	size_t complaints_before = c->count;
	struct expression_fault fault;
	int err;

	err = expression_builder_new(profile_probe_scheme(probe), &builder);
	if (err)
		return err;
	expression_set_dialect(builder, probe->dialect);
	expression_set_names(builder, names);
	if (lets)
		err = read_lets(c, lets, builder, probe);
	if (!err)
		err = read_outputs(c, mapping, builder, probe);
	if (!err)
		err = within_read(c, mapping, profile, probe, &key);
	if (!err && key)
		err = read_expression(c, key, "within", builder, OUTPUT_KEY, 0, probe);
	if (err || c->count != complaints_before)
		return err;
	err = expression_finish(builder, &probe->code, &fault);
	if (err != -E2BIG)
		return err;
	complain(c, mapping->line, mapping->column, "%s", fault.message);
	return 0;
}

static void read_charge(struct complaints *c, value_t *value, struct profile_probe *probe)
{
	enum weir_level own = probe->level;

	probe->charges = true;
	read_level(c, value, "charge", &probe->charged);
	if (probe->charged == own)
		complain(c, value->line, value->column, "\"charge\" names the probe's own level, expected another one");
}

static int read_probe(struct complaints *c, value_t *mapping, const struct profile *profile, struct profile_probe *probe)
{
	struct checked_names checked = { .profile = profile };
	const struct expression_names names = { .find = check_name, .context = &checked };
	value_t *value, *again;
	int err = 0;

	probe->line = mapping->line;
	probe->level = WEIR_LEVEL_FUNCTION;
	probe->detail = DETAIL_OPERATORS;
	if (!value_is_kind(c, mapping, DOCUMENT_MAPPING, "probe", "a mapping"))
		return 0;
	mapping_check_keys(c, mapping, "a probe", probe_keys);
	if (document_find(mapping, "begin") || document_find(mapping, "end"))
		err = span_read(c, mapping, &names, probe);
	else if ((value = document_find(mapping, "usdt")))
		err = events_read(c, mapping, value, probe);
	else if ((value = document_find(mapping, "found")))
		err = found_read(c, mapping, value, profile, probe);
	else if ((value = mapping_find_required(c, mapping, "a probe", "function")))
		err = value_copy_text(c, value, "function", "a function's name or a glob", &probe->function);
	if (!probe->sites && (again = document_find(mapping, "again")))
		complain(c, again->line, again->column, "\"again\" without \"begin\" and \"end\", expected it in a span only");
	if (!err && (value = document_find(mapping, "module")))
		err = value_copy_module(c, value, &probe->module);
	if (!err && (value = document_find(mapping, "name")))
		err = value_copy_text(c, value, "name", "a name for the probe", &probe->name);
	if (!err && (value = document_find(mapping, "unless")))
		err = value_copy_text(c, value, "unless", "a function's name or a glob", &probe->unless);
	if (err)
		return err;
	if ((value = document_find(mapping, "level")))
		read_level(c, value, "level", &probe->level);
	if ((value = document_find(mapping, "detail")))
		read_detail(c, value, probe);
	if ((value = document_find(mapping, "catches")))
		read_catches(c, value, probe);
	if ((value = document_find(mapping, "entry_only")))
		value_read_truth(c, value, "entry_only", &probe->entry_only);
	if ((value = document_find(mapping, "optional")))
		value_read_truth(c, value, "optional", &probe->optional);
	if ((value = document_find(mapping, "charge")))
		read_charge(c, value, probe);
	err = read_code(c, mapping, profile, &names, probe);
	check_allocator(c, mapping, probe);
	probe->uses_names = checked.used;
	return err;
}

/* Two probes on one function would both want its sites; of different details, the deeper one that is asked for is taken. Globs that overlap are the plan's to settle. */
static void check_twins(struct complaints *c, value_t *list, const struct profile *profile)
{
	const struct profile_probe *last = &profile->probes[profile->probes_count - 1];

	for (const struct profile_probe *probe = profile->probes; probe < last; probe++) {
		if (!probe->function || !last->function || strcmp(probe->function, last->function) != 0 ||
		    probe->detail != last->detail)
			continue;
		if (!probe->module != !last->module ||
		    (probe->module && strcmp(probe->module, last->module) != 0))
			continue;
		complain(c, last->line, list->items[profile->probes_count - 1].column,
			 "a second probe of the function \"%.40s\", the first is in line %u, expected one",
			 last->function, probe->line);
		return;
	}
}

static int read_probes(struct complaints *c, value_t *list, struct profile *profile)
{
	if (!value_is_kind(c, list, DOCUMENT_LIST, "probes", "a list of probes"))
		return 0;
	if (list->items_count == 0) {
		complain(c, list->line, list->column, "\"probes\" is empty, expected at least one probe");
		return 0;
	}
	profile->probes = calloc(list->items_count, sizeof(*profile->probes));
	if (!profile->probes)
		return -ENOMEM;
	for (size_t i = 0; i < list->items_count; i++) {
		struct profile_probe *probe = &profile->probes[profile->probes_count++];
		int err;

		probe->dialect = profile->dialect;
		err = read_probe(c, &list->items[i], profile, probe);
		if (err)
			return err;
		check_twins(c, list, profile);
	}
	return 0;
}

/* ---- what is charged to other probes -------------------------------------------------------------- */

/* The place of a counter of that name among the probe's; a free one, from the end, where it has none; -1: no room. */
static int counter_place(const struct profile_probe *probe, const char *name)
{
	int free_place = -1;

	for (int i = 0; i < WEIR_EXTRA_MAX; i++) {
		if (!probe->extra[i])
			free_place = i;
		else if (!strcmp(probe->extra[i], name))
			return i;
	}
	return free_place;
}

#define SETTLED 0x80U /* while the counters of a probe move */

/* A counter that is charged stands at one place in all probes of the level. */
static int settle_counter(struct complaints *c, struct profile *profile, struct profile_probe *from, unsigned index,
			  char **ret_names)
{
	const char *name = from->extra[index];
	int place = -1;

	for (size_t i = 0; i < profile->probes_count; i++) {
		struct profile_probe *to = &profile->probes[i];
		int here;

		if (to->level != from->charged || to == from)
			continue;
		here = counter_place(to, name);
		if (here < 0 || (place >= 0 && here != place)) {
			complain(c, from->line, 1, "there is no room for the counter \"%s\" in the probes of level %s, expected at most "
				 "%d there, in the same order", name, level_name(from->charged), WEIR_EXTRA_MAX);
			return 0;
		}
		place = here;
		if (!to->extra[place] && !(to->extra[place] = strdup(name)))
			return -ENOMEM;
	}
	if (place < 0)
		return 0;
	for (size_t i = 0; i < from->expressions_count; i++)
		if (from->expressions[i].output == OUTPUT_EXTRA && from->expressions[i].index == index)
			from->expressions[i].index = SETTLED | (unsigned)place;
	ret_names[place] = strdup(name);
	return ret_names[place] ? 0 : -ENOMEM;
}

static int settle_charge(struct complaints *c, struct profile *profile, struct profile_probe *from)
{
	char *names[WEIR_EXTRA_MAX] = { NULL };
	bool any = false;
	int err = 0;

	for (size_t i = 0; i < profile->probes_count; i++) {
		struct profile_probe *to = &profile->probes[i];

		if (to->level != from->charged)
			continue;
		any = true;
		to->has_rows |= from->has_rows;
		to->has_bytes |= from->has_bytes;
		to->has_cache |= from->has_cache;
		to->has_errors |= from->has_errors;
	}
	if (!any)
		complain(c, from->line, 1, "\"charge\": there is no probe of level %s", level_name(from->charged));
	for (unsigned i = 0; i < WEIR_EXTRA_MAX && any && !err; i++)
		if (from->extra[i])
			err = settle_counter(c, profile, from, i, names);
	from->uses_names = true; /* its places may have changed: the code is made anew */
	for (size_t i = 0; i < from->expressions_count; i++)
		from->expressions[i].index &= ~SETTLED;
	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++) {
		free(from->extra[i]);
		from->extra[i] = names[i];
	}
	return err;
}

static int charges_settle(struct complaints *c, struct profile *profile)
{
	int err = 0;

	for (size_t i = 0; i < profile->probes_count && !err && !c->count; i++)
		if (profile->probes[i].charges)
			err = settle_charge(c, profile, &profile->probes[i]);
	return err;
}

/* ---- the profile itself -------------------------------------------------------------------------- */

static int add_module(struct complaints *c, value_t *value, struct profile *profile)
{
	char *module = NULL;
	int err = value_copy_module(c, value, &module);

	if (module)
		profile->modules[profile->modules_count++] = module;
	return err;
}

static int add_match_function(struct complaints *c, value_t *value, struct profile *profile)
{
	char *function = NULL;
	int err = value_copy_text(c, value, "function", "the name of a function, as the symbol table has it, or a list of them", &function);

	if (function && strpbrk(function, "*?[")) {
		complain(c, value->line, value->column, "\"%.40s\" is a pattern, expected the name of a function: names are looked up, not compared",
			 function);
		free(function);
	} else if (function) {
		profile->functions[profile->functions_count++] = function;
	}
	return err;
}

/* One text or a list of `most` at most. */
static int read_match_list(struct complaints *c, value_t *list, const char *name, size_t most, char ***ret_texts, struct profile *profile,
			   int (*add)(struct complaints *c, value_t *value, struct profile *profile))
{
	bool is_list = list->kind == DOCUMENT_LIST;
	int err = 0;

	if (is_list && list->items_count == 0)
		complain(c, list->line, list->column, "\"%s\" is empty, expected at least one name of a %s", name, name);
	if (is_list && list->items_count > most) {
		complain(c, list->line, list->column, "\"%s\" has %zu names, expected at most %zu", name, list->items_count, most);
		return 0;
	}
	*ret_texts = calloc(list->items_count + 1, sizeof(**ret_texts));
	if (!*ret_texts)
		return -ENOMEM;
	if (!is_list)
		return add(c, list, profile);
	for (size_t i = 0; i < list->items_count && !err; i++)
		err = add(c, &list->items[i], profile);
	return err;
}

static int read_match(struct complaints *c, value_t *match, struct profile *profile)
{
	value_t *modules, *functions;
	int err = 0;

	if (!value_is_kind(c, match, DOCUMENT_MAPPING, "match", "a mapping with the key \"module\" or \"function\""))
		return 0;
	mapping_check_keys(c, match, "\"match\"", match_keys);
	functions = document_find(match, "function");
	modules = functions ? document_find(match, "module") : mapping_find_required(c, match, "\"match\"", "module");
	if (modules)
		err = read_match_list(c, modules, "module", SIZE_MAX, &profile->modules, profile, add_module);
	if (functions && !err)
		err = read_match_list(c, functions, "function", PROFILE_MATCH_FUNCTIONS_MAX, &profile->functions, profile, add_match_function);
	return err;
}

static bool read_error_code(const char *text, int64_t *ret_code)
{
	const char *digits = text + (text[0] == '-');
	bool is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	char *end;

	if (digits[0] < '0' || digits[0] > '9')
		return false;
	errno = 0;
	*ret_code = strtoll(text, &end, is_hex ? 16 : 10);
	return !errno && !*end;
}

static int read_errors(struct complaints *c, value_t *errors, struct profile *profile)
{
	if (!value_is_kind(c, errors, DOCUMENT_MAPPING, "errors", "a mapping of codes to names"))
		return 0;
	profile->error_names = calloc(errors->items_count / 2 + 1, sizeof(*profile->error_names));
	if (!profile->error_names)
		return -ENOMEM;
	for (size_t i = 0; i < errors->items_count; i += 2) {
		value_t *key = &errors->items[i];
		char *name = NULL;
		int64_t code;
		int err;

		if (!read_error_code(key->text, &code)) {
			complain(c, key->line, key->column,
				 "\"%.40s\" is no error code, expected a whole number of 64 bits", key->text);
			continue;
		}
		if (profile_error_name(profile, code) &&
		    document_find(errors, key->text) == &errors->items[i + 1]) {
			complain(c, key->line, key->column,
				 "the error code %lld has a name already, expected it once", (long long)code);
			continue;
		}
		err = value_copy_text(c, &errors->items[i + 1], key->text, "the name of an error", &name);
		if (err)
			return err;
		if (name)
			profile->error_names[profile->error_names_count++] =
				(struct profile_error_name){ code, name };
	}
	return 0;
}

static int read_engine(struct complaints *c, value_t *value, struct profile *profile)
{
	static const char expected[] = "a short name of letters, digits, \"-\", \"_\" and \".\"";

	if (!value_is_text(c, value, "engine", ENGINE_BYTES_MAX, expected))
		return 0;
	if (value->text[strspn(value->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
					    ".")]) {
		complain(c, value->line, value->column, "\"engine\" is \"%.40s\", expected %s", value->text,
			 expected);
		return 0;
	}
	return value_copy_text(c, value, "engine", expected, &profile->engine);
}

static void read_dialect(struct complaints *c, value_t *value, struct profile *profile)
{
	if (value_is_kind(c, value, DOCUMENT_TEXT, "dialect", "the name of a dialect of SQL") &&
	    dialect_by_name(value->text, &profile->dialect))
		complain_unknown(c, value, "dialect", dialect_names);
}

static int read_profile(struct complaints *c, value_t *root, struct profile *profile)
{
	value_t *value;
	int err = 0;

	if (root->kind != DOCUMENT_MAPPING) {
		complain(c, root->line, root->column,
			 "the file is %s, expected a mapping with the keys of a profile",
			 document_kind_name(root));
		return 0;
	}
	mapping_check_keys(c, root, "a profile", root_keys);
	if ((value = mapping_find_required(c, root, "a profile", "engine")))
		err = read_engine(c, value, profile);
	if (!err && (value = document_find(root, "summary")))
		err = value_copy_text(c, value, "summary", "one line of text", &profile->summary);
	if (!err && !profile->summary && !(profile->summary = strdup("")))
		err = -ENOMEM;
	if (!err && (value = mapping_find_required(c, root, "a profile", "match")))
		err = read_match(c, value, profile);
	if (!err && (value = document_find(root, "dialect")))
		read_dialect(c, value, profile);
	if (!err && (value = document_find(root, "version")))
		err = version_read(c, value, profile);
	if (!err && (value = document_find(root, "layouts")))
		err = layouts_read(c, value, profile);
	if (!err && (value = document_find(root, "errors")))
		err = read_errors(c, value, profile);
	if (!err && (value = document_find(root, "waits")))
		err = waits_read(c, value, &(struct expression_names){ .find = check_name, .context = &(struct checked_names){ .profile = profile } },
				 profile);
	if (!err && (value = mapping_find_required(c, root, "a profile", "probes")))
		err = read_probes(c, value, profile) ?: charges_settle(c, profile);
	return err;
}

int profile_parse(const char *text, size_t size, const char *name, FILE *complaints,
		  struct profile **ret_profile)
{
	_cleanup_(profile_free) struct profile *profile = calloc(1, sizeof(*profile));
	_cleanup_(document_clear) struct document_value root = { 0 };
	_cleanup_(complaints_clear) struct complaints c = { 0 };
	int err;

	if (!profile || !(profile->path = strdup(name)))
		return -ENOMEM;
	err = document_parse(text, size, &c, &root);
	if (!err)
		err = read_profile(&c, &root, profile);
	complaints_print(&c, name, complaints);
	if (!err && c.count)
		err = -EINVAL;
	if (err)
		return err;
	*ret_profile = TAKE_PTR(profile);
	return 0;
}

int profile_load(const char *path, FILE *complaints, struct profile **ret_profile)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int err = document_read_file(path, &text, &size);

	if (err) {
		fprintf(complaints, "%s: cannot be read: %s\n", path, strerror(-err));
		return err;
	}
	return profile_parse(text, size, path, complaints, ret_profile);
}
