/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/work.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "symbols/module_internal.h"

enum {
	WORD_MAX = 24,
	SAME_WORD_MAX = 3,       /* functions that are shown of one word of work */
	NAME_LONG = 40, NAME_HOPELESS = 120, /* bytes of a name */
	SIZE_TINY = 24, SIZE_LARGE = 512,    /* bytes of code */
};

/* With a star: whatever it goes on with (exec*: execute, executor). */
struct word {
	char text[WORD_MAX];
	int weight;
};

/* What engines call what they do. */
static const struct word work_words[] = {
	{"query", 10}, {"queries", 8}, {"exec*", 10}, {"run", 8}, {"process*", 7}, {"step", 7}, {"poll", 6},
	{"fetch*", 8}, {"parse", 7}, {"commit", 9}, {"flush", 7}, {"compact*", 8}, {"scan", 7}, {"select", 6},
	{"insert", 7}, {"update", 6}, {"delete", 5}, {"store", 6}, {"write", 6}, {"read", 5}, {"search", 7},
	{"lookup", 6}, {"find", 4}, {"sort", 6}, {"merge", 6}, {"join", 6}, {"aggregate", 6}, {"handle", 5}, {"request", 6},
	{"dispatch", 6}, {"serve", 5}, {"consume", 6}, {"produce", 6}, {"transform", 6}, {"encode", 6}, {"decode", 6},
	{"compress", 6}, {"decompress", 6}, {"deflate", 6}, {"inflate", 6}, {"plan", 6}, {"optimize", 5}, {"evaluate", 6},
	{"eval", 6}, {"compile", 5}, {"load", 4}, {"batch", 5}, {"checkpoint", 7}, {"transaction", 5}, {"put", 4}, {"get", 3},
	{"append", 4}, {"traverse", 5}, {"iterate", 5}, {"sync", 5}, {"replay", 6}, {"filter", 5}, {"stage", 6}, {"task", 5},
	{"job", 6}, {"work", 6}, {"compute", 6}, {"render", 5}, {"send", 4}, {"receive", 4}, {"recv", 4}, {"do", 2}, {"main", 2},
};

/* What is done once, or is nobody's work. */
static const struct word idle_words[] = {
	{"init*", -9}, {"free", -12}, {"destroy", -12}, {"new", -6}, {"create", -5}, {"alloc*", -8}, {"malloc", -9},
	{"realloc", -9}, {"open", -4}, {"close", -4}, {"set", -5}, {"is", -6}, {"has", -6}, {"config*", -7}, {"option*", -7},
	{"opt", -5}, {"print*", -6}, {"debug", -8}, {"dump", -5}, {"test*", -6}, {"error*", -6}, {"err", -5},
	{"warn*", -6}, {"log", -4}, {"usage", -9}, {"help", -8}, {"version", -8}, {"name", -4}, {"clear", -4},
	{"reset", -5}, {"cleanup", -8}, {"finalize", -4}, {"register*", -6}, {"unregister", -6}, {"lock", -5}, {"unlock", -5},
	{"mutex", -6}, {"signal", -5}, {"handler", -3}, {"abort", -8}, {"exit", -8}, {"count", -2}, {"size", -3},
	{"length", -4}, {"len", -4}, {"info", -4}, {"default", -4}, {"compare", -3}, {"cmp", -4}, {"string", -2}, {"str", -3},
	{"type", -3}, {"typeinfo", -9}, {"vtable", -9}, {"thunk", -9}, {"start", -2}, {"libc", -9}, {"gmon", -9}, {"frame", -2},
	{"dummy", -9}, {"clones", -9}, {"tm", -4}, {"callback", -2}, {"attr", -5}, {"copy", -2}, {"swap", -4}, {"hash", -1},
	{"operator", -8}, {"execv*", -12}, {"gc*", -5}, {"at", -2}, {"env", -4}, {"timeout", -5}, {"flags", -4}, {"param*", -4}, {"args", -3},
};

static const struct word *word_find(const struct word *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		const char *star = strchr(words[i].text, '*');

		if (star ? !strncmp(text, words[i].text, (size_t)(star - words[i].text)) : !strcmp(text, words[i].text))
			return &words[i];
	}
	return NULL;
}

#define WORD_FIND(words, text) word_find(words, sizeof(words) / sizeof((words)[0]), text)

/* The next word of name[*at .. length), in lower case; false at the end. "sqlite3VdbeExec" holds sqlite, vdbe, exec. */
static bool word_next(const char *name, size_t length, size_t *at, char *ret_word)
{
	size_t i = *at, n = 0;

	while (i < length && !isalpha((unsigned char)name[i]))
		i++;
	while (i < length && isalpha((unsigned char)name[i])) {
		bool upper = isupper((unsigned char)name[i]), ends;

		/* A capital begins a word, but within capitals only the one before a small letter does: HTTPRequest. */
		ends = n && upper && (islower((unsigned char)name[i - 1]) || (i + 1 < length && islower((unsigned char)name[i + 1])));
		if (ends)
			break;
		if (n < WORD_MAX - 1)
			ret_word[n++] = (char)tolower((unsigned char)name[i]);
		i++;
	}
	ret_word[n] = '\0';
	*at = i;
	return n > 0;
}

