/* SPDX-License-Identifier: ISC */
/* The two lines of the responder: a decision once made is not changed by more bytes, and what was
 * taken is fit for a terminal. */
#include "netcheck/token.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *word, size_t most)
{
	assert(strlen(word) <= most && word[0]);
	for (; *word; word++)
		assert(*word > ' ' && *word < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token_question asked = {.nonce = ""};
	struct token_answer answer;
	int question, reply;
	size_t used = 0;

	question = token_parse_question(data, size, &asked, &used);
	reply = token_parse_answer(data, size, &answer);
	assert(question == 0 || question == -EAGAIN || question == -EINVAL);
	assert(reply == 0 || reply == -EAGAIN || reply == -EINVAL);
	assert(question != 0 || reply != 0);
	if (!question) {
		check_words(asked.nonce, TOKEN_NONCE_MAX);
		assert(asked.echo <= TOKEN_ECHO_MAX && used && used <= size);
		assert(data[used - 1] == '\n');
	}
	if (!reply) {
		check_words(answer.nonce, TOKEN_NONCE_MAX);
		check_words(answer.name, TOKEN_NAME_MAX);
	}
	if (size && question == -EINVAL)
		assert(size < 2 || token_parse_question(data, size - 1, &asked, &used) != 0);
	return 0;
}
