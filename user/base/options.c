/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/edit_distance.h"
#include "base/log.h"
#include "base/units.h"
#include "base/vec.h"

enum {
	MESSAGE_SIZE = 512,
	COLUMNS = 80,       /* of help */
	OPTION_COLUMN = 28, /* where an option's help begins; a longer option has it on the next line */
	PARSE_HELP = 1,
};

/* Known to every command; it has no place in the options struct. */
static const struct option_spec help_option = { .letter = 'h', .name = "help", .help = "Show this help and exit." };

struct parser {
	const struct command_spec *spec;
	char **argv;
	int argc;
	int next; /* the argument to be looked at next */
	void *options;
};

void option_list_free(struct option_list *list)
{
	if (!list)
		return;
	free(list->values);
	*list = (struct option_list){ 0 };
}

void option_pids_free(struct option_pids *pids)
{
	if (!pids)
		return;
	free(pids->values);
	*pids = (struct option_pids){ 0 };
}

/* ---- what was wrong ------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static int parser_refuse(const struct parser *parser, const char *format, ...)
{
	char message[MESSAGE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_error("%s; see \"weir %s --help\"", message, parser->spec->name);
	return -EINVAL;
}

static int refuse_memory(void)
{
	log_error("out of memory while reading the options");
	return -ENOMEM;
}

static bool spec_is_end(const struct option_spec *option)
{
	return !option->letter && !option->name;
}

/* As the user may write it: "--duration", or "-d" where it has no long name. */
struct shown {
	char text[64];
};

static struct shown option_shown(const struct option_spec *option)
{
	struct shown shown;

	if (option->name)
		snprintf(shown.text, sizeof(shown.text), "--%s", option->name);
	else
		snprintf(shown.text, sizeof(shown.text), "-%c", option->letter);
	return shown;
}

/* The distance at which a name is still taken for a slip of the fingers. */
static size_t slip_limit(size_t length)
{
	return length <= 3 ? 1 : length <= 6 ? 2 : 3;
}

/* The known long name nearest to `given`: one that it begins, or one few letters away; NULL: none is near. */
static const char *nearest_name(const struct command_spec *spec, const char *given)
{
	size_t length = strlen(given), best = slip_limit(length) + 1;
	const char *nearest = NULL;

	for (const struct option_spec *option = spec->options;; option++) {
		const char *name = spec_is_end(option) ? help_option.name : option->name;
		size_t distance;

		if (name) {
			distance = length > 0 && strncmp(name, given, length) == 0 ? 0 : edit_distance(given, name, best);
			if (distance < best) {
				best = distance;
				nearest = name;
			}
		}
		if (spec_is_end(option))
			return nearest;
	}
}

static int refuse_unknown_name(const struct parser *parser, const char *name)
{
	const char *nearest = nearest_name(parser->spec, name);

	if (nearest)
		return parser_refuse(parser, "unknown option --%s, did you mean --%s?", name, nearest);
	return parser_refuse(parser, "unknown option --%s", name);
}

/* ---- help ---------------------------------------------------------------------------------------- */

/* Columns that text takes: bytes of UTF-8 that only go on with a character take none. */
static size_t text_columns(const char *text, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += (text[i] & 0xc0) != 0x80;
	return columns;
}

/* Bytes of the word at `text`; what stands in brackets, "[-d TIME]", is one word. */
static size_t word_length(const char *text)
{
	size_t length = 0;
	int depth = 0;

	for (; text[length] && text[length] != '\n' && (text[length] != ' ' || depth > 0); length++)
		depth += (text[length] == '[') - (text[length] == ']');
	return length;
}

/*
 * One line of text from `column` on, broken between words so that it fits COLUMNS; further lines begin at `indent`.
 * Runs of blanks between words stay, but for those at a break. Ends the line.
 */
static void write_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	bool is_first = true;

	for (;;) {
		size_t blanks = strspn(text, " "), word = word_length(text + blanks);
		size_t columns = text_columns(text + blanks, word);

		if (word == 0)
			break;
		if (!is_first && column + blanks + columns > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			text += blanks;
			blanks = 0;
		}
		fprintf(out, "%.*s", (int)(blanks + word), text);
		column += blanks + columns;
		text += blanks + word;
		is_first = false;
	}
	fputc('\n', out);
}

