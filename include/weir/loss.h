/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each way to lose something, once. The kernel side counts by the enum, every view and export shows the
 * name (a JSON key) and the sentence. What is not in this table cannot be lost silently.
 */
#ifndef WEIR_LOSS_H
#define WEIR_LOSS_H

#define WEIR_LOSSES(X) \
	X(NODE_TABLE, node_table, "calls charged to (other): the flow-tree table was full") \
	X(LABEL_TABLE, label_table, "calls without their label: the label table was full") \
	X(LABEL_TEXT, label_text, "labels cut to the length that the label table keeps") \
	X(STACK_DEPTH, stack_depth, "calls untimed: more frames open on the thread than its stack holds") \
	X(RETURN_DEPTH, return_depth, "calls untimed: the kernel keeps 64 return probes per thread") \
	X(THREAD_STATE, thread_state, "hits not counted: the thread's state could not be had") \
	X(THREAD_TABLE, thread_table, "threads not measured: the thread table was full") \
	X(GOROUTINE_TABLE, goroutine_table, "calls untimed: more goroutines had calls open than the table holds") \
	X(GOROUTINE, goroutine, "calls untimed: the goroutine that made them could not be told") \
	X(PROCESS_TABLE, process_table, "processes not measured: the process table was full") \
	X(STACK_UNKNOWN, stack_unknown, "calls untimed: which of its stacks the thread ran on could not be told, or not be kept") \
	X(CALLER_TABLE, caller_table, "calls untimed: the table of callers was full") \
	X(LEAVE_WITHOUT_ENTER, leave_without_enter, "leaves that matched no open call") \
	X(BLOCK_TABLE, block_table, "calls untimed: the histogram table was full") \
	X(SIZE_TABLE, size_table, "allocations whose size is not in the histogram: its table was full") \
	X(NOT_FOLLOWED, not_followed, "allocations not followed to their free: the table of what is held was full, or their return cannot be seen") \
	X(ALLOCATOR_LATE, allocator_late, "processes whose first allocations were not counted: they ran already when their allocator was probed") \
	X(SPAN_TABLE, span_table, "spans untimed: the table of spans that are told apart by a key was full, or the key was 0") \
	X(ERROR_TABLE, error_table, "errors counted without their code: the error table was full") \
	X(WAIT_TABLE, wait_table, "times blocked without what for: the table of waits was full") \
	X(READ_FAULT, read_fault, "values not read: the target's memory was not resident") \
	X(RETURN_VALUE, return_value, "values not read: what the call returned was gone where it was seen to leave") \
	X(EXTREMES, extremes, "minima or maxima not updated: too many at the same instant") \
	X(SWITCHES, switches, "times off the CPU known only roughly: the scheduler event was not delivered") \
	X(EVENT_RING, event_ring, "process events lost: the ring buffer was full") \
	X(SLOW_QUERIES, slow_queries, "slow queries not told of: the ring buffer was full, or they ran inside too many others") \
	X(RECURSION, recursion, "hits not counted: the kernel refused to nest the program")

enum weir_loss {
#define WEIR_LOSS_ENUM(name, key, sentence) WEIR_LOSS_##name,
	WEIR_LOSSES(WEIR_LOSS_ENUM)
#undef WEIR_LOSS_ENUM
	WEIR_LOSS_COUNT
};

#endif
