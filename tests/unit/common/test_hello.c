/* SPDX-License-Identifier: ISC */
#include "common/hello.h"

#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLE_BYTES 807
#define PSK "01000200030000003ec2ffd2d19d2d41860a54b2039b72ff3434343430303030"
#define PKI_SHA1                                             \
	"010003000e0000003ec2ffd2d19d2d41860a54b2039b72ff01" \
	"0114000102030405060708090a0b0c0d0e0f10111213"

static size_t read_golden(const char *name, void *ret, size_t size)
{
	FILE *file = fopen(name, "re");
	size_t length;

	assert_non_null(file);
	length = fread(ret, 1, size, file);
	fclose(file);
	return length;
}

static size_t unhex(const char *text, uint8_t *ret, size_t size)
{
	size_t length;

	assert_int_equal(text_unhex(text, strlen(text), ret, size, &length), 0);
	return length;
}

static void read_sample(uint8_t ret[SAMPLE_BYTES + 1])
{
	assert_int_equal(read_golden(GOLDEN_DIR "/hello-sample.bin", ret, SAMPLE_BYTES + 1),
			 SAMPLE_BYTES);
}

static enum hello_result refused(const char *hex, bool ended, const char *sentence)
{
	static uint8_t bytes[512];
	struct hello hello = {.retry = 99};
	struct err err = {0};
	size_t length = unhex(hex, bytes, sizeof(bytes));
	enum hello_result result = hello_decode(bytes, length, ended, &hello, &err);

	assert_string_equal(err.text, sentence);
	assert_int_equal(hello.retry, 99);
	return result;
}

static void both_forms_of_the_sample_are_the_same(void **state)
{
	uint8_t binary[SAMPLE_BYTES + 1], decoded[SAMPLE_BYTES + 1];
	char text[2048];
	size_t length = read_golden(GOLDEN_DIR "/hello-sample.txt", text, sizeof(text) - 1);

	text[length] = '\0';
	read_sample(binary);
	assert_int_equal(unhex(strchr(text, ' ') + 1, decoded, sizeof(decoded)), SAMPLE_BYTES);
	assert_memory_equal(binary, decoded, SAMPLE_BYTES);
}

static void the_sample_of_a_real_device_is_decoded(void **state)
{
	uint8_t bytes[SAMPLE_BYTES + 1];
	struct hello_hash hash;
	struct hello hello;
	struct err err = {0};
	unsigned named = 0, count = 0;
	char text[UUID_TEXT];
	size_t at = 0;

	read_sample(bytes);
	assert_int_equal(hello_decode(bytes, SAMPLE_BYTES, false, &hello, &err), HELLO_COMPLETE);
	assert_true(hello.admin_credentials);
	assert_int_equal(hello.version, HELLO_VERSION_PKI);
	assert_int_equal(hello.retry, 0);
	assert_string_equal(uuid_print(hello.uuid, text), "939b524b-13d4-1d18-e487-1c697a6b7a2b");
	assert_int_equal(hello.hash_count, 23);
	assert_int_equal(hello.length, SAMPLE_BYTES);
	assert_int_equal(hello.trailing, 0);
	while (hello_next_hash(&hello, &at, &hash)) {
		assert_int_equal(hash.type, 2);
		assert_int_equal(hash.length, 32);
		named += hello_root_name(hash.bytes) != NULL;
		count++;
	}
	assert_int_equal(count, 23);
	assert_int_equal(named, 17);
	assert_string_equal(hello_root_name(bytes + 27), "Go Daddy Class 2 CA");
	assert_null(hello_root_name(bytes));
}

static void a_psk_hello_has_its_pid(void **state)
{
	uint8_t bytes[64];
	struct hello hello;
	char text[UUID_TEXT];
	size_t length = unhex(PSK, bytes, sizeof(bytes));

	assert_int_equal(hello_decode(bytes, length, false, &hello, NULL), HELLO_COMPLETE);
	assert_int_equal(hello.version, HELLO_VERSION_PSK);
	assert_int_equal(hello.retry, 3);
	assert_string_equal(hello.pid, "44440000");
	assert_string_equal(uuid_print(hello.uuid, text), "d2ffc23e-9dd1-412d-860a-54b2039b72ff");
	assert_int_equal(hello.length, 32);
	assert_int_equal(hello.hash_count, 0);
	memcpy(bytes + 24, "AB\x1b\xff\0CDE", 8);
	assert_int_equal(hello_decode(bytes, length, false, &hello, NULL), HELLO_COMPLETE);
	assert_string_equal(hello.pid, "AB???CDE");
}

