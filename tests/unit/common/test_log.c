/* SPDX-License-Identifier: ISC */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard error goes into a pipe between these two. */
static int saved_stderr, pipe_ends[2];

static void capture_start(void)
{
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(pipe_ends[1], STDERR_FILENO);
	close(pipe_ends[1]);
}

static size_t capture_end(char *ret, size_t size)
{
	size_t length = 0;
	ssize_t got;

	dup2(saved_stderr, STDERR_FILENO); /* closes the pipe's last writing end */
	close(saved_stderr);
	while (length < size - 1 && (got = read(pipe_ends[0], ret + length, size - 1 - length)) > 0)
		length += (size_t)got;
	close(pipe_ends[0]);
	ret[length] = '\0';
	return length;
}

static void a_line_starts_with_time_and_level(void **state)
{
	char text[256];
	regex_t shape;

	assert_int_equal(
		regcomp(&shape,
			"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z warning dns: server does not "
			"answer, server=10\\.0\\.0\\.1:53\n$",
			REG_EXTENDED | REG_NOSUB),
		0);
	log_setup(LOG_LEVEL_INFO, false);
	capture_start();
	log_warning("dns", "server does not answer, server=%s:%d", "10.0.0.1", 53);
	capture_end(text, sizeof(text));
	assert_int_equal(regexec(&shape, text, 0, NULL, 0), 0);
	regfree(&shape);
}

static void the_journal_gets_its_priority_instead(void **state)
{
	char text[256];

	log_setup(LOG_LEVEL_DEBUG, true);
	capture_start();
	log_error("a", "1");
	log_warning("a", "2");
	log_info("a", "3");
	log_debug("a", "4");
	capture_end(text, sizeof(text));
	assert_string_equal(text, "<3>a: 1\n<4>a: 2\n<6>a: 3\n<7>a: 4\n");
}

static void lines_above_the_level_are_not_written(void **state)
{
	char text[256];

	log_setup(LOG_LEVEL_WARNING, true);
	assert_true(log_wants(LOG_LEVEL_ERROR));
	assert_true(log_wants(LOG_LEVEL_WARNING));
	assert_false(log_wants(LOG_LEVEL_INFO));
	capture_start();
	log_info("a", "unseen");
	log_error("a", "seen");
	capture_end(text, sizeof(text));
	assert_string_equal(text, "<3>a: seen\n");
}

static void control_bytes_never_reach_the_terminal(void **state)
{
	char text[256];

	log_setup(LOG_LEVEL_INFO, true);
	capture_start();
	log_info("hello", "name=%s",
		 "a\x1b[2J\nb\x7f\xc2\x9b"
		 "c \\x1b b\xc3\xbcro");
	capture_end(text, sizeof(text));
	assert_string_equal(text, "<6>hello: name=a?[2J?b???c \\x1b b\xc3\xbcro\n");
}

static void a_long_line_is_cut_and_stays_one_line(void **state)
{
	char filler[3000], text[4096];
	size_t length;

	memset(filler, 'a', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	log_setup(LOG_LEVEL_INFO, true);
	capture_start();
	log_info("a", "%s", filler);
	length = capture_end(text, sizeof(text));
	assert_int_equal(length, 1024);
	assert_string_equal(text + length - 5, "a...\n");

	capture_start();
	log_info(filler, "x");
	length = capture_end(text, sizeof(text));
	assert_int_equal(length, 1024);
	assert_string_equal(text + length - 5, "a...\n");
}

static void a_cut_does_not_split_a_character(void **state)
{
	char filler[2001], text[4096];
	size_t length;

	for (size_t i = 0; i < 2000; i += 2)
		memcpy(filler + i, "\xc3\xbc", 2);
	filler[2000] = '\0';
	log_setup(LOG_LEVEL_INFO, true);
	for (unsigned shift = 0; shift < 2; shift++) {
		capture_start();
		log_info("a", "%s%s", shift ? "x" : "", filler);
		length = capture_end(text, sizeof(text));
		assert_in_range(length, 1023, 1024);
		assert_string_equal(text + length - 6, "\xc3\xbc...\n");
	}
}

static void errno_is_kept(void **state)
{
	char text[256];

	log_setup(LOG_LEVEL_INFO, true);
	capture_start();
	close(STDERR_FILENO);
	errno = ENOENT;
	log_info("a", "nobody listens");
	assert_int_equal(errno, ENOENT);
	assert_int_equal(capture_end(text, sizeof(text)), 0);
}

#define THREADS 4
#define LINES 100

static void *write_lines(void *word)
{
	for (unsigned i = 0; i < LINES; i++)
		log_info("thread", "%s%s%s%s", (char *)word, (char *)word, (char *)word,
			 (char *)word);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	static char words[THREADS][9] = {"aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"};
	static char text[THREADS * LINES * 64];
	pthread_t threads[THREADS];
	unsigned lines = 0;

	log_setup(LOG_LEVEL_INFO, true);
	capture_start();
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, words[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	capture_end(text, sizeof(text));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		assert_memory_equal(line, "<6>thread: ", 11);
		assert_int_equal(strspn(line + 11, (char[]){line[11], '\0'}), 32);
		assert_int_equal(strlen(line), 43);
	}
	assert_int_equal(lines, THREADS * LINES);
}

static void a_gate_lets_one_pass_and_counts_the_others(void **state)
{
	struct log_gate gate = {0};
	uint64_t held = 99;

	assert_true(log_gate_pass(&gate, 1000, 500, &held));
	assert_int_equal(held, 0);
	assert_false(log_gate_pass(&gate, 1001, 500, &held));
	assert_false(log_gate_pass(&gate, 1499, 500, &held));
	assert_true(log_gate_pass(&gate, 1500, 500, &held));
	assert_int_equal(held, 2);
	assert_true(log_gate_pass(&gate, 9000, 500, &held));
	assert_int_equal(held, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_starts_with_time_and_level),
		cmocka_unit_test(the_journal_gets_its_priority_instead),
		cmocka_unit_test(lines_above_the_level_are_not_written),
		cmocka_unit_test(control_bytes_never_reach_the_terminal),
		cmocka_unit_test(a_long_line_is_cut_and_stays_one_line),
		cmocka_unit_test(a_cut_does_not_split_a_character),
		cmocka_unit_test(errno_is_kept),
		cmocka_unit_test(lines_of_threads_do_not_mix),
		cmocka_unit_test(a_gate_lets_one_pass_and_counts_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
