/* SPDX-License-Identifier: ISC */
#include "netcheck/scan.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct event_base *base;
static struct probe_tcp_outcome last;
static unsigned wanted;

/* A list of endpoints; counts the states. */
struct list {
	struct endpoint items[600];
	size_t count;
	size_t named;
	unsigned states[PROBE_TCP_STATES];
	unsigned seen[600]; /* outcomes per endpoint */
};

static void on_outcome(const struct probe_tcp_outcome *outcome, uint64_t tag, void *user)
{
	struct list *list = user;

	last = *outcome;
	list->states[outcome->state]++;
	list->seen[tag]++;
	if (--wanted == 0)
		event_base_loopbreak(base);
}

static bool next_item(void *user, struct endpoint *ret, uint64_t *ret_tag)
{
	struct list *list = user;

	if (list->named == list->count)
		return false;
	*ret_tag = list->named;
	*ret = list->items[list->named++];
	return true;
}

static void add(struct scan *scan, struct list *list)
{
	const struct scan_source source = {next_item, on_outcome, list};

	assert_int_equal(scan_add(scan, &source), 0);
}

/* Loopback answers at once, and so may the rate be. */
static struct scan_options quick(void)
{
	struct scan_options options = scan_defaults;

	options.pace.rate = 100000;
	options.pace.start_rate = options.pace.unanswered = 0;
	options.pace.subnet_rate = options.pace.link_rate = 0;
	return options;
}

static struct endpoint loopback(const char *address, uint16_t port)
{
	struct endpoint to = {.port = port};

	assert_int_equal(addr_parse(address, &to.addr), 0);
	return to;
}

/* A bound socket, listening or not; its port in *ret. */
static int open_port(const char *address, int backlog, uint16_t *ret)
{
	struct endpoint at = loopback(address, 0);
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(at, &sockaddr);
	int fd = socket(sockaddr.ss_family, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sockaddr, size), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	size = sizeof(sockaddr);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sockaddr, &size), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &at), 0);
	*ret = at.port;
	return fd;
}

static void probe_one(const struct scan_options *options, struct endpoint to)
{
	struct list list = {.items = {to}, .count = 1};
	struct scan *scan;
	int r;

	wanted = 1;
	r = scan_new(&scan, base, options);
	if (r == -EPERM)
		skip(); /* raw sockets are not for everybody */
	assert_int_equal(r, 0);
	add(scan, &list);
	event_base_dispatch(base);
	assert_int_equal(wanted, 0);
	assert_int_equal(list.seen[0], 1);
	scan_free(scan);
}

static void a_listening_port_is_open(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	struct scan_options options = quick();

	options.raw = *state != NULL;
	for (size_t i = 0; i < 2; i++) {
		uint16_t port;
		int fd = open_port(addresses[i], 8, &port);

		probe_one(&options, loopback(addresses[i], port));
		assert_int_equal(last.state, PROBE_TCP_OPEN);
		assert_true(last.rtt_us > 0);
		assert_true(addr_equal(last.source, loopback(addresses[i], 0).addr));
		close(fd);
	}
}

static void a_port_without_listener_is_closed(void **state)
{
	struct scan_options options = quick();
	uint16_t port;
	int fd = open_port("127.0.0.1", -1, &port);

	options.raw = *state != NULL;
	probe_one(&options, loopback("127.0.0.1", port));
	assert_int_equal(last.state, PROBE_TCP_CLOSED);
	assert_false(last.error.icmp);
	close(fd);
}

/* Sockets of this machine that wait for an answer from a port of loopback (SYN_SENT is 02). */
static unsigned waiting_for(uint16_t port)
{
	FILE *file = fopen("/proc/net/tcp", "r");
	unsigned count = 0, to, state;
	char line[256];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %*[^ ] %*[^ ] %*8x:%4x %2x", &to, &state) == 2 && to == port &&
		    state == 2)
			count++;
	fclose(file);
	return count;
}

static struct {
	uint16_t port;
	unsigned before;
	unsigned most;
} watch;

static void count_attempts(evutil_socket_t fd, short what, void *user)
{
	unsigned now = waiting_for(watch.port);

	if (now > watch.before && now - watch.before > watch.most)
		watch.most = now - watch.before;
}

/* A full backlog drops the SYN, as a silent firewall does. */
static void silence_is_filtered_after_all_tries(void **state)
{
	struct scan_options options = quick();
	struct endpoint to;
	struct sockaddr_storage sockaddr;
	socklen_t size;
	const struct timeval often = {.tv_usec = 5000};
	struct event *event;
	int listener, fill[4];
	uint16_t port;

	listener = open_port("127.0.0.1", 0, &port);
	to = loopback("127.0.0.1", port);
	size = endpoint_to_sockaddr(to, &sockaddr);
	for (size_t i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&sockaddr, size);
	}
	watch.port = port;
	watch.before = waiting_for(port);
	watch.most = 0;
	event = event_new(base, -1, EV_PERSIST, count_attempts, NULL);
	assert_int_equal(event_add(event, &often), 0);
	options.pace.first_ms = 30;
	options.pace.final_ms = 60;
	probe_one(&options, to);
	assert_int_equal(last.state, PROBE_TCP_FILTERED);
	assert_int_equal(last.tries, 3);
	assert_int_equal(last.error.error, ETIMEDOUT);
	assert_int_equal(watch.most, 1); /* a try ends before the next begins */
	event_free(event);
	for (size_t i = 0; i < 4; i++)
		close(fill[i]);
	close(listener);
}

