/* SPDX-License-Identifier: ISC */
#include "days.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct peer {
	struct days *days;
	struct event *event;
	size_t length;
	uint8_t bytes[WORLD_SAMPLE_BYTES + 1];
};

/* Hellos by number. */

static void make_hello(unsigned number, uint8_t ret[WORLD_SAMPLE_BYTES])
{
	memcpy(ret, world_sample(), WORLD_SAMPLE_BYTES);
	memcpy(ret + 8, &number, sizeof(number));
	ret[4] = (uint8_t)(number * 7);
	ret[WORLD_SAMPLE_BYTES - 1] = (uint8_t)(number * 13);
}

static unsigned many_networks(unsigned number)
{
	return 0x7f0900u + number / 200;
}

/* The core. */

static void judge_arrival(struct days *days, const struct peer *peer)
{
	uint8_t expected[WORLD_SAMPLE_BYTES];
	unsigned number;

	if (peer->length == 0)
		return; /* nothing was said: killed in between */
	memcpy(&number, peer->bytes + 8, sizeof(number));
	if (peer->length == sizeof(expected) && number < days->begun) {
		make_hello(number, expected);
		if (memcmp(peer->bytes, expected, sizeof(expected)) == 0) {
			days->arrivals[number]++;
			return;
		}
	}
	days->mangled++;
}

static void on_peer(evutil_socket_t fd, short what, void *user)
{
	struct peer *peer = user;
	ssize_t count = recv(fd, peer->bytes + peer->length, sizeof(peer->bytes) - peer->length, 0);

	(void)what;
	if (count > 0) {
		peer->length += (size_t)count;
		return;
	}
	/* A connection that broke is a hello that is tried again, not one that arrived. */
	if (count == 0)
		judge_arrival(peer->days, peer);
	event_free(peer->event);
	close(fd);
	free(peer);
}

static void on_core(evutil_socket_t listener, short what, void *user)
{
	struct days *days = user;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer *peer = fd >= 0 ? calloc(1, sizeof(*peer)) : NULL;

	(void)what;
	if (!peer)
		return;
	peer->days = days;
	peer->event = event_new(days->base, fd, EV_READ | EV_PERSIST, on_peer, peer);
	event_add(peer->event, NULL);
}

static int listen_on(struct endpoint at)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(at, &name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&name, size), 0);
	assert_int_equal(listen(fd, 4096), 0);
	return fd;
}

void days_set_core(struct days *days, bool up)
{
	if (up == (days->core_event != NULL))
		return;
	if (!up) {
		event_free(days->core_event);
		days->core_event = NULL;
		close(days->core_fd);
		return;
	}
	days->core_fd = listen_on(days->core);
	days->core_event = event_new(days->base, days->core_fd, EV_READ | EV_PERSIST, on_core,
				     days);
	event_add(days->core_event, NULL);
}

/* amtnetd. */

void days_configure(const struct days *days, const char *more)
{
	FILE *file = fopen(days->config, "w");
	char listen[ENDPOINT_TEXT], core[ENDPOINT_TEXT];

	assert_non_null(file);
	fprintf(file,
		"state: %s/amtnetd.db\nlease: {socket: %s/lease.sock}\n"
		"control: {socket: %s/control.sock}\nhello:\n  listen: [\"%s\"]\n"
		"  max-per-address: 1000\n%s"
		"  cores: [{name: core, address: \"%s\", watch: 0s}]\n",
		days->directory, days->directory, days->directory, endpoint_print(days->to, listen),
		more, endpoint_print(days->core, core));
	fclose(file);
}

void days_start(struct days *days)
{
	days->daemon = fork();
	assert_true(days->daemon >= 0);
	if (days->daemon > 0)
		return;
	if (!freopen(days->log, "a", stderr))
		_exit(126);
	execl(AMTNETD, "amtnetd", "-c", days->config, (char *)NULL);
	_exit(127);
}

