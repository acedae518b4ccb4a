/* SPDX-License-Identifier: ISC */
/*
 * dns_send: sends to one name server what amtnet sends, with the library that amtnet sends it with, and
 * prints each outcome as "WHAT CLASS CODE: words". For tests against real name servers.
 *
 *   dns_send SERVER ZONE REVERSE-ZONE NAME ADDRESS KEY ALGORITHM SECRET
 *
 * SECRET is base64; KEY "-" sends unsigned. First one UPDATE with every kind of step on NAME (which must
 * not exist) in ZONE, then DHCID and PTR of ADDRESS in REVERSE-ZONE, then one that must be refused as
 * the name exists, then a query for A.
 */
#include "common/err.h"
#include "common/tsig.h"
#include "dns/record.h"
#include "dns/server.h"
#include "dns/update.h"
#include "tests/support/key_words.h"

#include <event2/event.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL 600

#define ANSWER_MS 1500 /* how long an unsigned refusal is waited out */

struct job {
	const char *what;
	struct event_base *base;
	bool refused;
};

static const char *const class_names[] = {
	[SERVER_DONE] = "DONE",
	[SERVER_DECISION] = "DECISION",
	[SERVER_TRANSIENT] = "TRANSIENT",
	[SERVER_CAPABILITY] = "CAPABILITY",
	[SERVER_CONFIGURATION] = "CONFIGURATION",
	[SERVER_POISON] = "POISON",
};

static void on_done(const struct server_outcome *outcome, void *user)
{
	struct job *job = user;
	char text[RECORD_TEXT];

	printf("%s %s %s: %s\n", job->what, class_names[outcome->class],
	       outcome->rcode < 0 ? "-" : update_rcode_name(outcome->rcode), outcome->words.text);
	for (size_t i = 0; i < outcome->answer.count; i++)
		printf("%s %s\n", job->what, record_print(&outcome->answer.records[i], text));
	job->refused = outcome->class == SERVER_CONFIGURATION;
	event_base_loopbreak(job->base);
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "dns_send: %s\n", what);
	exit(3);
}

static struct hostname host(const char *text)
{
	struct hostname name;
	struct err err = {0};

	if (hostname_parse(text, &name, &err) < 0)
		die(err.text);
	return name;
}

static struct hostname below(const char *label, const struct hostname *zone)
{
	struct hostname name = host(label), joined;

	if (hostname_join(&name, zone, &joined) < 0)
		die("the name is too long");
	return joined;
}

static struct tsig_key *key_of(const char *name, const char *algorithm, const char *secret)
{
	struct tsig_key *key;

	if (strcmp(name, "-") == 0)
		return NULL;
	key = key_from_words(name, algorithm, secret);
	if (!key)
		die("the key is wrong");
	return key;
}

/* Every kind of step in one message that must succeed. */
static void put_every_step(struct update *update, const struct hostname *zone,
			   const struct hostname *name, struct addr address)
{
	struct hostname other = below("other", name), left = below("left", name);
	struct record a = record_address(address, TTL),
		      txt = record_txt("v=amtps1;owner=test", TTL);
	struct record guard = record_txt("guard", TTL), gone = record_txt("gone", TTL), dhcid;
	struct hostname guarded = below("guarded", zone);

	if (record_dhcid(RECORD_DHCID_HTYPE, "\1\2\3\4\5\6\7", 7, name, TTL, &dhcid) < 0)
		die("no DHCID");
	update_put(update, UPDATE_NAME_UNUSED, name, NULL);
	update_put(update, UPDATE_NAME_IN_USE, zone, NULL);
	update_put_type(update, UPDATE_RRSET_UNUSED, zone, RECORD_DHCID);
	update_put_type(update, UPDATE_RRSET_IN_USE, zone, RECORD_SOA);
	update_put(update, UPDATE_RRSET_IS, &guarded, &guard);
	update_put(update, UPDATE_ADD, name, &a);
	update_put(update, UPDATE_ADD, name, &dhcid);
	update_put(update, UPDATE_ADD, name, &txt);
	update_put(update, UPDATE_ADD, &other, &gone);
	update_put(update, UPDATE_ADD, &other, &txt);
	update_put(update, UPDATE_DELETE_RECORD, &other, &gone);
	update_put(update, UPDATE_ADD, &left, &a);
	update_put_type(update, UPDATE_DELETE_RRSET, &left, RECORD_A);
	update_put(update, UPDATE_ADD, &left, &txt);
	update_put(update, UPDATE_DELETE_NAME, &left, NULL);
}

