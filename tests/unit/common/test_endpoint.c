/* SPDX-License-Identifier: ISC */
#include "common/endpoint.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include <cmocka.h>

static void each_way_of_writing_is_read(void **state)
{
	static const struct {
		const char *text;
		uint16_t default_port;
		const char *printed;
	} cases[] = {
		{"10.0.0.1:53", 0, "10.0.0.1:53"},
		{"10.0.0.1", 53, "10.0.0.1:53"},
		{"10.0.0.1:5353", 53, "10.0.0.1:5353"},
		{"[2001:db8::1]:53", 0, "[2001:db8::1]:53"},
		{"[2001:db8::1]", 53, "[2001:db8::1]:53"},
		{"2001:db8::1", 53, "[2001:db8::1]:53"},
		{"[::]:9971", 0, "[::]:9971"},
		{"[::ffff:10.0.0.1]:53", 0, "10.0.0.1:53"},
		{"1.2.3.4:65535", 0, "1.2.3.4:65535"},
	};
	struct endpoint endpoint;
	char text[ENDPOINT_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(endpoint_parse(cases[i].text, cases[i].default_port, &endpoint),
				 0);
		assert_string_equal(endpoint_print(endpoint, text), cases[i].printed);
	}
	assert_string_equal(endpoint_print((struct endpoint){0}, text), "-");
}

static void a_wrong_endpoint_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"10.0.0.1:",
		"10.0.0.1:0",
		"10.0.0.1:65536",
		"10.0.0.1:053",
		"10.0.0.1:+53",
		"10.0.0.1:5 3",
		"10.0.0.1:999999",
		":53",
		"[::1",
		"[::1]53",
		"[]:53",
		"[10.0.0.1]:53",
		"example.com:53",
		"[::1]:",
		"10.0.0.1:53:53",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1"};
	struct endpoint endpoint = {.port = 99};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(endpoint_parse(texts[i], 53, &endpoint), -EINVAL);
	assert_int_equal(endpoint.port, 99);
}

static void without_a_default_a_port_must_be_given(void **state)
{
	struct endpoint endpoint;

	assert_int_equal(endpoint_parse("10.0.0.1", 0, &endpoint), -EINVAL);
	assert_int_equal(endpoint_parse("2001:db8::1", 0, &endpoint), -EINVAL);
}

static void a_sockaddr_comes_back_as_the_endpoint(void **state)
{
	static const char *const texts[] = {"10.81.1.100:9971", "[2001:db8::1]:53"};
	struct sockaddr_storage storage;
	struct endpoint endpoint, back;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(endpoint_parse(texts[i], 0, &endpoint), 0);
		endpoint_to_sockaddr(endpoint, &storage);
		assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&storage, &back), 0);
		assert_true(endpoint_equal(endpoint, back));
	}
	back.port++;
	assert_false(endpoint_equal(endpoint, back));
}

static void a_mapped_peer_is_an_ip4_peer(void **state)
{
	struct sockaddr_storage storage;
	struct endpoint endpoint = {{ADDR_IP6, {[10] = 0xff, [11] = 0xff, 10, 81, 1, 2}}, 9971};
	char text[ENDPOINT_TEXT];

	assert_int_equal(endpoint_to_sockaddr(endpoint, &storage), 28);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&storage, &endpoint), 0);
	assert_string_equal(endpoint_print(endpoint, text), "10.81.1.2:9971");
}

static void other_families_are_not_endpoints(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct endpoint endpoint;

	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&local, &endpoint),
			 -EAFNOSUPPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_of_writing_is_read),
		cmocka_unit_test(a_wrong_endpoint_is_refused),
		cmocka_unit_test(without_a_default_a_port_must_be_given),
		cmocka_unit_test(a_sockaddr_comes_back_as_the_endpoint),
		cmocka_unit_test(a_mapped_peer_is_an_ip4_peer),
		cmocka_unit_test(other_families_are_not_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
