/* SPDX-License-Identifier: ISC */
/*
 * The flow of a lease: dns_lease.c plans what changes, and the ledger and the leases take it at once;
 * save() here hands everything that changed in this wake-up to the disk as one batch; on_saved acknowledges
 * it to the hook, tells the caller, and lets dns_send.c send it.
 */
#include "dns/dns.h"
#include "dns/dns_find.h"
#include "dns/dns_walk.h"
#include "dns/door.h"
#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DNS_PORT 53

/* Wanted names to disk -------------------------------------------------------------------------- */

size_t dns_unsaved(const struct dns *dns)
{
	return leases_touched_count(dns->leases) + ledger_touched_count(dns->ledger);
}

bool dns_is_full(const struct dns *dns)
{
	return dns_unsaved(dns) > (dns->disk_fails ? DNS_UNSAVED_FAILING_MAX : DNS_UNSAVED_MAX);
}

static void fill_positions(struct dns *dns, struct queue_batch *batch)
{
	struct queue_row *row;

	for (size_t i = 0; i < SEQUENCE_BOOTS_MAX; i++) {
		struct dns_position *position = &dns->positions[i];

		if (!position->touched || !(row = queue_batch_add(batch)))
			continue;
		row->kind = QUEUE_HOOK;
		row->boot_id = position->boot_id;
		row->seq = position->seq;
		row->heard_ms = clock_wall_ms();
		position->touched = false;
	}
}

/* Everything that changed, and the hooks' positions only if all of it fits. */
static void fill(struct dns *dns, struct queue_batch *batch)
{
	struct queue_row *row;

	while (leases_touched_count(dns->leases)) {
		if (!(row = queue_batch_add(batch)))
			return;
		row->kind = QUEUE_LEASE;
		row->lease_row = leases_touched(dns->leases, &row->lease);
	}
	while (ledger_touched_count(dns->ledger)) {
		if (!(row = queue_batch_add(batch)))
			return;
		row->kind = QUEUE_INTENT;
		row->entry = ledger_touched(dns->ledger, &row->intent);
		row->intent.words = NULL;
	}
	if (!dns_walk_fill(dns, batch))
		return;
	fill_positions(dns, batch);
}

struct dns_position *dns_position_of(struct dns *dns, uint64_t boot_id)
{
	struct dns_position *free_place = &dns->positions[0];

	for (size_t i = 0; i < SEQUENCE_BOOTS_MAX; i++) {
		if (dns->positions[i].boot_id == boot_id)
			return &dns->positions[i];
		if (!dns->positions[i].touched)
			free_place = &dns->positions[i];
	}
	*free_place = (struct dns_position){.boot_id = boot_id};
	return free_place;
}

static void give_back(struct dns *dns, const struct queue_row *row, bool good)
{
	struct dns_position *position;

	switch (row->kind) {
	case QUEUE_PLACE:
		dns_walk_saved(dns, row->place, good);
		break;
	case QUEUE_LEASE:
		leases_saved(dns->leases, row->lease_row, good);
		if (good && dns->on_lease)
			dns->on_lease(&row->lease, dns->on_lease_user);
		break;
	case QUEUE_INTENT:
		ledger_saved(dns->ledger, row->entry, row->intent.generation, good);
		break;
	case QUEUE_HOOK:
		if (good && dns->inbox && dns->running)
			inbox_saved(dns->inbox, row->boot_id, row->seq);
		position = dns_position_of(dns, row->boot_id);
		if (!good && position->seq <= row->seq) {
			position->seq = row->seq;
			position->touched = true;
		}
		break;
	}
}

static void send_all(struct dns *dns)
{
	for (size_t i = 0; i < dns->zone_count; i++)
		dns_send(&dns->zones[i]);
}

