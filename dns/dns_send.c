/* SPDX-License-Identifier: ISC */
#include "dns/door.h"
#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

static const char *server_text(const struct server_outcome *outcome, char ret[ENDPOINT_TEXT])
{
	return endpoint_print(outcome->server, ret);
}

static void flight_free(struct dns_flight *flight)
{
	LIST_REMOVE(flight, link);
	flight->zone->in_flight--;
	free(flight);
}

/* How a flight ends ----------------------------------------------------------------------------- */

static void land_done(struct dns_flight *flight)
{
	struct dns *dns = flight->zone->dns;

	dns->counters.done++;
	log_debug("dns", "agrees with the wish, name=%s, wanted=%s", flight->sent.intent.name.text,
		  flight->sent.intent.wanted ? "yes" : "no");
	ledger_done(dns->ledger, flight->entry, &flight->sent, &flight->registration.mark,
		    clock_wall_ms());
	flight_free(flight);
	event_active(dns->save, 0, 0);
}

static void land_conflict(struct dns_flight *flight)
{
	struct dns *dns = flight->zone->dns;
	const char *words = flight->registration.words.text;

	dns->counters.conflicts++;
	if (ledger_later(dns->ledger, flight->entry, LEDGER_CONFLICT, LEDGER_TEN_MINUTES, words,
			 clock_mono_ms()))
		log_warning("dns", "name is taken, name=%s, reason=%s",
			    flight->sent.intent.name.text, words);
	flight_free(flight);
}

static void land_later(struct dns_flight *flight, enum ledger_state state, enum ledger_wait wait,
		       const char *words)
{
	struct dns *dns = flight->zone->dns;

	if (ledger_later(dns->ledger, flight->entry, state, wait, words, clock_mono_ms()))
		log_warning("dns", "name is put aside, name=%s, state=%s, reason=%s",
			    flight->sent.intent.name.text, ledger_state_names[state], words);
	flight_free(flight);
}

static void land_again(struct dns_flight *flight, const char *words)
{
	ledger_again(flight->zone->dns->ledger, flight->entry, words, clock_mono_ms());
	flight_free(flight);
}

/* The way of a flight --------------------------------------------------------------------------- */

static void on_answer(const struct server_outcome *outcome, void *user);

static void flight_send(struct dns_flight *flight, const struct registration_request *request)
{
	struct server_zone *server = flight->zone->server;
	int r = request->query
			? server_query(server, &request->name, request->type, on_answer, flight)
			: server_update(server, &request->update, on_answer, flight);

	if (r == -EINVAL) {
		flight->zone->dns->counters.quarantined++;
		land_later(flight, LEDGER_QUARANTINE, LEDGER_DAY, "no message can be made of it");
	} else if (r < 0) {
		land_again(flight, r == -EBUSY ? "waits for room" : "out of memory");
	}
}

static void flight_step(struct dns_flight *flight, const struct server_outcome *last)
{
	struct registration_request *request = &flight->zone->dns->registration_request;

	switch (registration_next(&flight->registration, last, request)) {
	case REGISTRATION_SEND:
		flight_send(flight, request);
		break;
	case REGISTRATION_OVER:
		land_done(flight);
		break;
	case REGISTRATION_CONFLICT:
		land_conflict(flight);
		break;
	case REGISTRATION_RACE:
		land_later(flight, LEDGER_RETRY, LEDGER_MINUTE, flight->registration.words.text);
		break;
	}
}

static void launch(struct dns_zone *zone, struct ledger_entry *entry)
{
	struct dns *dns = zone->dns;
	struct dns_flight *flight = calloc(1, sizeof(*flight));

	if (!flight) {
		ledger_again(dns->ledger, entry, "out of memory", clock_mono_ms());
		return;
	}
	flight->zone = zone;
	flight->entry = entry;
	LIST_INSERT_HEAD(&zone->flights, flight, link);
	zone->in_flight++;
	ledger_row(entry, &flight->sent);
	flight->sent.words = NULL;
	if (registration_begin(&flight->registration, &flight->sent.intent, &flight->sent.mark,
			       (enum dns_conflict_mode)dns->config->conflict_mode,
			       (uint32_t)(dns->config->ttl_ms / 1000), &zone->config->name) < 0) {
		land_later(flight, LEDGER_QUARANTINE, LEDGER_DAY,
			   "the lease has neither hardware address nor client id");
		return;
	}
	flight_step(flight, NULL);
}

/* What an answer means for the zone ------------------------------------------------------------- */

