/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, loaded when something is to be sent and not before: with the libraries behind it, it takes 3 MiB and 10 ms of each
 * start, which a tracer that talks to nobody need not pay. Functions bear the names that libcurl's manual has them under.
 */
#ifndef WEIR_CURL_LIBRARY_H
#define WEIR_CURL_LIBRARY_H

#include <curl/curl.h>

/* Through pointers, the macros that check types are out of the way. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define CURL_FUNCTIONS(function) \
	function(curl_global_init) function(curl_free) \
	function(curl_easy_init) function(curl_easy_cleanup) function(curl_easy_setopt) function(curl_easy_getinfo) \
	function(curl_easy_strerror) \
	function(curl_multi_init) function(curl_multi_cleanup) function(curl_multi_add_handle) \
	function(curl_multi_remove_handle) function(curl_multi_perform) function(curl_multi_poll) \
	function(curl_multi_wakeup) function(curl_multi_info_read) \
	function(curl_slist_append) function(curl_slist_free_all) \
	function(curl_url) function(curl_url_cleanup) function(curl_url_set) function(curl_url_get)

struct curl_library {
#define CURL_MEMBER(name) __typeof__(name) *name;
	CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
};

/* Load it, for good. To be called before there are threads. Returns 0, or -ENOENT (logged) where there is none. */
int curl_library_load(struct curl_library *ret_library);

#endif
