/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/suffixes.h"

#include <stdio.h>

static struct suffixes *suffixes;

static int set_up(void **state)
{
	suffixes = test_calloc(1, sizeof(*suffixes));
	return suffixes_init(suffixes);
}

static int tear_down(void **state)
{
	suffixes_done(suffixes);
	test_free(suffixes);
	return 0;
}

static void note(uint32_t subnet_id, unsigned class_index, const char *domain)
{
	struct hostname name = {0};

	snprintf(name.text, sizeof(name.text), "%s", domain);
	suffixes_note(suffixes, subnet_id, class_index, &name);
}

static void assert_one(uint32_t subnet_id, unsigned class_index, const char *domain)
{
	struct hostname name;

	assert_int_equal(suffixes_find(suffixes, subnet_id, class_index, &name), SUFFIXES_ONE);
	assert_string_equal(name.text, domain);
}

static void the_domain_of_a_subnet_and_class_is_remembered(void **state)
{
	struct hostname name;

	note(1, 0, "corp.example");
	note(1, 1, "lab.example");
	note(2, 0, "corp.example");
	note(3, 0, "");
	assert_one(1, 0, "corp.example");
	assert_one(1, 1, "lab.example");
	assert_one(2, 0, "corp.example");
	assert_one(3, 0, "");
	assert_int_equal(suffixes_find(suffixes, 2, 1, &name), SUFFIXES_NONE);
	assert_int_equal(suffixes_find(suffixes, 0, 0, &name), SUFFIXES_NONE);
}

static void a_subnet_with_two_domains_has_none(void **state)
{
	struct hostname name;

	note(1, 0, "corp.example");
	note(1, 0, "corp.example");
	assert_one(1, 0, "corp.example");
	note(1, 0, "other.example");
	assert_int_equal(suffixes_find(suffixes, 1, 0, &name), SUFFIXES_SEVERAL);
	note(1, 0, "corp.example");
	assert_int_equal(suffixes_find(suffixes, 1, 0, &name), SUFFIXES_SEVERAL);
}

static void names_are_bounded_and_the_known_ones_stay(void **state)
{
	struct hostname name;
	char domain[32];

	for (uint32_t i = 1; i < SUFFIXES_NAMES; i++) {
		snprintf(domain, sizeof(domain), "d%u.example", i);
		note(i, 0, domain);
	}
	note(1000, 0, "one-too-many.example");
	note(1001, 0, "d7.example");
	assert_int_equal(suffixes_find(suffixes, 1000, 0, &name), SUFFIXES_NONE);
	assert_one(1001, 0, "d7.example");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_domain_of_a_subnet_and_class_is_remembered),
		CASE(a_subnet_with_two_domains_has_none),
		CASE(names_are_bounded_and_the_known_ones_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
