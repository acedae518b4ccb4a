/* SPDX-License-Identifier: ISC */
/*
 * test_share: random histories of several daemons that publish one ProvisionServer name, on a clock that
 * jumps: they start together, crash between any two messages and right after one that the server took, hang,
 * lose answers, lose their cores, get other addresses, another owner id, another mode, and someone changes
 * the records by hand. While nobody does that, the name is never empty and never holds anybody else's
 * address; when everything is quiet, it is exactly the union of the living.
 *
 *   test_share [-n HISTORIES] [-s SEED] [-t]
 */
#include "sim.h"
#include "sim_zone.h"

#include "dns/publish.h"

#include <stdio.h>
#include <string.h>

#define DAEMONS_MAX 4
#define INTERVAL_MS SIM_MINUTE
#define CALM_MS (45 * (uint64_t)SIM_MINUTE) /* longer than three repairs in ten minutes hold */

enum { NXDOMAIN = 3 };

struct daemon {
	unsigned number, generation; /* of its owner id */
	bool runs, hangs, parked;
	int failover;
	struct addr address;
	uint64_t renewed_ms; /* its last sign of life that the server took */
	struct publish publish;
	struct publish_request request;
};

static struct daemon daemons[DAEMONS_MAX];
static unsigned count;
static bool hot, mixed, slow, touched, published;
static const struct hostname zone = {"corp.example"}, name = {"provisionserver.corp.example"};

static void on_due(void *user);
static void on_arrived(void *user);

static void print_owner(const struct daemon *daemon, unsigned generation,
			char ret[PUBLISH_OWNER_MAX + 1])
{
	snprintf(ret, PUBLISH_OWNER_MAX + 1, "core%u%c", daemon->number, (char)('a' + generation));
}

/* The name server ------------------------------------------------------------------------------- */

static bool is_configured(const struct record *record)
{
	for (unsigned i = 0; i < count; i++) {
		for (uint32_t other = 0; other < 2; other++) {
			struct record own = record_address(
				addr_ip4(0xc0000200u + 10 * (i + 1) + other), 300);

			if (record_equal_data(record, &own))
				return true;
		}
	}
	return false;
}

/* What holds at any time, unless somebody else has a hand in it. */
static void judge_always(const struct daemon *daemon)
{
	struct record found[16];
	size_t there = sim_zone_find(&name, RECORD_A, found, 16);

	published |= there > 0;
	if (touched)
		return;
	if (published && !there)
		sim_fail("core%u took the last address away", daemon->number);
	for (size_t i = 0; i < there && i < 16; i++) {
		if (!is_configured(&found[i]))
			sim_fail("an address that nobody has stands there");
	}
}

/* Nobody who gave a sign of life two intervals ago is dead. */
static void judge_removal(const struct daemon *by)
{
	const struct publish_peers *peers = &by->publish.peers;

	for (unsigned i = 0; i < count; i++) {
		char owner[PUBLISH_OWNER_MAX + 1];

		print_owner(&daemons[i], daemons[i].generation, owner);
		if (!touched && !strcmp(owner, peers->items[by->publish.peer].marker.owner) &&
		    sim_now_ms() - daemons[i].renewed_ms < 2 * INTERVAL_MS)
			sim_fail("core%u removes %s, who is alive", by->number, owner);
	}
}

static int apply(struct daemon *daemon, struct update_answer *answer)
{
	static uint8_t bytes[UPDATE_BYTES_MAX];
	const struct publish_request *request = &daemon->request;
	char who[PUBLISH_OWNER_MAX + 1];
	size_t length;
	int rcode;

	memset(answer, 0, sizeof(*answer));
	if (request->query) {
		answer->count = sim_zone_find(&request->name, request->type, answer->records,
					      UPDATE_ANSWER_RECORDS);
		return answer->count || sim_zone_has_name(&request->name) ? 0 : NXDOMAIN;
	}
	if (update_encode(&request->update, 1, bytes, sizeof(bytes), &length) < 0) {
		sim_fail("an update cannot be encoded");
		return 0;
	}
	print_owner(daemon, daemon->generation, who);
	rcode = sim_zone_update(bytes, length, who, false);
	sim_trace("%s: step %s", who, publish_step_names[daemon->publish.step]);
	judge_always(daemon);
	if (!rcode && daemon->publish.step == PUBLISH_REMOVE)
		judge_removal(daemon);
	else if (!rcode)
		daemon->renewed_ms = sim_now_ms();
	return rcode;
}

/* A daemon -------------------------------------------------------------------------------------- */

static void post(struct daemon *daemon)
{
	sim_after(1 + sim_random(slow && !sim_calm ? 20000 : 200), on_arrived, daemon, daemon);
}

static void rest(struct daemon *daemon)
{
	uint64_t wait = publish_wait_ms(&daemon->publish, sim_now_ms());

	sim_trace("core%u rests: %s, %s", daemon->number,
		  publish_state_names[daemon->publish.state], daemon->publish.words.text);
	if (daemon->publish.state == PUBLISH_RETRY)
		wait = 1000 + sim_random(5000);
	sim_after(wait - sim_random((uint32_t)wait / 10 + 1), on_due, daemon, daemon);
}

