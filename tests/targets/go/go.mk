# SPDX-License-Identifier: GPL-2.0-or-later
# The targets in Go, where `go` is installed; one of them as a static program, the same stripped, and position-independent.
# Read by the Makefile at the top; needs TARGET_DIR and adds to TEST_TARGETS.

GO ?= $(shell command -v go)
GO_BUILD = GOCACHE=$(abspath $(TARGET_DIR))/go-cache GOFLAGS= GO111MODULE=off GOTOOLCHAIN=local CGO_ENABLED=0 \
	$(GO) build -trimpath

ifneq ($(GO),)
TEST_TARGETS += $(addprefix $(TARGET_DIR)/,goroutines goroutines-stripped goroutines-pie crowd)
endif

$(TARGET_DIR)/goroutines: tests/targets/go/main.go
	@mkdir -p $(@D)
	$(GO_BUILD) -o $@ $<

$(TARGET_DIR)/crowd: tests/targets/go/crowd.go
	@mkdir -p $(@D)
	$(GO_BUILD) -o $@ $<

$(TARGET_DIR)/goroutines-stripped: tests/targets/go/main.go
	@mkdir -p $(@D)
	$(GO_BUILD) -ldflags='-s -w' -o $@ $<

$(TARGET_DIR)/goroutines-pie: tests/targets/go/main.go
	@mkdir -p $(@D)
	$(GO_BUILD) -buildmode=pie -ldflags='-s -w' -o $@ $<
