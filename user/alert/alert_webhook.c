/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_webhook.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/curl_library.h"
#include "base/log.h"
#include "base/version.h"

enum { FAULT_MAX = 240, URL_MAX = 2048 };

struct alert_webhook {
	struct curl_library curl;
	char *url, *server; /* owned; the server is "host:port", which may be shown */
	CURL *easy;
	CURLM *multi;
	struct curl_slist *headers;
	pthread_t thread;
	bool runs; /* the thread */

	/* below, both threads'; under the lock */
	pthread_mutex_t lock;
	pthread_cond_t idle; /* nothing is left to send, or the thread has ended */
	char *queue[ALERT_WEBHOOK_QUEUE];
	size_t queue_count;
	bool busy, quit, ended;
	struct alert_webhook_counts counts;
	char fault[FAULT_MAX]; /* why a try failed, not yet said; "": none did */
	bool fails;            /* the last try did */
	bool complained;       /* the main thread's: that was said */
};

/* How a try went. */
enum outcome { DELIVERED, WORTH_ANOTHER, HOPELESS, CUT_SHORT };

/* ---- the thread: one document at a time ---------------------------------------------------------- */

static bool is_told_to_quit(struct alert_webhook *w)
{
	bool quit;

	pthread_mutex_lock(&w->lock);
	quit = w->quit;
	pthread_mutex_unlock(&w->lock);
	return quit;
}