static void many_ports_keep_their_states_at_few_descriptors(void **state)
{
	struct scan_options options = quick();
	struct list list = {.count = 600};
	struct scan *scan;
	uint16_t open, closed;
	int listener = open_port("127.0.0.1", 1024, &open);
	int bound = open_port("127.0.0.1", -1, &closed);

	options.in_flight = 16;
	wanted = 600;
	for (unsigned i = 0; i < 600; i++)
		list.items[i] = loopback("127.0.0.1", i % 3 ? open : closed);
	assert_int_equal(scan_new(&scan, base, &options), 0);
	add(scan, &list);
	event_base_dispatch(base);
	assert_int_equal(list.states[PROBE_TCP_OPEN], 400);
	assert_int_equal(list.states[PROBE_TCP_CLOSED], 200);
	for (unsigned i = 0; i < 600; i++)
		assert_int_equal(list.seen[i], 1);
	assert_int_equal(scan_counters(scan).outcomes, 600);
	scan_free(scan);
	close(listener);
	close(bound);
}

/* With every descriptor taken the probe waits; when they are back, the state is right. */
static void free_descriptors(evutil_socket_t fd, short what, void *user)
{
	struct rlimit *limit = user;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, limit), 0);
}

static void a_shortage_pauses_and_records_nothing(void **state)
{
	struct timeval soon = {.tv_usec = 50000};
	struct rlimit limit, none;
	struct event *event;
	struct list list = {.count = 1};
	struct scan *scan;
	uint16_t port;
	int fd = open_port("127.0.0.1", 8, &port);

	list.items[0] = loopback("127.0.0.1", port);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(scan_new(&scan, base, &scan_defaults), 0);
	add(scan, &list);
	event = evtimer_new(base, free_descriptors, &limit);
	assert_int_equal(event_add(event, &soon), 0);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	wanted = 1;
	event_base_dispatch(base);
	assert_int_equal(last.state, PROBE_TCP_OPEN);
	assert_true(scan_counters(scan).pauses > 0);
	assert_int_equal(scan_counters(scan).sent, 1);
	event_free(event);
	scan_free(scan);
	close(fd);
}

/* A list in the middle of which the machine stops for longer than a port is waited for. */
static bool next_item_after_a_pause(void *user, struct endpoint *ret, uint64_t *ret_tag)
{
	const struct timespec pause = {.tv_nsec = 200000000};
	struct list *list = user;

	if (list->named == 300)
		(void)nanosleep(&pause, NULL);
	return next_item(user, ret, ret_tag);
}

static void a_pause_of_the_machine_costs_no_answer(void **state)
{
	struct scan_options options = quick();
	struct list list = {.count = 600};
	const struct scan_source source = {next_item_after_a_pause, on_outcome, &list};
	struct scan *scan;
	uint16_t port;
	int fd = open_port("127.0.0.1", 1024, &port), r;

	options.raw = *state != NULL;
	options.pace.rate = 1000000; /* sends quicker than it takes answers */
	options.pace.tries = 1;
	options.pace.final_ms = 60;
	wanted = 600;
	for (unsigned i = 0; i < 600; i++)
		list.items[i] = loopback("127.0.0.1", port);
	r = scan_new(&scan, base, &options);
	if (r == -EPERM)
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(scan_add(scan, &source), 0);
	event_base_dispatch(base);
	assert_int_equal(list.states[PROBE_TCP_OPEN], 600);
	scan_free(scan);
	close(fd);
}

static void a_scan_may_go_while_it_works(void **state)
{
	struct list list = {.count = 5};
	struct scan_options options = quick();
	struct scan *scan;

	for (size_t i = 0; i < 5; i++)
		list.items[i] = loopback("127.0.0.1", 9);
	assert_int_equal(scan_new(&scan, base, &options), 0);
	add(scan, &list);
	wanted = 3;
	event_base_dispatch(base);
	scan_free(scan);
}

/* A big source must not keep a small one waiting for its end. */
static void sources_take_turns(void **state)
{
	static struct list big = {.count = 600}, small = {.count = 2};
	struct scan_options options = quick();
	struct scan *scan;

	for (size_t i = 0; i < 600; i++)
		big.items[i] = loopback("127.0.0.1", 9);
	small.items[0] = small.items[1] = loopback("127.0.0.1", 9);
	options.in_flight = 4;
	wanted = 20;
	assert_int_equal(scan_new(&scan, base, &options), 0);
	add(scan, &big);
	add(scan, &small);
	event_base_dispatch(base);
	assert_int_equal(small.states[PROBE_TCP_CLOSED], 2);
	scan_free(scan);
}

