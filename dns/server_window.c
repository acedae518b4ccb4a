/* SPDX-License-Identifier: ISC */
#include "dns/server_window.h"

#define SHRINK_PAUSE_MS 1000 /* what was in flight together is slow or lost together */

void server_window_init(struct server_window *window)
{
	*window = (struct server_window){.size = SERVER_WINDOW_FIRST};
}

void server_window_answered(struct server_window *window, uint64_t now_ms, uint64_t sent_ms)
{
	if (now_ms > sent_ms + SERVER_WINDOW_SLOW_MS)
		server_window_lost(window, now_ms);
	else if (window->size < SERVER_WINDOW_MAX)
		window->size++;
}

void server_window_lost(struct server_window *window, uint64_t now_ms)
{
	if (window->shrunk_ms && now_ms < window->shrunk_ms + SHRINK_PAUSE_MS)
		return;
	window->shrunk_ms = now_ms;
	window->size = window->size > 1 ? window->size / 2 : 1;
}
