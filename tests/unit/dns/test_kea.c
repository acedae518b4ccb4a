/* SPDX-License-Identifier: ISC */
/* A control socket that behaves as it is told, against the real client, both in one loop. */
#include "dns/kea.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
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

static char directory[] = "/tmp/amtnet-kea-XXXXXX";
static char path[64];
static struct event_base *base;
static struct event *acceptable;
static struct kea *kea;
static int listener;
static unsigned asked, leases_heard, stored; /* pages asked for; leases in the store */
static char question[300];
static bool over;
static int result;
static struct err words;
static void (*answer)(int fd); /* what the server does with a question */

/* A client that does not answer at all is closed at the end. */
static int kept = -1;

static void on_acceptable(evutil_socket_t fd, short what, void *user)
{
	int peer = accept(fd, NULL, NULL);
	ssize_t n = recv(peer, question, sizeof(question) - 1, 0);

	assert_true(n > 0);
	question[n] = '\0';
	asked++;
	answer(peer);
}

static void on_lease(const struct kea_lease *lease, void *user)
{
	leases_heard++;
}

static void on_end(int r, const struct err *err, void *user)
{
	over = true;
	result = r;
	words = *err;
}

static const struct kea_events events = {on_lease, on_end};

static int setup(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	asked = leases_heard = stored = 0;
	over = false;
	snprintf(path, sizeof(path), "%s/kea.sock", directory);
	memcpy(address.sun_path, path, strlen(path) + 1);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	base = event_base_new();
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 4) < 0)
		return -1;
	acceptable = event_new(base, listener, EV_READ | EV_PERSIST, on_acceptable, NULL);
	event_add(acceptable, NULL);
	return kea_new(&kea, base, ADDR_IP4, path, 300, &events, NULL);
}

static int teardown(void **state)
{
	kea_free(kea);
	event_free(acceptable);
	event_base_free(base);
	close(listener);
	if (kept >= 0)
		close(kept);
	kept = -1;
	return unlink(path);
}

/* A whole listing, within 5 s. */
static void list(void)
{
	static const struct timeval tick = {.tv_usec = 5000};

	over = false;
	kea_list(kea);
	for (int i = 0; i < 1000 && !over; i++) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
	assert_true(over);
}

