/* SPDX-License-Identifier: ISC */
/* A real SOCK_SEQPACKET client against the real listener, both in one loop. */
#include "dns/inbox.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/amtnet-inbox-XXXXXX";
static char path[64];
static struct event_base *base;
static struct inbox *inbox;
static uint64_t last_event, last_position, gap_lost;
static unsigned events, gaps, hooks, troubles, resyncs;
static size_t machines; /* that have AMT: 02:00 and their number in four bytes */

static void on_event(const struct lease_record *record, void *user)
{
	events++;
	last_event = record->seq;
}

static void on_gap(uint64_t boot_id, uint64_t lost, const char *why, void *user)
{
	gaps++;
	gap_lost = lost;
}

static void on_position(uint64_t boot_id, uint64_t seq, void *user)
{
	last_position = seq;
}

static void on_hook(uint64_t boot_id, void *user)
{
	hooks++;
}

static void on_peer(bool trouble, const char *sentence, void *user)
{
	troubles += trouble;
}

static void on_resync(void *user)
{
	resyncs++;
}

static struct mac machine(size_t number)
{
	return (struct mac){1,
			    6,
			    {2, 0, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
			     (uint8_t)(number >> 8), (uint8_t)number}};
}

static size_t learned(size_t *cursor, struct mac *ret, size_t size, void *user)
{
	size_t count = 0;

	while (*cursor < machines && count < size)
		ret[count++] = machine((*cursor)++);
	return count;
}

static const struct inbox_events callbacks = {on_event,  on_gap,  on_position, on_hook,
					      on_resync, learned, on_peer};

