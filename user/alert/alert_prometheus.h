/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as a rule file of Prometheus, for the metrics under the names that docs/metrics.md gives them. Rows become series; what is
 * of the whole target becomes one series of each (job, instance), so that one rule file serves many weirs.
 */
#ifndef WEIR_ALERT_PROMETHEUS_H
#define WEIR_ALERT_PROMETHEUS_H

#include <stdio.h>

#include "alert/alert_rule.h"

/*
 * PromQL of an expression, which the caller frees. Returns 0, -ENOMEM, or -ENOTSUP where it has no counterpart, with the reason, a
 * sentence without its full stop, in *ret_reason.
 */
int alert_prometheus_expression(const struct alert_expression *expression, char **ret_text, const char **ret_reason);

/*
 * Write the rule file to `out`, as a group called `group`. Each rule without a counterpart is left out, and told on
 * `complaints` as "name:line: alert NAME: reason". Returns how many those are, or -ENOMEM; whether `out` took it all is the
 * caller's to find out.
 */
int alert_prometheus_rules(const struct alert_rules *rules, const char *group, const char *name, FILE *out, FILE *complaints);

#endif
