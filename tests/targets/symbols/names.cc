// SPDX-License-Identifier: GPL-2.0-or-later
// C++ names: overloads, a template, a const method, an unnamed namespace. No exceptions, unless THROWS is defined.
namespace store
{
template <class T> struct Box {
	T value;
	__attribute__((noinline, used)) T get() const
	{
		return value;
	}
};

template struct Box<int>;

__attribute__((noinline)) int add(int a)
{
	return a + 1;
}

__attribute__((noinline)) int add(int a, long b)
{
	return a + (int)b;
}

namespace
{
__attribute__((noinline, used)) int quiet(int a)
{
	return a - 1;
}
}
}

int main(int argc, char **)
{
#ifdef THROWS
	try {
		if (argc > 3)
			throw argc;
	} catch (int) {
		return 1;
	}
#endif
	return store::add(argc) + store::add(argc, 2) == 0;
}
