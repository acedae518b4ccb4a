/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/log.h"
#include "daemon/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *source_root;
static char directory[64];

static void write_file(const char *name, mode_t mode, const char *content, char *ret_path,
		       size_t size)
{
	snprintf(ret_path, size, "%s/%s", directory, name);
	FILE *file = fopen(ret_path, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
	assert_int_equal(chmod(ret_path, mode), 0);
}

/* conf/amtnetd.yaml with its secret's path moved to where the test has one. */
static void write_sample(char *ret_path, size_t size)
{
	char path[512], key[512], line[512], yaml[16384] = "";
	FILE *sample;

	write_file("dns.key", 0600, "c2VjcmV0LXNlY3JldC1zZWNyZXQ=\n", key, sizeof(key));
	snprintf(path, sizeof(path), "%s/conf/amtnetd.yaml", source_root);
	sample = fopen(path, "r");
	assert_non_null(sample);
	while (fgets(line, sizeof(line), sample)) {
		size_t length = strlen(yaml);

		if (strstr(line, "secret-file:"))
			snprintf(line, sizeof(line), "      secret-file: %.400s\n", key);
		snprintf(yaml + length, sizeof(yaml) - length, "%s", line);
	}
	fclose(sample);
	write_file("amtnetd.yaml", 0600, yaml, ret_path, size);
}

static void print_errors(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		print_message("# %s\n", errors->items[i].text);
}

static void shipped_sample_is_good(void **state)
{
	static struct config_errors errors;
	struct settings *settings = NULL;
	char path[512];

	write_sample(path, sizeof(path));
	int result = settings_new(&settings, path, &errors);
	print_errors(&errors);
	assert_int_equal(result, 0);
	assert_string_equal(settings->lease.socket, "/run/amtnet/lease.sock");
	assert_string_equal(settings->control.socket, SETTINGS_CONTROL_SOCKET);
	assert_int_equal(settings->dns.zones.count, 2);
	assert_int_equal(settings->dns.keys.count, 1);
	assert_int_equal(settings->hello.listen.count, 2);
	assert_int_equal(settings->hello.cores.count, 1);
	assert_int_equal(settings->log.level, LOG_LEVEL_INFO);
	assert_string_equal(settings->publish.label, "ProvisionServer");
	settings_free(settings);
}

static void effective_configuration_reads_back_to_itself(void **state)
{
	static struct config_errors errors;
	struct settings *settings = NULL, *again = NULL;
	char path[512], *first = NULL, *second = NULL;
	size_t first_length = 0, second_length = 0;

	write_sample(path, sizeof(path));
	assert_int_equal(settings_new(&settings, path, &errors), 0);
	FILE *out = open_memstream(&first, &first_length);
	config_print(&settings_table, settings, out);
	fclose(out);
	assert_null(strstr(first, "c2VjcmV0"));
	write_file("again.yaml", 0600, first, path, sizeof(path));
	assert_int_equal(settings_new(&again, path, &errors), 0);
	out = open_memstream(&second, &second_length);
	config_print(&settings_table, again, out);
	fclose(out);
	assert_string_equal(first, second);
	free(first);
	free(second);
	settings_free(settings);
	settings_free(again);
}

static bool has(const struct config_errors *errors, const char *place, const char *words)
{
	for (size_t i = 0; i < errors->count; i++)
		if (strstr(errors->items[i].text, place) && strstr(errors->items[i].text, words))
			return true;
	print_errors(errors);
	return false;
}

static void every_error_of_a_file_is_named_in_one_run(void **state)
{
	static struct config_errors errors;
	struct settings *settings = NULL;
	char path[512], key[512], yaml[2048];

	write_file("open.key", 0644, "c2VjcmV0\n", key, sizeof(key));
	snprintf(yaml, sizeof(yaml),
		 "stat: /tmp/x.db\n"
		 "log: {level: loud}\n"
		 "dns:\n"
		 "  ttl: 1x\n"
		 "  keys:\n"
		 "    - {name: a, algorithm: hmac-sha256, secret-file: %s}\n"
		 "    - {name: b, algorithm: hmac-sha256, secret-file: %s/absent}\n"
		 "hello:\n"
		 "  history: -1\n",
		 key, directory);
	write_file("broken.yaml", 0600, yaml, path, sizeof(path));
	assert_true(settings_new(&settings, path, &errors) < 0);
	assert_true(has(&errors, "broken.yaml:1:1:", "state"));
	assert_true(has(&errors, "broken.yaml:2:14:", "info"));
	assert_true(has(&errors, "broken.yaml:4:8:", "60s"));
	assert_true(has(&errors, "broken.yaml:6:", "open.key"));
	assert_true(has(&errors, "broken.yaml:7:", "absent"));
	assert_true(has(&errors, "broken.yaml:9:12:", "-1"));
}

static void record_outside_every_zone_is_named(void **state)
{
	static struct config_errors errors;
	struct settings *settings = NULL;
	char path[512];

	write_file("outside.yaml", 0600,
		   "dns:\n"
		   "  zones:\n"
		   "    - {name: corp.example, servers: [127.0.0.1]}\n"
		   "provision-server:\n"
		   "  zones: [other.example]\n"
		   "  addresses: [192.0.2.10]\n",
		   path, sizeof(path));
	assert_true(settings_new(&settings, path, &errors) < 0);
	assert_true(has(&errors, "outside.yaml:5:11:", "other.example"));
}

static int make_directory(void **state)
{
	snprintf(directory, sizeof(directory), "/tmp/amtnet-settings-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", directory);
	return system(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_sample_is_good),
		cmocka_unit_test(effective_configuration_reads_back_to_itself),
		cmocka_unit_test(every_error_of_a_file_is_named_in_one_run),
		cmocka_unit_test(record_outside_every_zone_is_named),
	};

	source_root = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
