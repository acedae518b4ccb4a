/* SPDX-License-Identifier: ISC */
#include "netcheck/check_sweep.h"

#include "common/random.h"
#include "netcheck/judge_sweep.h"
#include "netcheck/order.h"
#include "netcheck/resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct check_sweep {
	struct check_tools *tools;
	struct check_sweep_wanted wanted;
	check_done *done;
	void *user;
	struct order order; /* of the addresses; the ports of one follow each other */
	struct resume resume;
	size_t again; /* unfinished places of an earlier run that were named */
	uint64_t known;
	uint64_t total;
	struct tally *tally;
	struct judge_suspect suspects[CHECK_WALKS_MAX];
	size_t suspect_count;
	size_t walks_left;
	bool concluded;
};

void check_sweep_free(struct check_sweep *check)
{
	if (!check)
		return;
	resume_done(&check->resume);
	tally_free(check->tally);
	free(check);
}

static void judge(struct check_sweep *check)
{
	judge_sweep(check->tally, check->suspects, check->suspect_count, check->tools->sink,
		    check->tools->user);
}

static void conclude(struct check_sweep *check)
{
	check->concluded = true;
	judge(check);
	if (check->wanted.resume)
		(void)unlink(check->wanted.resume); /* nothing is left to go on with */
	check->done(check->user);
}

/* ---- interrupted and resumed --------------------------------------------------------------------- */

static void add_unfinished(uint64_t tag, void *user)
{
	struct resume *resume = user;

	(void)resume_add(resume, tag); /* one that is lost is one endpoint less in the end */
}

static void save(struct check_sweep *check)
{
	struct resume left = {.print = check->resume.print,
			      .seed = check->resume.seed,
			      .next = check->resume.next};
	struct err err = {0};

	for (size_t i = check->again; i < check->resume.count; i++)
		(void)resume_add(&left, check->resume.places[i]);
	scan_unfinished(check->tools->scan, check, add_unfinished, &left);
	if (resume_write(check->wanted.resume, &left, check->tally, &err))
		fprintf(stderr, "amtnet-check: %s\n", err.text);
	resume_done(&left);
}

void check_sweep_interrupt(struct check_sweep *check)
{
	if (check->concluded)
		return;
	if (check->wanted.resume)
		save(check);
	judge(check);
}

/* ---- walks ------------------------------------------------------------------------------------ */

static void on_walk(const struct probe_hop_outcome *outcome, void *user)
{
	struct check_sweep *check = user;

	for (size_t i = 0; i < check->suspect_count; i++) {
		struct judge_suspect *suspect = &check->suspects[i];

		if (suspect->to.port != outcome->question.port ||
		    !addr_equal(suspect->to.addr, outcome->question.to))
			continue;
		suspect->walk = (struct judge_walk){
			.walked = true,
			.finding = hop_compare(&outcome->test, &outcome->control),
			.control_port = outcome->question.control_port,
			.target = outcome->question.to,
			.sent = outcome->sent,
		};
	}
	if (--check->walks_left == 0)
		conclude(check);
}

static void start_walks(struct check_sweep *check)
{
	check->walks_left = 1; /* held by this function, so that nothing ends in between */
	if (!check->wanted.quick)
		check->suspect_count = judge_suspects(check->tally, check->suspects,
						      check->tools->walks_left);
	for (size_t i = 0; i < check->suspect_count; i++) {
		const struct judge_suspect *suspect = &check->suspects[i];
		struct probe_hop_question question = {.to = suspect->to.addr,
						      .port = suspect->to.port,
						      .control_port = suspect->control_port,
						      .rounds = 3};

		if (probe_hop_add(check->tools->walker, &question, on_walk, check))
			continue;
		check->tools->walks_left--;
		check->walks_left++;
	}
	if (--check->walks_left == 0)
		conclude(check);
}

/* ---- the scan ----------------------------------------------------------------------------------- */

static void on_outcome(const struct probe_tcp_outcome *outcome, uint64_t tag, void *user)
{
	struct check_sweep *check = user;

	check->tools->seen(outcome, check->tools->user);
	tally_take(check->tally, outcome);
	if (++check->known == check->total)
		start_walks(check);
}

static bool next_place(void *user, struct endpoint *ret, uint64_t *ret_tag)
{
	struct check_sweep *check = user;
	uint64_t ports = check->wanted.ports->count, place;

	if (check->again < check->resume.count)
		place = check->resume.places[check->again++];
	else if (check->resume.next < check->wanted.space->total * ports)
		place = check->resume.next++;
	else
		return false;
	*ret = (struct endpoint){
		.addr = space_at(check->wanted.space, order_at(&check->order, place / ports)),
		.port = check->wanted.ports->items[place % ports]};
	*ret_tag = place;
	return true;
}

static int read_resume(struct check_sweep *check, struct err *err)
{
	struct err why = {0};
	int r;

	check->resume.seed = random_u64();
	check->resume.print = resume_print(check->wanted.space, check->wanted.ports);
	if (!check->wanted.resume)
		return 0;
	r = resume_read(check->wanted.resume, &check->resume, check->tally, &why);
	if (r && r != -ENOENT)
		return err_set(err, r, "%s", why.text);
	if (check->resume.next > check->wanted.space->total * check->wanted.ports->count)
		return err_set(err, -EINVAL, "%s: is damaged: its place is beyond the end",
			       check->wanted.resume);
	return 0;
}

int check_sweep_start(struct check_sweep **ret, struct check_tools *tools,
		      const struct check_sweep_wanted *wanted, check_done *done, void *user,
		      struct err *err)
{
	struct check_sweep *check = calloc(1, sizeof(*check));
	const struct scan_source source = {next_place, on_outcome, check};
	int r;

	if (!check)
		return err_set(err, -ENOMEM, "out of memory");
	*check = (struct check_sweep){
		.tools = tools, .wanted = *wanted, .done = done, .user = user};
	r = tally_new(&check->tally, wanted->space, wanted->ports);
	if (r)
		err_set(err, r, "out of memory");
	else
		r = read_resume(check, err);
	if (r) {
		check_sweep_free(check);
		return r;
	}
	check->order = order_new(wanted->space->total, check->resume.seed);
	check->total = wanted->space->total * wanted->ports->count;
	check->known = check->resume.next - check->resume.count;
	tools->planned += check->total - check->known;
	*ret = check;
	if (check->known == check->total)
		start_walks(check);
	return scan_add(tools->scan, &source) ? err_set(err, -ENOMEM, "out of memory") : 0;
}
