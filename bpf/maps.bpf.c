/* SPDX-License-Identifier: GPL-2.0-or-later */
#define WEIR_MAPS_OWNER
#include "maps.h"
#include "memory.h"

char LICENSE[] SEC("license") = "GPL";
