/* SPDX-License-Identifier: ISC */
#include "sim.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"

#include <event2/event.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_MS UINT64_C(1700000000000) /* the wall clock when a history begins */
#define STEPS_MAX 2000000                /* what is due without end is a failure */

struct due {
	struct due *next;
	uint64_t at_ms;
	void (*call)(void *user);
	void *user;
	const void *owner;
};

static struct {
	uint64_t now_ms, random;
	struct due *first;
	bool trace, failed;
	char failure[1000];
	unsigned long steps;
} world;

struct sim_plan sim_plan;
bool sim_calm;

void sim_begin(uint64_t seed, bool trace)
{
	memset(&world, 0, sizeof world);
	world.now_ms = 1000;
	world.random = seed;
	world.trace = trace;
	sim_calm = false;
}

uint64_t sim_now_ms(void)
{
	return world.now_ms;
}

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t z = world.random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t sim_random(uint32_t below)
{
	return (uint32_t)(next_random() % below);
}

bool sim_chance(uint32_t percent)
{
	return sim_random(100) < percent;
}

void sim_after(uint64_t wait_ms, void (*call)(void *user), void *user, const void *owner)
{
	struct due *due = calloc(1, sizeof *due), **at = &world.first;

	if (!due)
		abort();
	*due = (struct due){
		.at_ms = world.now_ms + wait_ms, .call = call, .user = user, .owner = owner};
	while (*at && (*at)->at_ms <= due->at_ms)
		at = &(*at)->next;
	due->next = *at;
	*at = due;
}

void sim_forget(const void *owner, void (*forget)(void *user))
{
	struct due **at = &world.first, *due;

	while ((due = *at)) {
		if (due->owner != owner) {
			at = &due->next;
			continue;
		}
		*at = due->next;
		if (forget)
			forget(due->user);
		free(due);
	}
}

void sim_run(uint64_t until_ms)
{
	struct due *due;

	while (!world.failed && (due = world.first) && due->at_ms <= until_ms) {
		world.first = due->next;
		world.now_ms = due->at_ms;
		due->call(due->user);
		free(due);
		if (++world.steps > STEPS_MAX)
			sim_fail("it never comes to rest");
	}
	if (!world.failed && world.now_ms < until_ms)
		world.now_ms = until_ms;
}

void sim_end(void)
{
	struct due *due;

	while ((due = world.first)) {
		world.first = due->next;
		free(due);
	}
}

static void put_line(const char *format, va_list arguments)
{
	uint64_t ms = world.now_ms;

	printf("# %3u:%02u:%02u.%03u ", (unsigned)(ms / SIM_HOUR), (unsigned)(ms / SIM_MINUTE % 60),
	       (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
	vprintf(format, arguments);
	putchar('\n');
}

void sim_trace(const char *format, ...)
{
	va_list arguments;

	if (!world.trace)
		return;
	va_start(arguments, format);
	put_line(format, arguments);
	va_end(arguments);
}

void sim_fail(const char *format, ...)
{
	va_list arguments;

	if (world.failed)
		return;
	world.failed = true;
	va_start(arguments, format);
	vsnprintf(world.failure, sizeof world.failure, format, arguments);
	va_end(arguments);
	sim_trace("FAILED: %s", world.failure);
}

const char *sim_failure(void)
{
	return world.failed ? world.failure : NULL;
}

/* In the place of common/clock, common/random and common/log ------------------------------------ */

uint64_t clock_mono_ms(void)
{
	return world.now_ms;
}

uint64_t clock_wall_ms(void)
{
	return EPOCH_MS + world.now_ms;
}

const char *clock_print(uint64_t wall_ms, char ret[CLOCK_TEXT])
{
	snprintf(ret, CLOCK_TEXT, "%llu", (unsigned long long)wall_ms);
	return ret;
}

void random_bytes(void *ret, size_t size)
{
	for (uint8_t *byte = ret; size > 0; size--)
		*byte++ = (uint8_t)next_random();
}

uint16_t random_u16(void)
{
	return (uint16_t)next_random();
}

uint32_t random_u32(void)
{
	return (uint32_t)next_random();
}

uint64_t random_u64(void)
{
	return next_random();
}

const char *const log_level_names[] = {"error", "warning", "info", "debug", NULL};

void log_setup(enum log_level level, bool journal)
{
}

bool log_wants(enum log_level level)
{
	return world.trace;
}

void log_line(enum log_level level, const char *area, const char *format, ...)
{
	va_list arguments;

	if (!world.trace)
		return;
	va_start(arguments, format);
	put_line(format, arguments);
	va_end(arguments);
}

bool log_gate_pass(struct log_gate *gate, uint64_t now_ms, uint32_t interval_ms, uint64_t *ret_held)
{
	*ret_held = 0;
	return true;
}

/* In the place of libevent's timers ------------------------------------------------------------- */

struct event {
	event_callback_fn call;
	void *user;
};

static void fire(void *user)
{
	struct event *event = user;

	event->call(-1, EV_TIMEOUT, event->user);
}

struct event *event_new(struct event_base *base, evutil_socket_t fd, short what,
			event_callback_fn call, void *user)
{
	struct event *event = calloc(1, sizeof *event);

	if (!event)
		abort();
	event->call = call;
	event->user = user;
	return event;
}

int event_add(struct event *event, const struct timeval *wait)
{
	sim_forget(event, NULL);
	sim_after((uint64_t)wait->tv_sec * 1000 + (uint64_t)wait->tv_usec / 1000, fire, event,
		  event);
	return 0;
}

int event_del(struct event *event)
{
	sim_forget(event, NULL);
	return 0;
}

void event_active(struct event *event, int what, short calls)
{
	sim_forget(event, NULL);
	sim_after(0, fire, event, event);
}

void event_free(struct event *event)
{
	sim_forget(event, NULL);
	free(event);
}
