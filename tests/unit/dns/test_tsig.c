/* SPDX-License-Identifier: ISC */
#include "common/tsig.h"

#include "dns/update.h"
#include "tests/support/name_server.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000u
#define NOTAUTH 9

static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";

/* A signed request, its answer, and the key of both. */
struct exchange {
	struct tsig_key *key;
	struct tsig_request request;
	uint8_t sent[512];
	size_t sent_length;
	struct name_server_tsig tsig; /* how the answer will be signed */
	uint8_t answer[70000];
	size_t length;
	int error;
	uint64_t server_s;
};

static const struct {
	enum tsig_algorithm algorithm;
	const char *name, *digest;
	size_t mac_length;
} algorithms[] = {
	{TSIG_HMAC_SHA256, "hmac-sha256", "SHA256", 32},
	{TSIG_HMAC_SHA384, "hmac-sha384", "SHA384", 48},
	{TSIG_HMAC_SHA512, "hmac-sha512", "SHA512", 64},
	{TSIG_HMAC_SHA1, "hmac-sha1", "SHA1", 20},
};

static void begin(struct exchange *exchange, size_t i)
{
	struct hostname name = {"me.example"};

	memset(exchange, 0, sizeof *exchange);
	assert_int_equal(tsig_key_new(&exchange->key, "AmtNet.Key.", algorithms[i].algorithm,
				      secret, sizeof secret, NULL),
			 0);
	assert_int_equal(update_encode_query(&name, RECORD_A, 0x1234, exchange->sent,
					     sizeof exchange->sent, &exchange->sent_length),
			 0);
	assert_int_equal(tsig_sign(exchange->key, NOW, exchange->sent, &exchange->sent_length,
				   sizeof exchange->sent, &exchange->request),
			 0);
	exchange->tsig = (struct name_server_tsig){
		.name = "amtnet.key",
		.algorithm = algorithms[i].name,
		.digest = algorithms[i].digest,
		.secret = secret,
		.secret_length = sizeof secret,
		.mac_length = algorithms[i].mac_length,
		.time_s = NOW,
		.fudge = TSIG_FUDGE_S,
	};
	exchange->length = name_server_build(exchange->sent, exchange->sent_length, 0, 1,
					     exchange->answer, sizeof exchange->answer);
}

static void sign_answer(struct exchange *exchange)
{
	exchange->length = name_server_sign(&exchange->tsig, exchange->sent, exchange->sent_length,
					    exchange->request.mac_length, exchange->answer,
					    exchange->length, sizeof exchange->answer);
}

/* In a block of just that size, so that a sanitizer sees a step over its end. */
static enum tsig_verdict verify(struct exchange *exchange)
{
	uint8_t *bytes = malloc(exchange->length + 1);
	enum tsig_verdict verdict;

	assert_non_null(bytes);
	memcpy(bytes, exchange->answer, exchange->length);
	verdict = tsig_verify(exchange->key, &exchange->request, NOW, bytes, &exchange->length,
			      &exchange->error, &exchange->server_s);
	memcpy(exchange->answer, bytes, exchange->length);
	free(bytes);
	return verdict;
}

static void end(struct exchange *exchange)
{
	tsig_key_free(exchange->key);
}

static void assert_verdict(struct exchange *exchange, enum tsig_verdict expected)
{
	sign_answer(exchange);
	assert_int_equal(verify(exchange), expected);
	end(exchange);
}