static void a_pki_hello_with_sha1_is_decoded(void **state)
{
	uint8_t bytes[64];
	struct hello_hash hash;
	struct hello hello;
	size_t at = 0, length = unhex(PKI_SHA1, bytes, sizeof(bytes));

	assert_int_equal(length, 47);
	assert_int_equal(hello_decode(bytes, length, false, &hello, NULL), HELLO_COMPLETE);
	assert_int_equal(hello.retry, 14);
	assert_int_equal(hello.hash_count, 1);
	assert_true(hello_next_hash(&hello, &at, &hash));
	assert_int_equal(hash.type, 1);
	assert_int_equal(hash.length, 20);
	assert_memory_equal(hash.bytes, bytes + 27, 20);
	assert_false(hello_next_hash(&hello, &at, &hash));
}

/* Each byte alone on the heap's end, so that a sanitizer sees a read behind it. */
static void assert_more_at_every_length(const uint8_t *bytes, size_t length)
{
	for (size_t size = 0; size < length; size++) {
		struct hello hello;
		struct err err = {0};
		uint8_t *copy = test_malloc(size + 1);

		memcpy(copy + 1, bytes, size);
		assert_int_equal(hello_decode(copy + 1, size, false, &hello, &err), HELLO_MORE);
		assert_string_equal(err.text, "");
		assert_int_equal(hello_decode(copy + 1, size, true, &hello, &err), HELLO_INVALID);
		assert_memory_equal(err.text, "ended after ", 12);
		test_free(copy);
	}
}

static void a_cut_hello_waits_for_more_or_is_refused_at_its_end(void **state)
{
	uint8_t bytes[SAMPLE_BYTES + 1];

	read_sample(bytes);
	assert_more_at_every_length(bytes, SAMPLE_BYTES);
	assert_more_at_every_length(bytes, unhex(PSK, bytes, sizeof(bytes)));
}

static void what_can_never_be_a_hello_is_refused_at_once(void **state)
{
	assert_int_equal(refused("474554202f", false,
				 "not a hello: it begins with 47 45, right is 00 00 or 01 00"),
			 HELLO_INVALID);
	assert_int_equal(refused("1603", false,
				 "not a hello: it begins with 16 03, right is 00 00 or 01 00"),
			 HELLO_INVALID);
	assert_int_equal(
		refused("0200", true, "not a hello: it begins with 02 00, right is 00 00 or 01 00"),
		HELLO_INVALID);
	assert_int_equal(refused("", true, "ended after 0 bytes; a hello has at least 24"),
			 HELLO_INVALID);
	assert_int_equal(refused("0100", true, "ended after 2 bytes; a hello has at least 24"),
			 HELLO_INVALID);
}

static void a_count_that_lies_is_refused_at_the_end(void **state)
{
	char hex[] = PKI_SHA1;

	memcpy(hex + 48, "ff", 2);
	assert_int_equal(refused(hex, false, ""), HELLO_MORE);
	assert_int_equal(refused(hex, true, "ended after 47 bytes; its hashes would need more"),
			 HELLO_INVALID);
	memcpy(hex + 48, "01", 2);
	memcpy(hex + 52, "ff", 2); /* the length of its hash */
	assert_int_equal(refused(hex, false, ""), HELLO_MORE);
	assert_int_equal(refused(hex, true, "ended after 47 bytes; its hashes would need more"),
			 HELLO_INVALID);
}

static void nothing_is_longer_than_the_bound(void **state)
{
	uint8_t *bytes = test_calloc(1, HELLO_MAX_BYTES + 1);
	struct hello hello;
	struct err err = {0};

	memcpy(bytes, "\1\0\3\0", 4);
	bytes[24] = 255;
	memset(bytes + 25, 0xff, HELLO_MAX_BYTES - 25);
	assert_int_equal(hello_decode(bytes, HELLO_MAX_BYTES - 1, false, &hello, &err), HELLO_MORE);
	assert_int_equal(hello_decode(bytes, HELLO_MAX_BYTES, false, &hello, &err), HELLO_INVALID);
	assert_string_equal(err.text, "its 255 hashes take more than 16384 bytes");
	assert_int_equal(hello_decode(bytes, HELLO_MAX_BYTES + 1, false, &hello, &err),
			 HELLO_INVALID);
	assert_string_equal(err.text, "16385 bytes; a hello has at most 16384");
	test_free(bytes);
}

