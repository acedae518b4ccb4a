/* SPDX-License-Identifier: ISC */
/*
 * The flow of a comparison: Kea's leases are listed (kea), the listing is judged (reconcile), and what
 * differs goes to the ledger and the leases, as if events had come; in slices, so that nobody waits.
 */
#include "dns/dns_reconcile.h"
#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FOLD_MS 1000  /* what is wished for within it is one comparison */
#define REST_MS 5000  /* at least, between two that nobody ordered */
#define RETRY_MS 5000 /* after a failure; doubles */
#define RETRY_MAX_MS 120000
#define DISK_MS 20 /* how long a slice waits for the disk */

static const char *const phase_names[] = {
	[DNS_IDLE] = "idle",   [DNS_LISTING] = "listing", [DNS_JUDGING] = "comparing",
	[DNS_NAMES] = "names", [DNS_LEASES] = "leases",   [DNS_ASSERTING] = "asserting",
};

static void begin(struct dns *dns);

/* When --------------------------------------------------------------------------------------------- */

static void plan(struct dns_reconcile *reconcile, uint64_t ms)
{
	struct timeval wait = clock_timeval(ms);

	reconcile->next_ms = clock_mono_ms() + ms;
	event_add(reconcile->timer, &wait);
}

void dns_reconcile_soon(struct dns *dns, enum reconcile_reason reason)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	uint64_t now_ms = clock_mono_ms(), at;

	if (!reconcile || !dns->running)
		return;
	if (reconcile->phase != DNS_IDLE) {
		reconcile->again = true;
		return;
	}
	if (reconcile->planned)
		return;
	reconcile->planned = true;
	reconcile->reason = reason;
	at = now_ms + FOLD_MS;
	if (reconcile->ended_ms && at < reconcile->ended_ms + REST_MS)
		at = reconcile->ended_ms + REST_MS;
	plan(reconcile, at - now_ms);
}

/* The interval, give or take a tenth, so that many daemons do not ask together. */
static uint64_t interval_ms(const struct dns_reconcile *reconcile)
{
	uint64_t interval = (uint64_t)reconcile->config->interval_ms;

	return interval - interval / 10 + random_u32() % (interval / 5 + 1);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct dns *dns = user;

	if (!dns->reconcile->planned)
		dns->reconcile->reason = RECONCILE_ON_TIMER;
	begin(dns);
}

/* How it ends -------------------------------------------------------------------------------------- */

static void errand_answer(struct dns_errand *errand, int result, const struct err *err)
{
	struct dns_order order = errand->order;

	if (!errand->taken)
		return;
	if (errand->rows && !result)
		rows_end(errand->rows);
	rows_free(errand->rows);
	*errand = (struct dns_errand){0};
	order.done(result, err, order.user);
}

/* Back to waiting: for the next errand, for one more wish, or for the interval. */
static void rest(struct dns *dns, uint64_t wait_ms)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	bool again = reconcile->again;

	reconcile_free(reconcile->listing);
	reconcile->listing = NULL;
	reconcile->phase = DNS_IDLE;
	reconcile->planned = reconcile->again = false;
	reconcile->ended_ms = clock_mono_ms();
	reconcile->ended_wall_ms = clock_wall_ms();
	if (reconcile->next_errand.taken) {
		reconcile->errand = reconcile->next_errand;
		reconcile->next_errand = (struct dns_errand){0};
		reconcile->reason = RECONCILE_ON_ORDER;
		begin(dns);
	} else if (again) {
		dns_reconcile_soon(dns, RECONCILE_ON_GAP);
	} else {
		plan(reconcile, wait_ms);
	}
}

static void fail(struct dns *dns, int result, const struct err *err)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	uint64_t wait_ms = backoff_next_ms(&reconcile->backoff, random_u32()), held;

	reconcile->counters.failures++;
	err_set(&reconcile->outcome, 0, "failed: %s", err->text);
	if (log_gate_pass(&reconcile->gate, clock_mono_ms(), DNS_GATE_MS, &held))
		log_warning("lease",
			    "Kea's leases cannot be compared, nothing is changed, again in %" PRIu64
			    " s, reason=%s, repeats=%" PRIu64,
			    wait_ms / 1000, err->text, held);
	errand_answer(&reconcile->errand, result, err);
	rest(dns, wait_ms);
}

