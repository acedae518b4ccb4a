/* SPDX-License-Identifier: ISC */
/* What a sweep counts, how it is judged, and the file that an interrupted one leaves. */
#include "netcheck/judge_sweep.h"
#include "netcheck/resume.h"

#include "netcheck/explain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct target_ports ports = {.items = {16992, 16993}, .count = 2};
static struct result *seen[16];
static size_t seen_count;

static void take(struct result *result, void *user)
{
	assert_non_null(result);
	seen[seen_count++] = result;
}

static void forget_results(void)
{
	while (seen_count)
		result_free(seen[--seen_count]);
}

static struct tally *tally_of(const char *target, struct space *ret_space)
{
	struct tally *tally;

	*ret_space = (struct space){0};
	assert_int_equal(space_add(ret_space, target, NULL, NULL), 0);
	assert_int_equal(space_close(ret_space, NULL), 0);
	assert_int_equal(tally_new(&tally, ret_space, &ports), 0);
	return tally;
}

static void add(struct tally *tally, uint32_t addr, uint16_t port, enum probe_tcp_state state,
		uint32_t by)
{
	struct probe_tcp_outcome outcome = {.to = {.addr = addr_ip4(addr), .port = port},
					    .state = state,
					    .source = addr_ip4(0x0a3d0102)};

	if (by)
		outcome.error = (struct dial_error){
			.icmp = true, .type = 3, .code = 13, .by = addr_ip4(by)};
	tally_take(tally, &outcome);
}

