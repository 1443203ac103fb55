/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of every shape, with known counts: nested, recursive, mutually recursive, 60 and 300 deep, left by longjmp,
 * sleeping, spinning, faulting, writing and reading. `calls [SHAPE...]` runs the named shapes, in the order
 * of the table below; without words all but `hold`.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "target.h"

enum {
	NESTED_CALLS = 100,
	NESTED_MIDDLES = 3,
	NESTED_INNERS = 2,
	FIB_ARGUMENT = 15,
	MUTUAL_CALLS = 25,
	MUTUAL_ARGUMENT = 40,
	DEEP_CALLS = 10,
	DEEP_LEVELS = 60,
	DEEPER_CALLS = 5,
	DEEPER_LEVELS = 300,
	JUMP_CALLS = 50,
	TIME_CALLS = 20,
	TIME_NS = 10 * 1000 * 1000,
	TOUCH_CALLS = 5,
	TOUCH_PAGES = 64,
	BLOCKS_CALLS = 4,
	BLOCKS_BYTES = 256 * 1024,
};

/* ---- nested -------------------------------------------------------------------------------------- */

WORK uint64_t nested_inner(uint64_t seed)
{
	for (int i = 0; i < 50; i++)
		seed = seed * 6364136223846793005u + 1442695040888963407u;
	KEEP(seed);
	return seed;
}

WORK uint64_t nested_middle(uint64_t seed)
{
	for (int i = 0; i < NESTED_INNERS; i++)
		seed ^= nested_inner(seed + (uint64_t)i);
	return seed;
}

WORK uint64_t nested_outer(uint64_t seed)
{
	for (int i = 0; i < NESTED_MIDDLES; i++)
		seed += nested_middle(seed + (uint64_t)i);
	return seed;
}

static void run_nested(struct truth *truth)
{
	for (uint64_t i = 0; i < NESTED_CALLS; i++)
		KEEP(nested_outer(i));
	truth_count(truth, "nested_outer", NESTED_CALLS);
	truth_count(truth, "nested_middle", NESTED_CALLS * NESTED_MIDDLES);
	truth_count(truth, "nested_inner", NESTED_CALLS * NESTED_MIDDLES * NESTED_INNERS);
}

/* ---- recursion ----------------------------------------------------------------------------------- */

WORK uint64_t recurse_fib(unsigned n)
{
	if (n < 2)
		return n;
	return recurse_fib(n - 1) + recurse_fib(n - 2);
}

static void run_fib(struct truth *truth)
{
	uint64_t before = 1, calls = 1; /* calls(0) and calls(1) */

	KEEP(recurse_fib(FIB_ARGUMENT));
	for (int n = 2; n <= FIB_ARGUMENT; n++) {
		uint64_t next = 1 + calls + before;

		before = calls;
		calls = next;
	}
	truth_count(truth, "recurse_fib", calls);
}

WORK unsigned mutual_odd(unsigned n);

WORK unsigned mutual_even(unsigned n)
{
	return n == 0 ? 1 : mutual_odd(n - 1);
}

WORK unsigned mutual_odd(unsigned n)
{
	return n == 0 ? 0 : mutual_even(n - 1);
}

static void run_mutual(struct truth *truth)
{
	for (int i = 0; i < MUTUAL_CALLS; i++)
		KEEP(mutual_even(MUTUAL_ARGUMENT));
	truth_count(truth, "mutual_even", MUTUAL_CALLS * (MUTUAL_ARGUMENT / 2 + 1));
	truth_count(truth, "mutual_odd", MUTUAL_CALLS * (MUTUAL_ARGUMENT / 2));
}

WORK unsigned deep_down(unsigned levels)
{
	return levels == 1 ? 1 : 1 + deep_down(levels - 1);
}

static void run_deep(struct truth *truth)
{
	for (int i = 0; i < DEEP_CALLS; i++)
		KEEP(deep_down(DEEP_LEVELS));
	truth_count(truth, "deep_down", DEEP_CALLS * DEEP_LEVELS);
}

/* Deeper than the kernel keeps return probes for (64), and than weir keeps frames for (256). */
WORK unsigned deeper_down(unsigned levels)
{
	return levels == 1 ? 1 : 1 + deeper_down(levels - 1);
}

