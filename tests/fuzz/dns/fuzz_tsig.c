/* SPDX-License-Identifier: ISC */
/* Any bytes as the answer to a signed request. They are checked with the id that they carry, so that
 * the parser is reached; a good verdict would mean that a MAC was guessed. */
#include "dns/tsig.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct tsig_key *key_of_fuzz(void)
{
	static struct tsig_key *key;

	if (!key &&
	    tsig_key_new(&key, "amtnet", TSIG_HMAC_SHA256, (const uint8_t *)"secret", 6, NULL))
		abort();
	return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct tsig_request request = {.mac = {1, 2, 3}, .mac_length = 32};
	uint8_t *copy = malloc(length + 1);
	uint64_t server_s = 0;
	size_t left = length;
	int error = 0;

	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	if (length >= 2)
		request.id = (uint16_t)(bytes[0] << 8 | bytes[1]);
	if (tsig_verify(key_of_fuzz(), &request, 1000, copy, &left, &error, &server_s) == TSIG_GOOD)
		abort();
	free(copy);
	return 0;
}
