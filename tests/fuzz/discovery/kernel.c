/* SPDX-License-Identifier: ISC */
#include "kernel.h"

#include "common/addr.h"
#include "common/endpoint.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define FIRST_FD 100000 /* no descriptor that the process has */
#define TIMERS 8

/* Their names are the linker's. */
int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags);
int __wrap_close(int fd);
int __wrap_event_add(struct event *event, const struct timeval *wait);
int __wrap_event_del(struct event *event);
int __wrap_event_pending(const struct event *event, short what, struct timeval *ret);
uint64_t __wrap_clock_mono_ms(void);

enum peer_state {
	PEER_WAITING, /* to be accepted */
	PEER_OPEN,
	PEER_CLOSED,
};

struct peer {
	enum peer_state state;
	struct endpoint endpoint;
	const uint8_t *bytes; /* all that it sent */
	size_t length, taken;
	bool ended, reset;
	struct event *readable; /* NULL = nobody waits */
};

static struct peer peers[KERNEL_PEERS];
static int peer_count, next_waiting;
static struct event *acceptable;
static bool exhausted;
static uint64_t now_ms = 1000;
static struct timer {
	struct event *event; /* NULL = free */
	uint64_t due_ms;
} timers[TIMERS];

static struct peer *peer_of(int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + peer_count ? &peers[fd - FIRST_FD] : NULL;
}

/* What the program calls. */

uint64_t __wrap_clock_mono_ms(void)
{
	return now_ms;
}

int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags)
{
	struct sockaddr_storage name = {0};
	struct peer *peer = &peers[next_waiting];

	(void)fd, (void)flags;
	if (exhausted) {
		exhausted = false;
		errno = EMFILE;
		return -1;
	}
	if (next_waiting == peer_count) {
		errno = EAGAIN;
		return -1;
	}
	*size = endpoint_to_sockaddr(peer->endpoint, &name);
	memcpy(from, &name, *size);
	peer->state = PEER_OPEN;
	return FIRST_FD + next_waiting++;
}

ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags)
{
	struct peer *peer = peer_of(fd);
	size_t left;

	(void)flags;
	assert(peer && peer->state == PEER_OPEN);
	left = peer->length - peer->taken;
	if (left > 0) {
		if (left < size)
			size = left;
		memcpy(bytes, peer->bytes + peer->taken, size);
		peer->taken += size;
		return (ssize_t)size;
	}
	if (peer->ended && !peer->reset)
		return 0;
	errno = peer->ended ? ECONNRESET : EAGAIN;
	return -1;
}

int __wrap_close(int fd)
{
	struct peer *peer = peer_of(fd);

	assert(peer && peer->state == PEER_OPEN && !peer->readable);
	peer->state = PEER_CLOSED;
	return 0;
}

static struct timer *timer_of(const struct event *event)
{
	for (size_t i = 0; i < TIMERS; i++)
		if (timers[i].event == event)
			return &timers[i];
	return NULL;
}

int __wrap_event_add(struct event *event, const struct timeval *wait)
{
	int fd = event_get_fd(event);
	struct timer *timer;

	if (fd >= FIRST_FD) {
		assert(peer_of(fd) && peer_of(fd)->state == PEER_OPEN);
		peer_of(fd)->readable = event;
	} else if (fd >= 0) {
		acceptable = event;
	} else {
		timer = timer_of(event) ? timer_of(event) : timer_of(NULL);
		assert(timer && wait);
		timer->event = event;
		timer->due_ms = now_ms + (uint64_t)wait->tv_sec * 1000 +
				(uint64_t)wait->tv_usec / 1000;
	}
	return 0;
}

int __wrap_event_del(struct event *event)
{
	int fd = event_get_fd(event);

	if (fd >= FIRST_FD)
		peer_of(fd)->readable = NULL;
	else if (fd >= 0)
		acceptable = NULL;
	else if (timer_of(event))
		timer_of(event)->event = NULL;
	return 0;
}

int __wrap_event_pending(const struct event *event, short what, struct timeval *ret)
{
	(void)ret;
	assert(what == EV_TIMEOUT);
	return timer_of(event) ? EV_TIMEOUT : 0;
}

/* What the run does. */

void kernel_reset(void)
{
	assert(kernel_held() == 0 && kernel_waiting() == 0);
	peer_count = next_waiting = 0;
	exhausted = false;
}

int kernel_connect(uint8_t network, uint8_t host, bool ip6)
{
	uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0, host};

	if (peer_count == KERNEL_PEERS)
		return -1;
	peers[peer_count] = (struct peer){
		.endpoint.addr = ip6 ? addr_ip6(bytes)
				     : addr_ip4(0x0a000000u | (uint32_t)network << 8 | host),
		.endpoint.port = (uint16_t)peer_count,
	};
	return peer_count++;
}

void kernel_send(int peer, const uint8_t *bytes, size_t length)
{
	if (peers[peer].ended)
		return;
	if (peers[peer].length == 0)
		peers[peer].bytes = bytes;
	assert(peers[peer].bytes + peers[peer].length == bytes || length == 0);
	peers[peer].length += length;
}

void kernel_end(int peer, bool reset)
{
	if (peers[peer].ended)
		return;
	peers[peer].ended = true;
	peers[peer].reset = reset;
}

void kernel_exhaust(void)
{
	exhausted = true;
}

static bool run_acceptable(void)
{
	if (!acceptable || (next_waiting == peer_count && !exhausted))
		return false;
	event_get_callback(acceptable)(event_get_fd(acceptable), EV_READ,
				       event_get_callback_arg(acceptable));
	return true;
}

static bool run_readable(struct peer *peer)
{
	struct event *event = peer->readable;

	if (!event || (peer->taken == peer->length && !peer->ended))
		return false;
	event_get_callback(event)(event_get_fd(event), EV_READ, event_get_callback_arg(event));
	return true;
}

static bool run_timer(struct timer *timer)
{
	struct event *event = timer->event;

	if (!event || timer->due_ms > now_ms)
		return false;
	timer->event = NULL;
	event_get_callback(event)(-1, EV_TIMEOUT, event_get_callback_arg(event));
	return true;
}

void kernel_run(void)
{
	bool busy = true;

	while (busy) {
		busy = run_acceptable();
		for (int i = 0; i < peer_count; i++)
			busy = run_readable(&peers[i]) || busy;
		for (size_t i = 0; i < TIMERS; i++)
			busy = run_timer(&timers[i]) || busy;
	}
}

void kernel_sleep(uint64_t ms)
{
	now_ms += ms;
}

size_t kernel_taken(int peer)
{
	return peers[peer].taken;
}

size_t kernel_waiting(void)
{
	return (size_t)(peer_count - next_waiting);
}

size_t kernel_held(void)
{
	size_t held = 0;

	for (int i = 0; i < peer_count; i++)
		held += peers[i].state == PEER_OPEN;
	return held;
}