static int setup(void **state)
{
	struct err err = {0};

	events = gaps = troubles = resyncs = 0;
	machines = 0;
	last_event = last_position = gap_lost = 0;
	base = event_base_new();
	snprintf(path, sizeof(path), "%s/lease.sock", directory);
	if (inbox_open(&inbox, base, path, NULL, &callbacks, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return inbox_start(inbox);
}

static int teardown(void **state)
{
	inbox_close(inbox);
	event_base_free(base);
	return access(path, F_OK) == 0;
}

/* Lets the daemon's side do everything that is ready now. Both ends are local and a send is complete when
 * it returns, so one pass sees it; several passes, because accepting and reading are two. */
static void turn(void)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void tell(int fd, enum lease_record_type type, uint64_t boot_id, uint64_t seq)
{
	struct lease_record record = {.type = type, .boot_id = boot_id, .seq = seq};
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length;

	if (type == LEASE_HELLO) {
		snprintf(record.hello.hook_version, sizeof(record.hello.hook_version), "1");
		snprintf(record.hello.kea_version, sizeof(record.hello.kea_version), "2.2.0");
		snprintf(record.hello.parameters, sizeof(record.hello.parameters), "-");
	} else if (type == LEASE_EVENT) {
		record.event.change = LEASE_COMMITTED;
		record.event.address = addr_ip4(0x0a000001);
	} else if (type == LEASE_GAP) {
		record.lost = 4;
	}
	length = lease_encode(&record, bytes, sizeof(bytes));
	assert_true(length > 0);
	assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

/* The next record from the daemon, within 5 s. */
static struct lease_record hear_any(int fd)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	uint8_t bytes[LEASE_RECORD_MAX];
	struct lease_record record;
	ssize_t length;

	turn();
	assert_int_equal(poll(&waiting, 1, 5000), 1);
	length = recv(fd, bytes, sizeof(bytes), 0);
	assert_true(length > 0);
	assert_int_equal(lease_decode(bytes, (size_t)length, &record, NULL), 0);
	return record;
}

/* The same; the table of learned machines is passed over. */
static struct lease_record hear(int fd)
{
	struct lease_record record;

	do {
		record = hear_any(fd);
	} while (record.type == LEASE_LEARNED);
	return record;
}

static void is_refused(int fd, const char *words)
{
	struct lease_record record = hear(fd);
	char byte;

	assert_int_equal(record.type, LEASE_REFUSED);
	if (!strstr(record.refused, words))
		fail_msg("refused with \"%s\"", record.refused);
	assert_int_equal(recv(fd, &byte, 1, 0), 0); /* closed after it */
	close(fd);
}

static void socket_file_is_for_the_group_only(void **state)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void events_are_acknowledged_when_they_are_on_disk(void **state)
{
	struct lease_record record;
	int fd = dial();

	tell(fd, LEASE_HELLO, 7, 3);
	for (uint64_t i = 1; i <= 3; i++)
		tell(fd, LEASE_EVENT, 7, i);
	turn();
	assert_int_equal(events, 3);
	assert_int_equal(last_position, 3);
	assert_int_equal(hear_any(fd).type, LEASE_LEARNED);
	assert_int_equal(recv(fd, &record, 1, MSG_DONTWAIT), -1); /* nothing yet */
	inbox_saved(inbox, 7, 3);
	record = hear(fd);
	assert_int_equal(record.type, LEASE_ACK);
	assert_int_equal(record.boot_id, 7);
	assert_int_equal(record.seq, 3);
	close(fd);
}

static void repeated_records_are_acknowledged_but_not_raised(void **state)
{
	int fd = dial();

	inbox_restore(inbox, 7, 2);
	tell(fd, LEASE_HELLO, 7, 3);
	assert_int_equal(hear(fd).seq, 2);
	tell(fd, LEASE_EVENT, 7, 1);
	assert_int_equal(hear(fd).seq, 2);
	tell(fd, LEASE_EVENT, 7, 3);
	turn();
	assert_int_equal(events, 1);
	assert_int_equal(inbox_counters(inbox).duplicates, 1);
	assert_int_equal(gaps, 0);
	close(fd);
}

static void a_hook_learns_the_whole_table_then_each_new_machine(void **state)
{
	struct lease_record record;
	int fd;

	machines = LEASE_LEARNED_MAX + 1;
	fd = dial();
	tell(fd, LEASE_HELLO, 7, 0);
	record = hear_any(fd);
	assert_int_equal(record.type, LEASE_LEARNED);
	assert_int_equal(record.boot_id, 7);
	assert_int_equal(record.learned.flags, LEASE_LEARNED_FIRST);
	assert_int_equal(record.learned.count, LEASE_LEARNED_MAX);
	record = hear_any(fd);
	assert_int_equal(record.learned.flags, LEASE_LEARNED_LAST);
	assert_int_equal(record.learned.count, 1);
	assert_memory_equal(record.learned.macs[0], machine(LEASE_LEARNED_MAX).bytes, 6);

	inbox_learn(inbox, machine(machines++));
	record = hear_any(fd);
	assert_int_equal(record.learned.flags, 0);
	assert_int_equal(record.learned.count, 1);
	assert_int_equal(inbox_counters(inbox).learned, LEASE_LEARNED_MAX + 2);
	inbox_learn(inbox, (struct mac){32, 20, {1}});
	inbox_learn(inbox, machine(machines++));
	assert_memory_equal(hear_any(fd).learned.macs[0], machine(machines - 1).bytes, 6);
	close(fd);
}

/* More than any socket holds, and news while the hook does not read. */
static void a_slow_hook_gets_the_table_as_it_reads(void **state)
{
	static bool known[400000];
	struct lease_record record;
	bool whole = false;
	int fd = dial();

	machines = sizeof(known) / sizeof(known[0]) - 1;
	tell(fd, LEASE_HELLO, 7, 0);
	turn();
	inbox_learn(inbox, machine(machines++));
	while (!whole) {
		record = hear_any(fd);
		if (record.learned.flags & LEASE_LEARNED_FIRST)
			memset(known, 0, sizeof(known));
		for (size_t i = 0; i < record.learned.count; i++) {
			const uint8_t *mac = record.learned.macs[i];

			known[(size_t)mac[3] << 16 | (size_t)mac[4] << 8 | mac[5]] = true;
		}
		whole = record.learned.flags & LEASE_LEARNED_LAST;
	}
	for (size_t i = 0; i < machines; i++)
		assert_true(known[i]);
	close(fd);
}

static void a_resync_is_raised(void **state)
{
	int fd = dial();

	tell(fd, LEASE_HELLO, 7, 0);
	tell(fd, LEASE_RESYNC, 7, 0);
	turn();
	assert_int_equal(resyncs, 1);
	assert_int_equal(inbox_counters(inbox).resyncs, 1);
	close(fd);
}

static void lost_events_are_a_gap(void **state)
{
	int fd = dial();

	tell(fd, LEASE_HELLO, 7, 1);
	tell(fd, LEASE_EVENT, 7, 1);
	tell(fd, LEASE_GAP, 7, 2);
	turn();
	assert_int_equal(gaps, 1);
	assert_int_equal(gap_lost, 4);
	assert_int_equal(last_position, 2);
	tell(fd, LEASE_EVENT, 7, 10);
	turn();
	assert_int_equal(gaps, 2);
	assert_int_equal(gap_lost, 7);
	assert_int_equal(inbox_counters(inbox).lost, 11);
	close(fd);
}

static void restarted_kea_is_a_gap(void **state)
{
	int one = dial(), two = dial();

	tell(one, LEASE_HELLO, 7, 0);
	turn();
	assert_int_equal(gaps, 0);
	tell(two, LEASE_HELLO, 8, 0);
	turn();
	assert_int_equal(gaps, 1);
	assert_int_equal(gap_lost, 0);
	close(one);
	close(two);
}

static void hello_must_come_first_and_boot_id_stay(void **state)
{
	int fd = dial();

	tell(fd, LEASE_EVENT, 7, 1);
	is_refused(fd, "HELLO");
	fd = dial();
	tell(fd, LEASE_HELLO, 7, 0);
	tell(fd, LEASE_EVENT, 8, 1);
	is_refused(fd, "boot id");
	fd = dial();
	tell(fd, LEASE_HELLO, 7, 0);
	tell(fd, LEASE_ACK, 7, 1);
	is_refused(fd, "daemon's records");
	assert_int_equal(events, 0);
	assert_int_equal(troubles, 3);
}

static void what_is_no_record_is_refused_with_a_sentence(void **state)
{
	static const uint8_t other_version[LEASE_HEAD_BYTES] = {'A', 'M', 'T', 'L', 9, 1, 0, 0, 36};
	static uint8_t large[LEASE_RECORD_MAX + 1];
	int fd = dial();

	assert_int_equal(send(fd, "nonsense", 8, 0), 8);
	is_refused(fd, "");
	fd = dial();
	assert_int_equal(send(fd, other_version, sizeof(other_version), 0), sizeof(other_version));
	is_refused(fd, "version");
	fd = dial();
	assert_int_equal(send(fd, large, sizeof(large), 0), sizeof(large));
	is_refused(fd, "2048 bytes");
	assert_int_equal(inbox_counters(inbox).invalid, 3);
	assert_int_equal(inbox_counters(inbox).connections, 0);
}

static void ninth_hook_is_refused(void **state)
{
	int fds[INBOX_CONNECTIONS_MAX];

	for (int i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		fds[i] = dial();
		turn();
	}
	is_refused(dial(), "which is the most");
	assert_int_equal(inbox_counters(inbox).connections, INBOX_CONNECTIONS_MAX);
	for (int i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		close(fds[i]);
	turn();
	assert_int_equal(inbox_counters(inbox).connections, 0);
}

static void second_connection_of_a_hook_replaces_the_first(void **state)
{
	int one = dial(), two = dial();
	char byte;

	tell(one, LEASE_HELLO, 7, 0);
	turn();
	tell(two, LEASE_HELLO, 7, 0);
	turn();
	assert_int_equal(hear_any(one).type, LEASE_LEARNED);
	assert_int_equal(recv(one, &byte, 1, 0), 0);
	assert_int_equal(inbox_counters(inbox).connections, 1);
	close(one);
	close(two);
}

static void paused_inbox_leaves_records_in_the_socket(void **state)
{
	int fd = dial();

	tell(fd, LEASE_HELLO, 7, 0);
	turn();
	inbox_pause(inbox, true);
	tell(fd, LEASE_EVENT, 7, 1);
	turn();
	assert_int_equal(events, 0);
	inbox_pause(inbox, false);
	turn();
	assert_int_equal(events, 1);
	close(fd);
}

static void socket_of_a_living_daemon_is_not_taken(void **state)
{
	struct inbox *second = NULL;
	struct err err = {0};

	assert_int_equal(inbox_open(&second, base, path, NULL, &callbacks, NULL, &err),
			 -EADDRINUSE);
	assert_null(second);
	assert_non_null(strstr(err.text, "another process listens there"));
	assert_int_equal(access(path, F_OK), 0);
}

static int make_directory(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	return rmdir(directory);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(socket_file_is_for_the_group_only),
		CASE(events_are_acknowledged_when_they_are_on_disk),
		CASE(repeated_records_are_acknowledged_but_not_raised),
		CASE(a_hook_learns_the_whole_table_then_each_new_machine),
		CASE(a_slow_hook_gets_the_table_as_it_reads),
		CASE(a_resync_is_raised),
		CASE(lost_events_are_a_gap),
		CASE(restarted_kea_is_a_gap),
		CASE(hello_must_come_first_and_boot_id_stay),
		CASE(what_is_no_record_is_refused_with_a_sentence),
		CASE(ninth_hook_is_refused),
		CASE(second_connection_of_a_hook_replaces_the_first),
		CASE(paused_inbox_leaves_records_in_the_socket),
		CASE(socket_of_a_living_daemon_is_not_taken),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
