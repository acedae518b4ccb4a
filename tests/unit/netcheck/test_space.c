/* SPDX-License-Identifier: ISC */
#include "netcheck/space.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct space space_of(const char *const *targets, size_t count)
{
	struct space space = {0};
	struct err err = {0};

	for (size_t i = 0; i < count; i++)
		if (space_add(&space, targets[i], NULL, &err))
			fail_msg("%s", err.text);
	if (space_close(&space, &err))
		fail_msg("%s", err.text);
	return space;
}

static void assert_at(const struct space *space, uint64_t at, const char *want)
{
	char text[ADDR_TEXT];

	assert_string_equal(addr_print(space_at(space, at), text), want);
	assert_int_equal(space_find(space, space_at(space, at)), at);
}

static void sixteen_million_addresses_are_one_range(void **state)
{
	static const char *const targets[] = {"10.0.0.0/8"};
	struct space space = space_of(targets, 1);

	assert_int_equal(space.count, 1);
	assert_int_equal(space.total, 16777214);
	assert_at(&space, 0, "10.0.0.1");
	assert_at(&space, 16777213, "10.255.255.254");
	space_done(&space);
}

static void overlapping_targets_count_once(void **state)
{
	static const char *const targets[] = {"10.0.0.8-20", "10.0.0.1-10",
					      "10.0.0.21",   "10.0.0.12",
					      "10.0.1.1",    "2001:db8::1-2001:db8::2"};
	struct space space = space_of(targets, 6);

	assert_int_equal(space.count, 3);
	assert_int_equal(space.total, 24);
	assert_int_equal(space.repeated, 4);
	assert_at(&space, 0, "10.0.0.1");
	assert_at(&space, 20, "10.0.0.21");
	assert_at(&space, 21, "10.0.1.1");
	assert_at(&space, 23, "2001:db8::2");
	assert_int_equal(space_find(&space, addr_ip4(0x0a000016)), 24);
	space_done(&space);
}

static void too_many_addresses_are_refused(void **state)
{
	struct space space = {0};
	struct err err = {0};

	assert_int_equal(space_add(&space, "0.0.0.0/4", NULL, &err), -E2BIG);
	assert_int_equal(space_add(&space, "2001:db8::/64", NULL, &err), -E2BIG);
	assert_int_equal(space_add(&space, "10.0.0.0/8", NULL, &err), 0);
	assert_int_equal(space_add(&space, "11.0.0.0/8", NULL, &err), 0);
	assert_int_equal(space_close(&space, &err), -E2BIG);
	space_done(&space);
}

/* Writes a file of targets and reads it; gives what space_add_file() gives. */
static int read_file(const char *text, struct space *space, struct err *err)
{
	char path[] = "/tmp/test_space.XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	r = space_add_file(space, path, NULL, err);
	unlink(path);
	return r;
}

static void a_file_holds_a_target_a_line(void **state)
{
	struct space space = {0};
	struct err err = {0};

	if (read_file("# floor 1\n10.0.0.0/30\n\n  10.0.1.7 # printer\n10.0.2.1-3", &space, &err))
		fail_msg("%s", err.text);
	assert_int_equal(space_close(&space, &err), 0);
	assert_int_equal(space.total, 6);
	space_done(&space);
}

static void an_error_names_file_and_line(void **state)
{
	struct space space = {0};
	struct err err = {0};
	char line[SPACE_LINE_MAX + 40];

	assert_int_equal(read_file("10.0.0.1\n10.0.0.1/24\n", &space, &err), -EINVAL);
	assert_non_null(strstr(err.text, ":2: target \"10.0.0.1/24\""));
	memset(line, '1', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(read_file(line, &space, &err), -EINVAL);
	assert_non_null(strstr(err.text, ":1: longer than"));
	space_done(&space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixteen_million_addresses_are_one_range),
		cmocka_unit_test(overlapping_targets_count_once),
		cmocka_unit_test(too_many_addresses_are_refused),
		cmocka_unit_test(a_file_holds_a_target_a_line),
		cmocka_unit_test(an_error_names_file_and_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
