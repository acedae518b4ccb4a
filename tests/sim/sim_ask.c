/* SPDX-License-Identifier: ISC */
/* In the place of dns/ask: a resolver and the name servers tell of the zones that there are. corp.example is a
 * part of example and then a zone of its own, or the other way round; not back again, as that would show what
 * was hidden meanwhile. */
#include "sim.h"
#include "sim_zone.h"

#include "dns/ask.h"

#include <stdlib.h>
#include <string.h>

struct ask {
	struct ask_question question;
	ask_done *done;
	void *user;
};

static const struct hostname top = {"example"}, corp = {"corp.example"}, ns = {"ns.example"};
static bool is_cut, was_recut;

void sim_ask_clear(void)
{
	is_cut = sim_chance(50);
	was_recut = false;
	sim_forget(&is_cut, NULL);
}

void sim_ask_recut(void)
{
	if (was_recut)
		return;
	was_recut = true;
	is_cut = !is_cut;
	sim_trace("corp.example is %s", is_cut ? "a zone of its own" : "a part of example");
	sim_zone_empty(&corp);
}

enum sim_update_way sim_ask_way(const struct hostname *zone)
{
	if (hostname_equal(zone, &corp) && sim_plan.walk && !is_cut)
		return SIM_UPDATE_REFUSED;
	return hostname_equal(zone, &top) && is_cut ? SIM_UPDATE_HIDDEN : SIM_UPDATE_TAKEN;
}

/* The zone that a name is in; "" = none. */
static struct hostname zone_of(const struct hostname *name)
{
	static const struct hostname others[] = {{"81.10.in-addr.arpa"},
						 {"8.b.d.0.1.0.0.2.ip6.arpa"}};

	for (size_t i = 0; i < 2; i++) {
		if (hostname_is_below(name, &others[i]))
			return others[i];
	}
	if (is_cut && hostname_is_below(name, &corp))
		return corp;
	return hostname_is_below(name, &top) ? top : (struct hostname){""};
}

static void fill(const struct ask_question *question, struct update_answer *ret)
{
	struct hostname zone = zone_of(&question->name);

	ret->authoritative = !question->recurse;
	if (question->type == RECORD_A)
		ret->records[ret->count++] = record_address(addr_ip4(0x0a510202), 60);
	if (question->type != RECORD_SOA || hostname_is_empty(&zone))
		return;
	ret->soa = (struct update_soa){.found = true,
				       .in_answer = hostname_equal(&question->name, &zone),
				       .zone = zone,
				       .mname = ns};
}

static void crash(void *user)
{
	if (!sim_calm)
		sim_daemon_crash(1 + sim_random(5000));
}

/* What is learned has to reach the disk in the right order: some are killed just after. */
static void answer(void *user)
{
	static struct ask_answer answer;
	struct ask *ask = user;

	memset(&answer, 0, sizeof answer);
	if (sim_plan.faults && !sim_calm && sim_chance(20)) {
		answer.silent = true;
		answer.fault = "no answer over UDP";
		err_set(&answer.words, 0, "%s", answer.fault);
	} else {
		answer.good = true;
		fill(&ask->question, &answer.answer);
	}
	if (sim_plan.crashes && sim_chance(5))
		sim_after(sim_random(60), crash, NULL, &is_cut);
	ask->done(&answer, ask->user);
	free(ask);
}

int ask_new(struct ask **ret, struct event_base *base, const struct ask_question *question,
	    ask_done *done, void *user)
{
	struct ask *ask = calloc(1, sizeof *ask);

	if (!ask)
		abort();
	*ask = (struct ask){*question, done, user};
	sim_after(1 + sim_random(60), answer, ask, ask);
	*ret = ask;
	return 0;
}

void ask_free(struct ask *ask)
{
	if (!ask)
		return;
	sim_forget(ask, NULL);
	free(ask);
}
