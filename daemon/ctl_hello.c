/* SPDX-License-Identifier: ISC */
#include "daemon/ctl.h"

#include "common/hello.h"
#include "common/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
