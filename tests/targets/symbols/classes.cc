// SPDX-License-Identifier: GPL-2.0-or-later
// Classes with virtual functions: one base, several, one without an implementation, one in a namespace of its own.
namespace shop
{
class Step
{
      public:
	virtual ~Step();
	virtual int run(int a) = 0;
	virtual int cost() const;
};

class Other
{
      public:
	virtual int spare(int a);
	virtual ~Other();
};

class Scan : public Step
{
      public:
	int run(int a) override;
};

class IndexScan : public Scan
{
      public:
	int run(int a) override;
	int cost() const override;
};

class Join : public Step, public Other
{
      public:
	int run(int a) override;
	int spare(int a) override;
};

class Behind : public Other, public Step
{
      public:
	int run(int a) override;
};

namespace inner
{
class Sort : public Join
{
      public:
	int cost() const override;
};
}

Step::~Step() {}
Other::~Other() {}
int Step::cost() const { return 1; }
int Other::spare(int a) { return a + 2; }
int Scan::run(int a) { return a + 3; }
int IndexScan::run(int a) { return a + 4; }
int IndexScan::cost() const { return 5; }
int Join::run(int a) { return a + 6; }
int Join::spare(int a) { return a + 7; }
int Behind::run(int a) { return a + 8; }
int inner::Sort::cost() const { return 9; }

extern "C" __attribute__((visibility("default"))) int shop_run(int which)
{
	static Scan scan;
	static IndexScan index;
	static Join join;
	static Behind behind;
	static inner::Sort sort;
	Step *const steps[] = {&scan, &index, &join, &behind, &sort};

	return steps[which % 5]->run(which) + steps[which % 5]->cost() + join.spare(which);
}
}

#ifdef PROGRAM
int main(int argc, char **)
{
	return shop::shop_run(argc) == 0;
}
#endif
