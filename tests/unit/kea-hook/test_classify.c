/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/classify.h"

#include <string.h>

static struct params params;
static struct learned learned;
static const struct mac some_mac = {1, 6, {0x00, 0xd8, 0x61, 0, 0, 1}};

/* Bits of classify_client.classes; the class of client-class stands behind those of the list. */
enum { LAB = 1, INTEL_ME = 2 };

static int set_up(void **state)
{
	struct lease_learned told = {.count = 1, .macs = {{0x00, 0xd8, 0x61, 0, 0, 1}}};

	params_init(&params);
	params_add_class(&params, NULL);
	params_set_class(&params, "name", "lab", NULL);
	params_set_class(&params, "forward", "false", NULL);
	assert_int_equal(params_set(&params, "mac-prefixes", "00:d8:61", NULL), 0);
	assert_int_equal(params_done(&params, NULL), 0);
	assert_int_equal(learned_init(&learned, 10), 0);
	learned_take(&learned, &told);
	return 0;
}

static int tear_down(void **state)
{
	learned_done(&learned);
	return 0;
}

static struct classify_result look(const char *ways, uint32_t classes, const struct mac *mac,
				   bool sent_fqdn)
{
	struct classify_client client = {classes, mac, sent_fqdn};

	assert_int_equal(params_set(&params, "take-over", ways, NULL), 0);
	return classify(&params, &learned, &client);
}

static void each_way_takes_its_own_only(void **state)
{
	static const struct mac other = {1, 6, {2, 0, 0, 0, 0, 1}};

	assert_string_equal(look("class", INTEL_ME, &other, false).by, "class");
	assert_null(look("class", 0, &some_mac, true).by);
	assert_string_equal(look("mac-prefixes", 0, &some_mac, false).by, "mac-prefixes");
	assert_null(look("mac-prefixes", INTEL_ME, &other, true).by);
	assert_string_equal(look("learned", 0, &some_mac, false).by, "learned");
	assert_null(look("learned", INTEL_ME, &other, true).by);
	assert_string_equal(look("option-81", 0, &other, true).by, "option-81");
	assert_null(look("option-81", INTEL_ME, &some_mac, false).by);
	assert_string_equal(look("all", 0, &other, false).by, "all");
}

static void the_first_way_that_fits_says_why(void **state)
{
	assert_string_equal(look("learned,class", INTEL_ME, &some_mac, false).by, "learned");
	assert_string_equal(look("class,learned", INTEL_ME, &some_mac, false).by, "class");
	assert_string_equal(look("class,learned", 0, &some_mac, false).by, "learned");
	assert_string_equal(look("option-81,all", 0, &some_mac, false).by, "all");
}

static void a_member_is_named_by_its_class_the_others_by_the_way(void **state)
{
	assert_string_equal(look("class", INTEL_ME, &some_mac, false).class_name, "intel-me");
	assert_string_equal(look("class", LAB | INTEL_ME, &some_mac, false).class_name, "lab");
	assert_string_equal(look("learned", LAB, &some_mac, false).class_name, "learned");
}

static void the_first_class_gives_the_policy_whatever_the_way(void **state)
{
	assert_ptr_equal(look("learned", LAB | INTEL_ME, &some_mac, false).policy,
			 &params.classes[0].policy);
	assert_int_equal(look("learned", LAB, &some_mac, false).class_index, 1);
	assert_ptr_equal(look("learned", 0, &some_mac, false).policy, &params.policy);
	assert_int_equal(look("learned", 0, &some_mac, false).class_index, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_way_takes_its_own_only),
		CASE(the_first_way_that_fits_says_why),
		CASE(a_member_is_named_by_its_class_the_others_by_the_way),
		CASE(the_first_class_gives_the_policy_whatever_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