/* Line by line; a line that is broken goes on where it began. */
static void write_details(FILE *out, const char *text)
{
	while (*text) {
		write_wrapped(out, text, 0, strspn(text, " "));
		text = strchrnul(text, '\n');
		text += *text == '\n';
	}
}

static void write_option(FILE *out, const struct option_spec *option)
{
	int columns = option->letter ? fprintf(out, "  -%c", option->letter) : fprintf(out, "    ");

	if (option->name)
		columns += fprintf(out, "%s--%s", option->letter ? ", " : "  ", option->name);
	if (option->argument)
		columns += fprintf(out, " %s", option->argument);
	if (columns > OPTION_COLUMN - 2)
		columns = fprintf(out, "\n") - 1;
	fprintf(out, "%*s", OPTION_COLUMN - columns, "");
	write_wrapped(out, option->help, OPTION_COLUMN, OPTION_COLUMN);
}

void options_help(const struct command_spec *spec, FILE *out)
{
	int used = fprintf(out, "Usage: weir %s ", spec->name);

	write_wrapped(out, spec->synopsis, (size_t)used, (size_t)used);
	fputc('\n', out);
	write_wrapped(out, spec->summary, 0, 0);
	fputs("\nOptions:\n", out);
	for (const struct option_spec *option = spec->options; !spec_is_end(option); option++)
		write_option(out, option);
	write_option(out, &help_option);
	if (spec->details) {
		fputc('\n', out);
		write_details(out, spec->details);
	}
}

/* ---- values -------------------------------------------------------------------------------------- */

static int pids_add(struct option_pids *pids, uint32_t pid)
{
	int err;

	for (size_t i = 0; i < pids->count; i++) {
		if (pids->values[i] == pid)
			return 0;
	}
	err = VEC_RESERVE(pids->values, pids->count, pids->capacity);
	if (err)
		return err;
	pids->values[pids->count++] = pid;
	return 0;
}

static int parse_pids(const struct parser *parser, const struct option_spec *option, const char *value)
{
	struct option_pids *pids = (void *)((char *)parser->options + option->offset);
	const char *at = value;

	for (;;) {
		char *end;
		unsigned long pid;

		/* strtoul would also take blanks and signs */
		errno = 0;
		pid = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : 0;
		if (pid == 0 || errno || pid > INT32_MAX || (*end != ',' && *end != '\0'))
			return parser_refuse(parser, "%s needs process ids such as 1234 or 1234,1250, not \"%s\"",
					     option_shown(option).text, value);
		if (pids_add(pids, (uint32_t)pid) < 0)
			return refuse_memory();
		if (*end == '\0')
			return 0;
		at = end + 1;
	}
}

static int parse_duration(const struct parser *parser, const struct option_spec *option, const char *value)
{
	uint64_t duration_ns;
	int err = duration_parse(value, &duration_ns);

	if (err == -ERANGE)
		return parser_refuse(parser, "%s: \"%s\" is too long a time", option_shown(option).text, value);
	if (err)
		return parser_refuse(parser, "%s needs a time above 0 such as 10 (seconds), 250ms or 2m, not \"%s\"",
				     option_shown(option).text, value);
	*(uint64_t *)(void *)((char *)parser->options + option->offset) = duration_ns;
	return 0;
}

static int parse_size(const struct parser *parser, const struct option_spec *option, const char *value)
{
	uint64_t bytes;
	int err = bytes_parse(value, &bytes);

	if (err == -ERANGE)
		return parser_refuse(parser, "%s: \"%s\" is too much", option_shown(option).text, value);
	if (err)
		return parser_refuse(parser, "%s needs a size above 0 such as 4096, 64k or 1.5GiB, not \"%s\"",
				     option_shown(option).text, value);
	*(uint64_t *)(void *)((char *)parser->options + option->offset) = bytes;
	return 0;
}

static int parse_list(const struct parser *parser, const struct option_spec *option, const char *value)
{
	struct option_list *list = (void *)((char *)parser->options + option->offset);

	if (VEC_RESERVE(list->values, list->count, list->capacity) < 0)
		return refuse_memory();
	list->values[list->count++] = value;
	return 0;
}

static int option_set(const struct parser *parser, const struct option_spec *option, const char *value)
{
	void *member = (char *)parser->options + option->offset;

	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_STRING:
		*(const char **)member = value;
		return 0;
	case OPTION_LIST:
		return parse_list(parser, option, value);
	case OPTION_PIDS:
		return parse_pids(parser, option, value);
	case OPTION_DURATION:
		return parse_duration(parser, option, value);
	case OPTION_SIZE:
		return parse_size(parser, option, value);
	}
	return -EINVAL;
}

