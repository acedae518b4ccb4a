/* SPDX-License-Identifier: ISC */
/* What a stranger says to a paired responder: without the code no line passes the seal, and words that
 * are read print back to the same. */
#include "netcheck/pair_words.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *text)
{
	char words[PAIR_WORDS_MAX];
	struct pair_ready ready;
	struct pair_port port;
	struct endpoint server;
	struct pair_hello hello;

	if (!pair_read_ready(text, &ready)) {
		pair_print_ready(&ready, words);
		assert(!pair_read_ready(words, &ready));
	}
	if (!pair_read_port(text, &port)) {
		pair_print_port(&port, words);
		assert(!pair_read_port(words, &port));
	}
	if (!pair_read_ask_hello(text, &server)) {
		pair_print_ask_hello(server, words);
		assert(!pair_read_ask_hello(words, &server));
	}
	if (!pair_read_hello(text, &hello)) {
		pair_print_hello(&hello, words);
		assert(!pair_read_hello(words, &hello));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t other[PAIR_NONCE_BYTES] = {7};
	uint8_t nonce[PAIR_NONCE_BYTES];
	char words[PAIR_WORDS_MAX];
	struct pair_seal seal;
	int r = pair_seal_read_greeting(data, size, nonce);

	assert(r == -EAGAIN || r == -EINVAL || (r > 0 && (size_t)r <= size));
	pair_seal_begin(&seal, "a code that nobody knows", true, other, other);
	r = pair_seal_read(&seal, data, size, words);
	assert(r == -EAGAIN || r == -EINVAL || r == -EACCES);
	if (size < sizeof(words)) {
		memcpy(words, data, size);
		words[size] = '\0';
		check_words(words);
	}
	return 0;
}
