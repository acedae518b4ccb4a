/* SPDX-License-Identifier: ISC */
#include "door_scene.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sys/wait.h>

static void sha256(const void *bytes, size_t length, uint8_t ret[32])
{
	EVP_Digest(bytes, length, ret, NULL, EVP_sha256(), NULL);
}

static void sample_in_three_pieces_reaches_the_core_unchanged(void **state)
{
	static const size_t cuts[] = {0, 10, 300, WORLD_SAMPLE_BYTES};
	struct scene *scene = *state;
	uint8_t sent[32], got[32];
	int fd;

	open_core(scene, CORE_TAKES);
	fd = world_connect("127.0.0.5", scene->endpoint);
	for (int i = 0; i < 3; i++) {
		world_send(fd, world_sample() + cuts[i], cuts[i + 1] - cuts[i]);
		world_pass(scene->base, 10);
	}
	expect_at_core(scene, 1);
	sha256(world_sample(), WORLD_SAMPLE_BYTES, sent);
	sha256(scene->core.hellos[0].bytes, scene->core.hellos[0].length, got);
	assert_memory_equal(sent, got, sizeof(sent));
	assert_int_equal(scene->core.hellos[0].reads, 1);
	expect_text(scene, "939b524b-13d4-1d18-e487-1c697a6b7a2b\t00:11:22:33:44:55\t127.0.0.5\t"
			   "pc5.corp.example\tleased\t1\t");
	expect_text(scene, "\t3\t0\t23\t807\tcore:delivered\n");
	expect_text(scene, "hello.stored\t1\n");
	assert_true(world_is_closed(fd));
	close(fd);
}

static void absent_core_gets_it_once_when_it_is_back(void **state)
{
	struct scene *scene = *state;

	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tcore:waiting (connection refused)\t");
	expect_text(scene, "core.core.state\taway\n");
	open_core(scene, CORE_TAKES);
	expect_at_core(scene, 1);
	assert_memory_equal(scene->core.hellos[0].bytes, world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core.core.waiting\t0\n");
	expect_text(scene, "core.core.state\tup\n");
	assert_int_equal(scene->core.accepted, 1);
}

static void undelivered_hello_survives_our_restart(void **state)
{
	struct scene *scene = *state;

	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tcore:waiting (connection refused)\t");
	stop(scene);
	open_core(scene, CORE_TAKES);
	start(scene);
	expect_at_core(scene, 1);
	assert_memory_equal(scene->core.hellos[0].bytes, world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tcore:delivered\t");
	stop(scene);
	start(scene);
	expect_text(scene, "\tcore:delivered\t"); /* and it is not sent again */
	assert_int_equal(scene->core.accepted, 1);
}

/* The other process is discovery; it ends by SIGKILL only. */
static pid_t fork_discovery(struct scene *scene)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	scene->base = event_base_new();
	start(scene);
	event_base_dispatch(scene->base);
	_exit(1);
}

static int connect_when_up(const struct scene *scene)
{
	for (int i = 0; i < WORLD_DEADLINE_MS / 10; i++) {
		int fd = world_try_connect("127.0.0.2", scene->listen);

		if (fd >= 0)
			return fd;
		world_pass(scene->base, 10);
	}
	fail_msg("the other process does not listen");
	return -1;
}

static bool fd_is_closed(void *user)
{
	return world_is_closed(*(int *)user);
}

static void connection_closed_means_kept_even_when_killed(void **state)
{
	struct scene *scene = *state;
	pid_t pid;
	int fd;

	stop(scene);
	scene->listen.port = world_free_port();
	pid = fork_discovery(scene);
	assert_true(pid > 0);
	fd = connect_when_up(scene);
	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	assert_true(world_wait(scene->base, fd_is_closed, &fd));
	close(fd);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	open_core(scene, CORE_TAKES);
	start(scene);
	expect_at_core(scene, 1);
	assert_memory_equal(scene->core.hellos[0].bytes, world_sample(), WORLD_SAMPLE_BYTES);
}

static void hello_on_its_way_at_a_restart_is_sent_again(void **state)
{
	struct scene *scene = *state;

	open_core(scene, CORE_HANGS);
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core.core.in-flight\t1\n");
	stop(scene);
	core_close(&scene->core);
	open_core(scene, CORE_TAKES);
	start(scene);
	expect_at_core(scene, 1);
}

static void hanging_core_is_retried_not_believed(void **state)
{
	struct scene *scene = *state;

	open_core(scene, CORE_HANGS);
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core:waiting (took the bytes but did not close in time)");
	scene->core.script = CORE_TAKES;
	expect_at_core(scene, 1);
	expect_text(scene, "\tcore:delivered\t");
}

static void newest_hello_of_a_device_is_what_the_core_gets(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[WORLD_SAMPLE_BYTES];

	memcpy(bytes, world_sample(), sizeof(bytes));
	for (uint8_t retry = 0; retry < 3; retry++) {
		char expected[32];

		bytes[4] = retry;
		say_hello(scene, "127.0.0.1", bytes, sizeof(bytes));
		snprintf(expected, sizeof(expected), "hello.stored\t%d\n", retry + 1);
		expect_text(scene, expected);
	}
	expect_text(scene, "\tcore:replaced\n");
	open_core(scene, CORE_TAKES);
	expect_at_core(scene, 1);
	assert_int_equal(scene->core.hellos[0].bytes[4], 2);
	expect_text(scene, "core.core.waiting\t0\n");
}

static void repeated_hello_is_counted_and_not_relayed_twice(void **state)
{
	struct scene *scene = *state;

	open_core(scene, CORE_TAKES);
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tcore:delivered\t");
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "hello.repeated\t1\n");
	world_pass(scene->base, 50);
	assert_int_equal(scene->core.accepted, 1);
}