/* The MAC is over the message before signing and the variables, RFC 8945 4.3. */
static void signature_stands_as_rfc_8945_says(void **state)
{
	static const char variables[] = "\6amtnet\3key\0\0\xff\0\0\0\0\13hmac-sha256\0"
					"\0\0\x65\x53\xf1\0\1\x2c\0\0\0\0";
	uint8_t digest[28 + sizeof variables - 1], mac[EVP_MAX_MD_SIZE];
	struct exchange x;
	const uint8_t *tail;

	begin(&x, 0);
	assert_int_equal(x.sent[11], 1); /* ARCOUNT */
	memcpy(digest, x.sent, 28);
	digest[11] = 0;
	memcpy(digest + 28, variables, sizeof variables - 1);
	HMAC(EVP_sha256(), secret, sizeof secret, digest, sizeof digest, mac, NULL);
	assert_memory_equal(x.request.mac, mac, 32);
	assert_memory_equal(x.sent + 28,
			    "\6amtnet\3key\0\0\xfa\0\xff\0\0\0\0\0\x3d\13hmac-sha256\0", 35);
	tail = x.sent + 28 + 35;
	assert_memory_equal(tail, "\0\0\x65\x53\xf1\0\1\x2c\0\x20", 10);
	assert_memory_equal(tail + 10, x.request.mac, 32);
	assert_memory_equal(tail + 42, "\x12\x34\0\0\0\0", 6);
	assert_int_equal(x.sent_length, 28 + 35 + 48);
	assert_int_equal(x.request.id, 0x1234);
	end(&x);
}

static void answer_of_every_algorithm_is_good(void **state)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		struct exchange x;
		size_t unsigned_length;

		begin(&x, i);
		unsigned_length = x.length;
		sign_answer(&x);
		assert_int_equal(verify(&x), TSIG_GOOD);
		assert_int_equal(x.length, unsigned_length);
		assert_int_equal(x.answer[11], 0);
		assert_int_equal(x.error, 0);
		end(&x);
	}
}

static void unsigned_answer_is_no_proof(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.tsig.name = NULL;
	assert_verdict(&x, TSIG_UNSIGNED);
}

static void other_key_name_is_forged(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.tsig.name = "amtnet.kex";
	assert_verdict(&x, TSIG_FORGED);
}

static void key_name_compares_without_case(void **state)
{
	struct exchange x;

	begin(&x, 0);
	sign_answer(&x);
	x.answer[x.length - 48 - 35 + 1] = 'A'; /* of "amtnet.key" */
	assert_int_equal(x.answer[x.length - 48 - 35 + 2], 'm');
	assert_int_equal(verify(&x), TSIG_GOOD);
	end(&x);
}

static void other_algorithm_is_forged_even_with_the_right_mac(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.tsig.algorithm = "hmac-sha1";
	x.tsig.digest = "SHA1";
	x.tsig.mac_length = 20;
	assert_verdict(&x, TSIG_FORGED);
}

static void other_secret_is_forged(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.tsig.secret = "something else";
	x.tsig.secret_length = 14;
	assert_verdict(&x, TSIG_FORGED);
}

static void cut_mac_is_forged(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.tsig.mac_length = 16; /* RFC 8945 would allow it; we never asked for it */
	assert_verdict(&x, TSIG_FORGED);
	begin(&x, 0);
	x.tsig.mac_length = 0;
	assert_verdict(&x, TSIG_FORGED);
}

static void answer_to_another_request_is_forged(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.request.mac[5] ^= 1; /* what we remember differs from what was sent */
	assert_verdict(&x, TSIG_FORGED);
	begin(&x, 0);
	x.request.id = 0x4321;
	assert_verdict(&x, TSIG_FORGED);
}

static void every_changed_bit_is_seen(void **state)
{
	struct exchange x;

	begin(&x, 0);
	sign_answer(&x);
	for (size_t i = 0; i < x.length * 8; i++) {
		struct exchange changed = x;

		if (i / 8 >= x.length - 48 - 35 && x.answer[i / 8] >= 'a' && i % 8 == 5)
			continue; /* the case of a letter in the key's or algorithm's name */
		changed.answer[i / 8] ^= (uint8_t)(1 << i % 8);
		/* the original id takes the header's place in the digest */
		assert_int_not_equal(verify(&changed), TSIG_GOOD);
	}
	end(&x);
}

static void every_cut_is_refused(void **state)
{
	struct exchange x;

	begin(&x, 0);
	sign_answer(&x);
	for (size_t i = 0; i < x.length; i++) {
		struct exchange cut = x;

		cut.length = i;
		assert_int_equal(verify(&cut), TSIG_FORGED);
	}
	x.length++; /* and a byte more */
	assert_int_equal(verify(&x), TSIG_FORGED);
	end(&x);
}

