/* SPDX-License-Identifier: ISC */
#include "daemon/ctl.h"

#include "common/hello.h"
#include "common/rows.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INPUT_MAX (2 * HELLO_MAX_BYTES + 64)

static int read_input(const char *path, uint8_t *ret, size_t size, size_t *ret_length)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

	if (!file) {
		fprintf(stderr, "amtnetctl: %s: %s\n", path, strerror(errno));
		return -errno;
	}
	*ret_length = fread(ret, 1, size, file);
	if (file != stdin)
		fclose(file);
	if (*ret_length == size) {
		fprintf(stderr, "amtnetctl: %s: longer than any hello (%d bytes)\n", path,
			HELLO_MAX_BYTES);
		return -EFBIG;
	}
	return 0;
}

static void add(struct rows *rows, const char *name, const char *value)
{
	rows_text(rows, name);
	rows_text(rows, value);
}

static void add_hashes(struct rows *rows, const struct hello *hello)
{
	struct hello_hash hash;
	char digest[132], name[32];
	unsigned number = 0;

	for (size_t at = 0; hello_next_hash(hello, &at, &hash);) {
		const char *root = hash.length == 32 ? hello_root_name(hash.bytes) : NULL;

		snprintf(name, sizeof(name), "hash-%u", ++number);
		rows_text(rows, name);
		rows_printf(rows, "type %u, %s, %s", hash.type,
			    text_hex(digest, sizeof(digest), hash.bytes, hash.length),
			    root ? root : "unknown root");
	}
}

static void print_hello(const struct hello *hello, bool json)
{
	static const char *const columns[] = {"field", "value", NULL};
	char uuid[UUID_TEXT];
	struct rows *rows = NULL;
	struct text out;

	text_init(&out, 1 << 20);
	if (rows_new(&rows, json ? ROWS_JSON : ROWS_TABLE, columns, &out) < 0)
		return;
	add(rows, "uuid", uuid_print(hello->uuid, uuid));
	add(rows, "admin-credentials", hello->admin_credentials ? "set" : "not set");
	rows_text(rows, "version");
	rows_number(rows, hello->version);
	rows_text(rows, "retry");
	rows_number(rows, hello->retry);
	if (hello->version == HELLO_VERSION_PSK)
		add(rows, "pid", hello->pid);
	if (hello->version == HELLO_VERSION_PKI) {
		rows_text(rows, "hashes");
		rows_number(rows, hello->hash_count);
		add_hashes(rows, hello);
	}
	rows_text(rows, "bytes");
	rows_number(rows, (int64_t)(hello->length + hello->trailing));
	rows_text(rows, "trailing-bytes");
	rows_number(rows, (int64_t)hello->trailing);
	rows_end(rows);
	rows_free(rows);
	fputs(out.bytes, stdout);
	text_done(&out);
}

enum ctl_status ctl_decode_hello(const char *path, bool json)
{
	static uint8_t input[INPUT_MAX], unhexed[HELLO_MAX_BYTES];
	const uint8_t *bytes = input;
	size_t length = 0, unhexed_length = 0;
	struct hello hello;
	struct err err = {0};

	if (read_input(path, input, sizeof(input), &length) < 0)
		return CTL_USAGE;
	if (text_unhex((char *)input, length, unhexed, sizeof(unhexed), &unhexed_length) == 0 &&
	    unhexed_length > 0) {
		bytes = unhexed;
		length = unhexed_length;
	}
	if (hello_decode(bytes, length, true, &hello, &err) != HELLO_COMPLETE) {
		fprintf(stderr, "amtnetctl: %s: not a hello: %s\n", path, err.text);
		return CTL_REFUSED;
	}
	print_hello(&hello, json);
	return CTL_GOOD;
}

/* One line per hello: what fits a terminal that people watch. */
static void print_line(struct json_object *row)
{
	static const char *const columns[] = {"time",  "uuid",   "address", "version",
					      "retry", "hashes", "bytes",   "relay"};
	const char *cells[sizeof(columns) / sizeof(columns[0])];

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		struct json_object *value = NULL;

		json_object_object_get_ex(row, columns[i], &value);
		cells[i] = value ? json_object_get_string(value) : "-";
	}
	printf("%s  %s  %-15s  version %s  retry %s  %s hashes  %s bytes  %s\n", cells[0], cells[1],
	       cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]);
}

/* The rows, which begin with the newest, from their end on; the highest id is remembered. */
static void print_new(char *rows, bool json, int64_t *last)
{
	for (char *end = rows + strlen(rows); end > rows;) {
		char *line = end - 1;

		*line = '\0';
		while (line > rows && line[-1] != '\n')
			line--;
		end = line;
		struct json_object *row = json_tokener_parse(line), *id = NULL;
		if (json_object_object_get_ex(row, "id", &id))
			*last = json_object_get_int64(id);
		if (json)
			puts(line);
		else
			print_line(row);
		json_object_put(row);
	}
	fflush(stdout);
}

enum ctl_status ctl_follow_hellos(const char *path, bool json)
{
	const struct timespec interval = {.tv_nsec = 500000000};
	enum ctl_status status = CTL_GOOD;
	char line[64] = "json hellos 10\n";
	int64_t last = 0;

	while (status == CTL_GOOD) {
		struct text rows;

		status = ctl_ask(path, line, &rows);
		if (status == CTL_GOOD && rows.length > 0)
			print_new(rows.bytes, json, &last);
		text_done(&rows);
		snprintf(line, sizeof(line), "json hellos after %lld\n", (long long)last);
		nanosleep(&interval, NULL);
	}
	return status;
}
