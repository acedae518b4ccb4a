/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as the answer to a signed request, twice. First as they are, with the id that they carry, so
 * that the parser is reached: a good verdict would mean that a MAC was guessed. Then rightly signed, by
 * other code than ours, with time, fudge, error and other data out of the input's first bytes, so that
 * what stands behind the MAC is reached: the verdict must be the one that RFC 8945 5.3 demands.
 */
#include "common/tsig.h"
#include "tests/support/name_server.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1000u
#define FIELDS 16 /* bytes of the input that the second run takes for head and TSIG */
#define HEAD 12

enum { BADTIME = 18, BADTRUNC = 22 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct tsig_key *key_of_fuzz(void)
{
	static struct tsig_key *key;

	if (!key &&
	    tsig_key_new(&key, "amtnet", TSIG_HMAC_SHA256, (const uint8_t *)"secret", 6, NULL))
		abort();
	return key;
}

/* In a block of just that size, so that a sanitizer sees a step over its end. */
static enum tsig_verdict verify(const struct tsig_request *request, const uint8_t *bytes,
				size_t length, uint64_t *ret_server_s)
{
	uint8_t *copy = malloc(length + 1);
	enum tsig_verdict verdict;
	int error;

	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	verdict = tsig_verify(key_of_fuzz(), request, NOW, copy, &length, &error, ret_server_s);
	free(copy);
	return verdict;
}

static enum tsig_verdict expected(const struct name_server_tsig *tsig)
{
	uint64_t apart = tsig->time_s > NOW ? tsig->time_s - NOW : NOW - tsig->time_s;

	if (tsig->error == BADTIME && tsig->other_length == 6)
		return TSIG_ERROR_BADTIME;
	if (apart > tsig->fudge)
		return TSIG_TIME;
	if (tsig->error == BADTRUNC)
		return TSIG_ERROR_BADTRUNC;
	return tsig->error ? TSIG_FORGED : TSIG_GOOD;
}

static void run_signed(const uint8_t bytes[FIELDS])
{
	static const uint8_t errors[] = {0, 0, BADTIME, BADTRUNC, 16, 17};
	const struct name_server_tsig tsig = {
		.name = "amtnet",
		.algorithm = "hmac-sha256",
		.digest = "SHA256",
		.secret = "secret",
		.secret_length = 6,
		.mac_length = 32,
		.time_s = (uint64_t)bytes[0] << 8 | bytes[1],
		.fudge = (uint16_t)(bytes[2] << 8 | bytes[3]),
		.error = errors[bytes[4] % sizeof errors],
		.other = bytes + 6,
		.other_length = bytes[5] % 7u,
	};
	/* A signed request ends with its MAC, id, error and other length. */
	const uint8_t request_end[32 + 6] = {1, 2, 3};
	struct tsig_request request = {.mac = {1, 2, 3}, .mac_length = 32};
	uint8_t answer[HEAD + 1024] = {0};
	size_t size = HEAD;
	uint64_t server_s = 0, other_s = 0;

	memcpy(answer, bytes + FIELDS - 4, 4);
	request.id = (uint16_t)(answer[0] << 8 | answer[1]);
	size = name_server_sign(&tsig, request_end, sizeof request_end, 32, answer, size,
				sizeof answer);
	if (verify(&request, answer, size, &server_s) != expected(&tsig))
		abort();
	for (size_t i = 0; i < tsig.other_length; i++)
		other_s = other_s << 8 | tsig.other[i];
	if (server_s && server_s != other_s)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct tsig_request request = {.mac = {1, 2, 3}, .mac_length = 32};
	uint64_t server_s;

	if (length >= 2)
		request.id = (uint16_t)(bytes[0] << 8 | bytes[1]);
	if (verify(&request, bytes, length, &server_s) == TSIG_GOOD)
		abort();
	if (length >= FIELDS)
		run_signed(bytes);
	return 0;
}
