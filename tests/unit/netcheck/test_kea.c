/* SPDX-License-Identifier: ISC */
#include "netcheck/check_kea.h"
#include "netcheck/explain.h"
#include "netcheck/kea_config.h"
#include "netcheck/kea_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct results results;
static char directory[] = "/tmp/test-kea-XXXXXX";
static char path[64], other[64];

static void take(struct result *result, void *user)
{
	results_take(&results, result);
}

static const struct check_tools tools = {.sink = take};

static int begin(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/kea.conf", directory);
	snprintf(other, sizeof(other), "%s/part.json", directory);
	return 0;
}

static int end(void **state)
{
	unlink(path);
	unlink(other);
	rmdir(directory);
	return 0;
}

static int forget(void **state)
{
	results_done(&results);
	return 0;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int read_text(const char *text, struct kea_text *out, struct err *err)
{
	write_file(path, text);
	return kea_text_read(out, path, err);
}

static void comments_become_spaces(void **state)
{
	struct kea_text out;
	struct err err = {0};

	assert_int_equal(
		read_text("{ # one\n // two\n \"a # b // c\": /* x\n y */ 1 }\n", &out, &err), 0);
	assert_string_equal(out.text.bytes, "{      \n       \n \"a # b // c\":     \n      1 }\n");
	kea_text_done(&out);
	assert_int_equal(read_text("{\n\n /* no end", &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "kea.conf:3:2: the comment"));
	kea_text_done(&out);
	assert_int_equal(read_text("{\n\"no end\n}", &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "kea.conf:2:1: the string"));
	kea_text_done(&out);
}

static void files_are_included_but_not_for_ever(void **state)
{
	struct kea_text out;
	struct err err = {0};
	char line[128];

	write_file(other, "[ 1, 2 ] # end\n");
	snprintf(line, sizeof(line), "{ \"a\": <?include \"%s\"?> }", other);
	assert_int_equal(read_text(line, &out, &err), 0);
	assert_string_equal(out.text.bytes, "{ \"a\": [ 1, 2 ]      \n }");
	kea_text_done(&out);
	snprintf(line, sizeof(line), "\n<?include \"%s\"?>", path);
	assert_int_equal(read_text(line, &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, ":2:1: more than 10 files"));
	kea_text_done(&out);
	assert_int_equal(read_text("\n<?include \"/nonexistent/file\"?>", &out, &err), -ENOENT);
	assert_non_null(strstr(err.text, "kea.conf:2:1: cannot read /nonexistent/file"));
	kea_text_done(&out);
	assert_int_equal(read_text("<?include file?>", &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, ":1:1: an include is"));
	kea_text_done(&out);
}

static void a_place_is_that_of_the_file_included(void **state)
{
	struct kea_text out;
	struct err err = {0};
	char text[192], place[KEA_TEXT_PLACE], wanted[96];
	const char *byte;

	write_file(other, "/* one\n two */ [ \"in\" ],\n");
	snprintf(text, sizeof(text), "{ \"a\":\n <?include \"%s\"\n?> \"b\": [ ,\n \"c\"", other);
	assert_int_equal(read_text(text, &out, &err), 0);
	byte = strstr(out.text.bytes, "\"in\"");
	snprintf(wanted, sizeof(wanted), "%s:2:11", other);
	assert_string_equal(kea_text_place(&out, (size_t)(byte - out.text.bytes), place), wanted);
	byte = strstr(out.text.bytes, "\"b\"");
	snprintf(wanted, sizeof(wanted), "%s:3:4", path);
	assert_string_equal(kea_text_place(&out, (size_t)(byte - out.text.bytes), place), wanted);
	byte = strstr(out.text.bytes, "\"c\"");
	snprintf(wanted, sizeof(wanted), "%s:4:2", path);
	assert_string_equal(kea_text_place(&out, (size_t)(byte - out.text.bytes), place), wanted);
	kea_text_done(&out);
}

static const char *words_about(const char *text)
{
	struct check_kea_wanted wanted = {.file = path};

	forget(NULL);
	write_file(path, text);
	check_kea(&tools, &wanted);
	assert_int_equal(results.count, 1);
	assert_string_equal(results.items[0]->kind->id, "NC709");
	return results.items[0]->text;
}

static void what_is_wrong_is_said_with_file_line_and_column(void **state)
{
	char text[192], wanted[128];

	write_file(other, "# subnets\n[ { \"id\": 1 } { ]\n");
	snprintf(text, sizeof(text), "{ \"Dhcp4\": {\n \"subnet4\": <?include \"%s\"?>\n} }\n",
		 other);
	snprintf(wanted, sizeof(wanted), "%s:2:15: no JSON, ", other);
	if (strncmp(words_about(text), wanted, strlen(wanted)))
		fail_msg("%s instead of %s", results.items[0]->text, wanted);
	write_file(other, "\n [] \"\n");
	snprintf(wanted, sizeof(wanted), "%s:2:5: the string has no closing quote", other);
	if (strncmp(words_about(text), wanted, strlen(wanted)))
		fail_msg("%s instead of %s", results.items[0]->text, wanted);
	write_file(other, "[] # good\n");
	snprintf(text, sizeof(text), "{ \"Dhcp4\": {\n \"subnet4\": <?include \"%s\"?> ]\n} }\n",
		 other);
	snprintf(wanted, sizeof(wanted), "%s:2:", path);
	if (strncmp(words_about(text), wanted, strlen(wanted)))
		fail_msg("%s instead of %s", results.items[0]->text, wanted);
}

/* `count` includes of a file, a line each. */
static void repeat_include(const char *name, unsigned count, char *ret, size_t size)
{
	ret[0] = '\0';
	while (count--)
		snprintf(ret + strlen(ret), size - strlen(ret), "<?include \"%s\"?>\n", name);
}

/* Files that include the next one several times, down to one that is empty: no bytes, but much time. */
static void includes_are_bounded_however_small(void **state)
{
	struct kea_text out;
	struct err err = {0};
	char text[4096];

	repeat_include("/dev/null", 40, text, sizeof(text));
	write_file(other, text);
	repeat_include(other, 20, text, sizeof(text));
	assert_int_equal(read_text(text, &out, &err), 0);
	kea_text_done(&out);
	repeat_include(other, 40, text, sizeof(text));
	assert_int_equal(read_text(text, &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, ": more than 1000 includes"));
	kea_text_done(&out);
}

static void options_are_inherited_in_the_order_of_kea(void **state)
{
	static const char text[] =
		"{'Dhcp4': {'option-data': [{'code': 15, 'data': 'global.example'},"
		"   {'name': 'domain-name-servers', 'data': '192.0.2.1, 192.0.2.2'}],"
		" 'client-classes': [{'name': 'intel-me', 'test': 'x',"
		"   'option-data': [{'name': 'domain-name', 'data': 'class.example'}]}],"
		" 'subnet4': [{'id': 1, 'subnet': '192.0.2.0/25', 'pools': [{'pool': 'a'}]},"
		"  {'id': 2, 'subnet': '192.0.2.128/25', 'match-client-id': false,"
		"   'option-data': [{'name': 'domain-name', 'data': 'subnet.example'}],"
		"   'pools': [{'pool': 'b'}, {'pool': 'c', 'option-data': [{'code': 15,"
		"     'csv-format': false, 'data': '706f6f6c'}]}]}],"
		" 'shared-networks': [{'name': 'floor', 'option-data':"
		"   [{'name': 'domain-name', 'data': 'network.example'}],"
		"   'subnet4': [{'id': 3, 'subnet': '198.51.100.0/24'}]}]}}";
	struct kea_config config;
	char json[sizeof(text)];
	struct err err = {0};
	size_t at;

	for (size_t i = 0; i < sizeof(text); i++)
		json[i] = text[i] == '\'' ? '"' : text[i];
	assert_int_equal(kea_config_parse(json, strlen(json), &config, &at, &err), 0);
	assert_int_equal(config.subnet_count, 4);
	assert_string_equal(config.subnets[0].options.domain, "network.example");
	assert_string_equal(config.subnets[0].network, "floor");
	assert_false(config.subnets[0].has_pool);
	assert_string_equal(config.subnets[1].options.domain, "class.example");
	assert_int_equal(config.subnets[1].options.server_count, 2);
	assert_true(config.subnets[1].match_client_id);
	assert_string_equal(config.subnets[2].options.domain, "subnet.example");
	assert_false(config.subnets[2].match_client_id);
	assert_string_equal(config.subnets[3].options.domain, "pool");
	assert_string_equal(config.subnets[3].pool, "c");
	kea_config_done(&config);
}

static void what_is_no_configuration_says_where(void **state)
{
	static const struct {
		const char *text, *words;
		size_t at; /* the length: about the whole */
	} cases[] = {
		{"", "no JSON, it ends too early", 0},
		{"{\n  \"Dhcp4\": [,\n", "no JSON, ", 14},
		{"{ \"Dhcp4\": {", "no JSON, it ends too early", 11},
		{"{ \"Dhcp4\": { } }\n }", "more behind its end", 18},
		{"{ \"Dhcp6\": {} }", "no \"Dhcp4\"", 15},
		{"[]", "no \"Dhcp4\"", 2},
		{"{ \"Dhcp4\": 7 }", "no \"Dhcp4\"", 14},
	};
	struct kea_config config;
	struct err err = {0};
	size_t at;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			kea_config_parse(cases[i].text, strlen(cases[i].text), &config, &at, &err),
			-EINVAL);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_int_equal(at, cases[i].at);
	}
}