static void on_due(void *user)
{
	struct daemon *daemon = user;

	publish_begin(&daemon->publish, &daemon->request);
	post(daemon);
}

/* The message is at the server; its answer may be lost, and the daemon may not live to see it. */
static void on_arrived(void *user)
{
	static struct server_outcome outcome;
	struct daemon *daemon = user;

	if (!sim_calm && sim_chance(2)) {
		publish_fail(&daemon->publish, "lost");
		rest(daemon);
		return;
	}
	outcome.rcode = apply(daemon, &outcome.answer);
	outcome.class = outcome.rcode ? SERVER_DECISION : SERVER_DONE;
	outcome.resent = !sim_calm && !daemon->request.query && sim_chance(3);
	if (outcome.resent) /* the answer to the first try was lost */
		outcome.rcode = apply(daemon, &outcome.answer);
	outcome.class = outcome.rcode ? SERVER_DECISION : SERVER_DONE;
	if (!sim_calm && sim_chance(2)) {
		publish_fail(&daemon->publish, "no answer");
		rest(daemon);
	} else if (publish_next(&daemon->publish, &outcome, sim_now_ms(), &daemon->request)) {
		post(daemon);
	} else {
		rest(daemon);
	}
}

static void start(struct daemon *daemon)
{
	struct publish_goal goal = {.zone = zone,
				    .name = name,
				    .ttl = 300,
				    .count = 1,
				    .addresses = {daemon->address},
				    .failover = daemon->failover,
				    .first_epoch = sim_random(1000000),
				    .interval_ms = INTERVAL_MS};

	print_owner(daemon, daemon->generation, goal.owner);
	if (daemon->generation)
		print_owner(daemon, daemon->generation - 1, goal.previous_owner);
	sim_trace("%s starts, %s", goal.owner, publish_failover_names[daemon->failover]);
	daemon->runs = true;
	publish_init(&daemon->publish, &goal);
	publish_set_parked(&daemon->publish, daemon->parked);
	sim_after(sim_random(2000), on_due, daemon, daemon);
}

/* What it sent last may arrive all the same. */
static void crash(struct daemon *daemon)
{
	struct update_answer answer;

	sim_trace("core%u crashes", daemon->number);
	sim_forget(daemon, NULL);
	if (daemon->publish.step != PUBLISH_REST && sim_chance(50))
		apply(daemon, &answer);
	daemon->runs = false;
}

static void on_back(void *user)
{
	struct daemon *daemon = user;

	daemon->hangs = false;
	if (!daemon->runs)
		return;
	sim_trace("core%u goes on", daemon->number);
	on_due(daemon);
}

/* Things that happen ---------------------------------------------------------------------------- */

static void by_hand(const char *format, const struct hostname *owner, uint16_t type,
		    const struct record *record)
{
	static uint8_t bytes[UPDATE_BYTES_MAX];
	struct update update;
	size_t length;

	touched = true;
	sim_trace("by hand: %s", format);
	update_init(&update, &zone);
	if (record)
		update_put(&update, UPDATE_ADD, owner, record);
	else
		update_put_type(&update, UPDATE_DELETE_RRSET, owner, type);
	update_encode(&update, 1, bytes, sizeof(bytes), &length);
	sim_zone_update(bytes, length, "a person", true);
}

static void spoil(void)
{
	struct record rogue = record_address(addr_ip4(0xcb007107u), 300);
	struct hostname life;
	char owner[PUBLISH_OWNER_MAX + 1];
	const struct daemon *daemon = &daemons[sim_random(count)];

	print_owner(daemon, daemon->generation, owner);
	publish_marker_life_name(owner, &name, &life);
	switch (sim_random(4)) {
	case 0:
		by_hand("every A away", &name, RECORD_A, NULL);
		break;
	case 1: /* where nobody has a marker it would be theirs to keep */
		if (sim_zone_find(&name, RECORD_TXT, NULL, 0))
			by_hand("another A", &name, RECORD_A, &rogue);
		break;
	case 2:
		by_hand("a sign of life away", &life, RECORD_TXT, NULL);
		break;
	case 3:
		by_hand("A away", &name, RECORD_A, NULL);
		by_hand("and TXT", &name, RECORD_TXT, NULL);
		break;
	}
}

static void reconfigure(struct daemon *daemon)
{
	if (sim_chance(30))
		daemon->address = addr_ip4(0xc0000200u + 10 * (daemon->number + 1) + sim_random(2));
	if (sim_chance(20))
		daemon->generation++;
	if (mixed && sim_chance(50))
		daemon->failover = sim_chance(50) ? PUBLISH_HOT : PUBLISH_COLD;
}