/* Names go on being registered, from memory; only the hooks' records are not acknowledged. */
static void save_failed(struct dns *dns, int result)
{
	static const struct timeval second = {.tv_sec = 1};
	uint64_t held;

	dns->counters.failed_saves++;
	dns->disk_fails = true;
	ledger_set_disk(dns->ledger, false);
	event_add(dns->save_again, &second);
	if (log_gate_pass(&dns->gates.save, clock_mono_ms(), DNS_GATE_MS, &held))
		log_error("dns",
			  "the disk takes nothing, names are registered from memory and hooks "
			  "not acknowledged, tried again every second, reason=%s, rows=%zu of %d, "
			  "repeats=%" PRIu64,
			  strerror(-result), dns_unsaved(dns), DNS_UNSAVED_FAILING_MAX, held);
	send_all(dns);
}

static void save_good(struct dns *dns)
{
	if (!dns->disk_fails)
		return;
	dns->disk_fails = false;
	ledger_set_disk(dns->ledger, true);
	log_info("dns", "the disk works again");
}

static void save(struct dns *dns)
{
	struct queue_batch *batch = queue_batch(dns->queue);
	int r;

	if (!batch)
		return;
	fill(dns, batch);
	if (!batch->count)
		return;
	r = queue_submit(dns->queue);
	if (!r)
		return;
	for (size_t i = 0; i < batch->count; i++)
		give_back(dns, &batch->rows[i], false);
	save_failed(dns, r);
}

static void on_save(evutil_socket_t fd, short what, void *user)
{
	struct dns *dns = user;

	dns_walk_look(dns);
	if (!dns->disk_fails)
		save(dns);
}

static void on_save_again(evutil_socket_t fd, short what, void *user)
{
	save(user);
}

static void on_saved(const struct queue_batch *batch, int result, void *user)
{
	struct dns *dns = user;

	for (size_t i = 0; i < batch->count; i++)
		give_back(dns, &batch->rows[i], !result);
	if (result)
		save_failed(dns, result);
	else
		save_good(dns);
	if (dns->inbox && dns->running)
		inbox_pause(dns->inbox, dns_is_full(dns));
	if (result)
		return;
	send_all(dns);
	save(dns);
}

/* Building and taking apart --------------------------------------------------------------------- */

static void on_row(const struct queue_row *row, void *user)
{
	struct dns *dns = user;
	int r = 0;

	switch (row->kind) {
	case QUEUE_PLACE:
		dns_walk_load(dns, row);
		break;
	case QUEUE_LEASE:
		r = leases_load(dns->leases, &row->lease);
		machine_saw(dns->machines, row->lease.mac, row->lease.address,
			    &row->lease.client_id, row->lease.me);
		if (row->lease.me)
			machine_me_began(dns->machines, row->lease.mac, row->lease.address);
		else
			machine_host_began(dns->machines, row->lease.mac, row->lease.address, 0);
		break;
	case QUEUE_INTENT:
		r = ledger_load(dns->ledger, &row->intent, clock_mono_ms(), clock_wall_ms());
		if (row->intent.intent.wanted)
			machine_saw(dns->machines, row->intent.intent.mac,
				    row->intent.intent.address, &row->intent.intent.client_id,
				    true);
		break;
	case QUEUE_HOOK:
		if (dns->inbox)
			inbox_restore(dns->inbox, row->boot_id, row->seq);
		break;
	}
	if (r < 0)
		dns->counters.bad_rows++;
}

static int load(struct dns *dns, struct db *db, struct err *err)
{
	size_t bad = 0;
	int r = leases_new(&dns->leases, random_u64());

	if (!r)
		r = ledger_new(&dns->ledger, dns->zone_names, dns->configured_count, random_u64());
	if (!r)
		r = dns_walk_use_places(dns);
	if (r < 0)
		return err_set(err, r, "out of memory");
	ledger_set_refresh(dns->ledger, (uint64_t)dns->config->refresh_ms);
	if ((r = queue_new(&dns->queue, db, on_saved, dns, err)) < 0)
		return r;
	if ((r = queue_load(dns->queue, on_row, dns, &bad, err)) < 0)
		return r;
	dns->counters.bad_rows += bad;
	if (dns->counters.bad_rows)
		log_warning("dns", "rows of the database could not be read, skipped=%" PRIu64,
			    dns->counters.bad_rows);
	log_info("dns", "loaded, leases=%zu, names=%zu, not-yet-in-dns=%zu",
		 leases_count(dns->leases), ledger_count(dns->ledger),
		 ledger_count(dns->ledger) - ledger_count_state(dns->ledger, LEDGER_PRESENT));
	return 0;
}