static void succeed(struct dns *dns)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	const struct reconcile_verdict *verdict = &reconcile->verdict;
	uint64_t took_ms = clock_mono_ms() - reconcile->begun_ms;
	bool news = verdict->add + verdict->change + verdict->remove > 0;

	backoff_reset(&reconcile->backoff);
	if (!reconcile->errand.taken || !reconcile->errand.order.dry_run) {
		err_set(&reconcile->outcome, 0,
			"%s%zu leases, %zu of ME clients, %zu added, %zu changed, %zu %s",
			reconcile->held ? "held: " : "", verdict->listed, verdict->tagged,
			verdict->add, verdict->change, verdict->remove,
			reconcile->held ? "not removed" : "removed");
		log_line(news || reconcile->reason != RECONCILE_ON_TIMER ? LOG_LEVEL_INFO
									 : LOG_LEVEL_DEBUG,
			 "lease", "compared with Kea, %s, reason=%s, took-ms=%" PRIu64,
			 reconcile->outcome.text, reconcile_reason_names[reconcile->reason],
			 took_ms);
	}
	if (reconcile->errand.taken)
		dns_compare_total(reconcile);
	for (size_t i = 0; i < dns->zone_count; i++)
		dns_send(&dns->zones[i]); /* what is asserted needs no disk */
	errand_answer(&reconcile->errand, 0, NULL);
	rest(dns, interval_ms(reconcile));
}

/* Slices ------------------------------------------------------------------------------------------ */

static void on_slice(evutil_socket_t fd, short what, void *user)
{
	struct timeval wait = {0};
	struct dns *dns = user;

	if (dns_unsaved(dns) > DNS_UNSAVED_MAX) {
		wait.tv_usec = DISK_MS * 1000;
		event_add(dns->reconcile->slice, &wait);
		return;
	}
	if (dns_compare(dns))
		event_add(dns->reconcile->slice, &wait);
	else
		succeed(dns);
	event_active(dns->save, 0, 0);
}

/* Listing ------------------------------------------------------------------------------------------ */

static void on_listed_lease(const struct kea_lease *lease, void *user)
{
	struct dns *dns = ((struct dns_kea *)user)->dns;
	struct dns_reconcile *reconcile = dns->reconcile;

	if (lease->active)
		machine_saw(dns->machines, lease->mac, lease->address, &lease->client_id,
			    lease->tagged);
	if (lease->active && lease->tagged)
		machine_me_began(dns->machines, lease->mac, lease->address);
	else if (lease->active)
		machine_host_began(dns->machines, lease->mac, lease->address, 0);
	if (!reconcile->spoilt)
		reconcile->spoilt = reconcile_add(reconcile->listing, lease);
}

/* The next server's turn, or the comparison's. */
static void list_next(struct dns *dns)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	struct timeval at_once = {0};

	for (; reconcile->family < 2; reconcile->family++) {
		if (reconcile->servers[reconcile->family].kea) {
			reconcile->scope.families[reconcile->family] = true;
			kea_list(reconcile->servers[reconcile->family].kea);
			return;
		}
	}
	dns_compare_begin(reconcile);
	event_add(reconcile->slice, &at_once);
}

static void note_server(struct dns_kea *server, int result, const struct err *err)
{
	if (!result && server->failing)
		log_info("kea", "control socket gives the leases again, family=%s",
			 server == server->dns->reconcile->servers ? "4" : "6");
	server->failing = result != 0;
	server->error = result ? *err : (struct err){0};
}

static int spoilt_words(int spoilt, struct err *err)
{
	if (spoilt == -ENOSPC)
		return err_set(
			err, spoilt,
			"too many leases or changes at once; limits: %d leases of ME clients, "
			"%d changes while they are listed",
			RECONCILE_LEASES_MAX, RECONCILE_EVENTS_MAX);
	return err_set(err, spoilt, "%s", strerror(-spoilt));
}

