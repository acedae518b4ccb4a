/* SPDX-License-Identifier: ISC */
#include "netcheck/token.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_lines_are_as_documented(void **state)
{
	const struct token_question small = {.nonce = "ab12"},
				    large = {.nonce = "ab12", .echo = 4096};
	char line[TOKEN_LINE_MAX];
	size_t length;

	token_print_question(&large, line, sizeof(line));
	assert_string_equal(line, "AMTNET-CHECK 1 ab12 4096\n");
	length = token_print_question(&small, line, sizeof(line));
	assert_int_equal(length, strlen(line));
	assert_string_equal(line, "AMTNET-CHECK 1 ab12\n");
	token_print_answer("ab12", addr_ip4(0x0a510302), "pc-1", line, sizeof(line));
	assert_string_equal(line, "AMTNET-RESPOND 1 ab12 10.81.3.2 pc-1\n");
	token_print_answer("", addr_ip4(0x0a510302), "a b\x1b[0m", line, sizeof(line));
	assert_string_equal(line, "AMTNET-RESPOND 1 - 10.81.3.2 a-b--0m\n");
	assert_int_equal(token_print_question(&small, line, 10), 0);
}

static void what_is_printed_reads_back(void **state)
{
	const struct token_question question = {.nonce = "0123456789abcdef", .echo = 4096};
	char line[TOKEN_LINE_MAX];
	struct token_question read;
	struct token_answer answer;
	struct addr addr;
	size_t length, used;

	assert_int_equal(addr_parse("2001:db8::7", &addr), 0);
	length = token_print_question(&question, line, sizeof(line));
	line[length] = 'x'; /* the first byte of the echo */
	assert_int_equal(token_parse_question(line, length + 1, &read, &used), 0);
	assert_int_equal(used, length);
	assert_string_equal(read.nonce, question.nonce);
	assert_int_equal(read.echo, 4096);
	length = token_print_answer(question.nonce, addr, "pc-1.corp.example", line, sizeof(line));
	assert_int_equal(token_parse_answer(line, length, &answer), 0);
	assert_string_equal(answer.nonce, question.nonce);
	assert_string_equal(answer.name, "pc-1.corp.example");
	assert_true(addr_equal(answer.seen, addr));
	for (size_t i = 0; i < length; i++)
		assert_int_equal(token_parse_answer(line, i, &answer), -EAGAIN);
}

static void questions(void **state)
{
	static const struct {
		const char *text;
		int result;
		const char *nonce;
		unsigned echo;
	} cases[] = {
		{"AMTNET-CHECK 1\n", 0, "-"},
		{"AMTNET-CHECK 1 x9\r\n", 0, "x9"},
		{"AMTNET-CHECK 1 -\n", 0, "-"},
		{"AMTNET-CHECK 1 x9 4096\n", 0, "x9", 4096},
		{"AMTNET-CHECK 1 x9 8192\n", 0, "x9", 8192},
		{"AMTNET-CHECK 1 x9 8193\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1 x9 0\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1 x9 -1\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1 x9 40 9\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1 x9", -EAGAIN, NULL},
		{"AMT", -EAGAIN, NULL},
		{"GET / HTTP/1.1\r\n", -EINVAL, NULL},
		{"AMTNET-CHECK 2 x9\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1 x9 y\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1  x9\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1 x/9\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1 0123456789012345678901234567890123\n", -EINVAL, NULL},
		{"AMTNET-CHECK 1x\n", -EINVAL, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token_question question = {.nonce = ""};
		size_t used;

		if (token_parse_question(cases[i].text, strlen(cases[i].text), &question, &used) !=
		    cases[i].result)
			fail_msg("case %zu", i);
		if (!cases[i].nonce)
			continue;
		assert_string_equal(question.nonce, cases[i].nonce);
		assert_int_equal(question.echo, cases[i].echo);
	}
}

static void answers_that_are_refused(void **state)
{
	static const char *const cases[] = {
		"AMTNET-RESPOND 1 x 10.0.0.1\n",
		"AMTNET-RESPOND 1 x 10.0.0 name\n",
		"AMTNET-RESPOND 1 x 10.0.0.1 na\033me\n",
		"AMTNET-RESPOND 1 x 10.0.0.1 name more\n",
		"HTTP/1.1 303 See Other\r\n",
	};
	struct token_answer answer;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(token_parse_answer(cases[i], strlen(cases[i]), &answer), -EINVAL);
}

static void a_line_without_end_is_refused(void **state)
{
	char line[TOKEN_LINE_MAX + 8];
	struct token_answer answer;

	memset(line, 'a', sizeof(line));
	memcpy(line, "AMTNET-RESPOND 1 ", 17);
	assert_int_equal(token_parse_answer(line, TOKEN_LINE_MAX - 1, &answer), -EAGAIN);
	assert_int_equal(token_parse_answer(line, TOKEN_LINE_MAX, &answer), -EINVAL);
	line[sizeof(line) - 1] = '\n';
	assert_int_equal(token_parse_answer(line, sizeof(line), &answer), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_are_as_documented),
		cmocka_unit_test(what_is_printed_reads_back),
		cmocka_unit_test(questions),
		cmocka_unit_test(answers_that_are_refused),
		cmocka_unit_test(a_line_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