static void time_outside_the_fudge_is_told(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.tsig.time_s = NOW + TSIG_FUDGE_S;
	assert_verdict(&x, TSIG_GOOD);
	begin(&x, 0);
	x.tsig.time_s = NOW + TSIG_FUDGE_S + 1;
	assert_verdict(&x, TSIG_TIME);
	begin(&x, 0);
	x.tsig.time_s = NOW - TSIG_FUDGE_S - 1;
	assert_verdict(&x, TSIG_TIME);
}

static void unsigned_badkey_and_badsig_are_hints_only(void **state)
{
	for (uint16_t error = 16; error <= 17; error++) {
		struct exchange x;

		begin(&x, 0);
		x.answer[3] = NOTAUTH;
		x.tsig.mac_length = 0;
		x.tsig.error = error;
		sign_answer(&x);
		assert_int_equal(verify(&x), TSIG_ERROR_HINT);
		assert_int_equal(x.error, error);
		end(&x);
	}
}

static void hint_needs_notauth(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.tsig.mac_length = 0;
	x.tsig.error = 17;
	assert_verdict(&x, TSIG_FORGED);
}

static void badtime_gives_the_servers_clock(void **state)
{
	static const uint8_t other[6] = {0, 0, 0x65, 0x53, 0xff, 0};
	struct exchange x;

	begin(&x, 0);
	x.answer[3] = NOTAUTH;
	x.tsig.error = 18;
	x.tsig.other = other;
	x.tsig.other_length = sizeof other;
	sign_answer(&x);
	assert_int_equal(verify(&x), TSIG_ERROR_BADTIME);
	assert_int_equal(x.server_s, 0x6553ff00);
	end(&x);

	/* unsigned it is worth nothing */
	begin(&x, 0);
	x.answer[3] = NOTAUTH;
	x.tsig.error = 18;
	x.tsig.mac_length = 0;
	x.tsig.other = other;
	x.tsig.other_length = sizeof other;
	assert_verdict(&x, TSIG_FORGED);
}

static void badtrunc_is_told(void **state)
{
	struct exchange x;

	begin(&x, 0);
	x.answer[3] = NOTAUTH;
	x.tsig.error = 22;
	assert_verdict(&x, TSIG_ERROR_BADTRUNC);
}

static void original_id_takes_the_place_of_the_header_id(void **state)
{
	struct exchange x;

	/* a forwarder asked the primary under another id, and put ours back */
	begin(&x, 0);
	memcpy(x.answer, "\x99\x99", 2);
	sign_answer(&x);
	memcpy(x.answer, "\x12\x34", 2);
	assert_int_equal(verify(&x), TSIG_GOOD);
	assert_memory_equal(x.answer, "\x12\x34", 2);
	end(&x);
}

static void tsig_must_be_the_last_record_and_the_only_one(void **state)
{
	struct exchange x;

	begin(&x, 0);
	sign_answer(&x);
	memcpy(x.answer + x.length, "\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 15); /* an A record */
	x.length += 15;
	x.answer[11]++;
	assert_int_equal(verify(&x), TSIG_FORGED);
	end(&x);

	begin(&x, 0);
	sign_answer(&x);
	sign_answer(&x);
	assert_int_equal(verify(&x), TSIG_FORGED);
	end(&x);
}

/* Replaces the TSIG's owner by two bytes. */
static void set_owner(struct exchange *x, size_t at, const char *pointer)
{
	memmove(x->answer + at + 2, x->answer + at + 12, x->length - at - 12);
	memcpy(x->answer + at, pointer, 2);
	x->length -= 10;
}

static void compressed_owner_is_followed_backwards_only(void **state)
{
	static const char *const endless[] = {"\xc0\x2c", "\xc0\x2d", "\xff\xff", "\x80\x00"};
	struct exchange x;
	size_t at;

	/* an answer whose record data hold the key's name */
	begin(&x, 0);
	at = x.length;
	memcpy(x.answer + at, "\0\0\20\0\1\0\0\0\0\0\14\6amtnet\3key\0", 23);
	x.length += 23;
	x.answer[7]++;
	sign_answer(&x);
	set_owner(&x, at + 23, "\xc0\x37");
	assert_int_equal(at + 11, 0x37);
	assert_int_equal(verify(&x), TSIG_GOOD);
	end(&x);

	for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
		begin(&x, 0);
		at = x.length;
		assert_int_equal(at, 0x2c);
		sign_answer(&x);
		set_owner(&x, at, endless[i]);
		assert_int_equal(verify(&x), TSIG_FORGED);
		end(&x);
	}
}

