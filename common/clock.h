/* SPDX-License-Identifier: ISC */
/*
 * clock: the two clocks, read once per wake-up at the ends and passed inwards as an argument.
 * Touches the system clock; nothing that is tested without I/O may call it.
 */
#pragma once

#include <stdint.h>
#include <sys/time.h>

/* Milliseconds of CLOCK_BOOTTIME: never set back, goes on during suspend. For timers and intervals.
 */
uint64_t clock_mono_ms(void);

/* Milliseconds since 1970-01-01 UTC. For records, TSIG and people; may jump. */
uint64_t clock_wall_ms(void);

/* A wait as timers take it. */
static inline struct timeval clock_timeval(uint64_t ms)
{
	return (struct timeval){.tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000 * 1000)};
}

/* "2026-11-23T14:05:06Z" for a wall clock time; "-" for 0 and beyond the year 9999. Gives `ret`
 * back. */
#define CLOCK_TEXT 24
const char *clock_print(uint64_t wall_ms, char ret[CLOCK_TEXT]);
