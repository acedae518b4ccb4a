/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void readiness_is_one_datagram(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char name[64], got[32] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(name, sizeof(name), "@amtnet-test-%d", (int)getpid());
	memcpy(at.sun_path, name, strlen(name));
	at.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&at,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
	ready_say("READY=1");
	assert_int_equal(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), 7);
	assert_string_equal(got, "READY=1");
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

static void without_a_manager_nothing_happens(void **state)
{
	unsetenv("NOTIFY_SOCKET");
	ready_say("READY=1");
	assert_int_equal(ready_watchdog_us(), 0);
}

static void watchdog_of_another_process_is_not_ours(void **state)
{
	char pid[16];

	setenv("WATCHDOG_USEC", "5000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(ready_watchdog_us(), 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(ready_watchdog_us(), 5000000);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void listeners_are_ours_only_with_our_pid(void **state)
{
	int fds[READY_LISTENERS_MAX];
	char pid[16];

	unsetenv("LISTEN_PID");
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(ready_listeners(fds), 0);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(ready_listeners(fds), 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	dup2(STDERR_FILENO, 3);
	assert_int_equal(ready_listeners(fds), 1);
	assert_true(fds[0] >= 64);
	close(fds[0]);
	assert_int_equal(ready_listeners(fds), 1); /* a reload takes them again */
	close(fds[0]);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readiness_is_one_datagram),
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(watchdog_of_another_process_is_not_ours),
		cmocka_unit_test(listeners_are_ours_only_with_our_pid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
