# SPDX-License-Identifier: GPL-2.0-or-later
# How the test targets are built. Read by the Makefile at the top; needs BUILD, CC and CXX.
# Every work function must be a real call that begins with `push`: no inlining, no tail calls, frame pointers.

TARGET_DIR := $(BUILD)/tests/targets
# gcc moves the prologue behind an early test; clang knows no such option.
TARGET_NO_SHRINK := $(if $(findstring clang,$(CC)),,-fno-shrink-wrap)
TARGET_FLAGS := -D_GNU_SOURCE -g -O1 -Wall -Wextra -fno-inline -fno-optimize-sibling-calls \
	-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer $(TARGET_NO_SHRINK)
TARGET_NAMES := usdt calls ends threads forker late stacks coroutines pages duckdb duckdb_sql allocs stale

TEST_TARGETS := $(addprefix $(TARGET_DIR)/,$(TARGET_NAMES) sites fibers throwing catching storm news engine keyed liblate.so allocs_static allocs_jemalloc allocs_tcmalloc news_tcmalloc) $(BUILD)/tests/demo/pipeline

$(TARGET_DIR)/liblate.so: tests/targets/liblate.c tests/targets/target.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -fPIC -shared -o $@ $<

$(addprefix $(TARGET_DIR)/,$(TARGET_NAMES)): $(TARGET_DIR)/%: tests/targets/%.c tests/targets/target.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -pthread -o $@ $< -ldl

# The same program with its allocator inside: the C library's, others' in its place.
$(TARGET_DIR)/allocs_static: tests/targets/allocs.c tests/targets/target.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -static -pthread -o $@ $<

$(TARGET_DIR)/allocs_jemalloc: tests/targets/allocs.c tests/targets/target.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -pthread -o $@ $< -l:libjemalloc_pic.a -lstdc++ -lm

$(TARGET_DIR)/news_tcmalloc: tests/targets/news.cc tests/targets/target.h
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 $(TARGET_FLAGS) -pthread -o $@ $< -l:libtcmalloc_minimal.a

$(TARGET_DIR)/allocs_tcmalloc: tests/targets/allocs.c tests/targets/target.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -pthread -o $@ $< -l:libtcmalloc_minimal.a -lstdc++ -lm

$(TARGET_DIR)/fibers: tests/targets/coroutines.c tests/targets/target.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -DHAND_SWITCH -pthread -o $@ $<

$(TARGET_DIR)/sites: tests/targets/sites_main.c tests/targets/sites.S tests/targets/target.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -o $@ tests/targets/sites_main.c tests/targets/sites.S

$(TARGET_DIR)/throwing $(TARGET_DIR)/catching $(TARGET_DIR)/storm $(TARGET_DIR)/news $(TARGET_DIR)/keyed: $(TARGET_DIR)/%: tests/targets/%.cc tests/targets/target.h
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 $(TARGET_FLAGS) -pthread -o $@ $<

$(TARGET_DIR)/engine: tests/targets/engine.cc
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 $(TARGET_FLAGS) -fno-exceptions -o $@ $<
	strip --keep-symbol=engine_step $@

$(BUILD)/tests/demo/pipeline: tests/demo/pipeline.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(TARGET_FLAGS) -Werror -o $@ $< -lsqlite3
