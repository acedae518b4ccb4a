/* SPDX-License-Identifier: ISC */
#include "netcheck/pair_seal.h"

#include "common/random.h"
#include "common/text.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define GREETING "AMTNET-PAIR 1 "
#define SEAL_BYTES 16
#define SEAL_TEXT (2 * SEAL_BYTES)

void pair_seal_code(char ret[PAIR_CODE_TEXT])
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* no I, O, 0, 1 */
	uint8_t bytes[16];
	size_t at = 0;

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i && i % 4 == 0)
			ret[at++] = '-';
		ret[at++] = letters[bytes[i] % 32];
	}
	ret[at] = '\0';
}

int pair_seal_read_code(const char *path, char *ret, size_t size, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *got;

	if (!file)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	got = fgets(ret, (int)size, file);
	fclose(file);
	if (got)
		ret[strcspn(ret, "\r\n")] = '\0';
	if (got && strlen(ret) >= PAIR_CODE_LEAST)
		return 0;
	return err_set(err, -EINVAL, "%s: its first line must have %d characters at least", path,
		       PAIR_CODE_LEAST);
}

size_t pair_seal_greet(const uint8_t nonce[PAIR_NONCE_BYTES], char ret[PAIR_GREETING_MAX])
{
	char hex[2 * PAIR_NONCE_BYTES + 1];

	return (size_t)snprintf(ret, PAIR_GREETING_MAX, GREETING "%s\n",
				text_hex(hex, sizeof(hex), nonce, PAIR_NONCE_BYTES));
}

/* The length of the line without its end; -EAGAIN, -EINVAL. */
static int find_end(const void *bytes, size_t length, size_t most)
{
	const char *end = memchr(bytes, '\n', length);

	if (!end)
		return length < most ? -EAGAIN : -EINVAL;
	return (size_t)(end - (const char *)bytes) < most ? (int)(end - (const char *)bytes)
							  : -EINVAL;
}

int pair_seal_read_greeting(const void *bytes, size_t length, uint8_t ret_nonce[PAIR_NONCE_BYTES])
{
	static const size_t whole = sizeof(GREETING) - 1 + 2 * PAIR_NONCE_BYTES;
	size_t known = length < sizeof(GREETING) - 1 ? length : sizeof(GREETING) - 1, size = 0;
	int end = find_end(bytes, length, PAIR_GREETING_MAX);

	if (memcmp(bytes, GREETING, known))
		return -EINVAL;
	if (end < 0)
		return end;
	if ((size_t)end != whole ||
	    text_unhex((const char *)bytes + sizeof(GREETING) - 1, 2 * PAIR_NONCE_BYTES, ret_nonce,
		       PAIR_NONCE_BYTES, &size) ||
	    size != PAIR_NONCE_BYTES)
		return -EINVAL;
	return end + 1;
}

void pair_seal_begin(struct pair_seal *ret, const char *code, bool responds,
		     const uint8_t responder_nonce[PAIR_NONCE_BYTES],
		     const uint8_t check_nonce[PAIR_NONCE_BYTES])
{
	static const char title[] = "amtnet pair 1";
	uint8_t message[sizeof(title) + 2 * PAIR_NONCE_BYTES];

	memcpy(message, title, sizeof(title));
	memcpy(message + sizeof(title), responder_nonce, PAIR_NONCE_BYTES);
	memcpy(message + sizeof(title) + PAIR_NONCE_BYTES, check_nonce, PAIR_NONCE_BYTES);
	*ret = (struct pair_seal){.responds = responds};
	HMAC(EVP_sha256(), code, (int)strlen(code), message, sizeof(message), ret->key, NULL);
}

/* Over direction, number and words, as hex digits. */
static void seal_of(const struct pair_seal *seal, bool by_responder, uint64_t number,
		    const char *words, size_t length, char ret[SEAL_TEXT + 1])
{
	uint8_t message[9 + PAIR_WORDS_MAX], digest[EVP_MAX_MD_SIZE];

	message[0] = by_responder;
	for (size_t i = 0; i < 8; i++)
		message[1 + i] = (uint8_t)(number >> (8 * i));
	memcpy(message + 9, words, length);
	HMAC(EVP_sha256(), seal->key, sizeof(seal->key), message, 9 + length, digest, NULL);
	text_hex(ret, SEAL_TEXT + 1, digest, SEAL_BYTES);
}

size_t pair_seal_print(struct pair_seal *seal, const char *words, char ret[PAIR_LINE_MAX])
{
	size_t length = strlen(words);

	if (length >= PAIR_WORDS_MAX || memchr(words, '\n', length))
		return 0;
	seal_of(seal, seal->responds, seal->sent++, words, length, ret);
	return SEAL_TEXT +
	       (size_t)snprintf(ret + SEAL_TEXT, PAIR_LINE_MAX - SEAL_TEXT, " %s\n", words);
}

int pair_seal_read(struct pair_seal *seal, const void *bytes, size_t length,
		   char ret[PAIR_WORDS_MAX])
{
	const char *line = bytes, *words = line + SEAL_TEXT + 1;
	char expected[SEAL_TEXT + 1];
	int end = find_end(bytes, length, PAIR_LINE_MAX - 1);
	size_t size;

	if (end < 0)
		return end;
	if (end < SEAL_TEXT + 1 || line[SEAL_TEXT] != ' ' ||
	    (size_t)end - SEAL_TEXT - 1 >= PAIR_WORDS_MAX)
		return -EINVAL;
	size = (size_t)end - SEAL_TEXT - 1;
	seal_of(seal, !seal->responds, seal->received, words, size, expected);
	if (CRYPTO_memcmp(line, expected, SEAL_TEXT))
		return -EACCES;
	if (memchr(words, '\0', size))
		return -EINVAL;
	seal->received++;
	memcpy(ret, words, size);
	ret[size] = '\0';
	return end + 1;
}