static void on_listed(int result, const struct err *err, void *user)
{
	struct dns_kea *server = user;
	struct dns *dns = server->dns;
	struct dns_reconcile *reconcile = dns->reconcile;
	struct err words = {0};

	note_server(server, result, err);
	if (result < 0) {
		fail(dns, result, err);
	} else if (reconcile->spoilt) {
		spoilt_words(reconcile->spoilt, &words);
		fail(dns, reconcile->spoilt, &words);
	} else {
		reconcile->family++;
		list_next(dns);
	}
}

static const struct kea_events kea_events = {
	.on_lease = on_listed_lease,
	.on_end = on_listed,
};

static void begin(struct dns *dns)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	struct err err = {0};

	event_del(reconcile->timer);
	reconcile->counters.runs++;
	reconcile->begun_ms = clock_mono_ms();
	reconcile->spoilt = 0;
	reconcile->held = false;
	reconcile->family = 0;
	reconcile->verdict = (struct reconcile_verdict){0};
	reconcile->scope = (struct reconcile_scope){
		.share_percent = (unsigned)reconcile->config->guard_percent,
		.names = (size_t)reconcile->config->guard_names,
	};
	reconcile->phase = DNS_LISTING;
	if (reconcile_new(&reconcile->listing, random_u64()) < 0) {
		err_set(&err, -ENOMEM, "out of memory");
		fail(dns, -ENOMEM, &err);
		return;
	}
	list_next(dns);
}

void dns_reconcile_event(struct dns *dns, const struct lease_event *event)
{
	struct dns_reconcile *reconcile = dns->reconcile;

	if (reconcile && reconcile->listing && !reconcile->spoilt)
		reconcile->spoilt = reconcile_event(reconcile->listing, event->address,
						    &event->name);
}

/* For the door ------------------------------------------------------------------------------------- */

static int open_server(struct dns *dns, int index, const char *path)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	struct dns_kea *server = &reconcile->servers[index];

	server->dns = dns;
	if (!path || !*path)
		return 0;
	return kea_new(&server->kea, dns->base, index ? ADDR_IP6 : ADDR_IP4, path,
		       (uint32_t)reconcile->config->timeout_ms, &kea_events, server);
}

int dns_use_kea(struct dns *dns, const struct kea_config *config)
{
	struct dns_reconcile *reconcile = calloc(1, sizeof(*reconcile));
	int r;

	if (!reconcile)
		return -ENOMEM;
	dns->reconcile = reconcile;
	reconcile->config = config;
	reconcile->backoff = (struct backoff){.base_ms = RETRY_MS, .max_ms = RETRY_MAX_MS};
	if (!(r = open_server(dns, 0, config->dhcp4_socket)))
		r = open_server(dns, 1, config->dhcp6_socket);
	reconcile->timer = event_new(dns->base, -1, 0, on_timer, dns);
	reconcile->slice = event_new(dns->base, -1, 0, on_slice, dns);
	if (!reconcile->timer || !reconcile->slice)
		r = -ENOMEM;
	if (r < 0 || (!reconcile->servers[0].kea && !reconcile->servers[1].kea))
		dns_reconcile_free(dns);
	return r;
}

void dns_reconcile_stop(struct dns *dns)
{
	static const struct err words = {"amtnetd is stopping"};
	struct dns_reconcile *reconcile = dns->reconcile;

	if (!reconcile)
		return;
	for (int i = 0; i < 2; i++) {
		if (reconcile->servers[i].kea)
			kea_stop(reconcile->servers[i].kea);
	}
	event_del(reconcile->timer);
	event_del(reconcile->slice);
	reconcile_free(reconcile->listing);
	reconcile->listing = NULL;
	reconcile->phase = DNS_IDLE;
	errand_answer(&reconcile->errand, -ECANCELED, &words);
	errand_answer(&reconcile->next_errand, -ECANCELED, &words);
}

