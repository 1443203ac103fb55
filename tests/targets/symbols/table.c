/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of names and private functions, as engines have them for what their users may call. */
#define FUNCTION(name, value) static __attribute__((noinline)) int name(int x) { __asm__ volatile("" : "+r"(x)); return x + (value); }
FUNCTION(function_1, 1)
FUNCTION(function_2, 2)
FUNCTION(function_3, 3)
FUNCTION(function_4, 4)
static int numbers[4];
struct entry {
	long flags;
	const char *name;
	void *data;
	int (*function)(int);
};
__attribute__((used)) static struct entry table[] = {
	{ 7, "first", 0, function_1 }, { -1, "second", numbers, function_2 }, { 0, "none", 0, 0 }, { 0, "2nd", 0, function_2 },
	{ 0, "plus+", "first", function_3 }, { 0, "last", 0, function_4 }, { 0, "not a name", 0, function_1 },
};
__attribute__((used)) static struct entry alone[] = { { 0, "alone", 0, function_1 }, { 0, 0, 0, 0 } };
__attribute__((used)) static struct entry data[] = { { 0, "data", 0, (int (*)(int))numbers }, { 0, "data2", 0, (int (*)(int))numbers } };
__attribute__((used)) static struct entry aliases[] = {
	{ 0, "alias_1", 0, function_1 }, { 0, "alias_2", 0, function_1 }, { 0, "alias_3", 0, function_1 }, { 0, "alias_4", 0, function_1 },
	{ 0, "alias_5", 0, function_1 }, { 0, "alias_6", 0, function_1 }, { 0, "alias_7", 0, function_1 }, { 0, 0, 0, 0 },
};
__attribute__((visibility("default"))) int run(int i) { return table[i & 1].function(i) + aliases[i & 3].function(i) + alone[0].function(i) + data[0].name[i & 1]; }
#ifdef PROGRAM
int main(int argc, char **argv) { (void)argv; return run(argc); }
#endif
