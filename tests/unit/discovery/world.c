/* SPDX-License-Identifier: ISC */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void must(bool holds)
{
	if (holds)
		return;
	perror("world");
	abort();
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what, (void)user;
}

static bool run_until(struct event_base *base, bool (*holds)(void *user), void *user, uint64_t ms)
{
	const struct timeval tick = {.tv_usec = 2000};
	struct event *ticker = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	uint64_t end = now_ms() + ms;
	bool held;

	event_add(ticker, &tick);
	while (!(held = holds && holds(user)) && now_ms() < end)
		event_base_loop(base, EVLOOP_ONCE);
	event_free(ticker);
	return held;
}

bool world_wait(struct event_base *base, bool (*holds)(void *user), void *user)
{
	return run_until(base, holds, user, WORLD_DEADLINE_MS);
}

void world_pass(struct event_base *base, unsigned ms)
{
	run_until(base, NULL, NULL, ms);
}

struct endpoint world_loopback(uint16_t port)
{
	return (struct endpoint){.addr = addr_ip4(INADDR_LOOPBACK), .port = port};
}

int world_try_connect(const char *source, struct endpoint to)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(to, &name);
	int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	if (name.ss_family == AF_INET) {
		struct sockaddr_in from = {.sin_family = AF_INET};

		must(inet_pton(AF_INET, source, &from.sin_addr) == 1);
		must(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0);
	}
	if (connect(fd, (struct sockaddr *)&name, size) < 0) {
		close(fd);
		return -1;
	}
	evutil_make_socket_nonblocking(fd);
	return fd;
}

int world_connect(const char *source, struct endpoint to)
{
	int fd = world_try_connect(source, to);

	if (fd < 0) {
		perror("connect");
		abort();
	}
	return fd;
}

void world_send(int fd, const void *bytes, size_t length)
{
	ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);

	must(count == (ssize_t)length);
}

void world_reset(int fd)
{
	const struct linger linger = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

void world_hang_up(int fd)
{
	close(fd);
}

bool world_is_closed(int fd)
{
	char byte;
	ssize_t count = recv(fd, &byte, 1, MSG_PEEK);

	return count == 0 || (count < 0 && errno != EAGAIN);
}

uint16_t world_free_port(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0);
	must(getsockname(fd, (struct sockaddr *)&name, &size) == 0);
	close(fd);
	return ntohs(name.sin_port);
}

const uint8_t *world_sample(void)
{
	static uint8_t bytes[WORLD_SAMPLE_BYTES];
	FILE *file = fopen(SAMPLE_PATH, "rb");

	if (!file || fread(bytes, 1, sizeof(bytes), file) != sizeof(bytes)) {
		perror(SAMPLE_PATH);
		abort();
	}
	fclose(file);
	return bytes;
}

/* The core. */

struct core_peer {
	struct test_core *core;
	struct event *event;
	int fd;
	bool over;
	struct core_hello hello;
	struct core_peer *next;
};

static void end_peer(struct core_peer *peer)
{
	event_free(peer->event);
	close(peer->fd);
	peer->over = true;
}

/* True when head and body of the request are there. */
static bool is_request(const struct core_hello *hello)
{
	const uint8_t *end = memmem(hello->bytes, hello->length, "\r\n\r\n", 4);
	const char *length = memmem(hello->bytes, hello->length, "Content-Length: ", 16);

	return end && length &&
	       hello->bytes + hello->length >= end + 4 + strtoul(length + 16, NULL, 10);
}

static void answer_request(struct core_peer *peer)
{
	struct test_core *core = peer->core;
	const char *answer = core->count > 0 && core->answer_after ? core->answer_after
								   : core->answer;

	core->hellos[core->count++] = peer->hello;
	world_send(peer->fd, answer, strlen(answer));
	end_peer(peer);
}

static void on_peer(evutil_socket_t fd, short what, void *user)
{
	struct core_peer *peer = user;
	struct test_core *core = peer->core;
	struct core_hello *hello = &peer->hello;
	static const char page[4096];
	ssize_t count;

	(void)what;
	if (core->script == CORE_FLOODS) {
		if (send(fd, page, sizeof(page), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		    errno != EAGAIN)
			end_peer(peer);
		return;
	}
	count = recv(fd, hello->bytes + hello->length, sizeof(hello->bytes) - hello->length, 0);
	if (count > 0) {
		hello->length += (size_t)count;
		hello->reads++;
		if (core->script == CORE_ANSWERS && is_request(hello))
			answer_request(peer);
		return;
	}
	if (count < 0 && errno == ECONNRESET)
		core->resets++;
	if (count == 0) {
		if (core->count < CORE_HELLOS_MAX)
			core->hellos[core->count] = *hello;
		core->count++;
	}
	if (count == 0 && core->script == CORE_KEEPS)
		event_del(peer->event);
	else if (count == 0 || errno != EAGAIN)
		end_peer(peer);
}

static void on_accept(evutil_socket_t listener, short what, void *user)
{
	struct test_core *core = user;
	static const char page[3000] = "HTTP/1.0 200 OK\r\n\r\n";
	struct core_peer *peer;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0)
		return;
	core->accepted++;
	if (core->script == CORE_RESETS) {
		world_reset(fd);
		return;
	}
	peer = calloc(1, sizeof(*peer));
	must(peer != NULL);
	peer->core = core;
	peer->fd = fd;
	peer->next = core->peers;
	core->peers = peer;
	if (core->script == CORE_CHATS)
		world_send(fd, page, sizeof(page));
	peer->event = event_new(core->base, fd,
				(core->script == CORE_FLOODS ? EV_WRITE : EV_READ) | EV_PERSIST,
				on_peer, peer);
	if (core->script != CORE_HANGS)
		event_add(peer->event, NULL);
}

void core_open(struct test_core *core, struct event_base *base, uint16_t port,
	       enum core_script script)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(world_loopback(port), &name);
	const int one = 1;

	*core = (struct test_core){.base = base, .script = script};
	core->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(core->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(core->fd, (struct sockaddr *)&name, size) < 0 || listen(core->fd, 64) < 0) {
		perror("core");
		abort();
	}
	size = sizeof(name);
	getsockname(core->fd, (struct sockaddr *)&name, &size);
	endpoint_from_sockaddr((struct sockaddr *)&name, &core->endpoint);
	core->hellos = calloc(CORE_HELLOS_MAX, sizeof(*core->hellos));
	core->event = event_new(base, core->fd, EV_READ | EV_PERSIST, on_accept, core);
	must(core->hellos != NULL && core->event != NULL);
	event_add(core->event, NULL);
}

void core_close(struct test_core *core)
{
	struct core_peer *peer;

	if (!core->event)
		return;
	while ((peer = core->peers)) {
		core->peers = peer->next;
		if (!peer->over)
			end_peer(peer);
		free(peer);
	}
	event_free(core->event);
	close(core->fd);
	free(core->hellos);
	*core = (struct test_core){0};
}