/* The heaviest word of work in it; NULL: none. Adds up what all words weigh. */
static const struct word *name_weigh(const char *name, size_t length, int *ret_weight)
{
	const struct word *best = NULL;
	char text[WORD_MAX];
	size_t at = 0;
	int idle = 0;

	while (word_next(name, length, &at, text)) {
		const struct word *work = WORD_FIND(work_words, text), *not = WORD_FIND(idle_words, text);

		if (work && (!best || work->weight > best->weight))
			best = work;
		idle += not ? not->weight : 0;
	}
	*ret_weight = (best ? best->weight : 0) + idle;
	return best;
}

int work_score(const char *name, size_t length, uint64_t size)
{
	int weight;

	if (!length || length > NAME_HOPELESS || !name_weigh(name, length, &weight))
		return 0;
	if (name[0] == '_')
		weight -= 3; /* by custom, not for others */
	if (length > NAME_LONG)
		weight -= 2;
	if (size && size < SIZE_TINY)
		weight -= 4; /* hands on, or answers from memory */
	if (size >= SIZE_LARGE)
		weight += 1;
	return weight > 0 ? weight : 0;
}

/* What a demangled name is judged by: its last two components, without template arguments; namespaces say little. */
static const char *name_tail(const char *name, size_t *length)
{
	size_t end = 0, components = 0;

	while (end < *length && name[end] != '<' && name[end] != '(')
		end++;
	*length = end;
	for (size_t i = end; i > 1; i--)
		if (name[i - 1] == ':' && name[i - 2] == ':' && ++components == 2) {
			*length = end - i;
			return name + i;
		}
	return name;
}

/* A mangled name holds its words as they are: most can be passed over without demangling. */
static bool may_be_work(const char *name)
{
	for (size_t i = 0; i < sizeof(work_words) / sizeof(work_words[0]); i++) {
		char text[WORD_MAX];

		strcpy(text, work_words[i].text);
		text[strcspn(text, "*")] = '\0';
		if (work_words[i].weight >= 5 && strcasestr(name, text))
			return true;
	}
	return false;
}

struct candidates {
	struct work_function *items; /* owned */
	size_t count, capacity;
};

/* Go: what the program's author wrote comes before what every Go program holds. */
static int go_bonus(const char *name)
{
	return !strncmp(name, "main.", 5) ? 6 : !strncmp(name, "runtime.", 8) || !strncmp(name, "runtime/", 8) ? -100 : 0;
}

static int candidates_add(struct candidates *candidates, struct module *module, size_t index)
{
	const struct function *f = &module->symbols.functions[index];
	const char *display, *tail;
	size_t length, bare;
	int score;

	if (!may_be_work(f->name))
		return 0;
	display = module_display(module, index);
	bare = length = display == f->name ? strlen(display) : module->bare_lengths[index];
	tail = name_tail(display, &length);
	score = work_score(tail, length, f->size);
	if (score > 0 && module->is_go)
		score += go_bonus(f->name);
	if (score <= 0 || strchr(display, '\''))
		return 0;
	if (VEC_RESERVE(candidates->items, candidates->count, candidates->capacity))
		return -ENOMEM;
	candidates->items[candidates->count++] = (struct work_function){ display, (int)bare, score };
	return 0;
}

/* Of equal score the shorter name comes first: it is the more general one. */
static int compare(const void *a, const void *b)
{
	const struct work_function *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	if (x->bare_length != y->bare_length)
		return x->bare_length < y->bare_length ? -1 : 1;
	return strcmp(x->display, y->display);
}

static const struct word *word_of(const struct work_function *f)
{
	size_t length = (size_t)f->bare_length;
	const char *tail = name_tail(f->display, &length);
	int weight;

	return name_weigh(tail, length, &weight);
}

static bool is_said(const struct work_function *chosen, size_t count, const struct work_function *f)
{
	size_t same = 0;

	for (size_t i = 0; i < count; i++) {
		if (chosen[i].bare_length == f->bare_length && !strncmp(chosen[i].display, f->display, (size_t)f->bare_length))
			return true; /* overloads: the name without parameters matches them all */
		same += word_of(&chosen[i]) == word_of(f);
	}
	return same >= SAME_WORD_MAX;
}

long module_work(struct module *module, struct work_function *ret_functions, size_t max)
{
	struct candidates candidates = {0};
	size_t chosen = 0;
	int err = module_read_symbols(module);
	const struct symbols *symbols = &module->symbols;

	for (size_t i = 0; !err && i < symbols->functions_count; i++)
		if (!i || symbols->functions[i].address != symbols->functions[i - 1].address)
			err = candidates_add(&candidates, module, i);
	if (!err && candidates.count)
		qsort(candidates.items, candidates.count, sizeof(*candidates.items), compare);
	for (size_t i = 0; i < candidates.count && chosen < max && !err; i++)
		if (!is_said(ret_functions, chosen, &candidates.items[i]))
			ret_functions[chosen++] = candidates.items[i];
	free(candidates.items);
	return err ?: (long)chosen;
}