static bool listens(struct days *days)
{
	int fd = world_try_connect("127.0.0.2", days->to);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void say(struct days *days);

static bool turn(void *user)
{
	struct days *days = user;

	while (days->begun < days->wanted && days->open < DAYS_OPEN_MAX)
		say(days);
	return days->holds(days);
}

void days_expect(struct days *days, bool (*holds)(struct days *days))
{
	days->holds = holds;
	if (world_wait(days->base, turn, days) || world_wait(days->base, turn, days) ||
	    world_wait(days->base, turn, days))
		return;
	fail_msg("begun %u, open %u, acknowledged %u, mangled %u; %s", days->begun, days->open,
		 days->acknowledged, days->mangled, days->log);
}

void days_run(struct days *days)
{
	days_start(days);
	days_expect(days, listens);
}

long days_resident_most(const struct days *days)
{
	char path[64], line[128];
	long most = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)days->daemon);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %ld", &most) == 1)
			break;
	if (file)
		fclose(file);
	return most;
}

/* The PCs. */

static void leave(struct days_pc *pc, enum days_fate fate)
{
	struct days *days = pc->days;

	days->fates[pc->number] = fate;
	days->acknowledged += fate == DAYS_ACKNOWLEDGED;
	days->open--;
	event_free(pc->event);
	close(pc->fd);
	*pc = (struct days_pc){0};
}

static void on_pc(evutil_socket_t fd, short what, void *user)
{
	struct days_pc *pc = user;
	uint8_t bytes[WORLD_SAMPLE_BYTES];
	ssize_t count;

	if (what & EV_WRITE) {
		make_hello(pc->number, bytes);
		if (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) != sizeof(bytes)) {
			leave(pc, DAYS_UNSURE);
			return;
		}
		shutdown(fd, SHUT_WR);
		event_assign(pc->event, pc->days->base, fd, EV_READ | EV_PERSIST, on_pc, pc);
		event_add(pc->event, NULL);
		return;
	}
	count = recv(fd, bytes, sizeof(bytes), 0);
	leave(pc, count == 0 ? DAYS_ACKNOWLEDGED : DAYS_UNSURE);
}

static void say(struct days *days)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(days->to, &to);
	struct days_pc *pc = days->pcs;

	while (pc->event)
		pc++;
	from.sin_addr.s_addr = htonl(days->network(days->begun) << 8 | (1 + days->begun % 200));
	pc->days = days;
	pc->number = days->begun++;
	pc->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(pc->fd, (struct sockaddr *)&from, sizeof(from)), 0);
	pc->event = event_new(days->base, pc->fd, EV_WRITE, on_pc, pc);
	event_add(pc->event, NULL);
	days->fates[pc->number] = DAYS_ON_ITS_WAY;
	days->open++;
	if (connect(pc->fd, (struct sockaddr *)&to, size) < 0 && errno != EINPROGRESS)
		leave(pc, DAYS_UNSURE);
}

/* What is closed before the signal was closed by amtnetd; what the kernel closes afterwards says
 * nothing. */
void days_kill(struct days *days)
{
	event_base_loop(days->base, EVLOOP_NONBLOCK);
	kill(days->daemon, SIGKILL);
	waitpid(days->daemon, NULL, 0);
	days->daemon = 0;
	for (size_t i = 0; i < DAYS_OPEN_MAX; i++)
		if (days->pcs[i].event)
			leave(&days->pcs[i], DAYS_UNSURE);
}

bool days_log_has(const struct days *days, const char *text)
{
	char line[1024];
	bool found = false;
	FILE *file = fopen(days->log, "r");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, text) != NULL;
	if (file)
		fclose(file);
	return found;
}

/* Begin and end. */

/* While amtnetd is dead, another test's socket may take its port: as root we are alone. */
static void leave_others(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &loopback), 0);
	close(fd);
}

int days_begin(void **state)
{
	struct days *days = calloc(1, sizeof(*days));

	snprintf(days->directory, sizeof(days->directory), "%s", "/tmp/amtnet-days-XXXXXX");
	if (!mkdtemp(days->directory))
		return -1;
	snprintf(days->config, sizeof(days->config), "%s/amtnetd.yaml", days->directory);
	snprintf(days->log, sizeof(days->log), "%s.log", days->directory);
	leave_others();
	days->base = event_base_new();
	days->to = world_loopback(world_free_port());
	days->core = world_loopback(world_free_port());
	days->network = many_networks;
	*state = days;
	return 0;
}

int days_end(void **state)
{
	struct days *days = *state;
	char command[128];

	if (days->daemon > 0)
		days_kill(days);
	days_set_core(days, false);
	event_base_free(days->base);
	umount(days->directory);
	snprintf(command, sizeof(command), "rm -rf %s %s", days->directory, days->log);
	free(days);
	return system(command);
}
