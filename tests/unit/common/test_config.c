/* SPDX-License-Identifier: ISC */
#include "common/config.h"

#include "common/text.h"
#include "tests/unit/common/config_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int parse(const char *text, struct settings *ret, struct config_errors *errors)
{
	return config_parse(text, strlen(text), "t.yaml", &settings_table, ret, errors);
}

/* Parses what must be right. */
static void parse_good(const char *text, struct settings *ret)
{
	static struct config_errors errors;
	int code = parse(text, ret, &errors);

	if (code != 0)
		fail_msg("%s", errors.items[0].text);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static char *print(const struct settings *settings)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	config_print(&settings_table, settings, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void missing_sections_hold_their_defaults(void **state)
{
	struct settings settings;
	const struct endpoint *listen;

	parse_good("state: x\ndns:\n", &settings);
	assert_string_equal(settings.state, "x");
	assert_string_equal(settings.control.socket, "/run/amtnet/control.sock");
	assert_int_equal(settings.dns.ttl_ms, 1200000);
	assert_int_equal(settings.dns.refresh_ms, 0);
	assert_int_equal(settings.dns.workers, 4);
	assert_int_equal(settings.hello.listen.count, 2);
	listen = settings.hello.listen.items;
	assert_int_equal(listen[1].addr.family, ADDR_IP6);
	assert_int_equal(listen[1].port, 9971);
	config_free(&settings_table, &settings);
}

static void values_reach_their_members(void **state)
{
	struct settings settings;
	const struct zone *zone;

	write_file("good.key", "c2VjcmV0IQ==\n", 0640);
	parse_good("state: 'a \"b\"'\n"
		   "dns: {ttl: 1500ms, workers: -1, verify: true, servers: ['2001:db8::1']}\n",
		   &settings);
	config_free(&settings_table, &settings);
	parse_good("state: s\n"
		   "dns:\n"
		   "  keys:\n"
		   "    - {name: K, algorithm: hmac-sha512, secret-file: good.key}\n"
		   "  zones:\n"
		   "    - name: Corp.Example.\n"
		   "      servers: [10.0.0.1, '10.0.0.2:5353']\n"
		   "      key: k\n",
		   &settings);
	zone = settings.dns.zones.items;
	assert_string_equal(zone->name.text, "corp.example");
	assert_int_equal(((const struct endpoint *)zone->servers.items)[0].port, 53);
	assert_int_equal(((const struct endpoint *)zone->servers.items)[1].port, 5353);
	assert_int_equal(((const struct key *)settings.dns.keys.items)->algorithm, 1);
	assert_int_equal(((const struct key *)settings.dns.keys.items)->secret.length, 7);
	assert_memory_equal(((const struct key *)settings.dns.keys.items)->secret.bytes, "secret!",
			    7);
	config_free(&settings_table, &settings);
}

static void print_reads_back_to_the_same(void **state)
{
	static const char *const files[] = {
		"state: x\n",
		"state: \"tab\\t quote\\\" back\\\\ caf\xc3\xa9 "
		"\\x01\\u009e\\u0085\\u2028\\ufeff\\uffff \\U0001f600\"\ncontrol: {socket: ''}\n",
		"state: no\ndns: {ttl: 90s, refresh: 36h, workers: 0, verify: true, "
		"servers: [10.0.0.1, '::1']}\nhello: {listen: [], allow: [10.0.0.0/8, "
		"'2001:db8::/32'],"
		" cores: [a, '- b', 'c: d', '# e', '']}\n",
		("state: x\ndns: {keys: [{name: ., secret-file: good.key}, {name: b}], "
		 "zones: [{name: a.example, servers: ['[::1]:5300']}, {name: b}]}\n"),
	};

	write_file("good.key", "c2VjcmV0IQ==", 0600);
	for (size_t at = 0; at < sizeof(files) / sizeof(files[0]); at++) {
		struct settings first, second;
		char *once, *twice;

		parse_good(files[at], &first);
		once = print(&first);
		parse_good(once, &second);
		twice = print(&second);
		assert_string_equal(once, twice);
		assert_string_equal(first.state, second.state);
		assert_int_equal(first.dns.refresh_ms, second.dns.refresh_ms);
		assert_int_equal(first.dns.keys.count, second.dns.keys.count);
		assert_null(strstr(once, "c2VjcmV0"));
		config_free(&settings_table, &first);
		config_free(&settings_table, &second);
		free(once);
		free(twice);
	}
}

static char *read_golden(const char *name)
{
	char path[512];
	FILE *file;
	char *text = calloc(1, 65536);

	snprintf(path, sizeof(path), "%s/config/%s", GOLDEN_DIR, name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static void every_fault_is_named_in_one_run(void **state)
{
	char *yaml = read_golden("broken.yaml"), *expected = read_golden("broken.expected");
	static struct config_errors errors;
	struct settings settings;
	struct text found;

	write_file("open.key", "c2VjcmV0", 0644);
	write_file("text.key", "two words\n", 0600);
	write_file("empty.key", "\n", 0600);
	text_init(&found, 65536);
	assert_int_equal(config_parse(yaml, strlen(yaml), "broken.yaml", &settings_table, &settings,
				      &errors),
			 -EINVAL);
	for (size_t at = 0; at < errors.count; at++)
		text_add(&found, "%s\n", errors.items[at].text);
	assert_false(found.bad);
	assert_string_equal(found.bytes, expected);
	text_done(&found);
	free(yaml);
	free(expected);
}

static void single_faults_have_their_sentence(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"", "t.yaml:1:1: state: is missing (the database)"},
		{"# nothing\n", "t.yaml:1:1: state: is missing (the database)"},
		{"[]",
		 "t.yaml:1:1: a mapping of keys (\"key: value\" lines) is wanted, this is a list"},
		{"state: x\n\tdns:\n", "indent with spaces, not with tabs"},
		{"state: [x\n", "t.yaml:2:1: not YAML: while parsing a flow sequence"},
		{"state: x\nhello: \x01\n", "t.yaml:2:8: not YAML: control characters"},
		{"state: x\n---\nstate: y\n", "t.yaml:2:1: a second document begins here"},
		{"state: *x\n", "t.yaml:1:8: state: aliases (*name) are not allowed"},
		{"state: !!str x\n", "t.yaml:1:8: state: tags (!name) are not allowed"},
		{"state: \"a\\0b\"\n", "t.yaml:1:8: state: the value holds a zero byte"},
		{"? [a, b]\n: c\n", "t.yaml:1:3: a key must be a word"},
		{"state: {a: b}\n",
		 "t.yaml:1:8: state: one value (text) is wanted, this is a mapping"},
		{"state: x\ndns: {workers: 99999999999999999999}\n", "-1 to 16 is allowed"},
		{"state: x\ndns: {workers: 0x10}\n", "\"0x10\" is not a whole number"},
		{"state: x\ndns: {ttl: 99999999999999999d}\n", "1s to 7d is allowed"},
		{"state: x\ndns: {ttl: 10}\n",
		 "t.yaml:2:12: dns.ttl: \"10\" is not a duration; write it as 60s, 15m or 1h"},
		{"state: x\ndns:\n  zones:\n  - {name: a, key: k}\n",
		 "t.yaml:4:20: dns.zones[0].key: no key has the name \"k\""},
		{"state: x\ndns: {zones: [{name: a, servers: [1.1.1.1, 1.1.1.1, 1.1.1.1, 1.1.1.1, "
		 "1.1.1.1]}]}\n",
		 "5 items are too many; 4 is the most"},
		{"state: x\ndns: {ports: [1, 65535, 2]}\n", "3 items are too many; 2 is the most"},
		{"state: x\ndns: {ports: [1, 65536]}\n",
		 "t.yaml:2:18: dns.ports[1]: 65536 is out of bounds; 1 to 65535 is allowed"},
		{"state: x\ncontrol: {from: 010.0.0.1}\n", "\"010.0.0.1\" is not an address"},
	};

	for (size_t at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
		static struct config_errors errors;
		struct settings settings;

		assert_int_equal(parse(cases[at].text, &settings, &errors), -EINVAL);
		assert_int_equal(errors.count, 1);
		if (strstr(errors.items[0].text, cases[at].sentence) == NULL)
			fail_msg("wanted: %s\nfound: %s", cases[at].sentence, errors.items[0].text);
	}
}

static void too_much_is_refused(void **state)
{
	static struct config_errors errors;
	struct settings settings;
	char *text = malloc(CONFIG_FILE_MAX + 2);

	assert_non_null(text);
	memset(text, '[', 64);
	text[64] = '\0';
	assert_int_equal(parse(text, &settings, &errors), -EINVAL);
	assert_non_null(strstr(errors.items[0].text, "nested too deeply"));
	memset(text, '#', CONFIG_FILE_MAX + 1);
	text[CONFIG_FILE_MAX + 1] = '\0';
	write_file("large.yaml", text, 0600);
	assert_int_equal(config_load("large.yaml", &settings_table, &settings, &errors), -EINVAL);
	assert_string_equal(errors.items[0].text,
			    "large.yaml: the file is too large (1048576 bytes at most)");
	for (size_t at = 0; at + 3 <= CONFIG_FILE_MAX; at += 3)
		memcpy(text + at, at == 0 ? "[a," : "\na,", 3);
	assert_int_equal(config_parse(text, CONFIG_FILE_MAX / 3 * 3, "t", &settings_table,
				      &settings, &errors),
			 -EINVAL);
	assert_non_null(strstr(errors.items[0].text, "too many values"));
	free(text);
}

static void errors_beyond_the_array_are_counted(void **state)
{
	static struct config_errors errors;
	struct settings settings;
	struct text text;

	text_init(&text, 4096);
	text_add(&text, "state: x\n");
	for (int at = 0; at < 100; at++)
		text_add(&text, "unknown-%d: x\n", at);
	assert_int_equal(parse(text.bytes, &settings, &errors), -EINVAL);
	assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
	assert_int_equal(errors.more, 100 - CONFIG_ERRORS_MAX);
	text_done(&text);
}

static void a_missing_file_is_named(void **state)
{
	static struct config_errors errors;
	struct settings settings;

	assert_int_equal(config_load("nowhere.yaml", &settings_table, &settings, &errors), -EINVAL);
	assert_string_equal(errors.items[0].text,
			    "nowhere.yaml: cannot be read: No such file or directory");
}

static void keys_are_listed_for_the_manual(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	config_print_keys(&settings_table, out);
	fclose(out);
	assert_non_null(strstr(text, "state (text, required): the database\n"));
	assert_non_null(strstr(text, "dns.ttl (duration, 1s to 7d, default 20m): how long"));
	assert_non_null(strstr(text, "dns.keys[].algorithm (one of hmac-sha256, hmac-sha512, "
				     "default hmac-sha256): the MAC\n"));
	free(text);
}

static char directory[] = "/tmp/amtnet-test-XXXXXX";

static int enter(void **state)
{
	return mkdtemp(directory) == NULL || chdir(directory) < 0 ? -1 : 0;
}

static int leave(void **state)
{
	static const char *const files[] = {"good.key", "open.key", "text.key", "empty.key",
					    "large.yaml"};

	for (size_t at = 0; at < sizeof(files) / sizeof(files[0]); at++)
		unlink(files[at]);
	return chdir("/") < 0 || rmdir(directory) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_sections_hold_their_defaults),
		cmocka_unit_test(values_reach_their_members),
		cmocka_unit_test(print_reads_back_to_the_same),
		cmocka_unit_test(every_fault_is_named_in_one_run),
		cmocka_unit_test(single_faults_have_their_sentence),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(errors_beyond_the_array_are_counted),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(keys_are_listed_for_the_manual),
	};

	return cmocka_run_group_tests_name("config", tests, enter, leave);
}