/* What makes ldns 1.8.3 abort: 65535 bytes, closed by a TSIG with root names. */
static void longest_answer_with_the_smallest_tsig_is_survived(void **state)
{
	static const uint8_t tsig[] = {0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 17, 0, 0, 0,
				       0, 0, 0,   0, 1,   0, 0, 0, 0, 0, 0,  0, 0, 0};
	struct exchange x;
	size_t at = 65535 - sizeof tsig;

	begin(&x, 0);
	memcpy(x.answer + x.length, "\0\0\20\0\1\0\0\0\0", 9);
	x.answer[x.length + 9] = (uint8_t)((at - x.length - 11) >> 8);
	x.answer[x.length + 10] = (uint8_t)(at - x.length - 11);
	x.answer[7]++;
	x.answer[11]++;
	memcpy(x.answer + at, tsig, sizeof tsig);
	x.length = 65535;
	assert_int_equal(verify(&x), TSIG_FORGED);
	end(&x);
}

static void signing_leaves_a_message_without_room_alone(void **state)
{
	struct exchange x;
	struct tsig_request request;
	uint8_t bytes[160] = {0}, before[160];
	size_t length = 60;

	begin(&x, 0);
	memcpy(before, bytes, sizeof bytes);
	assert_int_equal(tsig_sign(x.key, NOW, bytes, &length, 100, &request), -ENOBUFS);
	assert_int_equal(length, 60);
	assert_memory_equal(bytes, before, 60);
	length = 11;
	assert_int_equal(tsig_sign(x.key, NOW, bytes, &length, sizeof bytes, &request), -EINVAL);
	end(&x);
}

static void keys_without_name_or_secret_are_refused(void **state)
{
	struct tsig_key *key = NULL;
	struct err err = {0};

	assert_int_equal(tsig_key_new(&key, "a..b", TSIG_HMAC_SHA256, secret, 32, &err), -EINVAL);
	assert_true(err.text[0]);
	assert_int_equal(tsig_key_new(&key, "amtnet", TSIG_HMAC_SHA256, secret, 0, &err), -EINVAL);
	assert_string_equal(err.text, "the secret of key \"amtnet\" is empty");
	assert_null(key);
	tsig_key_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signature_stands_as_rfc_8945_says),
		cmocka_unit_test(answer_of_every_algorithm_is_good),
		cmocka_unit_test(unsigned_answer_is_no_proof),
		cmocka_unit_test(other_key_name_is_forged),
		cmocka_unit_test(key_name_compares_without_case),
		cmocka_unit_test(other_algorithm_is_forged_even_with_the_right_mac),
		cmocka_unit_test(other_secret_is_forged),
		cmocka_unit_test(cut_mac_is_forged),
		cmocka_unit_test(answer_to_another_request_is_forged),
		cmocka_unit_test(every_changed_bit_is_seen),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(time_outside_the_fudge_is_told),
		cmocka_unit_test(unsigned_badkey_and_badsig_are_hints_only),
		cmocka_unit_test(hint_needs_notauth),
		cmocka_unit_test(badtime_gives_the_servers_clock),
		cmocka_unit_test(badtrunc_is_told),
		cmocka_unit_test(original_id_takes_the_place_of_the_header_id),
		cmocka_unit_test(tsig_must_be_the_last_record_and_the_only_one),
		cmocka_unit_test(compressed_owner_is_followed_backwards_only),
		cmocka_unit_test(longest_answer_with_the_smallest_tsig_is_survived),
		cmocka_unit_test(signing_leaves_a_message_without_room_alone),
		cmocka_unit_test(keys_without_name_or_secret_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