void dns_reconcile_free(struct dns *dns)
{
	struct dns_reconcile *reconcile = dns->reconcile;

	if (!reconcile)
		return;
	for (int i = 0; i < 2; i++)
		kea_free(reconcile->servers[i].kea);
	if (reconcile->timer)
		event_free(reconcile->timer);
	if (reconcile->slice)
		event_free(reconcile->slice);
	reconcile_free(reconcile->listing);
	free(reconcile);
	dns->reconcile = NULL;
}

int dns_reconcile(struct dns *dns, const struct dns_order *order, struct err *err)
{
	static const char *const columns[] = {"action", "name",    "type", "value",
					      "was",    "outcome", NULL};
	struct dns_reconcile *reconcile = dns->reconcile;
	struct dns_errand errand = {.order = *order, .taken = true};

	if (!reconcile)
		return err_set(err, -ENOTCONN,
			       "no Kea is named: set kea.dhcp4-socket in amtnetd.yaml");
	if (reconcile->next_errand.taken)
		return err_set(err, -EBUSY,
			       "a comparison is under way and another one waits; ask "
			       "again when they are over");
	if (rows_new(&errand.rows, order->format, columns, order->out) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (reconcile->phase != DNS_IDLE || reconcile->errand.taken) {
		reconcile->next_errand = errand;
		return 0;
	}
	reconcile->errand = errand;
	reconcile->reason = RECONCILE_ON_ORDER;
	reconcile->planned = true;
	plan(reconcile, 0);
	return 0;
}

/* status ------------------------------------------------------------------------------------------- */

static void put_text(struct rows *rows, const char *name, const char *value)
{
	rows_text(rows, name);
	rows_text(rows, value);
}

static void put_number(struct rows *rows, const char *name, uint64_t value)
{
	rows_text(rows, name);
	rows_number(rows, (int64_t)value);
}

static void put_server(struct rows *rows, const struct dns_kea *server, const char *name)
{
	struct kea_counters counters;

	rows_printf(rows, "kea.%s.state", name);
	if (!server->kea) {
		rows_text(rows, "not configured");
		return;
	}
	counters = kea_counters(server->kea);
	rows_text(rows, server->failing     ? server->error.text
			: counters.listings ? "good"
					    : "not asked yet");
	rows_printf(rows, "kea.%s.listings", name);
	rows_number(rows, (int64_t)counters.listings);
	rows_printf(rows, "kea.%s.failures", name);
	rows_number(rows, (int64_t)counters.failures);
	rows_printf(rows, "kea.%s.leases-read", name);
	rows_number(rows, (int64_t)counters.leases);
	rows_printf(rows, "kea.%s.bad-tags", name);
	rows_number(rows, (int64_t)counters.bad_tags);
}

void dns_reconcile_print_status(const struct dns *dns, struct rows *rows)
{
	const struct dns_reconcile *reconcile = dns->reconcile;
	uint64_t now_ms = clock_mono_ms();
	char ended[CLOCK_TEXT];

	if (!reconcile) {
		put_text(rows, "reconcile.state", "off: kea.dhcp4-socket is not set");
		return;
	}
	put_server(rows, &reconcile->servers[0], "dhcp4");
	put_server(rows, &reconcile->servers[1], "dhcp6");
	put_text(rows, "reconcile.state", phase_names[reconcile->phase]);
	put_text(rows, "reconcile.last-outcome",
		 *reconcile->outcome.text ? reconcile->outcome.text : NULL);
	put_text(rows, "reconcile.last",
		 reconcile->ended_wall_ms ? clock_print(reconcile->ended_wall_ms, ended) : NULL);
	if (reconcile->phase == DNS_IDLE)
		put_number(rows, "reconcile.next-s",
			   reconcile->next_ms > now_ms ? (reconcile->next_ms - now_ms) / 1000 : 0);
	put_number(rows, "reconcile.runs", reconcile->counters.runs);
	put_number(rows, "reconcile.failures", reconcile->counters.failures);
	put_number(rows, "reconcile.held", reconcile->counters.held);
	put_number(rows, "reconcile.added", reconcile->counters.added);
	put_number(rows, "reconcile.changed", reconcile->counters.changed);
	put_number(rows, "reconcile.removed", reconcile->counters.removed);
	put_number(rows, "reconcile.asserted", reconcile->counters.asserted);
}
