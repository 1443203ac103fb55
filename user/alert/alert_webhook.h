/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --webhook URL: documents, sent by HTTP POST one after the other, by a thread of its own, so that a server that is slow, dead or
 * far away holds up nobody. Each is tried ALERT_WEBHOOK_TRIES times at most; while one is tried, at most ALERT_WEBHOOK_QUEUE wait, and
 * beyond that the oldest are dropped. What is not delivered is counted.
 */
#ifndef WEIR_ALERT_WEBHOOK_H
#define WEIR_ALERT_WEBHOOK_H

#include <stdint.h>

enum {
	ALERT_WEBHOOK_QUEUE = 64,
	ALERT_WEBHOOK_TRIES = 5, /* with 1, 2, 4 and 8 s between them */
	ALERT_WEBHOOK_CONNECT_MS = 5000,
	ALERT_WEBHOOK_TOTAL_MS = 10000, /* of one try */
};

struct alert_webhook;

struct alert_webhook_counts {
	uint64_t delivered;
	uint64_t refused;  /* the server said no, or all tries failed */
	uint64_t dropped;  /* too many were waiting, or weir ended first */
};

/*
 * `url`: http or https, or "@FILE", whose first line is one (URLs of webhooks are often secret, and command lines are not). Logs one
 * sentence on failure. Returns 0, -EINVAL for wrong usage, or another -errno.
 */
int alert_webhook_open(const char *url, struct alert_webhook **ret_webhook);

/* Never blocks. `document` is the webhook's from now on; NULL is dropped. */
void alert_webhook_send(struct alert_webhook *webhook, char *document);

/* Log, in a sentence each, that the server cannot be reached, and that it can again; from time to time, by the thread that logs. */
void alert_webhook_say(struct alert_webhook *webhook);

/* Wait up to `patience_ns` for what is not sent yet, then give it up, and end the thread. */
struct alert_webhook_counts alert_webhook_finish(struct alert_webhook *webhook, uint64_t patience_ns);
void alert_webhook_free(struct alert_webhook **webhook); /* finishes without patience, if nobody has */

#endif
