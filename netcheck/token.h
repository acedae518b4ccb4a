/* SPDX-License-Identifier: ISC */
/*
 * token: the two lines by which a check recognises the responder at the far end.
 *
 *   check      AMTNET-CHECK 1 NONCE [SIZE]
 *   responder  AMTNET-RESPOND 1 NONCE PEER-ADDRESS HOSTNAME
 *   check      SIZE bytes
 *   responder  SIZE bytes
 *
 * Whatever else the responder hears is answered by its line with the nonce "-", and hung up on.
 * NONCE is 1 to 32 letters and digits of the check's choice, or "-" where it sent none. SIZE, up to
 * TOKEN_ECHO_MAX, is more than one packet holds, so that what full-size packets meet is seen. Lines end with
 * a newline (a carriage return before it is allowed). Both lines come from the network: strict, and
 * never longer than TOKEN_LINE_MAX. Pure.
 */
#pragma once

#include "common/addr.h"

#include <stddef.h>

#define TOKEN_LINE_MAX 256
#define TOKEN_NONCE_MAX 32
#define TOKEN_NAME_MAX 64
#define TOKEN_ECHO_MAX 8192

struct token_question {
	char nonce[TOKEN_NONCE_MAX + 1];
	unsigned echo; /* bytes that follow, and are wanted back; 0 = none */
};

struct token_answer {
	char nonce[TOKEN_NONCE_MAX + 1];
	struct addr seen; /* our address as the responder sees it: differs behind NAT */
	char name[TOKEN_NAME_MAX + 1]; /* letters, digits, '-', '_' and '.' only */
};

/* Each gives the length of the line, newline included, or 0 when `size` does not suffice. `name` is
 * cut and foreign characters become '-'. */
size_t token_print_question(const struct token_question *question, char *ret, size_t size);
size_t token_print_answer(const char *nonce, struct addr peer, const char *name, char *ret,
			  size_t size);

/* `length` counts the bytes in hand. 0; -EAGAIN while no newline is there and more may come;
 * -EINVAL when it will never be such a line. */
/* *ret_used: the length of the line; what lies behind it belongs to the echo. */
int token_parse_question(const void *bytes, size_t length, struct token_question *ret,
			 size_t *ret_used);
int token_parse_answer(const void *bytes, size_t length, struct token_answer *ret);