static void run_deeper(struct truth *truth)
{
	for (int i = 0; i < DEEPER_CALLS; i++)
		KEEP(deeper_down(DEEPER_LEVELS));
	truth_count(truth, "deeper_down", DEEPER_CALLS * DEEPER_LEVELS);
}

/* ---- left by longjmp ----------------------------------------------------------------------------- */

WORK void jump_inner(jmp_buf *way_out)
{
	longjmp(*way_out, 1);
}

WORK int jump_middle(jmp_buf *way_out)
{
	jump_inner(way_out);
	return 1;
}

WORK int jump_outer(jmp_buf *way_out)
{
	return jump_middle(way_out) + 1;
}

WORK int jump_catch(void)
{
	jmp_buf way_out;

	if (setjmp(way_out) == 0)
		return jump_outer(&way_out);
	return 0;
}

/* An ordinary call after each jump: it must not be taken for a child of the frames that are gone. */
WORK int jump_after(int i)
{
	KEEP(i);
	return i;
}

static void run_jump(struct truth *truth)
{
	for (int i = 0; i < JUMP_CALLS; i++) {
		KEEP(jump_catch());
		KEEP(jump_after(i));
	}
	truth_count(truth, "jump_catch", JUMP_CALLS);
	truth_count(truth, "jump_outer", JUMP_CALLS);
	truth_count(truth, "jump_middle", JUMP_CALLS);
	truth_count(truth, "jump_inner", JUMP_CALLS);
	truth_count(truth, "jump_after", JUMP_CALLS);
}

/* ---- time ---------------------------------------------------------------------------------------- */

/* Nanoseconds this thread was runnable without running, by the kernel's own account; 0 where it keeps none. */
static uint64_t run_delay_ns(void)
{
	unsigned long long cpu_ns, delay_ns = 0;
	FILE *file = fopen("/proc/thread-self/schedstat", "r");

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &cpu_ns, &delay_ns) != 2)
		delay_ns = 0;
	fclose(file);
	return delay_ns;
}

WORK int time_nap(void)
{
	struct timespec nap = { .tv_nsec = TIME_NS };

	return nanosleep(&nap, NULL);
}

/* Spins for TIME_NS of its own CPU time, however long the machine makes it wait in between. */
WORK uint64_t time_spin(void)
{
	uint64_t start_ns = target_clock_ns(CLOCK_THREAD_CPUTIME_ID), rounds = 0;

	while (target_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns < TIME_NS)
		rounds++;
	return rounds;
}

static void run_nap(struct truth *truth)
{
	uint64_t delay_ns = run_delay_ns(), cpu_ns = target_clock_ns(CLOCK_THREAD_CPUTIME_ID);

	for (int i = 0; i < TIME_CALLS; i++)
		time_nap();
	truth_count(truth, "time_nap", TIME_CALLS);
	truth_value(truth, "nap_cpu_ns", target_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns);
	truth_value(truth, "nap_run_delay_ns", run_delay_ns() - delay_ns);
}

static void run_spin(struct truth *truth)
{
	uint64_t delay_ns = run_delay_ns(), cpu_ns = 0;

	/* A guest that loses its CPU takes the time for the thread's own: so it is not TIME_NS a call. */
	for (int i = 0; i < TIME_CALLS; i++) {
		uint64_t start_ns = target_clock_ns(CLOCK_THREAD_CPUTIME_ID);

		KEEP(time_spin());
		cpu_ns += target_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns;
	}
	truth_count(truth, "time_spin", TIME_CALLS);
	truth_value(truth, "spin_run_delay_ns", run_delay_ns() - delay_ns);
	truth_value(truth, "spin_cpu_ns", cpu_ns);
}

/* ---- memory and files ---------------------------------------------------------------------------- */

WORK void touch_pages(volatile char *pages, size_t page_bytes, unsigned count)
{
	KEEP(pages);
	for (unsigned i = 0; i < count; i++)
		pages[i * page_bytes] = 1;
}

static uint64_t minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_minflt;
}