/* The configuration with holes for what a case is about. */
#define WHOLE(hooks, class, options)                                                     \
	"{ \"Dhcp4\": { \"control-socket\": { \"socket-type\": \"unix\" },\n"            \
	" \"hooks-libraries\": [ " hooks                                                 \
	" ],\n \"client-classes\": [ " class " ],\n"                                     \
					     " \"option-data\": [ " options " ],\n"      \
					     " \"subnet4\": [ { \"id\": 1, \"subnet\": " \
					     "\"192.0.2.0/24\",\n"                       \
					     "   \"pools\": [ { \"pool\": "              \
					     "\"192.0.2.10-192.0.2.20\" } ] } ] } }"
#define HOOK "{ \"library\": \"/x/libdhcp_amtnet.so\" }"
#define LEASES "{ \"library\": \"libdhcp_lease_cmds.so\" }"
#define TUNING "{ \"library\": \"libdhcp_ddns_tuning.so\" }"
#define CLASS "{ \"name\": \"intel-me\", \"test\": \"option[81].exists\" }"
#define DOMAIN "{ \"name\": \"domain-name\", \"data\": \"corp.example\" }"
#define SERVERS "{ \"code\": 6, \"data\": \"192.0.2.1\" }"

static void each_fault_has_its_finding(void **state)
{
	static const struct {
		const char *text, *ids;
	} cases[] = {
		{WHOLE(HOOK "," LEASES, CLASS, DOMAIN "," SERVERS), "NC714 NC700"},
		{WHOLE(LEASES, CLASS, DOMAIN "," SERVERS), "NC710 NC700"},
		{WHOLE(HOOK, CLASS, DOMAIN "," SERVERS), "NC713 NC700"},
		{WHOLE(HOOK "," LEASES, "", DOMAIN "," SERVERS), "NC711 NC700"},
		{WHOLE(HOOK "," LEASES, "{ \"name\": \"intel-me\" }", DOMAIN "," SERVERS),
		 "NC711 NC700"},
		{WHOLE(HOOK "," LEASES,
		       "{ \"name\": \"intel-me\", \"test\": \"x\", \"only-if-required\": true }",
		       DOMAIN "," SERVERS),
		 "NC711 NC700"},
		{WHOLE(HOOK "," TUNING "," LEASES, CLASS, DOMAIN "," SERVERS), "NC712 NC700"},
		{WHOLE(TUNING "," HOOK "," LEASES, CLASS, DOMAIN "," SERVERS), "NC714 NC700"},
		{WHOLE(HOOK "," LEASES, CLASS, SERVERS), "NC714 NC701"},
		{WHOLE(HOOK "," LEASES, CLASS, DOMAIN), "NC714 NC702"},
		{WHOLE(HOOK "," LEASES, CLASS,
		       "{ \"code\": 15, \"data\": \"corp.example \" }," SERVERS),
		 "NC714 NC701"},
		{WHOLE(HOOK "," LEASES, CLASS, "{ \"code\": 15, \"data\": \"\" }," SERVERS),
		 "NC714 NC701"},
		{WHOLE(HOOK "," LEASES, CLASS,
		       "{ \"code\": 15, \"data\": \"other.example\" }," SERVERS),
		 "NC714 NC703"},
		{WHOLE(HOOK "," LEASES, CLASS, DOMAIN ",{ \"code\": 6, \"data\": \"here\" }"),
		 "NC714 NC702"},
		{WHOLE("{ \"library\": \"libdhcp_amtnet.so\", \"parameters\": { \"take-over\":"
		       " [ \"learned\", \"option-81\" ] } }," LEASES,
		       "", DOMAIN "," SERVERS),
		 "NC714 NC700"},
		{"{ \"Dhcp4\": ", "NC709"},
	};
	static const struct hostname suffix = {"corp.example"};
	struct check_kea_wanted wanted = {.file = path, .suffixes = &suffix, .suffix_count = 1};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char ids[256] = "";

		forget(NULL);
		write_file(path, cases[i].text);
		check_kea(&tools, &wanted);
		for (size_t k = 0; k < results.count; k++)
			snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", k ? " " : "",
				 results.items[k]->kind->id);
		if (strcmp(ids, cases[i].ids))
			fail_msg("case %zu: %s instead of %s", i, ids, cases[i].ids);
	}
}

static void the_sample_has_no_failure(void **state)
{
	struct check_kea_wanted wanted = {.file = CONF_DIR "/kea-dhcp4.conf"};

	check_kea(&tools, &wanted);
	assert_int_equal(results.states[RESULT_FAILURE] + results.states[RESULT_UNKNOWN], 0);
	assert_true(results.states[RESULT_OK] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_become_spaces),
		cmocka_unit_test(files_are_included_but_not_for_ever),
		cmocka_unit_test(a_place_is_that_of_the_file_included),
		cmocka_unit_test_teardown(what_is_wrong_is_said_with_file_line_and_column, forget),
		cmocka_unit_test(includes_are_bounded_however_small),
		cmocka_unit_test(options_are_inherited_in_the_order_of_kea),
		cmocka_unit_test(what_is_no_configuration_says_where),
		cmocka_unit_test_teardown(each_fault_has_its_finding, forget),
		cmocka_unit_test_teardown(the_sample_has_no_failure, forget),
	};

	return cmocka_run_group_tests_name("kea", tests, begin, end);
}
