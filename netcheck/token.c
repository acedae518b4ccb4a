/* SPDX-License-Identifier: ISC */
#include "netcheck/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION "AMTNET-CHECK 1"
#define ANSWER "AMTNET-RESPOND 1"

size_t token_print_question(const struct token_question *question, char *ret, size_t size)
{
	int length;

	if (question->echo)
		length = snprintf(ret, size, QUESTION " %s %u\n", question->nonce, question->echo);
	else
		length = snprintf(ret, size, QUESTION " %s\n", question->nonce);
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

static bool is_name_char(unsigned char c)
{
	return isalnum(c) || c == '-' || c == '_' || c == '.';
}

size_t token_print_answer(const char *nonce, struct addr peer, const char *name, char *ret,
			  size_t size)
{
	char clean[TOKEN_NAME_MAX + 1] = "-";
	char text[ADDR_TEXT];
	int length;

	for (size_t i = 0; i < TOKEN_NAME_MAX && name[i]; i++) {
		clean[i] = is_name_char((unsigned char)name[i]) ? name[i] : '-';
		clean[i + 1] = '\0';
	}
	length = snprintf(ret, size, ANSWER " %s %s %s\n", *nonce ? nonce : "-",
			  addr_print(peer, text), clean);
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

/* Copies the line without its end; the same three results as the parsers. */
static int take_line(const void *bytes, size_t length, const char *begin, char ret[TOKEN_LINE_MAX])
{
	const char *end = memchr(bytes, '\n', length);
	size_t known = length < strlen(begin) ? length : strlen(begin);
	size_t size;

	if (memcmp(bytes, begin, known) != 0)
		return -EINVAL;
	if (!end)
		return length < TOKEN_LINE_MAX ? -EAGAIN : -EINVAL;
	size = (size_t)(end - (const char *)bytes);
	if (size >= TOKEN_LINE_MAX || memchr(bytes, '\0', size))
		return -EINVAL;
	if (size && end[-1] == '\r')
		size--;
	memcpy(ret, bytes, size);
	ret[size] = '\0';
	return size >= strlen(begin) ? 0 : -EINVAL;
}

/* One word after a single space; *at moves behind it. */
static int take_word(const char **at, char *ret, size_t size)
{
	size_t length;

	if (**at != ' ')
		return -EINVAL;
	(*at)++;
	length = strcspn(*at, " ");
	if (!length || length >= size)
		return -EINVAL;
	memcpy(ret, *at, length);
	ret[length] = '\0';
	*at += length;
	return 0;
}

static int take_nonce(const char **at, char ret[TOKEN_NONCE_MAX + 1])
{
	int r = take_word(at, ret, TOKEN_NONCE_MAX + 1);

	if (r || !strcmp(ret, "-"))
		return r;
	for (size_t i = 0; ret[i]; i++)
		if (!isalnum((unsigned char)ret[i]))
			return -EINVAL;
	return 0;
}

static int take_echo(const char **at, unsigned *ret)
{
	char word[8];
	size_t length;

	if (take_word(at, word, sizeof(word)))
		return -EINVAL;
	length = strspn(word, "0123456789");
	*ret = (unsigned)strtoul(word, NULL, 10);
	return word[length] || !*ret || *ret > TOKEN_ECHO_MAX ? -EINVAL : 0;
}

int token_parse_question(const void *bytes, size_t length, struct token_question *ret,
			 size_t *ret_used)
{
	struct token_question question = {.nonce = "-"};
	char line[TOKEN_LINE_MAX];
	const char *at = line + strlen(QUESTION);
	int r;

	r = take_line(bytes, length, QUESTION, line);
	if (r)
		return r;
	if ((*at && take_nonce(&at, question.nonce)) || (*at && take_echo(&at, &question.echo)) ||
	    *at)
		return -EINVAL;
	*ret = question;
	*ret_used = (size_t)((const char *)memchr(bytes, '\n', length) - (const char *)bytes) + 1;
	return 0;
}

int token_parse_answer(const void *bytes, size_t length, struct token_answer *ret)
{
	char line[TOKEN_LINE_MAX], peer[ADDR_TEXT];
	const char *at = line + strlen(ANSWER);
	struct token_answer answer = {0};
	int r;

	r = take_line(bytes, length, ANSWER, line);
	if (r)
		return r;
	if (take_nonce(&at, answer.nonce) || take_word(&at, peer, sizeof(peer)) ||
	    take_word(&at, answer.name, sizeof(answer.name)) || *at)
		return -EINVAL;
	if (addr_parse(peer, &answer.seen))
		return -EINVAL;
	for (size_t i = 0; answer.name[i]; i++)
		if (!is_name_char((unsigned char)answer.name[i]))
			return -EINVAL;
	*ret = answer;
	return 0;
}
