/* SPDX-License-Identifier: ISC */
/* What the kernel says about loopback: the only network that every machine has. */
#include "netcheck/half_open.h"
#include "netcheck/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void loopback_is_local(void **state)
{
	struct route_answer answer;
	struct route *route;

	assert_int_equal(route_new(&route), 0);
	assert_int_equal(route_get(route, addr_ip4(0x7f000001), &answer), 0);
	assert_true(answer.local);
	assert_false(answer.on_link);
	assert_true(addr_equal(answer.from, addr_ip4(0x7f000001)));
	route_free(route);
}

static void a_finished_handshake_is_not_half_open(void **state)
{
	struct endpoint at = {.addr = addr_ip4(0x7f000001)};
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(at, &sockaddr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	struct half_open found[4];

	assert_int_equal(bind(listener, (struct sockaddr *)&sockaddr, size), 0);
	assert_int_equal(listen(listener, 4), 0);
	size = sizeof(sockaddr);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sockaddr, &size), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&sockaddr, size), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &at), 0);
	assert_int_equal(half_open_list(at.port, found, 4), 0);
	close(client);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_is_local),
		cmocka_unit_test(a_finished_handshake_is_not_half_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
