/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An expression made ready to be evaluated, in blocks of 64 rows: each operation works on 64 values at once, and blocks in
 * which no row is selected are passed over. Private to alert/.
 */
#ifndef WEIR_ALERT_CODE_H
#define WEIR_ALERT_CODE_H

#include "alert/alert_history.h"

struct alert_machine {
	struct alert_domain domains[ALERT_DOMAIN_COUNT];
	struct alert_history histories[ALERT_DOMAIN_COUNT];
};

struct alert_code {
	const struct alert_expression *expression; /* borrowed */
	enum alert_domain_kind rows;               /* where its rows are */
	bool is_row;                               /* else it has one value, for the whole snapshot */
	unsigned *columns, *selectors;             /* of each series */
	bool *inner;                               /* of each series: read by sum() or absent() only */
	double *aggregates;                        /* of each node: what sum() and absent() have for this snapshot */
};

/* 64 values. A condition has data where it can be told whether it holds; `value` is then that of its left side. */
struct alert_lanes {
	uint64_t data, holds;
	double value[64];
};

int alert_machine_init(struct alert_machine *machine); /* 0 or -ENOMEM */
void alert_machine_clear(struct alert_machine *machine);

/* Before the first snapshot. Returns 0, -ENOMEM, or -E2BIG: too many different windows or metrics. */
int alert_code_compile(struct alert_machine *machine, const struct alert_expression *expression, struct alert_code *ret_code);
void alert_code_clear(struct alert_code *code);

/* Once for each snapshot, before the blocks. */
void alert_code_begin(struct alert_machine *machine, struct alert_code *code);

/* The rows of this block that any selector takes; 1 where there are no rows. */
uint64_t alert_code_mask(const struct alert_machine *machine, const struct alert_code *code, size_t block);

void alert_code_block(struct alert_machine *machine, const struct alert_code *code, size_t block, uint64_t mask,
		      struct alert_lanes *ret_lanes);

#endif