static int open_all(struct dns *dns, struct db *db, const struct lease_config *lease,
		    struct err *err)
{
	int r;

	dns->save = event_new(dns->base, -1, 0, on_save, dns);
	dns->save_again = event_new(dns->base, -1, 0, on_save_again, dns);
	if (!dns->save || !dns->save_again || machine_table_new(&dns->machines, random_u64()) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (dns_walk_new(dns) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if ((r = dns_zones_open(dns, err)) < 0 || (r = dns_publish_new(dns, db, err)) < 0)
		return r;
	if (lease->socket && *lease->socket) {
		r = inbox_open(&dns->inbox, dns->base, lease->socket, lease->group,
			       &dns_inbox_events, dns, err);
		if (r < 0)
			return r;
	}
	return load(dns, db, err);
}

int dns_new(struct dns **ret, struct event_base *base, struct db *db,
	    const struct lease_config *lease, const struct dns_config *config,
	    const struct publish_config *publish, struct err *err)
{
	struct dns *dns = calloc(1, sizeof(*dns));
	int r;

	if (!dns)
		return err_set(err, -ENOMEM, "out of memory");
	dns->base = base;
	dns->config = config;
	dns->publish = publish;
	dns->found_port = DNS_PORT;
	if ((r = open_all(dns, db, lease, err)) < 0) {
		dns_free(dns);
		return r;
	}
	*ret = dns;
	return 0;
}

int dns_start(struct dns *dns, struct err *err)
{
	int r = dns->inbox ? inbox_start(dns->inbox) : 0;

	if (r < 0)
		return err_set(err, r, "lease socket: %s", strerror(-r));
	dns->running = true;
	for (size_t i = 0; i < dns->zone_count; i++)
		dns_find_start(&dns->zones[i]);
	dns_walk_start(dns);
	dns_publish_start(dns);
	dns_reconcile_soon(dns, RECONCILE_ON_START);
	send_all(dns);
	return 0;
}

void dns_stop(struct dns *dns)
{
	if (dns->inbox && dns->running)
		inbox_stop(dns->inbox);
	dns->running = false;
	dns_reconcile_stop(dns);
	dns_publish_stop(dns);
	dns_walk_stop(dns);
	for (size_t i = 0; i < dns->zone_count; i++)
		dns_send_stop(&dns->zones[i]);
	dns_story_stop(dns);
	/* What was learned since the last batch; where it is lost it is only learned again. */
	if (dns->queue)
		save(dns);
}

void dns_free(struct dns *dns)
{
	if (!dns)
		return;
	dns_stop(dns);
	dns_reconcile_free(dns);
	inbox_close(dns->inbox);
	queue_free(dns->queue);
	dns_publish_free(dns);
	dns_walk_free(dns);
	dns_zones_close(dns);
	if (dns->save)
		event_free(dns->save);
	if (dns->save_again)
		event_free(dns->save_again);
	ledger_free(dns->ledger);
	leases_free(dns->leases);
	machine_table_free(dns->machines);
	free(dns);
}

void dns_on_lease(struct dns *dns, void (*on_lease)(const struct dns_lease *lease, void *user),
		  void *user)
{
	dns->on_lease = on_lease;
	dns->on_lease_user = user;
}

void dns_lend_learned(struct dns *dns, dns_learned *learned, void *user)
{
	dns->learned = learned;
	dns->learned_user = user;
}

void dns_learn(struct dns *dns, struct mac mac)
{
	if (dns->inbox)
		inbox_learn(dns->inbox, mac);
}

int dns_lookup(const struct dns *dns, struct addr address, struct dns_lease *ret)
{
	return leases_find(dns->leases, address, ret);
}