static void set_fault(struct alert_webhook *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void set_fault(struct alert_webhook *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	pthread_mutex_lock(&w->lock);
	vsnprintf(w->fault, sizeof(w->fault), format, args);
	w->fails = true;
	pthread_mutex_unlock(&w->lock);
	va_end(args);
}

static size_t ignore_body(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

/* What the server meant by its answer: RFC 9110, and Alertmanager's way to retry (5xx, and 429). */
static enum outcome judge_status(struct alert_webhook *w, long status)
{
	if (status >= 200 && status < 300) {
		pthread_mutex_lock(&w->lock);
		w->fails = false;
		pthread_mutex_unlock(&w->lock);
		return DELIVERED;
	}
	set_fault(w, "it answered with HTTP status %ld", status);
	return status >= 500 || status == 429 || status == 408 ? WORTH_ANOTHER : HOPELESS;
}

static enum outcome judge(struct alert_webhook *w, CURLcode result)
{
	long status = 0;

	if (result != CURLE_OK) {
		set_fault(w, "%s", w->curl.curl_easy_strerror(result));
		return WORTH_ANOTHER;
	}
	w->curl.curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &status);
	return judge_status(w, status);
}

/* Drive the transfer to its end, or until somebody wakes the thread to quit. */
static enum outcome transfer(struct alert_webhook *w)
{
	int running = 1, left;
	CURLMsg *message;

	while (running) {
		if (w->curl.curl_multi_perform(w->multi, &running)) {
			set_fault(w, "%s", "libcurl failed");
			return WORTH_ANOTHER;
		}
		if (running && is_told_to_quit(w))
			return CUT_SHORT;
		if (running)
			w->curl.curl_multi_poll(w->multi, NULL, 0, 1000, NULL);
	}
	message = w->curl.curl_multi_info_read(w->multi, &left);
	return judge(w, message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_GOT_NOTHING);
}

static enum outcome post(struct alert_webhook *w, const char *document)
{
	enum outcome outcome;

	w->curl.curl_easy_setopt(w->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(document));
	w->curl.curl_easy_setopt(w->easy, CURLOPT_POSTFIELDS, document);
	if (w->curl.curl_multi_add_handle(w->multi, w->easy)) {
		set_fault(w, "%s", "libcurl failed");
		return WORTH_ANOTHER;
	}
	outcome = transfer(w);
	w->curl.curl_multi_remove_handle(w->multi, w->easy);
	return outcome;
}

/* Returns false when told to quit. */
static bool wait_before(struct alert_webhook *w, unsigned attempt)
{
	uint64_t until_ns = clock_ns() + (1000000000ULL << (attempt - 1));

	for (uint64_t now_ns = clock_ns(); now_ns < until_ns; now_ns = clock_ns()) {
		if (is_told_to_quit(w))
			return false;
		w->curl.curl_multi_poll(w->multi, NULL, 0, (int)((until_ns - now_ns) / 1000000) + 1, NULL);
	}
	return true;
}

static enum outcome deliver(struct alert_webhook *w, const char *document)
{
	enum outcome outcome = post(w, document);

	for (unsigned attempt = 1; outcome == WORTH_ANOTHER && attempt < ALERT_WEBHOOK_TRIES; attempt++)
		outcome = wait_before(w, attempt) ? post(w, document) : CUT_SHORT;
	return outcome;
}

/* The next document, or NULL: none is there. */
static char *queue_take(struct alert_webhook *w)
{
	char *document = NULL;

	pthread_mutex_lock(&w->lock);
	if (w->queue_count) {
		document = w->queue[0];
		memmove(w->queue, w->queue + 1, --w->queue_count * sizeof(w->queue[0]));
	}
	w->busy = document != NULL;
	if (!document)
		pthread_cond_broadcast(&w->idle);
	pthread_mutex_unlock(&w->lock);
	return document;
}

static void count(struct alert_webhook *w, enum outcome outcome)
{
	pthread_mutex_lock(&w->lock);
	if (outcome == DELIVERED)
		w->counts.delivered++;
	else if (outcome == CUT_SHORT)
		w->counts.dropped++;
	else
		w->counts.refused++;
	pthread_mutex_unlock(&w->lock);
}

static void *run(void *context)
{
	struct alert_webhook *w = context;

	while (!is_told_to_quit(w)) {
		_cleanup_free_ char *document = queue_take(w);

		if (document)
			count(w, deliver(w, document));
		else
			w->curl.curl_multi_poll(w->multi, NULL, 0, 60000, NULL); /* until it is woken */
	}
	pthread_mutex_lock(&w->lock);
	w->busy = false;
	w->ended = true;
	pthread_cond_broadcast(&w->idle);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- beginning ----------------------------------------------------------------------------------- */

/* The URL itself, or the first line of the file that it names. The caller frees. */
static int read_url(const char *url, char **ret_url)
{
	_cleanup_fclose_ FILE *file = NULL;
	char line[URL_MAX + 2] = "";

	if (url[0] != '@') {
		*ret_url = strdup(url);
		return *ret_url ? 0 : -ENOMEM;
	}
	file = fopen(url + 1, "re");
	if (!file || (!fgets(line, sizeof(line), file) && ferror(file))) {
		int err = errno ?: EIO;

		log_error("--webhook %s: cannot read %s: %s", url, url + 1, strerror(err));
		return -EIO;
	}
	line[strcspn(line, " \t\r\n")] = '\0';
	*ret_url = strdup(line);
	return *ret_url ? 0 : -ENOMEM;
}

/* Is it one? And its server, without what may be secret in it. */
static int check_url(struct alert_webhook *w)
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	CURLU *parts = w->curl.curl_url();
	bool good = parts && strlen(w->url) <= URL_MAX && !w->curl.curl_url_set(parts, CURLUPART_URL, w->url, 0) &&
		    !w->curl.curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) &&
		    !w->curl.curl_url_get(parts, CURLUPART_HOST, &host, 0) &&
		    !w->curl.curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) &&
		    (!strcmp(scheme, "http") || !strcmp(scheme, "https"));
	int err = 0;

	if (!good) {
		log_error("--webhook: that is no URL, expected http://HOST[:PORT]/PATH, https://..., or @FILE with one in it");
		err = -EINVAL;
	} else if (asprintf(&w->server, "%s:%s", host, port) < 0) {
		w->server = NULL;
		err = -ENOMEM;
	}
	w->curl.curl_free(scheme);
	w->curl.curl_free(host);
	w->curl.curl_free(port);
	w->curl.curl_url_cleanup(parts);
	return err;
}

static int prepare(struct alert_webhook *w)
{
	const struct curl_library *c = &w->curl;

	w->easy = c->curl_easy_init();
	w->multi = c->curl_multi_init();
	w->headers = c->curl_slist_append(NULL, "Content-Type: application/json");
	/* A small document need not ask first whether it may come, and wait a second for an answer. */
	if (!w->easy || !w->multi || !w->headers || !c->curl_slist_append(w->headers, "Expect:"))
		return -ENOMEM;
	c->curl_easy_setopt(w->easy, CURLOPT_URL, w->url);
	c->curl_easy_setopt(w->easy, CURLOPT_POST, 1L);
	c->curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, w->headers);
	c->curl_easy_setopt(w->easy, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	c->curl_easy_setopt(w->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)ALERT_WEBHOOK_CONNECT_MS);
	c->curl_easy_setopt(w->easy, CURLOPT_TIMEOUT_MS, (long)ALERT_WEBHOOK_TOTAL_MS);
	c->curl_easy_setopt(w->easy, CURLOPT_NOSIGNAL, 1L);
	/* A name that is being looked up cannot be called off: do not wait for the thread that does it. */
	c->curl_easy_setopt(w->easy, CURLOPT_QUICK_EXIT, 1L);
	c->curl_easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, ignore_body);
	return 0;
}