static void run_touch(struct truth *truth)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), bytes = TOUCH_PAGES * page_bytes;
	uint64_t faults = 0;

	/* Whatever faults once for all (the stub of a return probe, the page of the usage struct) does so here. */
	touch_pages(NULL, page_bytes, 0);
	minor_faults();
	for (int i = 0; i < TOUCH_CALLS; i++) {
		char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		uint64_t before;

		if (pages == MAP_FAILED) {
			perror("mmap");
			exit(1);
		}
		madvise(pages, bytes, MADV_NOHUGEPAGE); /* fails where the kernel has no huge pages: as well */
		before = minor_faults();
		touch_pages(pages, page_bytes, TOUCH_PAGES);
		faults += minor_faults() - before;
		munmap(pages, bytes);
	}
	truth_count(truth, "touch_pages", TOUCH_CALLS + 1);
	truth_value(truth, "touch_minor_faults", faults);
}

struct io_bytes {
	unsigned long long read, written;
};

static struct io_bytes io_bytes(void)
{
	struct io_bytes bytes = {0};
	char line[128];
	FILE *file = fopen("/proc/thread-self/io", "r");

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "read_bytes: %llu", &bytes.read);
		sscanf(line, "write_bytes: %llu", &bytes.written);
	}
	if (file)
		fclose(file);
	return bytes;
}

WORK int blocks_write(int fd, const void *block)
{
	if (pwrite(fd, block, BLOCKS_BYTES, 0) != BLOCKS_BYTES)
		return -1;
	return fsync(fd);
}

WORK int blocks_read(int fd, void *block)
{
	return pread(fd, block, BLOCKS_BYTES, 0) == BLOCKS_BYTES ? 0 : -1;
}

static void run_blocks(struct truth *truth)
{
	const char *directory = getenv("TMPDIR");
	struct io_bytes before, after, sum = {0};
	char path[4096];
	void *block;
	int fd;

	snprintf(path, sizeof(path), "%s/weir-blocks-%d", directory ? directory : "/tmp", (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	if (fd < 0 || unlink(path) != 0 || posix_memalign(&block, 4096, BLOCKS_BYTES) != 0) {
		perror(path);
		exit(1);
	}
	memset(block, 'w', BLOCKS_BYTES);
	for (int i = 0; i < BLOCKS_CALLS; i++) {
		before = io_bytes();
		if (blocks_write(fd, block) != 0) {
			perror("blocks_write");
			exit(1);
		}
		after = io_bytes();
		sum.written += after.written - before.written;
		before = io_bytes();
		if (blocks_read(fd, block) != 0) {
			perror("blocks_read");
			exit(1);
		}
		after = io_bytes();
		sum.read += after.read - before.read;
	}
	free(block);
	close(fd);
	truth_count(truth, "blocks_write", BLOCKS_CALLS);
	truth_count(truth, "blocks_read", BLOCKS_CALLS);
	truth_value(truth, "blocks_write_bytes", sum.written);
	truth_value(truth, "blocks_read_bytes", sum.read);
}

/* ---- open ---------------------------------------------------------------------------------------- */

/* Stays in the call until it reads a line. */
WORK void hold_line(void)
{
	target_say("holding");
	target_read_line();
}

static void run_hold(struct truth *truth)
{
	hold_line();
	truth_count(truth, "hold_line", 1);
}

/* -------------------------------------------------------------------------------------------------- */

static const struct shape {
	const char *name;
	void (*run)(struct truth *truth);
} shapes[] = {
	{"nested", run_nested}, {"fib", run_fib},   {"mutual", run_mutual}, {"deep", run_deep},
	{"deeper", run_deeper}, {"jump", run_jump}, {"nap", run_nap},	    {"spin", run_spin},
	{"touch", run_touch},	{"blocks", run_blocks}, {"hold", run_hold},
};

static int is_wanted(const char *name, int argc, char **argv)
{
	if (argc == 1)
		return strcmp(name, "hold") != 0;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const char *truth_path = target_truth_option(&argc, argv);
	struct truth truth = {0};

	target_wait_for_go();
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (is_wanted(shapes[i].name, argc, argv))
			shapes[i].run(&truth);
	truth_write(&truth, truth_path);
	return 0;
}
