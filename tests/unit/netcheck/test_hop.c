/* SPDX-License-Identifier: ISC */
#include "netcheck/hop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A path as a word: e = router (its address by TTL), a = the host answers, i = ICMP, . = silent. */
static struct hop_path path_of(const char *word)
{
	struct hop_path path = {0};

	for (; word[path.tried]; path.tried++) {
		struct hop *hop = &path.hops[path.tried];

		switch (word[path.tried]) {
		case 'e':
			hop->kind = HOP_EXCEEDED;
			break;
		case 'a':
			hop->kind = HOP_ANSWER;
			break;
		case 'i':
			hop->kind = HOP_ICMP;
			break;
		default:
			continue;
		}
		hop->by = addr_ip4(0x0a000000 + path.tried + 1);
	}
	return path;
}

static void place_of_a_loss(void **state)
{
	static const struct {
		const char *test;
		const char *control;
		enum hop_place place;
		unsigned last;
	} cases[] = {
		{"e...", "eeaa", HOP_PLACE_BETWEEN,
		 1}, /* forward chain of hop 1, or input of hop 2 */
		{"....", "eeaa", HOP_PLACE_BETWEEN, 0}, /* this machine, or input of hop 1 */
		{"ee..", "eeaa", HOP_PLACE_EDGE, 2},    /* the last router or the host */
		{"....", "aaaa", HOP_PLACE_EDGE, 0},    /* same network: the host itself */
		{"ee..", "ee..", HOP_PLACE_AFTER, 2},   /* nobody knows what comes next */
		{"....", "....", HOP_PLACE_UNKNOWN, 0},
		{"e.e.", "eeea", HOP_PLACE_EDGE, 3},   /* a silent hop in between is no loss */
		{"ea..", "eeea", HOP_PLACE_FORGED, 2}, /* answered where the path has a router */
		{"aaaa", "eeea", HOP_PLACE_FORGED, 1},
		{"eeea", "eeea", HOP_PLACE_HOST, 4},
		{"e...", "e.ea", HOP_PLACE_AFTER, 1}, /* the next hop does not show itself */
		{"ee..", "eeii", HOP_PLACE_AFTER, 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hop_path test = path_of(cases[i].test), control = path_of(cases[i].control);
		struct hop_finding finding = hop_compare(&test, &control);

		if (finding.place != cases[i].place || finding.last != cases[i].last)
			fail_msg("case %zu: place %d, last %u", i, finding.place, finding.last);
	}
}

static void both_hops_are_named(void **state)
{
	struct hop_path test = path_of("e..."), control = path_of("eeaa");
	struct hop_finding finding = hop_compare(&test, &control);

	assert_true(addr_equal(finding.last_addr, addr_ip4(0x0a000001)));
	assert_true(addr_equal(finding.next_addr, addr_ip4(0x0a000002)));
}

static void reach_is_the_first_end(void **state)
{
	struct hop_path path = path_of("ee.a");

	assert_true(hop_ended(&path));
	assert_int_equal(hop_reach(&path), 4);
	path = path_of("ee..");
	assert_false(hop_ended(&path));
	assert_int_equal(hop_reach(&path), 3);
	path = path_of("....");
	assert_int_equal(hop_reach(&path), 0);
	assert_int_equal(hop_of(&path, addr_ip4(0x0a000001)), 0);
	path = path_of("ee");
	assert_int_equal(hop_of(&path, addr_ip4(0x0a000002)), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(place_of_a_loss),
		cmocka_unit_test(both_hops_are_named),
		cmocka_unit_test(reach_is_the_first_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