static void states_have_names_both_ways(void **state)
{
	for (unsigned i = 0; i < PROBE_TCP_STATES; i++)
		assert_int_equal(probe_tcp_state_of(probe_tcp_state_name(i)), i);
	assert_int_equal(probe_tcp_state_of("half-open"), PROBE_TCP_STATES);
}

static void the_queue_decides_what_errno_cannot(void **state)
{
	static const struct {
		uint8_t family;
		struct dial_error error;
		enum probe_tcp_state state;
	} cases[] = {
		{ADDR_IP4, {.error = 0}, PROBE_TCP_OPEN},
		{ADDR_IP4, {.error = ECONNREFUSED}, PROBE_TCP_CLOSED},
		{ADDR_IP4,
		 {.icmp = true, .error = ECONNREFUSED, .type = 3, .code = 3},
		 PROBE_TCP_REJECTED},
		{ADDR_IP4,
		 {.icmp = true, .error = EHOSTUNREACH, .type = 3, .code = 13},
		 PROBE_TCP_REJECTED},
		{ADDR_IP4,
		 {.icmp = true, .error = EHOSTUNREACH, .type = 3, .code = 10},
		 PROBE_TCP_REJECTED},
		{ADDR_IP4,
		 {.icmp = true, .error = ENETUNREACH, .type = 3, .code = 9},
		 PROBE_TCP_REJECTED},
		{ADDR_IP4,
		 {.icmp = true, .error = ENOPROTOOPT, .type = 3, .code = 2},
		 PROBE_TCP_REJECTED},
		{ADDR_IP4,
		 {.icmp = true, .error = EHOSTUNREACH, .type = 3, .code = 1},
		 PROBE_TCP_NO_HOST},
		{ADDR_IP4,
		 {.icmp = true, .error = ENETUNREACH, .type = 3, .code = 0},
		 PROBE_TCP_NO_ROUTE},
		{ADDR_IP4,
		 {.icmp = true, .error = EHOSTUNREACH, .type = 11, .code = 0},
		 PROBE_TCP_NO_ROUTE},
		{ADDR_IP6,
		 {.icmp = true, .error = EACCES, .type = 1, .code = 1},
		 PROBE_TCP_REJECTED},
		{ADDR_IP6,
		 {.icmp = true, .error = ECONNREFUSED, .type = 1, .code = 4},
		 PROBE_TCP_REJECTED},
		{ADDR_IP6,
		 {.icmp = true, .error = EACCES, .type = 1, .code = 6},
		 PROBE_TCP_REJECTED},
		{ADDR_IP6,
		 {.icmp = true, .error = EHOSTUNREACH, .type = 1, .code = 3},
		 PROBE_TCP_NO_HOST},
		{ADDR_IP6,
		 {.icmp = true, .error = ENETUNREACH, .type = 1, .code = 0},
		 PROBE_TCP_NO_ROUTE},
		{ADDR_IP6,
		 {.icmp = true, .error = EHOSTUNREACH, .type = 3, .code = 0},
		 PROBE_TCP_NO_ROUTE},
		{ADDR_IP4, {.error = ENETUNREACH}, PROBE_TCP_NO_ROUTE},
		{ADDR_IP4, {.error = EINVAL}, PROBE_TCP_NO_ROUTE},
		{ADDR_IP4, {.error = EACCES}, PROBE_TCP_NO_ROUTE},
		{ADDR_IP4, {.error = ETIMEDOUT}, PROBE_TCP_FILTERED},
		{ADDR_IP4, {.error = EMFILE}, PROBE_TCP_FAILED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (probe_tcp_classify(&cases[i].error, cases[i].family) != cases[i].state)
			fail_msg("case %zu", i);
}

static int open_base(void **state)
{
	base = event_base_new();
	return base ? 0 : -1;
}

static int close_base(void **state)
{
	event_base_free(base);
	return 0;
}

int main(void)
{
	bool raw = true;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listening_port_is_open),
		cmocka_unit_test(a_port_without_listener_is_closed),
		cmocka_unit_test_prestate(a_listening_port_is_open, &raw),
		cmocka_unit_test_prestate(a_port_without_listener_is_closed, &raw),
		cmocka_unit_test(silence_is_filtered_after_all_tries),
		cmocka_unit_test(many_ports_keep_their_states_at_few_descriptors),
		cmocka_unit_test(a_shortage_pauses_and_records_nothing),
		cmocka_unit_test(a_pause_of_the_machine_costs_no_answer),
		cmocka_unit_test_prestate(a_pause_of_the_machine_costs_no_answer, &raw),
		cmocka_unit_test(a_scan_may_go_while_it_works),
		cmocka_unit_test(sources_take_turns),
		cmocka_unit_test(states_have_names_both_ways),
		cmocka_unit_test(the_queue_decides_what_errno_cannot),
	};

	return cmocka_run_group_tests(tests, open_base, close_base);
}