static void an_unknown_version_is_kept_once_the_peer_ended(void **state)
{
	uint8_t bytes[64];
	struct hello hello;
	size_t length = unhex(PSK, bytes, sizeof(bytes));

	bytes[2] = 4;
	assert_int_equal(hello_decode(bytes, length, false, &hello, NULL), HELLO_MORE);
	assert_int_equal(hello_decode(bytes, length, true, &hello, NULL), HELLO_COMPLETE);
	assert_int_equal(hello.version, 4);
	assert_int_equal(hello.retry, 3);
	assert_int_equal(hello.length, length);
	assert_int_equal(hello.trailing, 0);
	assert_string_equal(hello.pid, "");
	assert_int_equal(hello_decode(bytes, 24, true, &hello, NULL), HELLO_COMPLETE);
	assert_int_equal(hello_decode(bytes, 23, true, &hello, NULL), HELLO_INVALID);
}

static void trailing_bytes_and_unknown_hashes_are_kept(void **state)
{
	uint8_t bytes[64];
	struct hello_hash hash;
	struct hello hello;
	size_t at = 0, length = unhex(PKI_SHA1 "aabbcc", bytes, sizeof(bytes));

	bytes[25] = 77;
	assert_int_equal(hello_decode(bytes, length, false, &hello, NULL), HELLO_COMPLETE);
	assert_int_equal(hello.length, 47);
	assert_int_equal(hello.trailing, 3);
	assert_true(hello_next_hash(&hello, &at, &hash));
	assert_int_equal(hash.type, 77);
}

static void a_test_hello_is_a_hello(void **state)
{
	static const uint8_t roots[2][32] = {{1, 2, 3}, {4, 5, 6}};
	uint8_t bytes[93];
	struct hello_hash hash;
	struct hello hello;
	char text[UUID_TEXT];
	size_t at = 0;

	assert_string_equal(uuid_print(hello_test_uuid, text),
			    "616d746e-6574-4865-6c6c-6f2054657374");
	assert_int_equal(hello_encode_pki(hello_test_uuid, 7, roots, 2, bytes, sizeof(bytes)), 93);
	assert_int_equal(hello_decode(bytes, 93, false, &hello, NULL), HELLO_COMPLETE);
	assert_true(uuid_equal(hello.uuid, hello_test_uuid));
	assert_int_equal(hello.retry, 7);
	assert_int_equal(hello.hash_count, 2);
	assert_true(hello_next_hash(&hello, &at, &hash));
	assert_true(hello_next_hash(&hello, &at, &hash));
	assert_memory_equal(hash.bytes, roots[1], 32);
	assert_int_equal(hello_encode_pki(hello_test_uuid, 0, NULL, 0, bytes, 25), 25);
	assert_int_equal(hello_decode(bytes, 25, false, &hello, NULL), HELLO_COMPLETE);
	at = 0;
	assert_false(hello_next_hash(&hello, &at, &hash));
}

static void a_test_hello_that_does_not_fit_is_none(void **state)
{
	static const uint8_t roots[2][32];
	uint8_t bytes[93];

	assert_int_equal(hello_encode_pki(hello_test_uuid, 0, roots, 2, bytes, 92), 0);
	assert_int_equal(hello_encode_pki(hello_test_uuid, 0, roots, 256, bytes, 93), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_of_the_sample_are_the_same),
		cmocka_unit_test(the_sample_of_a_real_device_is_decoded),
		cmocka_unit_test(a_psk_hello_has_its_pid),
		cmocka_unit_test(a_pki_hello_with_sha1_is_decoded),
		cmocka_unit_test(a_cut_hello_waits_for_more_or_is_refused_at_its_end),
		cmocka_unit_test(what_can_never_be_a_hello_is_refused_at_once),
		cmocka_unit_test(a_count_that_lies_is_refused_at_the_end),
		cmocka_unit_test(nothing_is_longer_than_the_bound),
		cmocka_unit_test(an_unknown_version_is_kept_once_the_peer_ended),
		cmocka_unit_test(trailing_bytes_and_unknown_hashes_are_kept),
		cmocka_unit_test(a_test_hello_is_a_hello),
		cmocka_unit_test(a_test_hello_that_does_not_fit_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
