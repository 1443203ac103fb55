# SPDX-License-Identifier: GPL-2.0-or-later
# make          build build/weir from what is installed
# make demo     install what is missing, build, attach to a running SQLite pipeline
# make test     install what is missing, build, run every test
# make help     the rest

BUILD ?= build
CLANG ?= clang
export PATH := $(PATH):/usr/sbin:/sbin
PREFIX ?= /usr/local
VERSION := 0.1.0

# Ubuntu keeps bpftool below the kernel's version; any of them will do.
BPFTOOL ?= $(firstword $(wildcard /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool) bpftool)

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra
CPPFLAGS_ALL := -D_GNU_SOURCE -DWEIR_VERSION='"$(VERSION)"' -DWEIR_PROFILE_DIR='"$(PREFIX)/share/weir/profiles"' \
	-Iinclude -Iuser -I$(BUILD)
CFLAGS_ALL := -std=gnu11 $(WARNINGS) -MMD -MP $(CFLAGS)
LIBS := -lbpf -lelf -lz -llzma -lZydis -lZycore -ljansson -lyaml -liberty -lncursesw -ltinfo -lm

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:bpf/%.bpf.c=$(BUILD)/bpf/%.o)
USER_SOURCES := $(filter-out user/main.c,$(wildcard user/*/*.c))
USER_OBJECTS := $(USER_SOURCES:user/%.c=$(BUILD)/user/%.o)
UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c)
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/unit/%)

.PHONY: all deps deps-test demo test check-sanitized bench install clean help
all: $(BUILD)/weir

help:
	@sed -n 's/^# \(make\)/\1/p' Makefile
	@echo 'make bench    measure the cost of a probe beside an empty program and bpftrace'
	@echo 'make bench-kernels      what a probe costs by class on Linux 6.1, 6.12 and 7, in qemu (ratios only)'
	@echo 'make bench-engines      what measuring an engine costs its workload, tier by tier, beside bpftrace'
	@echo 'make bench-top    measure what weir top costs itself'
	@echo 'make bench-duckdb     what DuckDB loses at each detail, beside bpftrace'
	@echo 'make bench-alerts     what it costs to hold 1,000 alert rules against 2,000 nodes'
	@echo 'make fuzz     hostile bytes for the parsers, FUZZ_SECONDS=30 each'
	@echo 'make test-kernels       the end-to-end tests on Linux 6.1, 6.12 and 7, in qemu'
	@echo 'make check-sanitized    the unit tests with AddressSanitizer and UBSan'
	@echo 'make install  PREFIX=$(PREFIX), DESTDIR='

# ---- the kernel side

$(BUILD)/bpf/%.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_x86 $(WARNINGS) -Wno-unused-parameter -MMD -MP \
		-Iinclude -Ivmlinux -Ibpf -c $< -o $@

# What defines the maps comes first: libbpf's linker gets references wrong that come before the definition.
$(BUILD)/bpf/weir.bpf.o: $(BPF_OBJECTS)
	$(BPFTOOL) gen object $@ $(BUILD)/bpf/maps.o $(sort $(filter-out %/maps.o,$(BPF_OBJECTS)))

$(BUILD)/weir.skel.h: $(BUILD)/bpf/weir.bpf.o
	$(BPFTOOL) gen skeleton $< name weir_bpf >$@.new
	mv $@.new $@

# ---- the user side

$(BUILD)/user/%.o: user/%.c | $(BUILD)/weir.skel.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c $< -o $@

$(BUILD)/user/attach/%.o: $(BUILD)/weir.skel.h

$(BUILD)/libweir.a: $(USER_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $(USER_OBJECTS)

$(BUILD)/weir: $(BUILD)/user/main.o $(BUILD)/libweir.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---- tests

include tests/targets/targets.mk
include tests/targets/go/go.mk

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libweir.a -lcmocka -lsqlite3 -lm $(LIBS)

deps:
	@packaging/deps.sh build

deps-test:
	@packaging/deps.sh test

# Recipes call make again: what is missing must be installed before the rest is looked at.
demo: deps-test
	@$(MAKE) --no-print-directory all $(BUILD)/tests/demo/pipeline
	@tests/demo/demo.sh

test: deps-test
	@$(MAKE) --no-print-directory all unit-tests $(TEST_TARGETS)
	@tests/run $(TESTS)

unit-tests: $(UNIT_TESTS)
.PHONY: unit-tests

check-sanitized: deps-test
	@$(MAKE) --no-print-directory BUILD=build/sanitized CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' \
		unit-tests
	@BUILD=build/sanitized tests/run unit/

$(BUILD)/tests/bench/hot: tests/bench/hot.c
	@mkdir -p $(@D)
	$(CC) -O2 $(WARNINGS) -o $@ $<

$(BUILD)/tests/bench/empty: tests/bench/empty.c $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libweir.a $(LIBS)

$(BUILD)/tests/bench/alerts: tests/bench/alerts.c $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libweir.a $(LIBS)

$(BUILD)/tests/bench/wide: tests/bench/wide.c
	@mkdir -p $(@D)
	$(CC) -O1 -fno-optimize-sibling-calls $(WARNINGS) -o $@ $<

# Hostile bytes for the parsers: FUZZ_SECONDS each. Needs clang's libFuzzer (Debian: libclang-rt-14-dev).
FUZZ_SECONDS ?= 30
FUZZERS := elf profile expression alerts
FUZZ_SOURCES := $(wildcard user/symbols/*.c user/profile/*.c user/sites/*.c) user/plan/allocator_rets.c user/base/log.c user/base/edit_distance.c \
	$(filter-out %_watch.c %_command.c %_text.c %_notification.c %_webhook.c,$(wildcard user/alert/*.c)) user/model/metrics.c user/model/metrics_prometheus.c user/model/histogram.c user/model/snapshot.c user/model/counters.c
fuzz: deps-test
	@mkdir -p $(BUILD)/fuzz
	@for name in $(FUZZERS); do \
		$(CLANG) $(CPPFLAGS_ALL) -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined -Itests/unit/profile \
			-o $(BUILD)/fuzz/$$name tests/fuzz/fuzz_$$name.c $(FUZZ_SOURCES) \
			$(LIBS) || exit 1; \
		mkdir -p $(BUILD)/fuzz/corpus-$$name; \
		$(BUILD)/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus-$$name \
			tests/fuzz/corpus/$$name || exit 1; \
	done
.PHONY: fuzz

bench: deps-test
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/hot $(BUILD)/tests/bench/empty $(BUILD)/tests/demo/pipeline
	@tests/bench/run

bench-engines: deps-test
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/empty
	@tests/bench/engines
.PHONY: bench-engines

bench-top: deps-test
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/wide
	@tests/bench/top
.PHONY: bench-top

bench-duckdb: deps-test
	@$(MAKE) --no-print-directory all $(BUILD)/tests/targets/duckdb_sql
	@tests/bench/duckdb
.PHONY: bench-duckdb

bench-alerts: deps-test
	@$(MAKE) --no-print-directory $(BUILD)/tests/bench/alerts
	@$(BUILD)/tests/bench/alerts
.PHONY: bench-alerts

install: all
	install -D -m 755 $(BUILD)/weir $(DESTDIR)$(PREFIX)/bin/weir
	install -d $(DESTDIR)$(PREFIX)/share/weir/profiles
	install -m 644 profiles/*.yaml $(DESTDIR)$(PREFIX)/share/weir/profiles
	install -d $(DESTDIR)$(PREFIX)/share/weir/profiles/alerts
	install -m 644 profiles/alerts/*.yaml $(DESTDIR)$(PREFIX)/share/weir/profiles/alerts
	install -D -m 644 docs/man/weir.1 $(DESTDIR)$(PREFIX)/share/man/man1/weir.1
	install -D -m 644 completions/weir.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/weir

clean:
	rm -rf $(BUILD)

# On other kernels, in qemu: KERNELS='6.1 6.12' TESTS='e2e/threads' choose. See tests/kernels/README.md.
test-kernels:
	@packaging/deps.sh kernels
	@$(MAKE) --no-print-directory all $(TEST_TARGETS)
	@tests/kernels/run $(TESTS)
bench-kernels:
	@packaging/deps.sh kernels
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/hot $(BUILD)/tests/bench/empty $(TEST_TARGETS)
	@BENCH=3 GUESTS=1 tests/kernels/run
.PHONY: test-kernels bench-kernels

-include $(wildcard $(BUILD)/bpf/*.d $(BUILD)/user/*.d $(BUILD)/user/*/*.d $(BUILD)/tests/unit/*/*.d)