static void rows_stay_few(void **state)
{
	static const struct {
		const char *target;
		size_t rows;
	} cases[] = {{"10.0.0.0/22", 4},         {"10.0.0.1", 1},
		     {"10.0.0.0/14", 1024},      {"10.0.0.0/8", 256},
		     {"10.0.0.250-10.0.1.3", 2}, {"2001:db8::/104", 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct space space;
		struct tally *tally = tally_of(cases[i].target, &space);

		assert_true(tally->row_count <= TALLY_ROWS_MAX);
		if (i != 3)
			assert_int_equal(tally->row_count, cases[i].rows);
		tally_free(tally);
		space_done(&space);
	}
}

static void a_port_without_answers_beside_one_with_is_cut(void **state)
{
	struct space space;
	struct tally *tally = tally_of("10.62.0.0/24", &space);
	struct judge_suspect suspect;

	for (uint32_t i = 1; i < 6; i++) {
		add(tally, 0x0a3e0000 + i, 16992, PROBE_TCP_OPEN, 0);
		add(tally, 0x0a3e0000 + i, 16993, PROBE_TCP_FILTERED, 0);
	}
	assert_int_equal(judge_suspects(tally, &suspect, 1), 1);
	assert_int_equal(suspect.to.port, 16993);
	assert_int_equal(suspect.control_port, 16992);
	suspect.walk = (struct judge_walk){.walked = true,
					   .finding = {.place = HOP_PLACE_BETWEEN,
						       .last = 2,
						       .last_addr = addr_ip4(0x0a3d0202),
						       .next_addr = addr_ip4(0x0a3d0302)}};
	judge_sweep(tally, &suspect, 1, take, NULL);
	assert_int_equal(seen_count, 2);
	assert_string_equal(seen[0]->kind->id, "NC101");
	assert_string_equal(seen[1]->kind->id, "NC104");
	assert_non_null(strstr(seen[1]->text, "5 filtered; dropped between hop 2 (10.61.2.2)"));
	assert_non_null(strstr(seen[1]->fix, "10.62.0.0/24 port 16993"));
	forget_results();
	tally_free(tally);
	space_done(&space);
}

/* Routers answer a few of many: those speak for the silent rest. */
static void one_rejection_speaks_for_the_subnet(void **state)
{
	struct space space;
	struct tally *tally = tally_of("10.62.0.0/24", &space);

	for (uint32_t i = 1; i < 200; i++)
		add(tally, 0x0a3e0000 + i, 16992, i == 7 ? PROBE_TCP_REJECTED : PROBE_TCP_FILTERED,
		    i == 7 ? 0x0a3d0202 : 0);
	judge_sweep(tally, NULL, 0, take, NULL);
	assert_string_equal(seen[0]->kind->id, "NC107");
	assert_non_null(strstr(seen[0]->text, "10.61.2.2 said ICMP type 3 code 13"));
	forget_results();
	tally_free(tally);
	space_done(&space);
}

static void silence_everywhere_says_nothing_about_the_network(void **state)
{
	struct space space;
	struct tally *tally = tally_of("10.62.0.0/24", &space);

	add(tally, 0x0a3e0001, 16992, PROBE_TCP_FILTERED, 0);
	add(tally, 0x0a3e0001, 16993, PROBE_TCP_FAILED, 0);
	judge_sweep(tally, NULL, 0, take, NULL);
	assert_string_equal(seen[0]->kind->id, "NC106");
	assert_int_equal(seen[0]->state, RESULT_UNKNOWN);
	assert_string_equal(seen[1]->kind->id, "NC002");
	forget_results();
	tally_free(tally);
	space_done(&space);
}

static void what_was_counted_survives_an_interruption(void **state)
{
	char path[] = "/tmp/test_sweep.XXXXXX";
	struct resume saved = {.seed = 0x1234, .next = 9}, read = {0};
	struct space space;
	struct tally *tally = tally_of("10.62.0.0/23", &space), *again;
	struct err err = {0};

	close(mkstemp(path));
	add(tally, 0x0a3e0001, 16992, PROBE_TCP_OPEN, 0);
	add(tally, 0x0a3e0102, 16993, PROBE_TCP_REJECTED, 0x0a3d0202);
	saved.print = read.print = resume_print(&space, &ports);
	assert_int_equal(resume_add(&saved, 4), 0);
	assert_int_equal(resume_write(path, &saved, tally, &err), 0);

	assert_int_equal(tally_new(&again, &space, &ports), 0);
	if (resume_read(path, &read, again, &err))
		fail_msg("%s", err.text);
	assert_int_equal(read.next, 9);
	assert_int_equal(read.count, 1);
	assert_int_equal(read.places[0], 4);
	assert_int_equal(again->rows[0].cells[0].counts[PROBE_TCP_OPEN], 1);
	assert_int_equal(again->rows[1].cells[1].counts[PROBE_TCP_REJECTED], 1);
	assert_true(addr_equal(again->rows[1].cells[1].error.by, addr_ip4(0x0a3d0202)));

	resume_done(&read);
	read.print = 1;
	assert_int_equal(resume_read(path, &read, again, &err), -EINVAL);
	assert_non_null(strstr(err.text, "belongs to other targets"));
	resume_done(&read);
	resume_done(&saved);
	tally_free(again);
	tally_free(tally);
	space_done(&space);
	unlink(path);
}

static void a_damaged_file_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"amtnet-check resume 2\n",
		"amtnet-check resume 1\ntargets zz\n",
		"amtnet-check resume 1\ntargets 0\nseed 1\nnext 5\nunfinished 5\n",
		"amtnet-check resume 1\ntargets 0\nseed 1\nnext 5\nnonsense\n",
		"amtnet-check resume 1\ntargets 0\nseed 1\nnext 5\n"
		"count 16992 open 1 192.0.2.1 0 0 - -\n",
	};
	struct space space;
	struct tally *tally = tally_of("10.62.0.0/24", &space);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char path[] = "/tmp/test_sweep.XXXXXX";
		struct resume resume = {0};
		struct err err = {0};
		int fd = mkstemp(path);

		assert_int_equal(write(fd, texts[i], strlen(texts[i])), (ssize_t)strlen(texts[i]));
		close(fd);
		if (resume_read(path, &resume, tally, &err) != -EINVAL || !err.text[0])
			fail_msg("text %zu is taken", i);
		resume_done(&resume);
		unlink(path);
	}
	tally_free(tally);
	space_done(&space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stay_few),
		cmocka_unit_test(a_port_without_answers_beside_one_with_is_cut),
		cmocka_unit_test(one_rejection_speaks_for_the_subnet),
		cmocka_unit_test(silence_everywhere_says_nothing_about_the_network),
		cmocka_unit_test(what_was_counted_survives_an_interruption),
		cmocka_unit_test(a_damaged_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
