/* SPDX-License-Identifier: ISC */
/*
 * lease_hook: the hook's end of amtnetd's lease socket, for programs that play Kea's: connects, says hello, says
 * events with their numbers, reads how far they are acknowledged. When the daemon goes away the
 * connection is closed, and what was not acknowledged has to be said again.
 */
#pragma once

#include "common/lease.h"

#include <stdbool.h>
#include <stdint.h>

struct lease_hook {
	const char *path; /* borrowed */
	uint64_t boot_id;
	int fd; /* -1 = not connected */
	unsigned sent, acknowledged, connections;
};

void lease_hook_init(struct lease_hook *hook, const char *path);
/* False when the daemon is not there. */
bool lease_hook_connect(struct lease_hook *hook);
/* Says the event with the next number. False when the daemon takes no more at the moment. */
bool lease_hook_say(struct lease_hook *hook, const struct lease_event *event);
/* Waits up to `timeout_ms` for something to read, or with `room` for room to say more, and takes it; a refusal ends
 * the program with its sentence. */
void lease_hook_wait(struct lease_hook *hook, int timeout_ms, bool room);