static void put_reverse(struct update *update, const struct hostname *name, struct addr address)
{
	char text[ADDR_REVERSE_TEXT];
	struct hostname reverse = host(addr_print_reverse(address, text));
	struct record ptr = record_ptr(name, TTL), dhcid;

	if (record_dhcid(RECORD_DHCID_HTYPE, "\1\2\3\4\5\6\7", 7, name, TTL, &dhcid) < 0)
		die("no DHCID");
	update_put_type(update, UPDATE_DELETE_RRSET, &reverse, RECORD_PTR);
	update_put_type(update, UPDATE_DELETE_RRSET, &reverse, RECORD_DHCID);
	update_put(update, UPDATE_ADD, &reverse, &ptr);
	update_put(update, UPDATE_ADD, &reverse, &dhcid);
}

/* False when the configuration is refused: then nothing else would be taken. */
static bool send_update(struct server_zone *zone, struct event_base *base, const char *what,
			const struct update *update)
{
	struct job job = {what, base, false};

	if (server_update(zone, update, on_done, &job) < 0)
		die("the update was not taken");
	event_base_dispatch(base);
	return !job.refused;
}

static bool send_forward(struct server_zone *server, struct event_base *base,
			 const struct hostname *zone, const struct hostname *name,
			 struct addr address)
{
	struct job job = {"query", base, false};
	struct update update;

	update_init(&update, zone);
	put_every_step(&update, zone, name, address);
	if (!send_update(server, base, "forward", &update))
		return false;
	update_init(&update, zone);
	update_put(&update, UPDATE_NAME_UNUSED, name, NULL);
	send_update(server, base, "again", &update);
	if (server_query(server, name, RECORD_A, on_done, &job) < 0)
		die("the query was not taken");
	event_base_dispatch(base);
	return true;
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct hostname zone, reverse, name;
	struct server_times times = server_times_default;
	struct server_zone *servers[2];
	struct server_pool *pool;
	struct endpoint endpoint;
	struct tsig_key *key;
	struct addr address;
	struct update update;

	if (argc != 9 || endpoint_parse(argv[1], 53, &endpoint) < 0 ||
	    addr_parse(argv[5], &address) < 0)
		die("usage: dns_send SERVER ZONE REVERSE-ZONE NAME ADDRESS KEY ALGORITHM SECRET");
	zone = host(argv[2]);
	reverse = host(argv[3]);
	name = host(argv[4]);
	key = key_of(argv[6], argv[7], argv[8]);
	if (!base || server_pool_new(&pool, base) < 0)
		die("out of memory");
	times.answer_ms = ANSWER_MS;
	server_pool_set_times(pool, times);
	if (server_zone_new(&servers[0], pool, &zone, &endpoint, 1, key) < 0 ||
	    server_zone_new(&servers[1], pool, &reverse, &endpoint, 1, key) < 0)
		die("out of memory");
	update_init(&update, &reverse);
	put_reverse(&update, &name, address);
	if (send_forward(servers[0], base, &zone, &name, address))
		send_update(servers[1], base, "reverse", &update);
	server_zone_free(servers[0]);
	server_zone_free(servers[1]);
	server_pool_free(pool);
	tsig_key_free(key);
	event_base_free(base);
	return 0;
}
