/* SPDX-License-Identifier: ISC */
#include "tests/support/key_words.h"

#include <openssl/evp.h>

#include <string.h>

struct tsig_key *key_from_words(const char *name, const char *algorithm, const char *secret)
{
	uint8_t bytes[192];
	struct tsig_key *key = NULL;
	struct err err = {0};
	size_t length = strlen(secret);
	int decoded, i = 0;

	if (length > 256)
		return NULL;
	decoded = EVP_DecodeBlock(bytes, (const unsigned char *)secret, (int)length);
	for (size_t at = length; decoded > 0 && at > 0 && secret[at - 1] == '='; at--)
		decoded--;
	while (tsig_algorithm_names[i] && strcmp(tsig_algorithm_names[i], algorithm) != 0)
		i++;
	if (decoded <= 0 || !tsig_algorithm_names[i])
		return NULL;
	tsig_key_new(&key, name, (enum tsig_algorithm)i, bytes, (size_t)decoded, &err);
	return key;
}
