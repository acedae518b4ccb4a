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
	char line[TOKEN_LINE_MAX];
	size_t length;

	length = token_print_question("ab12", line, sizeof(line));
	assert_int_equal(length, strlen(line));
	assert_string_equal(line, "AMTNET-CHECK 1 ab12\n");
	token_print_answer("ab12", addr_ip4(0x0a510302), "pc-1", line, sizeof(line));
	assert_string_equal(line, "AMTNET-RESPOND 1 ab12 10.81.3.2 pc-1\n");
	token_print_answer("", addr_ip4(0x0a510302), "a b\x1b[0m", line, sizeof(line));
	assert_string_equal(line, "AMTNET-RESPOND 1 - 10.81.3.2 a-b--0m\n");
	assert_int_equal(token_print_question("ab12", line, 10), 0);
}

static void what_is_printed_reads_back(void **state)
{
	char line[TOKEN_LINE_MAX], nonce[TOKEN_NONCE_MAX + 1];
	struct token_answer answer;
	struct addr addr;
	size_t length;

	assert_int_equal(addr_parse("2001:db8::7", &addr), 0);
	length = token_print_question("0123456789abcdef", line, sizeof(line));
	assert_int_equal(token_parse_question(line, length, nonce), 0);
	assert_string_equal(nonce, "0123456789abcdef");
	length = token_print_answer(nonce, addr, "pc-1.corp.example", line, sizeof(line));
	assert_int_equal(token_parse_answer(line, length, &answer), 0);
	assert_string_equal(answer.nonce, nonce);
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
	} cases[] = {
		{"AMTNET-CHECK 1\n", 0, "-"},
		{"AMTNET-CHECK 1 x9\r\n", 0, "x9"},
		{"AMTNET-CHECK 1 -\n", 0, "-"},
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
		char nonce[TOKEN_NONCE_MAX + 1] = "";

		if (token_parse_question(cases[i].text, strlen(cases[i].text), nonce) !=
		    cases[i].result)
			fail_msg("case %zu", i);
		if (cases[i].nonce)
			assert_string_equal(nonce, cases[i].nonce);
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