/* ---- options ------------------------------------------------------------------------------------- */

/* `value`: what stood behind "=" or the letter; NULL: nothing, and an option with a value takes the next argument. */
static int option_take(struct parser *parser, const struct option_spec *option, const char *value)
{
	struct shown shown = option_shown(option);

	if (option->type == OPTION_FLAG) {
		if (value)
			return parser_refuse(parser, "%s takes no value", shown.text);
		return option == &help_option ? PARSE_HELP : option_set(parser, option, NULL);
	}
	if (!value) {
		if (parser->next >= parser->argc || strcmp(parser->argv[parser->next], "--") == 0)
			return parser_refuse(parser, "%s needs a value: %s", shown.text,
					     option->argument ? option->argument : "VALUE");
		value = parser->argv[parser->next++];
	}
	return option_set(parser, option, value);
}

/* `text`: what follows "--" */
static int parse_long(struct parser *parser, const char *text)
{
	const char *equals = strchrnul(text, '=');
	size_t length = (size_t)(equals - text);
	const char *value = *equals ? equals + 1 : NULL;
	char name[EDIT_DISTANCE_LENGTH_MAX];

	for (const struct option_spec *option = parser->spec->options; !spec_is_end(option); option++) {
		if (option->name && strlen(option->name) == length && strncmp(option->name, text, length) == 0)
			return option_take(parser, option, value);
	}
	snprintf(name, sizeof(name), "%.*s", length < sizeof(name) ? (int)length : (int)sizeof(name) - 1, text);
	if (strcmp(name, help_option.name) == 0)
		return option_take(parser, &help_option, value);
	return refuse_unknown_name(parser, name);
}

static const struct option_spec *find_letter(const struct command_spec *spec, char letter)
{
	for (const struct option_spec *option = spec->options; !spec_is_end(option); option++) {
		if (option->letter == letter)
			return option;
	}
	return letter == help_option.letter ? &help_option : NULL;
}

/* `text`: what follows "-": letters of flags, the last of which may be one that takes the rest as its value. */
static int parse_letters(struct parser *parser, const char *text)
{
	for (; *text; text++) {
		const struct option_spec *option = find_letter(parser->spec, *text);
		int err;

		if (!option)
			return parser_refuse(parser, "unknown option -%c", *text);
		if (option->type != OPTION_FLAG)
			return option_take(parser, option, text[1] ? text + 1 : NULL);
		err = option_take(parser, option, NULL);
		if (err)
			return err;
	}
	return 0;
}

static int parse_command(const struct parser *parser, struct option_rest *rest)
{
	if (!parser->spec->takes_command)
		return parser_refuse(parser, "weir %s starts no command, so nothing may follow \"--\"",
				     parser->spec->name);
	if (parser->next >= parser->argc)
		return parser_refuse(parser, "no command follows \"--\"");
	rest->command = parser->argv + parser->next;
	return 0;
}

static int parse_argument(struct parser *parser, char *argument, struct option_rest *rest)
{
	if (argument[0] == '-' && argument[1] == '-')
		return parse_long(parser, argument + 2);
	if (argument[0] == '-' && argument[1])
		return parse_letters(parser, argument + 1);
	if (!parser->spec->takes_operands)
		return parser_refuse(parser, "\"%s\" is not an option%s", argument,
				     parser->spec->takes_command ? " (a command to start comes after \"--\")" : "");
	/* Operands gather at the front of argv, over arguments that were already looked at. */
	rest->operands[rest->operands_count++] = argument;
	return 0;
}

int options_parse(const struct command_spec *spec, int argc, char **argv, void *options, struct option_rest *ret_rest)
{
	struct parser parser = { .spec = spec, .argc = argc, .argv = argv, .next = 1, .options = options };
	struct option_rest rest = { .operands = argv + 1 };

	while (parser.next < argc) {
		char *argument = argv[parser.next++];
		bool is_end = strcmp(argument, "--") == 0;
		int err = is_end ? parse_command(&parser, &rest) : parse_argument(&parser, argument, &rest);

		if (err == PARSE_HELP)
			options_help(spec, stdout);
		if (err)
			return err;
		if (is_end)
			break;
	}
	*ret_rest = rest;
	return 0;
}
