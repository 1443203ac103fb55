#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir alerts convert: Prometheus takes the rules, and they fire there for the series for which they should.
. tests/lib/e2e.sh

cat >"$T/rules.yaml" <<'YAML'
alerts:
  - alert: Slow
    expr: p99(latency{level="query", label!="*sleep(?)*", function="f.[a-c]\"x"}, 2m) > 30s
    for: 90s
    keep_firing_for: 1m
    labels: {severity: page, note: "not a {{template}}"}
    annotations: {summary: "{{label}} of {{severity}} took {{value}}: {{alert}}"}
  - {alert: Longest, expr: "max(latency) > 1.5h"}
  - {alert: Errors, expr: "ratio(errors, calls, 5m) > 5%", annotations: {summary: "{{value}}"}}
  - {alert: Rates, expr: "rate(calls[500ms]) >= 10 and rate(bytes[90s]) < 1.5MiB or growth(cpu, 1h) == 2m"}
  - {alert: Ratios, expr: "hit_ratio[10m] < 50% or pass_ratio > 2"}
  - {alert: Whole, expr: "growth(rss_bytes, 10m) > 512MiB and overhead_ratio > 1% or rate(lost_total) > 0"}
  - {alert: Mixed, expr: "calls > lost_total and overhead_ratio < 90% and -open * 2 < 0"}
  - {alert: Share, expr: "self / sum(self) > 90%"}
  - {alert: Missing, expr: "calls > 0 and absent(rate(rows))"}
  - {alert: Absent, expr: "absent(calls{function=\"backup*\"})", for: 10m}
  - {alert: Own, expr: "rate(counters.vm_steps{profile=\"sqlite\"}) > 1000000"}
  - {alert: Memory, expr: "live_bytes{label=\"größer\"} > 1GiB and live_bytes_peak != 0"}
