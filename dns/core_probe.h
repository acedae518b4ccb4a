/* SPDX-License-Identifier: ISC */
/*
 * core_probe: checks whether a provisioning core takes hellos: connects to it, and, when asked, says a
 * real test hello and waits until the core has taken all of it. Raises `done` exactly once per check,
 * never from inside a function of this header. One object checks one core, one check at a time.
 */
#pragma once

#include "common/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct core_probe;

/* `words` NULL = good. */
typedef void core_probe_done(struct endpoint core, const char *words, void *user);

/* With `hello` it says the test hello; a core that does not know its UUID sees an unknown device. 0 or
 * -ENOMEM. */
int core_probe_new(struct core_probe **ret, struct event_base *base, struct endpoint core,
		   bool hello, uint32_t timeout_ms, core_probe_done *done, void *user);
/* Calls no done any more. NULL is allowed. */
void core_probe_free(struct core_probe *probe);
/* Begins a check in `wait_ms`. */
void core_probe_start(struct core_probe *probe, uint32_t wait_ms);
