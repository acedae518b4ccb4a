/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char directory[] = "/tmp/amtnet-socket-XXXXXX";
static char path[64];

static int listen_there(int type, const char *group, struct err *err)
{
	*err = (struct err){0};
	return unix_socket_listen(path, type, group, 1, err);
}

/* A descriptor that is connected to the path, or the negative errno. */
static int connect_there(int type)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r = 0;

	assert_true(fd >= 0);
	memcpy(at.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static void file_is_for_the_group_only(void **state)
{
	struct err err;
	struct stat status;
	int fd = listen_there(SOCK_STREAM, "root", &err), peer;

	assert_true(fd >= 0);
	assert_int_equal(lstat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
	peer = connect_there(SOCK_STREAM);
	assert_true(peer >= 0);
	close(peer);
	close(fd);
}

static void what_a_crash_left_is_replaced(void **state)
{
	struct err err;
	int fd = listen_there(SOCK_SEQPACKET, NULL, &err);

	assert_true(fd >= 0);
	close(fd); /* the file stays */
	assert_int_equal(connect_there(SOCK_SEQPACKET), -ECONNREFUSED);
	fd = listen_there(SOCK_SEQPACKET, NULL, &err);
	assert_true(fd >= 0);
	close(fd);
}

static void whoever_listens_keeps_it(void **state)
{
	char wanted[128];
	struct err err;
	int fd = listen_there(SOCK_STREAM, NULL, &err), peers[8], count = 0;

	snprintf(wanted, sizeof(wanted), "%s: another process listens there", path);
	assert_int_equal(listen_there(SOCK_STREAM, NULL, &err), -EADDRINUSE);
	assert_string_equal(err.text, wanted);
	/* Of another type, and too busy to take one more. */
	assert_int_equal(listen_there(SOCK_SEQPACKET, NULL, &err), -EADDRINUSE);
	while (count < 8 && (peers[count] = connect_there(SOCK_STREAM)) >= 0)
		count++;
	assert_in_range(count, 1, 7);
	assert_int_equal(peers[count], -EAGAIN);
	assert_int_equal(listen_there(SOCK_STREAM, NULL, &err), -EADDRINUSE);
	while (count > 0)
		close(peers[--count]);
	close(fd);
}

static void another_kind_of_file_stays(void **state)
{
	struct err err;
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	assert_int_equal(listen_there(SOCK_STREAM, NULL, &err), -EEXIST);
	assert_non_null(strstr(err.text, "is there and is not a socket; move it away"));
	assert_int_equal(access(path, F_OK), 0);
}

static void refusals_leave_nothing_and_say_why(void **state)
{
	char long_path[200];
	struct err err;

	assert_int_equal(listen_there(SOCK_STREAM, "no-such-group", &err), -ENOENT);
	assert_non_null(strstr(err.text, "group \"no-such-group\" does not exist"));
	assert_int_not_equal(access(path, F_OK), 0);
	snprintf(long_path, sizeof(long_path), "%s/%0150d", directory, 0);
	assert_int_equal(unix_socket_listen(long_path, SOCK_STREAM, NULL, 1, &err), -ENAMETOOLONG);
	assert_non_null(strstr(err.text, "may have 107 characters"));
	snprintf(long_path, sizeof(long_path), "%s/no/such", directory);
	assert_int_equal(unix_socket_listen(long_path, SOCK_STREAM, NULL, 1, &err), -ENOENT);
	assert_non_null(strstr(err.text, "cannot listen there: No such file or directory"));
}

static int remove_file(void **state)
{
	unlink(path);
	return 0;
}

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", directory);
	return 0;
}

static int remove_directory(void **state)
{
	return rmdir(directory);
}

#define CASE(name) cmocka_unit_test_teardown(name, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(file_is_for_the_group_only),         CASE(what_a_crash_left_is_replaced),
		CASE(whoever_listens_keeps_it),           CASE(another_kind_of_file_stays),
		CASE(refusals_leave_nothing_and_say_why),
	};

	return cmocka_run_group_tests_name("unix_socket", tests, make_directory, remove_directory);
}