static void happen(bool hands)
{
	struct daemon *daemon = &daemons[sim_random(count)];
	uint32_t what = sim_random(100);

	if (what < 35 && daemon->runs) {
		crash(daemon);
	} else if (what < 60 && !daemon->runs) {
		reconfigure(daemon);
		start(daemon);
	} else if (what < 70 && daemon->runs && !daemon->hangs) {
		sim_trace("core%u hangs", daemon->number);
		daemon->hangs = true;
		sim_forget(daemon, NULL);
		publish_fail(&daemon->publish, "hung");
		sim_after(sim_random(8 * INTERVAL_MS), on_back, daemon, daemon);
	} else if (what < 85 && daemon->runs && hot && !mixed) {
		daemon->parked = !daemon->parked;
		sim_trace("core%u is parked: %d", daemon->number, daemon->parked);
		publish_set_parked(&daemon->publish, daemon->parked);
	} else if (hands) {
		spoil();
	}
}

/* In the end ------------------------------------------------------------------------------------ */

/* True when the daemon should have its address there: unless it is parked and another is not. */
static bool should_serve(const struct daemon *daemon)
{
	return daemon->runs && !daemon->parked;
}

static void judge_union(void)
{
	struct record found[16];
	size_t there = sim_zone_find(&name, RECORD_A, found, 16), wanted = 0, running = 0,
	       right = 0;
	size_t entries = sim_zone_find(&name, RECORD_TXT, NULL, 0);

	for (unsigned i = 0; i < count; i++) {
		struct record record = record_address(daemons[i].address, 300);

		running += daemons[i].runs;
		wanted += should_serve(&daemons[i]);
		for (size_t j = 0; should_serve(&daemons[i]) && j < there; j++)
			right += record_equal_data(&found[j], &record);
	}
	if (!wanted) {
		if (published && !there && !touched)
			sim_fail("nobody is there any more");
		return;
	}
	if (right != wanted || there != wanted)
		sim_fail("%zu of %zu wanted addresses stand there, and %zu others", right, wanted,
			 there - right);
	if (entries != wanted)
		sim_fail("%zu entries, %zu living", entries, wanted);
}

/* One of them, and its marker. */
static void judge_owner(void)
{
	struct record found[16];
	size_t owners = 0, running = 0;
	size_t there = sim_zone_find(&name, RECORD_A, found, 16);

	for (unsigned i = 0; i < count; i++) {
		struct record record = record_address(daemons[i].address, 300);

		running += daemons[i].runs;
		owners += daemons[i].runs && daemons[i].publish.state == PUBLISH_PRESENT &&
			  there == 1 && record_equal_data(&found[0], &record);
	}
	if (running && (owners != 1 || sim_zone_find(&name, RECORD_TXT, NULL, 0) != 1))
		sim_fail("%zu owners of %zu addresses", owners, there);
}

/* Of the dead, or of those who left, nothing may stay. */
static void judge_lives(void)
{
	const struct sim_record *records;
	size_t all = sim_zone_records(&records), lives = 0, wanted = 0;

	for (size_t i = 0; i < all; i++)
		lives += strstr(records[i].owner.text, "._amtps.") != NULL;
	for (unsigned i = 0; i < count; i++)
		wanted += should_serve(&daemons[i]);
	if (wanted && !touched && lives != (hot ? wanted : 0))
		sim_fail("%zu signs of life, %zu living", lives, hot ? wanted : 0);
}

static const char *play(uint64_t seed, bool trace)
{
	static char failure[1000];
	bool hands;

	sim_begin(seed, trace);
	sim_zone_clear();
	memset(daemons, 0, sizeof(daemons));
	count = 2 + sim_random(DAEMONS_MAX - 1);
	hot = sim_chance(75);
	mixed = sim_chance(30);
	hands = sim_chance(30);
	slow = sim_chance(30);
	touched = published = false;
	for (unsigned i = 0; i < count; i++) {
		daemons[i].number = i;
		daemons[i].address = addr_ip4(0xc0000200u + 10 * (i + 1));
		daemons[i].failover = hot ? PUBLISH_HOT : PUBLISH_COLD;
		start(&daemons[i]);
	}
	for (unsigned i = sim_random(40); i-- && !sim_failure();) {
		sim_run(sim_now_ms() +
			(sim_chance(60) ? sim_random(1000) : sim_random(6 * INTERVAL_MS)));
		happen(hands);
	}
	sim_calm = true;
	sim_trace("calm");
	for (unsigned i = 0; i < count; i++) {
		if (daemons[i].runs && daemons[i].failover == (hot ? PUBLISH_HOT : PUBLISH_COLD))
			continue;
		if (daemons[i].runs)
			crash(&daemons[i]);
		daemons[i].failover = hot ? PUBLISH_HOT : PUBLISH_COLD;
		if (mixed || sim_chance(50))
			start(&daemons[i]);
	}
	sim_run(sim_now_ms() + CALM_MS);
	if (!sim_failure() && hot)
		judge_union();
	if (!sim_failure() && !hot)
		judge_owner();
	if (!sim_failure())
		judge_lives();
	sim_end();
	if (!sim_failure())
		return NULL;
	snprintf(failure, sizeof(failure), "%s", sim_failure());
	return failure;
}

int main(int argc, char **argv)
{
	return sim_main(argc, argv, 2000, play, "the name is the union of the living");
}
