/* SPDX-License-Identifier: ISC */
#include "dns/dns_search.h"

#include "common/resolvers.h"

#include <string.h>

static void step(struct dns_search *search, const struct ask_answer *last);

static void on_answer(const struct ask_answer *answer, void *user)
{
	struct dns_search *search = user;

	search->ask = NULL;
	search->dns->counters.ignored_answers += answer->ignored;
	search->dns->counters.bad_answers += !answer->good;
	step(search, answer);
}

static void step(struct dns_search *search, const struct ask_answer *last)
{
	struct ask_answer none = {.good = false};
	struct ask_question question;
	enum primary_result result;
	char at[ENDPOINT_TEXT];
	int r;

	while ((result = primary_next(&search->primary, last, &question)) == PRIMARY_ASK) {
		r = ask_new(&search->ask, search->dns->base, &question, on_answer, search);
		if (!r)
			return;
		err_set(&none.words, 0, "%s: %s", endpoint_print(question.server, at),
			strerror(-r));
		last = &none;
	}
	search->done(search, result);
}

void dns_search_begin(struct dns_search *search, const struct hostname *name,
		      const struct hostname *floor, enum primary_goal goal)
{
	const struct config_list *configured = &search->dns->config->discover.resolvers;
	struct endpoint resolvers[RESOLVERS_MAX];
	size_t count = configured->count ? 0 : resolvers_read(RESOLVERS_FILE, resolvers);

	search->dns->counters.searches++;
	primary_begin(&search->primary, name, floor, goal,
		      configured->count ? configured->items : resolvers,
		      configured->count ? configured->count : count, search->dns->found_port);
	step(search, NULL);
}

void dns_search_stop(struct dns_search *search)
{
	ask_free(search->ask);
	search->ask = NULL;
}
