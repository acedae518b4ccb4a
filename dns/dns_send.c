/* SPDX-License-Identifier: ISC */
#include "dns/dns_find.h"
#include "dns/door.h"
#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#define SINGLE_MS (3600 * 1000)

static const char *server_text(const struct server_outcome *outcome, char ret[ENDPOINT_TEXT])
{
	return endpoint_print(outcome->server, ret);
}

static void flight_free(struct dns_flight *flight)
{
	LIST_REMOVE(flight, link);
	free(flight);
}

static struct dns_flight *flight_of(struct batch_item *item)
{
	return (struct dns_flight *)item; /* its first member */
}

static const char *name_of(const struct dns_flight *flight)
{
	return flight->registration.intent.name.text;
}

/* How a flight ends ----------------------------------------------------------------------------- */

/* The machine's host has a lease at this address, of its own. */
static bool is_hosts(const struct dns *dns, struct addr address, struct mac mac)
{
	struct dns_lease lease;

	return leases_find(dns->leases, address, &lease) == 0 && !lease.me &&
	       mac_equal(lease.mac, mac);
}

/* An address that we displaced and put back, or tried to, and that is not the host's any more: it goes. */
static void take_back(struct dns *dns, const struct intent *from, struct addr address)
{
	struct intent intent = *from;

	intent.address = address;
	intent.wanted = false;
	if (!ledger_find(dns->ledger, &intent)) /* else it is cared for already */
		ledger_apply(dns->ledger, &intent, clock_wall_ms());
}

static void land_done(struct dns_flight *flight)
{
	struct dns *dns = flight->zone->dns;
	struct addr back = flight->registration.put_back;
	const struct ledger_row sent = {.generation = flight->generation,
					.intent.wanted = flight->registration.intent.wanted};

	dns->counters.done++;
	log_debug("dns", "agrees with the wish, name=%s, wanted=%s", name_of(flight),
		  sent.intent.wanted ? "yes" : "no");
	ledger_done(dns->ledger, flight->entry, &sent, &flight->registration.mark, clock_mono_ms(),
		    clock_wall_ms());
	if (back.family != ADDR_NONE && !is_hosts(dns, back, flight->registration.intent.mac))
		take_back(dns, &flight->registration.intent, back);
	flight_free(flight);
	event_active(dns->save, 0, 0);
}

/* The disk has to know first what is about to be displaced. */
static void land_kept(struct dns_flight *flight)
{
	struct dns *dns = flight->zone->dns;

	ledger_keep(dns->ledger, flight->entry, flight->generation, &flight->registration.mark);
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
		log_warning("dns", "name is taken, name=%s, reason=%s", name_of(flight), words);
	flight_free(flight);
}

static void land_later(struct dns_flight *flight, enum ledger_state state, enum ledger_wait wait,
		       const char *words)
{
	struct dns *dns = flight->zone->dns;

	if (ledger_later(dns->ledger, flight->entry, state, wait, words, clock_mono_ms()))
		log_warning("dns", "name is put aside, name=%s, state=%s, reason=%s",
			    name_of(flight), ledger_state_names[state], words);
	flight_free(flight);
}

static void land_again(struct dns_flight *flight, const char *words)
{
	ledger_again(flight->zone->dns->ledger, flight->entry, words, clock_mono_ms());
	flight_free(flight);
}

/* The way of a flight --------------------------------------------------------------------------- */

