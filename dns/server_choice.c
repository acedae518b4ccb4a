/* SPDX-License-Identifier: ISC */
#include "dns/server_choice.h"

#include <errno.h>
#include <stdlib.h>

#define AWAY_DOUBLINGS 5 /* a server that keeps failing is left alone at most 32 times as long */

int server_choice_init(struct server_choice *choice, const struct endpoint *endpoints, size_t count)
{
	struct server_state *states;

	if (count == 0)
		return -EINVAL;
	states = calloc(count, sizeof *states);
	if (!states)
		return -ENOMEM;
	*choice = (struct server_choice){.endpoints = endpoints, .states = states, .count = count};
	return 0;
}

void server_choice_done(struct server_choice *choice)
{
	free(choice->states);
	choice->states = NULL;
}

void server_choice_set_away(struct server_choice *choice, uint32_t away_ms)
{
	for (size_t i = 0; i < choice->count; i++)
		choice->states[i].backoff = (struct backoff){.base_ms = away_ms,
							     .max_ms = away_ms << AWAY_DOUBLINGS};
}

struct endpoint server_choice_endpoint(const struct server_choice *choice)
{
	return choice->endpoints[choice->current];
}

struct server_state *server_choice_state(const struct server_choice *choice)
{
	return &choice->states[choice->current];
}

void server_choice_failed(struct server_choice *choice, uint64_t now_ms, uint32_t random)
{
	struct server_state *state = server_choice_state(choice);

	if (state->away_until_ms > now_ms)
		return; /* several answers, one failure */
	state->away_until_ms = now_ms + backoff_next_ms(&state->backoff, random);
}

void server_choice_good(struct server_choice *choice)
{
	struct server_state *state = server_choice_state(choice);

	state->away_until_ms = 0;
	backoff_reset(&state->backoff);
}

static size_t best(const struct server_choice *choice, uint64_t now_ms)
{
	for (size_t i = 0; i < choice->count; i++) {
		if (choice->states[i].away_until_ms <= now_ms)
			return i;
	}
	return choice->current;
}

static void change_to(struct server_choice *choice, size_t next)
{
	choice->changes += next != choice->current;
	choice->current = next;
}

bool server_choice_is_due(const struct server_choice *choice, uint64_t now_ms)
{
	return best(choice, now_ms) != choice->current;
}

void server_choice_best(struct server_choice *choice, uint64_t now_ms)
{
	change_to(choice, best(choice, now_ms));
}

void server_choice_next(struct server_choice *choice, uint64_t now_ms)
{
	size_t next = best(choice, now_ms);

	change_to(choice, next != choice->current ? next : (choice->current + 1) % choice->count);
}