/* Signals are for the main thread; among them SIGPIPE, which a server that hangs up would cause. */
static int start(struct alert_webhook *w)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->runs = !err;
	if (err)
		log_error("cannot start a thread for --webhook: %s", strerror(err));
	return -err;
}

static void init_lock(struct alert_webhook *w)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&w->idle, &attributes);
	pthread_condattr_destroy(&attributes);
}

int alert_webhook_open(const char *url, struct alert_webhook **ret_webhook)
{
	_cleanup_(alert_webhook_free) struct alert_webhook *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	init_lock(w);
	err = curl_library_load(&w->curl) ?: read_url(url, &w->url);
	err = err ?: check_url(w) ?: prepare(w) ?: start(w);
	if (!err)
		*ret_webhook = TAKE_PTR(w);
	return err;
}

/* ---- the other threads --------------------------------------------------------------------------- */

void alert_webhook_send(struct alert_webhook *webhook, char *document)
{
	char *dropped = NULL;

	if (!document)
		return;
	pthread_mutex_lock(&webhook->lock);
	if (webhook->queue_count == ALERT_WEBHOOK_QUEUE) {
		dropped = webhook->queue[0];
		memmove(webhook->queue, webhook->queue + 1, --webhook->queue_count * sizeof(webhook->queue[0]));
		webhook->counts.dropped++;
	}
	webhook->queue[webhook->queue_count++] = document;
	pthread_mutex_unlock(&webhook->lock);
	free(dropped);
	webhook->curl.curl_multi_wakeup(webhook->multi);
}

void alert_webhook_say(struct alert_webhook *webhook)
{
	char fault[FAULT_MAX];
	bool fails;

	pthread_mutex_lock(&webhook->lock);
	memcpy(fault, webhook->fault, sizeof(fault));
	webhook->fault[0] = '\0';
	fails = webhook->fails;
	pthread_mutex_unlock(&webhook->lock);
	if (fault[0] && !webhook->complained)
		log_warning("--webhook: cannot deliver to %s: %s", webhook->server, fault);
	webhook->complained |= fault[0] != '\0';
	if (webhook->complained && !fails) {
		log_warning("--webhook: %s takes what it is sent again", webhook->server);
		webhook->complained = false;
	}
}

static struct timespec time_at(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };
}

/* Until nothing is left to send. */
static void wait_idle(struct alert_webhook *w, uint64_t patience_ns)
{
	struct timespec until = time_at(clock_ns() + patience_ns);

	pthread_mutex_lock(&w->lock);
	while ((w->busy || w->queue_count) && !w->ended)
		if (pthread_cond_timedwait(&w->idle, &w->lock, &until))
			break;
	w->quit = true;
	pthread_mutex_unlock(&w->lock);
	w->curl.curl_multi_wakeup(w->multi);
}

struct alert_webhook_counts alert_webhook_finish(struct alert_webhook *webhook, uint64_t patience_ns)
{
	struct alert_webhook_counts counts;

	if (webhook->runs) {
		wait_idle(webhook, patience_ns);
		pthread_join(webhook->thread, NULL);
		webhook->runs = false;
	}
	webhook->counts.dropped += webhook->queue_count;
	for (; webhook->queue_count; webhook->queue_count--)
		free(webhook->queue[webhook->queue_count - 1]);
	counts = webhook->counts;
	return counts;
}

static void handles_free(struct alert_webhook *w)
{
	if (w->easy)
		w->curl.curl_easy_cleanup(w->easy);
	if (w->multi)
		w->curl.curl_multi_cleanup(w->multi);
	if (w->headers)
		w->curl.curl_slist_free_all(w->headers);
}

void alert_webhook_free(struct alert_webhook **webhook)
{
	struct alert_webhook *w = *webhook;

	if (!w)
		return;
	*webhook = NULL;
	alert_webhook_finish(w, 0);
	handles_free(w);
	pthread_cond_destroy(&w->idle);
	pthread_mutex_destroy(&w->lock);
	free(w->url);
	free(w->server);
	free(w);
}