static void test_hello_is_recorded_and_never_relayed(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[64];
	size_t length = hello_encode_pki(hello_test_uuid, 0, NULL, 0, bytes, sizeof(bytes));

	open_core(scene, CORE_TAKES);
	say_hello(scene, "127.0.0.1", bytes, length);
	expect_text(scene, "\ttest\n");
	expect_text(scene, "616d746e-6574-4865-6c6c-6f2054657374");
	say_hello(scene, "127.0.0.2", world_sample(), WORLD_SAMPLE_BYTES);
	expect_at_core(scene, 1);
	assert_memory_equal(scene->core.hellos[0].bytes, world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tcore:delivered\t");
	stop(scene);
	start(scene);
	world_pass(scene->base, 50);
	assert_int_equal(scene->core.accepted, 1);
}

static void unset_uuid_is_known_by_address_and_flagged(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[WORLD_SAMPLE_BYTES];

	memcpy(bytes, world_sample(), sizeof(bytes));
	memset(bytes + 8, 0xff, 16);
	say_hello(scene, "127.0.0.1", bytes, sizeof(bytes));
	say_hello(scene, "127.0.0.2", bytes, sizeof(bytes));
	expect_text(scene, "hello.devices\t2\n");
	expect_text(scene, "\tno-uuid unknown-address\t\n");
	stop(scene);
	start(scene);
	expect_text(scene, "hello.devices\t2\n");
}

static void further_devices_than_the_limit_are_refused(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[WORLD_SAMPLE_BYTES];

	memcpy(bytes, world_sample(), sizeof(bytes));
	for (uint8_t i = 0; i < 11; i++) {
		char expected[48];

		bytes[23] = i;
		say_hello(scene, "127.0.0.1", bytes, sizeof(bytes));
		snprintf(expected, sizeof(expected), "hello.devices\t%d\n", i < 10 ? i + 1 : 10);
		expect_text(scene, expected);
	}
	expect_text(scene, "hello.refused.max-devices\t1\n");
	bytes[4] = 1;
	bytes[23] = 0;
	say_hello(scene, "127.0.0.1", bytes, sizeof(bytes)); /* a known one is taken */
	expect_text(scene, "hello.stored\t11\n");
}

static void note_mac(struct mac mac, void *user)
{
	*(struct mac *)user = mac;
}

static void a_device_with_a_new_mac_is_told(void **state)
{
	struct scene *scene = *state;
	struct discovery_lease lease = {.leased = true};
	uint8_t test_hello[WORLD_SAMPLE_BYTES];
	struct mac told = {0}, listed[2];
	size_t cursor = 0;

	discovery_on_mac(scene->discovery, note_mac, &told);
	say_hello(scene, "127.0.0.5", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "hello.devices\t1\n");
	assert_int_equal(told.bytes[5], 0x55);
	assert_int_equal(discovery_macs(scene->discovery, &cursor, listed, 2), 1);
	assert_true(mac_equal(listed[0], told));

	mac_parse("00:aa:bb:cc:dd:ee", &lease.mac);
	discovery_lease_changed(scene->discovery, addr_ip4(0x7f000005), &lease);
	assert_int_equal(told.bytes[5], 0xee);
	told.length = 0;
	discovery_lease_changed(scene->discovery, addr_ip4(0x7f000005), &lease);
	assert_int_equal(told.length, 0); /* no news */

	/* A test hello says nothing of the machine at its address. */
	memcpy(test_hello, world_sample(), sizeof(test_hello));
	memcpy(test_hello + 8, hello_test_uuid.bytes, sizeof(hello_test_uuid.bytes));
	say_hello(scene, "127.0.0.6", test_hello, sizeof(test_hello));
	expect_text(scene, "hello.devices\t2\n");
	mac_parse("00:aa:bb:cc:dd:ff", &lease.mac);
	discovery_lease_changed(scene->discovery, addr_ip4(0x7f000006), &lease);
	assert_int_equal(told.length, 0);
	cursor = 0;
	assert_int_equal(discovery_macs(scene->discovery, &cursor, listed, 2), 1);
}

static void lease_change_reaches_the_device(void **state)
{
	struct scene *scene = *state;
	struct discovery_lease lease = {.leased = true};
	struct text text;

	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tunknown\t1\t");
	mac_parse("00:aa:bb:cc:dd:ee", &lease.mac);
	hostname_parse("me1.corp.example", &lease.name, NULL);
	discovery_lease_changed(scene->discovery, addr_ip4(0x7f000001), &lease);
	expect_text(scene, "\t00:aa:bb:cc:dd:ee\t127.0.0.1\tme1.corp.example\tleased\t");
	text_init(&text, 1 << 16);
	assert_int_equal(discovery_print_devices(scene->discovery, "me1.", ROWS_JSON, &text), 0);
	assert_non_null(strstr(text.bytes, "me1.corp.example"));
	text_clear(&text);
	assert_int_equal(discovery_print_devices(scene->discovery, "me2.", ROWS_JSON, &text), 0);
	assert_int_equal(text.length, 0);
	text_done(&text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_device_with_a_new_mac_is_told),
		CASE(sample_in_three_pieces_reaches_the_core_unchanged),
		CASE(absent_core_gets_it_once_when_it_is_back),
		CASE(undelivered_hello_survives_our_restart),
		CASE(connection_closed_means_kept_even_when_killed),
		CASE(hello_on_its_way_at_a_restart_is_sent_again),
		CASE(hanging_core_is_retried_not_believed),
		CASE(newest_hello_of_a_device_is_what_the_core_gets),
		CASE(repeated_hello_is_counted_and_not_relayed_twice),
		CASE(test_hello_is_recorded_and_never_relayed),
		CASE(unset_uuid_is_known_by_address_and_flagged),
		CASE(further_devices_than_the_limit_are_refused),
		CASE(lease_change_reaches_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
