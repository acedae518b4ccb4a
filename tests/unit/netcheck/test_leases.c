/* SPDX-License-Identifier: ISC */
/* What a control socket may answer when it is asked for targets, and the line that tells how far a run
 * is. */
#include "netcheck/leases.h"
#include "netcheck/progress.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Asks a socket that gives `answer` to the first one who asks for names. */
static int ask(const char *answer, struct space *space, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/test_leases.XXXXXX", request[16] = "";
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), r;
	pid_t child;

	assert_non_null(mkdtemp(directory));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/control", directory);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	child = fork();
	if (!child) {
		int fd = accept(listener, NULL, NULL);

		if (read(fd, request, sizeof(request) - 1) != 6 || strcmp(request, "names\n") != 0)
			answer = "error: not asked for names\n";
		_exit(write(fd, answer, strlen(answer)) < 0);
	}
	r = leases_add(space, at.sun_path, err);
	waitpid(child, NULL, 0);
	close(listener);
	unlink(at.sun_path);
	rmdir(directory);
	return r;
}

static void addresses_of_names_are_targets(void **state)
{
	struct space space = {0};
	struct err err = {0};

	assert_int_equal(ask("ok\nname\ttype\tvalue\tzone\n"
			     "a.corp.example\tA\t10.0.0.7\tcorp.example\n"
			     "a.corp.example\tDHCID\tAAIB\tcorp.example\n"
			     "a.corp.example\tAAAA\t2001:db8::7\tcorp.example\n"
			     "7.0.0.10.in-addr.arpa\tPTR\ta.corp.example\t10.in-addr.arpa\n"
			     "b.corp.example\tA\t10.0.0.8\tcorp.example\n",
			     &space, &err),
			 3);
	assert_int_equal(space_close(&space, &err), 0);
	assert_int_equal(space.total, 3);
	space_done(&space);
}

static void what_is_no_list_of_names_is_an_error(void **state)
{
	static const struct {
		const char *answer;
		const char *says;
	} cases[] = {{"error: not today\x1b[0m\n", "answers: error: not today\\x1b[0m"},
		     {"ok\nname\tkind\n", "gives no column \"type\""}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct space space = {0};
		struct err err = {0};

		assert_int_equal(ask(cases[i].answer, &space, &err), -EPROTO);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s", err.text);
		space_done(&space);
	}
}

static void progress_tells_rate_and_time_left(void **state)
{
	struct progress progress = {0};
	struct scan_counters counters = {.outcomes = 0};
	char text[PROGRESS_TEXT];

	progress_print(&progress, &counters, 10000, 0, 1000000, text);
	assert_non_null(strstr(text, "0 of 10000 endpoints (0 %)"));
	counters.outcomes = 1000;
	progress_print(&progress, &counters, 10000, 17, 3000000, text);
	assert_string_equal(text, "1000 of 10000 endpoints (10 %), 500/s, 18 s left, 17 open");
	counters.held = true;
	progress_print(&progress, &counters, 10000, 17, 4000000, text);
	assert_non_null(strstr(text, "too much is unanswered"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_names_are_targets),
		cmocka_unit_test(what_is_no_list_of_names_is_an_error),
		cmocka_unit_test(progress_tells_rate_and_time_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
