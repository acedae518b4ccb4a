/* SPDX-License-Identifier: ISC */
/*
 * ready: what systemd and the daemon tell each other: readiness and the watchdog (sd_notify(3)), the
 * listening sockets (sd_listen_fds(3)), and whether standard error is the journal. Without systemd all
 * of it does nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READY_LISTENERS_MAX 16

/* One assignment, "READY=1", "RELOADING=1", "STOPPING=1" or "WATCHDOG=1". */
void ready_say(const char *assignment);

/* WATCHDOG_USEC when it is meant for this process, else 0. */
uint64_t ready_watchdog_us(void);

/* Duplicates of the sockets handed over, so that a reload can take them again; the caller closes them.
 * Returns how many. */
size_t ready_listeners(int ret[READY_LISTENERS_MAX]);

bool ready_is_journal(void);
