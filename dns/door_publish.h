/* SPDX-License-Identifier: ISC */
/*
 * door_publish: what the parts of ProvisionServer's door share: dns_publish.c (start, stop, the rounds of
 * a name), dns_publish_watch.c (what every name server of the zone serves), dns_publish_resolve.c (where those are),
 * dns_publish_sites.c (which
 * names there are), dns_publish_addresses.c (what they should say), dns_publish_print.c (rows). Nobody
 * outside the folder sees it.
 */
#pragma once

#include "common/backoff.h"
#include "common/log.h"
#include "dns/ask.h"
#include "dns/core_health.h"
#include "dns/core_probe.h"
#include "dns/door.h"
#include "dns/interface.h"
#include "dns/publish.h"
#include "dns/publish_servers.h"
#include "dns/publish_view.h"
#include "dns/queue_sites.h"
#include "dns/watch.h"

#include <sys/queue.h>

/* What resolvers say of a name server whose name lies in no zone of ours. */
struct dns_resolved {
	struct dns_publisher *publisher;
	struct hostname name;
	struct ask *ask;    /* under way; NULL = none */
	uint16_t type;      /* asked last */
	size_t resolver_at; /* whom */
	size_t count;
	struct endpoint items[2];
	uint64_t until_ms; /* then it is asked anew */
	struct err words;  /* why there is no address */
};
#define DNS_RESOLVED_MAX 64
#define DNS_RESOLVERS_MAX 8 /* as dns.discover.resolvers */

/* One server of one name. */
struct dns_site_server {
	struct dns_site *site;
	struct publish_view view;
	struct watch *watch; /* under way; NULL = none */
	bool awaited;        /* the round goes on only when it has ended */
};

/* One ProvisionServer name. A round asks every server of the zone what it serves, then, where something
 * is not as it should be or it is time, lets `publish` check and change the name at the server that takes
 * updates. */
struct dns_site {
	LIST_ENTRY(dns_site) link;
	struct dns_publisher *publisher;
	struct dns_zone *zone; /* NULL: in no zone of dns.zones, so nothing can be done */
	struct queue_site row; /* name, suffix, where it came from */
	bool listed;           /* wanted by the configuration itself */
	struct publish publish;
	struct publish_servers servers;
	struct dns_site_server views[PUBLISH_SERVERS_MAX]; /* configured ones first */
	size_t view_count, watching;
	struct event *timer;
	struct backoff backoff;
	uint64_t rounds;
	bool busy, again;        /* again: begin the next round at once */
	bool relist;             /* an address of a server became known */
	enum publish_state told; /* what the log said last */
	uint64_t changed_ms;     /* wall clock: when we changed it last; 0 = not since the start */
};

struct dns_publisher {
	struct dns *dns;
	const struct publish_config *config;
	bool from_leases;
	char owner[PUBLISH_OWNER_MAX + 1];
	LIST_HEAD(, dns_site) sites;
	size_t site_count;
	struct queue_sites *rows;
	struct event *save; /* folds the changes of one wake-up; again after a failure */
	bool unsaved;
	/* What the names should say: the candidates, and those of them that are published. */
	struct interface *interface;
	struct addr candidates[PUBLISH_ADDRESSES_MAX];
	size_t candidate_count;
	struct core_health health;
	struct core_probe *probes[CORE_HEALTH_MAX]; /* one per core of health */
	struct addr addresses[PUBLISH_ADDRESSES_MAX];
	size_t address_count;
	bool parked; /* failover: hot, and none of them takes hellos */
	struct endpoint resolvers[DNS_RESOLVERS_MAX];
	size_t resolver_count;
	struct dns_resolved resolved[DNS_RESOLVED_MAX];
	size_t resolved_count;
	struct publish_request request; /* scratch: too large for the stack */
	struct {
		uint64_t rounds, questions, refused_suffixes, failed_saves;
	} counters;
	struct log_gate full, save_gate;
};

/* Rounds: the next one in so many milliseconds, or, when one is under way, right after it. */
void dns_publish_kick(struct dns_site *site, uint64_t wait_ms);

/* Lists the servers of the zone anew: configured ones, and what `servers` found. */
void dns_publish_watch_list(struct dns_site *site);
/* Asks each of them that is not being asked still; dns_publish_watched is called when those that take
 * updates have answered, or have not in time: the others may be slow without delaying a repair. */
void dns_publish_watch(struct dns_site *site);
void dns_publish_watched(struct dns_site *site);
void dns_publish_watch_stop(struct dns_site *site);
/* Judges what they serve by what the server that takes updates has, and names who is wrong. */
void dns_publish_judge(struct dns_site *site);
/* True where a server that takes updates serves something that we do not expect. */
bool dns_publish_is_odd(const struct dns_site *site);

void dns_publish_resolve_new(struct dns_publisher *publisher);
/* What is known of the name; asks where that is nothing, or too old. NULL = the table is full. */
const struct dns_resolved *dns_publish_resolve(struct dns_publisher *publisher,
					       const struct hostname *name);
void dns_publish_resolve_stop(struct dns_publisher *publisher);

/* 0 or -ENOMEM. */
int dns_publish_site_open(struct dns_site *site);

/* Makes the sites: those of the configuration, those that the database knows. */
int dns_publish_sites_new(struct dns_publisher *publisher, struct db *db, struct err *err);
void dns_publish_sites_free(struct dns_publisher *publisher);
/* Before each round: has its suffix become too old? */
void dns_publish_sites_age(struct dns_site *site);
/* A name that was withdrawn is forgotten: true when the site is gone. */
bool dns_publish_sites_drop(struct dns_site *site);

int dns_publish_addresses_new(struct dns_publisher *publisher, struct err *err);
void dns_publish_addresses_start(struct dns_publisher *publisher);
void dns_publish_addresses_stop(struct dns_publisher *publisher);
void dns_publish_addresses_free(struct dns_publisher *publisher);