static void flight_step(struct dns_flight *flight, const struct server_outcome *last)
{
	struct registration_request *request = &flight->zone->dns->registration_request;

	switch (registration_next(&flight->registration, last, request)) {
	case REGISTRATION_SEND:
		log_debug("dns", "step, name=%s, step=%s", name_of(flight),
			  registration_step_name(flight->registration.step));
		batch_join(&flight->zone->line, flight->registration.step, &flight->item);
		break;
	case REGISTRATION_KEEP:
		land_kept(flight);
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

/* An address that we displaced is put back only while the machine's host still has the lease, or when no
 * lease of the host was ever told of: then another DHCP server has it, and we only borrowed its name. */
static void forget_ended(struct dns *dns, struct ledger_row *row)
{
	struct intent_mark *mark = &row->mark;

	mark->unleased &= !machine_knows_host(dns->machines, row->intent.mac);
	if (mark->displaced.family == ADDR_NONE || mark->unleased ||
	    is_hosts(dns, mark->displaced, row->intent.mac))
		return;
	if (!row->intent.wanted)
		take_back(dns, &row->intent, mark->displaced);
	intent_mark_displaced(mark, (struct addr){.family = ADDR_NONE}, false);
}

static void launch(struct dns_zone *zone, struct ledger_entry *entry)
{
	struct dns *dns = zone->dns;
	struct dns_flight *flight = calloc(1, sizeof(*flight));
	struct ledger_row row;

	if (!flight) {
		ledger_again(dns->ledger, entry, "out of memory", clock_mono_ms());
		return;
	}
	ledger_row(entry, &row);
	flight->zone = zone;
	flight->entry = entry;
	flight->generation = row.generation;
	flight->failed_ms = row.failed_ms;
	LIST_INSERT_HEAD(&zone->flights, flight, link);
	forget_ended(dns, &row);
	if (registration_begin(&flight->registration, &row.intent, &row.mark, &zone->rules) < 0) {
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

/* Everything back to the ledger, from where it begins anew. */
static void ground(struct dns_zone *zone, struct batch *batch, const char *words)
{
	struct batch_item *item;

	while (batch && (item = batch_unload(&zone->line, batch)))
		land_again(flight_of(item), words);
	while ((item = batch_leave(&zone->line)))
		land_again(flight_of(item), words);
}

/* The one flight of a batch that failed though the zone answers others: it waits by itself. */
static bool wait_alone(struct dns_zone *zone, struct batch *batch, enum ledger_wait wait,
		       const char *words)
{
	struct dns_flight *flight = flight_of(TAILQ_FIRST(&batch->items));

	if (batch->count > 1 || !pace_is_own_failure(&zone->pace, flight->failed_ms))
		return false;
	batch_unload(&zone->line, batch);
	batch_unload(&zone->line, batch);
	land_later(flight, LEDGER_RETRY, wait, words);
	return true;
}

/* Its name is refused, as it seems: others of the zone go on. */
static void batch_alone(struct dns_zone *zone, struct batch *batch, const char *words)
{
	struct batch_item *item;

	dns_find_again(zone);
	while ((item = batch_unload(&zone->line, batch))) {
		struct dns_flight *flight = flight_of(item);
		bool again = pace_is_own_failure(&zone->pace, flight->failed_ms);

		land_later(flight, LEDGER_RETRY, again ? LEDGER_TEN_MINUTES : LEDGER_MINUTE, words);
	}
}

static void zone_waits(struct dns_zone *zone, struct batch *batch,
		       const struct server_outcome *outcome)
{
	const char *words = outcome->words.text;

	if (outcome->rcode >= 0 && wait_alone(zone, batch, LEDGER_MINUTE, words))
		return;
	if (pace_transient(&zone->pace, clock_mono_ms(), random_u32()))
		log_warning("dns", "zone cannot be updated, its names wait, zone=%s, reason=%s",
			    zone->config->name.text, words);
	dns_find_again(zone);
	ground(zone, batch, words);
}

/* What a person must know, or can do about NOTIMP where it is the DHCID. */
static const char *note_refusal(struct dns_zone *zone, const struct server_outcome *outcome)
{
	enum dns_conflict_mode mode = zone->rules.mode;
	bool dhcid = outcome->class == SERVER_CAPABILITY && mode != DNS_MARKER &&
		     mode != DNS_NO_CHECK_WITHOUT_DHCID;

	err_set(&zone->refusal, 0, "%.250s%s", outcome->words.text,
		dhcid ? "; a server without DHCID needs conflict-mode: marker for the zone, or "
			"no-check-without-dhcid where any name may be taken"
		      : "");
	return zone->refusal.text;
}

static void zone_refused(struct dns_zone *zone, struct batch *batch,
			 const struct server_outcome *outcome)
{
	const char *words = note_refusal(zone, outcome);
	char server[ENDPOINT_TEXT];

	dns_find_again(zone);
	if (wait_alone(zone, batch, LEDGER_TEN_MINUTES, words))
		return;
	if (pace_refused(&zone->pace, clock_mono_ms(), random_u32()))
		log_error("dns",
			  "server refuses updates, asked again every 1 to 10 minutes, zone=%s, "
			  "server=%s, reason=%s",
			  zone->config->name.text, server_text(outcome, server), words);
	ground(zone, batch, words);
}

/* What an answer means for a batch -------------------------------------------------------------- */

static void batch_step(struct dns_zone *zone, struct batch *batch,
		       const struct server_outcome *outcome)
{
	struct batch_item *item;

	while ((item = batch_unload(&zone->line, batch)))
		flight_step(flight_of(item), outcome);
}

/* A server that does not know several updates in one message gets one at a time for an hour. */
static void go_single(struct dns_zone *zone, const struct server_outcome *outcome, uint64_t now_ms)
{
	char server[ENDPOINT_TEXT];

	if (!zone->single_until_ms)
		log_warning(
			"dns", "updates go one by one for an hour, zone=%s, server=%s, reason=%s",
			zone->config->name.text, server_text(outcome, server), outcome->words.text);
	zone->single_until_ms = now_ms + SINGLE_MS;
}

static void end_single(struct dns_zone *zone, uint64_t now_ms)
{
	if (!zone->single_until_ms || now_ms < zone->single_until_ms)
		return;
	zone->single_until_ms = 0;
	batch_line_single(&zone->line, false);
}

static void batch_apart(struct dns_zone *zone, struct batch *batch,
			const struct server_outcome *outcome)
{
	struct batch_list rest;
	struct batch_item *item, *next;
	uint64_t now_ms = clock_mono_ms();

	zone->dns->counters.split++;
	log_debug("dns", "split, zone=%s, names=%zu, reason=%s", zone->config->name.text,
		  batch->count, outcome->words.text);
	if (outcome->class == SERVER_CAPABILITY)
		go_single(zone, outcome, now_ms);
	TAILQ_FOREACH(item, &batch->items, link)
	{
		if (!flight_of(item)->failed_ms)
			flight_of(item)->failed_ms = now_ms;
	}
	batch_split(&zone->line, batch, &rest);
	for (item = TAILQ_FIRST(&rest); item; item = next) {
		next = TAILQ_NEXT(item, link);
		land_again(flight_of(item), "out of memory");
	}
}

static void batch_poison(struct dns_zone *zone, struct batch *batch, const char *words)
{
	struct batch_item *item;

	while ((item = batch_unload(&zone->line, batch))) {
		zone->dns->counters.quarantined++;
		land_later(flight_of(item), LEDGER_QUARANTINE, LEDGER_DAY, words);
	}
}

static void on_answer(const struct server_outcome *outcome, void *user)
{
	struct batch *batch = user;
	struct dns_flight *first = flight_of(TAILQ_FIRST(&batch->items));
	struct dns_zone *zone = first->zone;
	bool alive = zone->pace.success_ms > batch->sent_ms;

	if (outcome->class == SERVER_DONE || outcome->class == SERVER_DECISION)
		zone_good(zone, outcome);
	switch (batch_judge(&zone->line, batch, outcome, alive, zone->pace.success_ms)) {
	case BATCH_STEP:
		batch_step(zone, batch, outcome);
		break;
	case BATCH_SPLIT:
		batch_apart(zone, batch, outcome);
		break;
	case BATCH_WAIT:
		zone_waits(zone, batch, outcome);
		break;
	case BATCH_REFUSED:
		zone_refused(zone, batch, outcome);
		break;
	case BATCH_ALONE:
		batch_alone(zone, batch, outcome->words.text);
		break;
	case BATCH_POISON:
		batch_poison(zone, batch, outcome->words.text);
		break;
	}
	dns_send(zone);
}

/* Whose turn it is ------------------------------------------------------------------------------ */

/* Fills the scratch message with the steps of the batch; what does not fit waits for the next one.
 * 0, or -EINVAL: the step of the first flight makes no message. */
static int put_message(struct dns_zone *zone, struct batch *batch)
{
	struct dns *dns = zone->dns;
	struct batch_item *item;
	int r = 0;

	update_message_init(&dns->message, &zone->config->name);
	TAILQ_FOREACH(item, &batch->items, link)
	{
		registration_repeat(&flight_of(item)->registration, &dns->registration_request);
		r = update_message_add(&dns->message, &dns->registration_request.update);
		if (r < 0)
			break;
	}
	if (!dns->message.count)
		return r;
	batch_cut(&zone->line, batch, dns->message.count);
	return 0;
}

static void send_batch(struct dns_zone *zone, struct batch *batch, uint64_t now_ms)
{
	const struct registration_request *request = &zone->dns->registration_request;
	struct dns_flight *first = flight_of(TAILQ_FIRST(&batch->items));
	int r;

	batch->sent_ms = now_ms;
	registration_repeat(&first->registration, &zone->dns->registration_request);
	if (request->query) {
		r = server_query(zone->server, &request->name, request->type, on_answer, batch);
	} else {
		r = put_message(zone, batch);
		if (!r)
			r = server_message(zone->server, &zone->dns->message, on_answer, batch);
	}
	if (r == -EINVAL) {
		batch_cut(&zone->line, batch, 1);
		batch_poison(zone, batch, "no message can be made of it");
	} else if (r < 0) {
		ground(zone, batch, r == -EBUSY ? "waits for room" : "out of memory");
	}
}

/* One place is left for ProvisionServer, which would wait for ever in a flood of names. */
static bool may_send(const struct dns_zone *zone, uint64_t now_ms)
{
	size_t room = server_zone_room(zone->server);

	room = pace_room(&zone->pace, now_ms, room > 1 ? room - 1 : 0);
	if (zone->pace.state != PACE_GOOD)
		return room && !zone->line.travelling;
	return room > 0;
}

/* As many from the ledger as one message may take. */
static void fill_line(struct dns_zone *zone, size_t most, uint64_t now_ms)
{
	struct ledger_entry *entry;

	while (zone->line.waiting < most &&
	       (entry = ledger_next(zone->dns->ledger, zone->index, now_ms)))
		launch(zone, entry);
}

static void set_timer(struct dns_zone *zone, uint64_t now_ms)
{
	uint64_t at = ledger_next_ms(zone->dns->ledger, zone->index);
	struct timeval wait;

	if (at == UINT64_MAX)
		return;
	if (zone->pace.state != PACE_GOOD && at < zone->pace.until_ms)
		at = zone->pace.until_ms;
	if (at <= now_ms && zone->line.travelling)
		return; /* the next answer sends it */
	at = at > now_ms ? at - now_ms : 50;
	wait = clock_timeval(at);
	event_add(zone->timer, &wait);
}

void dns_send(struct dns_zone *zone)
{
	uint64_t now_ms = clock_mono_ms();
	bool alone = zone->pace.state != PACE_GOOD;
	struct batch *batch;

	if (!zone->dns->running || !zone->server || !dns_find_is_known(zone))
		return;
	end_single(zone, now_ms);
	while (may_send(zone, now_ms)) {
		fill_line(zone, alone ? 1 : BATCH_MAX, now_ms);
		if (!(batch = batch_take(&zone->line, alone)))
			break;
		send_batch(zone, batch, now_ms);
	}
	set_timer(zone, now_ms);
}

void dns_send_on_timer(int fd, short what, void *zone)
{
	dns_send(zone);
}

void dns_send_stop(struct dns_zone *zone)
{
	struct dns_flight *flight;

	if (!zone->config)
		return; /* an empty place */
	dns_find_stop(zone);
	server_zone_free(zone->server);
	zone->server = NULL;
	if (zone->timer)
		event_del(zone->timer);
	batch_line_done(&zone->line);
	while ((flight = LIST_FIRST(&zone->flights)))
		land_again(flight, "stopped");
}
