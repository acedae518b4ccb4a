/* SPDX-License-Identifier: ISC */
/*
 * pair_seal: what keeps strangers out of the talk between a check and its responder. Both know a code;
 * each says a nonce, and every line after that carries a code (HMAC-SHA256) over its direction, its
 * number and its words. A line that was changed, repeated, left out or sent back is refused. Nothing is
 * secret but the code.
 *
 *   responder  AMTNET-PAIR 1 NONCE
 *   check      AMTNET-PAIR 1 NONCE
 *   both       HMAC WORDS              32 hex digits, a space, at most PAIR_WORDS_MAX - 1 characters
 *
 * Pure, apart from OpenSSL and the file that holds the code.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIR_NONCE_BYTES 16
#define PAIR_GREETING_MAX 64
#define PAIR_WORDS_MAX 256
#define PAIR_LINE_MAX (PAIR_WORDS_MAX + 40)
#define PAIR_CODE_LEAST 8 /* characters */
#define PAIR_CODE_MAX 256
#define PAIR_CODE_TEXT 20 /* "ABCD-EFGH-IJKL-MNOP" */

struct pair_seal {
	uint8_t key[32];
	bool responds; /* we are the responder */
	uint64_t sent, received;
};

/* A new code with 80 random bits, for people to read out. */
void pair_seal_code(char ret[PAIR_CODE_TEXT]);

/* The file's first line, without its end. 0, or negative errno with the sentence. */
int pair_seal_read_code(const char *path, char *ret, size_t size, struct err *err);

/* The line with its end; its length. */
size_t pair_seal_greet(const uint8_t nonce[PAIR_NONCE_BYTES], char ret[PAIR_GREETING_MAX]);
/* `length` counts the bytes in hand. The greeting's length; -EAGAIN while more may come; -EINVAL when
 * it will never be one. */
int pair_seal_read_greeting(const void *bytes, size_t length, uint8_t ret_nonce[PAIR_NONCE_BYTES]);

void pair_seal_begin(struct pair_seal *ret, const char *code, bool responds,
		     const uint8_t responder_nonce[PAIR_NONCE_BYTES],
		     const uint8_t check_nonce[PAIR_NONCE_BYTES]);

/* The sealed line with its end; its length, 0 when the words are too long. */
size_t pair_seal_print(struct pair_seal *seal, const char *words, char ret[PAIR_LINE_MAX]);
/* The line's length in `bytes`, with its words in `ret`; -EAGAIN and -EINVAL as above; -EACCES when the
 * seal is broken: another code, or somebody in between. */
int pair_seal_read(struct pair_seal *seal, const void *bytes, size_t length,
		   char ret[PAIR_WORDS_MAX]);