static void zone_good(struct dns_zone *zone, const struct server_outcome *outcome)
{
	char server[ENDPOINT_TEXT];

	if (pace_success(&zone->pace, clock_mono_ms()))
		log_info("dns", "zone is updated again, zone=%s, server=%s",
			 zone->config->name.text, server_text(outcome, server));
}

static void zone_transient(struct dns_flight *flight, const struct server_outcome *outcome)
{
	struct dns_zone *zone = flight->zone;

	if (outcome->rcode >= 0 && pace_is_own_failure(&zone->pace, flight->sent.failed_ms)) {
		land_later(flight, LEDGER_RETRY, LEDGER_MINUTE, outcome->words.text);
		return;
	}
	if (pace_transient(&zone->pace, clock_mono_ms(), random_u32()))
		log_warning("dns", "zone cannot be updated, its names wait, zone=%s, reason=%s",
			    zone->config->name.text, outcome->words.text);
	land_again(flight, outcome->words.text);
}

static void zone_refused(struct dns_flight *flight, const struct server_outcome *outcome)
{
	struct dns_zone *zone = flight->zone;
	char server[ENDPOINT_TEXT];

	if (pace_is_own_failure(&zone->pace, flight->sent.failed_ms)) {
		land_later(flight, LEDGER_RETRY, LEDGER_TEN_MINUTES, outcome->words.text);
		return;
	}
	if (pace_refused(&zone->pace, clock_mono_ms(), random_u32()))
		log_error("dns",
			  "server refuses updates, asked again every 1 to 10 minutes, zone=%s, "
			  "server=%s, reason=%s",
			  zone->config->name.text, server_text(outcome, server),
			  outcome->words.text);
	land_again(flight, outcome->words.text);
}

static void on_answer(const struct server_outcome *outcome, void *user)
{
	struct dns_flight *flight = user;
	struct dns_zone *zone = flight->zone;

	switch (outcome->class) {
	case SERVER_DONE:
	case SERVER_DECISION:
		zone_good(zone, outcome);
		flight_step(flight, outcome);
		break;
	case SERVER_TRANSIENT:
		zone_transient(flight, outcome);
		break;
	case SERVER_CAPABILITY:
	case SERVER_CONFIGURATION:
		zone_refused(flight, outcome);
		break;
	case SERVER_POISON:
		zone->dns->counters.quarantined++;
		land_later(flight, LEDGER_QUARANTINE, LEDGER_DAY, outcome->words.text);
		break;
	}
	dns_send(zone);
}

/* Whose turn it is ------------------------------------------------------------------------------ */

/* One place is left for ProvisionServer, which would wait for ever in a flood of names. */
static bool may_send(const struct dns_zone *zone, uint64_t now_ms)
{
	size_t room = server_zone_room(zone->server);

	room = pace_room(&zone->pace, now_ms, room > 1 ? room - 1 : 0);
	if (zone->pace.state != PACE_GOOD)
		return room && !zone->in_flight;
	return room > 0;
}

static void set_timer(struct dns_zone *zone, uint64_t now_ms)
{
	uint64_t at = ledger_next_ms(zone->dns->ledger, zone->index);
	struct timeval wait = {0};

	if (at == UINT64_MAX)
		return;
	if (zone->pace.state != PACE_GOOD && at < zone->pace.until_ms)
		at = zone->pace.until_ms;
	if (at <= now_ms && zone->in_flight)
		return; /* the next answer sends it */
	at = at > now_ms ? at - now_ms : 50;
	wait.tv_sec = (time_t)(at / 1000);
	wait.tv_usec = (suseconds_t)(at % 1000 * 1000);
	event_add(zone->timer, &wait);
}

void dns_send(struct dns_zone *zone)
{
	uint64_t now_ms = clock_mono_ms();
	struct ledger_entry *entry;

	if (!zone->dns->running || !zone->server)
		return;
	while (may_send(zone, now_ms) &&
	       (entry = ledger_next(zone->dns->ledger, zone->index, now_ms)))
		launch(zone, entry);
	set_timer(zone, now_ms);
}

void dns_send_on_timer(int fd, short what, void *zone)
{
	dns_send(zone);
}

void dns_send_stop(struct dns_zone *zone)
{
	struct dns_flight *flight;

	server_zone_free(zone->server);
	zone->server = NULL;
	if (zone->timer)
		event_del(zone->timer);
	while ((flight = LIST_FIRST(&zone->flights)))
		land_again(flight, "stopped");
}