YAML
weir alerts convert "$T/rules.yaml"
expect 'exit code' 0 "$status" "$T/weir.err"
mv "$T/weir.out" "$T/rules.yml"
promtool check rules "$T/rules.yml" >"$T/check" 2>&1 || fail 'Prometheus refuses the rules' "$T/check" "$T/rules.yml"
expect_match 'the rules found' '12 rules found' "$(cat "$T/check")" "$T/check"
for profile in profiles/alerts/*.yaml; do
	weir alerts convert "$profile"
	expect "exit code of $profile" 0 "$status" "$T/weir.err"
	cp "$T/weir.out" "$T/default.yml"
	promtool check rules "$T/default.yml" >"$T/check" 2>&1 || fail "Prometheus refuses $profile" "$T/check" "$T/default.yml"
done

# What the rules mean there, told by Prometheus' own evaluation of series by hand.
cat >"$T/test.yml" <<'YAML'
rule_files: [rules.yml]
evaluation_interval: 30s
tests:
  - interval: 30s
    input_series:
      - series: 'weir_latency_seconds_bucket{le="16", level="query", function="f.b\"x", label="select ?", job="weir", instance="a"}'
        values: '0+0x40'
      - series: 'weir_latency_seconds_bucket{le="64", level="query", function="f.b\"x", label="select ?", job="weir", instance="a"}'
        values: '0+5x40'
      - series: 'weir_latency_seconds_bucket{le="+Inf", level="query", function="f.b\"x", label="select ?", job="weir", instance="a"}'
        values: '0+5x40'
      - series: 'weir_latency_seconds_bucket{le="64", level="query", function="fxb\"x", label="select ?", job="weir", instance="a"}'
        values: '0+5x40'
      - series: 'weir_latency_seconds_bucket{le="64", level="query", function="f.b\"x", label="do sleep(5)", job="weir", instance="a"}'
        values: '0+5x40'
      - series: 'weir_calls_total{function="good", job="weir", instance="a"}'
        values: '0+100x40'
      - series: 'weir_errors_total{function="good", job="weir", instance="a"}'
        values: '0+4x40'
      - series: 'weir_calls_total{function="bad", job="weir", instance="a"}'
        values: '0+100x40'
      - series: 'weir_errors_total{function="bad", job="weir", instance="a"}'
        values: '0+6x40'
      - series: 'weir_calls_total{function="never", job="weir", instance="a"}'
        values: '7+0x40'
      - series: 'weir_errors_total{function="never", job="weir", instance="a"}'
        values: '0+0x40'
      - series: 'weir_self_seconds_total{function="most", job="weir", instance="a"}'
        values: '95+0x40'
      - series: 'weir_self_seconds_total{function="little", job="weir", instance="a"}'
        values: '5+0x40'
      - series: 'weir_self_seconds_total{function="little", job="weir", instance="b"}'
        values: '5+0x40'
      - series: 'weir_lost_total{reason="deep", job="weir", instance="a"}'
        values: '400+0x40'
      - series: 'weir_lost_total{reason="full", job="weir", instance="a"}'
        values: '200+0x40'
      - series: 'weir_open{function="good", job="weir", instance="a"}'
        values: '1+0x40'
      - series: 'weir_open{function="never", job="weir", instance="a"}'
        values: '1+0x40'
      - series: 'weir_overhead_estimated_cpu_seconds_total{job="weir", instance="a"}'
        values: '0+1x40'
      - series: 'weir_target_cpu_seconds_total{job="weir", instance="a"}'
        values: '0+20x40'
    alert_rule_test:
      - eval_time: 10m
        alertname: Slow
        exp_alerts:
          - exp_labels: {severity: page, note: "not a {{template}}", level: query, function: 'f.b"x', label: "select ?", job: weir, instance: a}
            exp_annotations: {summary: "select ? of page took 1m 3s: Slow"}
      - eval_time: 1m
        alertname: Slow
        exp_alerts: []
      - eval_time: 10m
        alertname: Errors
        exp_alerts:
          - exp_labels: {function: bad, job: weir, instance: a}
            exp_annotations: {summary: "6%"}
      - eval_time: 10m
        alertname: Share
        exp_alerts:
          - exp_labels: {function: most, job: weir, instance: a}
          - exp_labels: {function: little, job: weir, instance: b}
      - eval_time: 10m
        alertname: Mixed
        exp_alerts:
          - exp_labels: {function: good, job: weir, instance: a}
      - eval_time: 10m
        alertname: Missing
        exp_alerts:
          - exp_labels: {function: good, job: weir, instance: a}
          - exp_labels: {function: bad, job: weir, instance: a}
          - exp_labels: {function: never, job: weir, instance: a}
      - eval_time: 12m
        alertname: Absent
        exp_alerts:
          - exp_labels: {}
YAML
(cd "$T" && promtool test rules test.yml) >"$T/check" 2>&1 || fail 'the rules mean something else there' "$T/check" "$T/rules.yml"

cat >"$T/none.yaml" <<'YAML'
alerts:
  - {alert: Path, expr: "calls{path=\"a/b\"} > 0"}
  - {alert: Numbers, expr: "1 > 0 and calls > 0"}
  - {alert: Order, expr: "overhead_ratio > 1% and calls > 0"}
  - {alert: Either, expr: "overhead_ratio > 1% or calls > 0"}
  - {alert: First, expr: "absent(rows) and calls > 0"}
  - {alert: Good, expr: "calls > 0"}
YAML
weir alerts convert "$T/none.yaml"
expect 'exit code where some have no counterpart' 1 "$status" "$T/weir.err"
expect 'sentences' 5 "$(grep -cE "^$T/none.yaml:[2-6]: alert [A-Z][a-z]+ has no counterpart in Prometheus: [^.]{20,}$" "$T/weir.err")" "$T/weir.err"
promtool check rules "$T/weir.out" >"$T/check" 2>&1 || fail 'Prometheus refuses what is left' "$T/check" "$T/weir.out"
weir_refuses 2 'name one FILE' alerts convert