static void fails_with(int code, const char *sentence)
{
	list();
	assert_int_equal(result, code);
	if (!strstr(words.text, sentence) || !strstr(words.text, path))
		fail_msg("\"%s\"", words.text);
	assert_int_equal(kea_counters(kea).failures, 1);
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* As Kea does: the leases behind "from", at most "limit". */
static void give_page(int fd)
{
	unsigned from = 0, limit = 0, at, sent = 0;
	char *text = malloc(1 << 20), *place = strstr(question, "\"10.0.");
	size_t length;

	if (place) {
		unsigned high, low;

		assert_int_equal(sscanf(place, "\"10.0.%u.%u\"", &high, &low), 2);
		from = high * 256 + low;
	}
	assert_int_equal(sscanf(strstr(question, "\"limit\""), "\"limit\": %u", &limit), 1);
	length = (size_t)snprintf(text, 1 << 20, "{\"arguments\": {\"leases\": [");
	for (at = from + 1; at <= stored && sent < limit; at++, sent++)
		length += (size_t)snprintf(text + length, (1 << 20) - length,
					   "%s{\"ip-address\": \"10.0.%u.%u\", \"state\": 0}",
					   sent ? "," : "", at / 256, at % 256);
	snprintf(text + length, (1 << 20) - length, "]}, \"result\": %d}", sent ? 0 : 3);
	say(fd, text);
	free(text);
	close(fd);
}

static void listing_goes_page_by_page(void **state)
{
	stored = 2500;
	answer = give_page;
	list();
	assert_int_equal(result, 0);
	assert_int_equal(asked, 3);
	assert_int_equal(leases_heard, 2500);
	assert_int_equal(kea_counters(kea).listings, 1);
	list(); /* begins at the start again */
	assert_int_equal(leases_heard, 5000);
}

static void full_last_page_is_followed_by_an_empty_one(void **state)
{
	stored = KEA_PAGE;
	answer = give_page;
	list();
	assert_int_equal(result, 0);
	assert_int_equal(asked, 2);
	assert_int_equal(leases_heard, KEA_PAGE);
}

static void fail_half_way(int fd)
{
	if (asked == 2)
		close(fd);
	else
		give_page(fd);
}

static void listing_that_breaks_off_is_none(void **state)
{
	stored = 2500;
	answer = fail_half_way;
	fails_with(-ECONNRESET, "before its answer was complete");
	assert_int_equal(leases_heard, KEA_PAGE);
}

static void keep_silent(int fd)
{
	kept = fd;
}

static void silence_ends_at_the_deadline(void **state)
{
	answer = keep_silent;
	fails_with(-ETIMEDOUT, "did not answer within 300 ms");
}

static void give_garbage(int fd)
{
	say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
	close(fd);
}

static void garbage_is_named(void **state)
{
	answer = give_garbage;
	fails_with(-EBADMSG, "not JSON");
}

static void know_nothing(int fd)
{
	say(fd, "{ \"result\": 2, \"text\": \"'lease4-get-page' command not supported.\" }");
	close(fd);
}

static void missing_library_is_named(void **state)
{
	answer = know_nothing;
	fails_with(-EOPNOTSUPP, "libdhcp_lease_cmds.so");
}

static void give_the_same_page(int fd)
{
	snprintf(question, sizeof(question), "\"limit\": %d", KEA_PAGE);
	give_page(fd);
}

static void listing_in_circles_is_seen(void **state)
{
	stored = KEA_PAGE;
	answer = give_the_same_page;
	fails_with(-EBADMSG, "in circles");
	assert_int_equal(asked, 2);
}

/* More than a socket holds, from a process that has nothing but this end of it. */
static void flood(int fd)
{
	static char blanks[65536];

	if (fork() > 0)
		return;
	for (int i = 0; i < 64; i++) {
		if (i != fd)
			close(i);
	}
	memset(blanks, ' ', sizeof(blanks));
	alarm(10);
	while (send(fd, blanks, sizeof(blanks), MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

static void give_too_much(int fd)
{
	unsigned limit = 0;

	assert_int_equal(sscanf(strstr(question, "\"limit\""), "\"limit\": %u", &limit), 1);
	if (limit > 300) {
		flood(fd);
		close(fd);
	} else {
		give_page(fd);
	}
}

static void page_that_is_too_large_is_halved(void **state)
{
	stored = 400;
	answer = give_too_much;
	list();
	assert_int_equal(result, 0);
	assert_int_equal(leases_heard, 400);
	assert_int_equal(asked, 4); /* 1000, 500, 250, and the rest */
}

static void absent_kea_is_named(void **state)
{
	close(listener);
	event_del(acceptable);
	fails_with(-ECONNREFUSED, "Kea does not run");
	unlink(path);
	list();
	assert_int_equal(result, -ENOENT);
	assert_non_null(strstr(words.text, "there is no socket"));
	listener = open(path, O_CREAT | O_RDONLY, 0600);
	list();
	assert_int_equal(result, -ECONNREFUSED);
}

static void stopped_listing_says_nothing_more(void **state)
{
	static const struct timeval while_it_might = {.tv_usec = 400000};

	answer = keep_silent;
	kea_list(kea);
	event_base_loop(base, EVLOOP_ONCE);
	kea_stop(kea);
	event_base_loopexit(base, &while_it_might);
	event_base_dispatch(base);
	assert_false(over);
}

static int group_setup(void **state)
{
	return mkdtemp(directory) == NULL;
}

static int group_teardown(void **state)
{
	return rmdir(directory);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(listing_goes_page_by_page),
		CASE(full_last_page_is_followed_by_an_empty_one),
		CASE(listing_that_breaks_off_is_none),
		CASE(silence_ends_at_the_deadline),
		CASE(garbage_is_named),
		CASE(missing_library_is_named),
		CASE(listing_in_circles_is_seen),
		CASE(page_that_is_too_large_is_halved),
		CASE(absent_kea_is_named),
		CASE(stopped_listing_says_nothing_more),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
