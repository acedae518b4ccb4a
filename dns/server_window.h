/* SPDX-License-Identifier: ISC */
/*
 * server_window: how many messages one name server may owe us an answer for. More in flight serve it
 * better (Knot applies what has come as one change) until it loses some (BIND drops updates silently
 * above 100) or answers slowly: then half as many, at most once per second. Pure.
 */
#pragma once

#include <stdint.h>

#define SERVER_WINDOW_MAX 64
#define SERVER_WINDOW_FIRST 16
#define SERVER_WINDOW_SLOW_MS 2000 /* an answer that took longer counts as congestion */

struct server_window {
	unsigned size;      /* 1 to SERVER_WINDOW_MAX */
	uint64_t shrunk_ms; /* 0 = never */
};

void server_window_init(struct server_window *window);
void server_window_answered(struct server_window *window, uint64_t now_ms, uint64_t sent_ms);
/* No answer came to a message. */
void server_window_lost(struct server_window *window, uint64_t now_ms);
