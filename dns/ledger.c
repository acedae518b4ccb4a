/* SPDX-License-Identifier: ISC */
#include "dns/ledger_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const ledger_state_names[] = {
	[LEDGER_WANTED] = "wanted",      [LEDGER_SENT] = "sent",
	[LEDGER_PRESENT] = "present",    [LEDGER_REMOVING] = "removing",
	[LEDGER_CONFLICT] = "conflict",  [LEDGER_RETRY] = "retry",
	[LEDGER_IN_NO_ZONE] = "no-zone", [LEDGER_QUARANTINE] = "quarantine",
};

void ledger_zone_init(struct ledger_zone *zone)
{
	TAILQ_INIT(&zone->ready);
	for (size_t i = 0; i < LEDGER_WAITS; i++)
		TAILQ_INIT(&zone->waits[i]);
}

int ledger_new(struct ledger **ret, const struct zone *zones, size_t count, uint64_t seed)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return -ENOMEM;
	ledger->zones = calloc(count ? count : 1, sizeof(*ledger->zones));
	if (!ledger->zones) {
		free(ledger);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		ledger_zone_init(&ledger->zones[i]);
	ledger->zone_names = zones;
	ledger->zone_count = count;
	ledger->seed = seed;
	TAILQ_INIT(&ledger->touched);
	*ret = ledger;
	return 0;
}

static void entry_free(struct ledger_entry *entry)
{
	if (!entry)
		return;
	free(entry->name);
	free(entry->words);
	free(entry->client_id);
	free(entry);
}

static void owner_free(struct ledger_owner *owner)
{
	struct ledger_entry *entry;

	while ((entry = LIST_FIRST(&owner->entries))) {
		LIST_REMOVE(entry, sibling);
		entry_free(entry);
	}
	free(owner);
}

void ledger_set_refresh(struct ledger *ledger, uint64_t ms)
{
	ledger->refresh_ms = ms;
}

void ledger_free(struct ledger *ledger)
{
	struct ledger_owner *next;

	if (!ledger)
		return;
	for (size_t i = 0; i < LEDGER_BUCKETS; i++) {
		for (struct ledger_owner *owner = ledger->buckets[i]; owner; owner = next) {
			next = owner->next;
			owner_free(owner);
		}
	}
	free(ledger->zones);
	free(ledger);
}

/* Owners ---------------------------------------------------------------------------------------- */

/* FNV-1a. */
static size_t bucket(const struct ledger *ledger, const char *name)
{
	uint64_t hash = ledger->seed ^ 0xcbf29ce484222325u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
	return (hash ^ hash >> 32) % LEDGER_BUCKETS;
}

static struct ledger_owner *owner_find(const struct ledger *ledger, enum intent_kind kind,
				       const char *name)
{
	struct ledger_owner *owner = ledger->buckets[bucket(ledger, name)];

	while (owner && (owner->kind != kind || strcmp(owner->name, name)))
		owner = owner->next;
	return owner;
}

static struct ledger_owner *owner_add(struct ledger *ledger, enum intent_kind kind,
				      const struct hostname *name)
{
	struct ledger_owner **head = &ledger->buckets[bucket(ledger, name->text)];
	size_t size = strlen(name->text) + 1;
	struct ledger_owner *owner = calloc(1, sizeof(*owner) + size);

	if (!owner)
		return NULL;
	memcpy(owner->name, name->text, size);
	owner->kind = kind;
	ledger_place_owner(ledger, owner, name);
	LIST_INIT(&owner->entries);
	owner->next = *head;
	*head = owner;
	return owner;
}

static void owner_drop_if_empty(struct ledger *ledger, struct ledger_owner *owner)
{
	struct ledger_owner **at = &ledger->buckets[bucket(ledger, owner->name)];

	if (owner->count)
		return;
	while (*at != owner)
		at = &(*at)->next;
	*at = owner->next;
	if (owner->zone != LEDGER_NO_ZONE)
		ledger->zones[owner->zone].owners--;
	free(owner);
}

/* Entries --------------------------------------------------------------------------------------- */

static struct ledger_entry *entry_find(const struct ledger_owner *owner, struct addr address,
				       const char *name)
{
	struct ledger_entry *entry;

	LIST_FOREACH(entry, &owner->entries, sibling)
	{
		if (addr_equal(entry->address, address) && !strcmp(entry->name, name))
			return entry;
	}
	return NULL;
}

struct ledger_entry *ledger_find(const struct ledger *ledger, const struct intent *key)
{
	struct hostname name = intent_owner(key);
	struct ledger_owner *owner = owner_find(ledger, key->kind, name.text);

	return owner ? entry_find(owner, key->address, key->name.text) : NULL;
}

static struct lease_bytes *bytes_copy(const struct lease_bytes *from)
{
	struct lease_bytes *copy = malloc(offsetof(struct lease_bytes, bytes) + from->length);

	if (copy) {
		copy->length = from->length;
		memcpy(copy->bytes, from->bytes, from->length);
	}
	return copy;
}

static int set_machine(struct ledger_entry *entry, const struct intent *intent)
{
	struct lease_bytes *client_id = NULL;

	if (intent->client_id.length && !(client_id = bytes_copy(&intent->client_id)))
		return -ENOMEM;
	free(entry->client_id);
	entry->client_id = client_id;
	entry->mac = intent->mac;
	return 0;
}

static const struct lease_bytes no_bytes;

static const struct lease_bytes *client_id_of(const struct ledger_entry *entry)
{
	return entry->client_id ? entry->client_id : &no_bytes;
}

bool ledger_is_machine(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return intent_same_machine(a->mac, client_id_of(a), b->mac, client_id_of(b));
}

static struct ledger_entry *entry_new(const struct intent *intent)
{
	struct ledger_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->name = strdup(intent->name.text);
	entry->address = intent->address;
	if (!entry->name || set_machine(entry, intent) < 0) {
		entry_free(entry);
		return NULL;
	}
	return entry;
}

void ledger_inherit(struct ledger *ledger, struct ledger_entry *entry)
{
	struct ledger_entry *other;

	if (entry->owner->kind != INTENT_FORWARD)
		return;
	LIST_FOREACH(other, &entry->owner->entries, sibling)
	{
		if (other == entry || !other->mark.written || !ledger_is_machine(other, entry))
			continue;
		entry->mark = other->mark;
		if (other->address.family != entry->address.family)
			intent_mark_displaced(&entry->mark, (struct addr){.family = ADDR_NONE},
					      false);
		ledger_touch(ledger, entry);
	}
}

static int entry_add(struct ledger *ledger, const struct intent *intent, struct ledger_entry **ret)
{
	struct hostname name = intent_owner(intent);
	struct ledger_owner *owner = owner_find(ledger, intent->kind, name.text);
	struct ledger_entry *entry;

	if (ledger->count >= LEDGER_MAX || (owner && owner->count >= LEDGER_PER_OWNER_MAX))
		return -ENOSPC;
	if (!owner && !(owner = owner_add(ledger, intent->kind, &name)))
		return -ENOMEM;
	if (!(entry = entry_new(intent))) {
		owner_drop_if_empty(ledger, owner);
		return -ENOMEM;
	}
	entry->owner = owner;
	LIST_INSERT_HEAD(&owner->entries, entry, sibling);
	owner->count++;
	ledger->count++;
	ledger->states[entry->state]++;
	*ret = entry;
	return 0;
}

void ledger_drop(struct ledger *ledger, struct ledger_entry *entry)
{
	struct ledger_owner *owner = entry->owner;

	ledger_turn_leave(entry);
	LIST_REMOVE(entry, sibling);
	owner->count--;
	ledger->count--;
	ledger->states[entry->state]--;
	entry_free(entry);
	owner_drop_if_empty(ledger, owner);
}

void ledger_set_state(struct ledger *ledger, struct ledger_entry *entry, enum ledger_state state)
{
	ledger->states[entry->state]--;
	entry->state = state;
	ledger->states[state]++;
}

void ledger_set_words(struct ledger_entry *entry, const char *words)
{
	free(entry->words);
	entry->words = words && *words ? strndup(words, 400) : NULL;
}

static void entry_intent(const struct ledger_entry *entry, struct intent *ret)
{
	const struct lease_bytes *client_id = client_id_of(entry);

	*ret = (struct intent){
		.kind = entry->owner->kind,
		.address = entry->address,
		.mac = entry->mac,
		.wanted = entry->wanted,
		.lifetime_s = entry->lifetime_s,
	};
	memcpy(ret->name.text, entry->name, strlen(entry->name) + 1);
	ret->client_id.length = client_id->length;
	memcpy(ret->client_id.bytes, client_id->bytes, client_id->length);
}

/* The intent's machine changes. What the mark tells of is the former holder's from now on; where there is
 * none, it may have been written and not been confirmed. */
static void leave_to_former(struct ledger_entry *entry)
{
	struct intent_mark *mark = &entry->mark;
	struct intent intent;
	struct record dhcid;

	if (mark->written)
		entry->tried = false;
	mark->written = false;
	entry->former = entry->in_flight;
	if (entry->owner->kind != INTENT_FORWARD || (mark->dhcid_length && !entry->tried))
		return;
	entry_intent(entry, &intent);
	if (intent_dhcid(&intent, 0, &dhcid) == 0) {
		mark->dhcid_length = RECORD_DHCID_BYTES;
		memcpy(mark->dhcid, dhcid.rdata, RECORD_DHCID_BYTES);
		mark->adopted = false;
	}
	entry->tried = false;
}

static int entry_change(struct ledger_entry *entry, const struct intent *intent)
{
	if (entry->saved || entry->generation) {
		int r;

		if (!intent_same_machine(entry->mac, client_id_of(entry), intent->mac,
					 &intent->client_id))
			leave_to_former(entry);
		if ((r = set_machine(entry, intent)) < 0)
			return r;
	}
	entry->wanted = intent->wanted;
	entry->lifetime_s = intent->lifetime_s;
	entry->dirty = true;
	entry->gone = false;
	entry->told = false;
	entry->failed_ms = 0;
	return 0;
}

static bool is_so(const struct ledger_entry *entry, const struct intent *intent)
{
	return !entry->gone && entry->wanted == intent->wanted &&
	       (!intent->wanted || intent_same_machine(entry->mac, client_id_of(entry), intent->mac,
						       &intent->client_id));
}

int ledger_apply(struct ledger *ledger, const struct intent *intent, uint64_t wall_ms)
{
	struct ledger_entry *entry = ledger_find(ledger, intent);
	int r;

	if (entry && is_so(entry, intent)) {
		entry->lifetime_s = intent->lifetime_s;
		return 0;
	}
	if (!entry && (r = entry_add(ledger, intent, &entry)) < 0)
		return r;
	if (!entry->generation)
		ledger_inherit(ledger, entry);
	if ((r = entry_change(entry, intent)) < 0)
		return r;
	entry->generation = ++ledger->generation;
	entry->changed_ms = wall_ms;
	entry->next_ms = 0;
	ledger_turn_leave(entry);
	ledger_set_words(entry, NULL);
	if (!entry->in_flight)
		ledger_set_state(ledger, entry, intent->wanted ? LEDGER_WANTED : LEDGER_REMOVING);
	/* Nobody to ask, and nothing was ever written: it may go at once. */
	if (entry->owner->zone == LEDGER_NO_ZONE && !intent->wanted && !entry->mark.written)
		entry->gone = true;
	ledger_touch(ledger, entry);
	ledger_turn_partner(ledger, entry);
	return 1;
}

int ledger_load(struct ledger *ledger, const struct ledger_row *row, uint64_t now_ms,
		uint64_t wall_ms)
{
	struct ledger_entry *entry;
	int r;

	if (ledger_find(ledger, &row->intent))
		return -EEXIST;
	if ((r = entry_add(ledger, &row->intent, &entry)) < 0)
		return r;
	entry->wanted = row->intent.wanted;
	entry->lifetime_s = row->intent.lifetime_s;
	entry->mark = row->mark;
	entry->dirty = row->dirty;
	entry->generation = entry->saved = row->generation;
	entry->changed_ms = row->changed_ms;
	if (ledger->generation < row->generation)
		ledger->generation = row->generation;
	ledger_set_state(ledger, entry, entry->wanted ? LEDGER_PRESENT : LEDGER_REMOVING);
	if (entry->dirty) {
		entry->tried = true;
		entry->check = entry->wanted; /* it may have been to be checked */
		ledger_set_state(ledger, entry, entry->wanted ? LEDGER_WANTED : LEDGER_REMOVING);
		ledger_turn_enter(ledger, entry);
	} else {
		ledger_turn_refresh(ledger, entry, now_ms, wall_ms);
	}
	return 0;
}

struct ledger_entry *ledger_partner(const struct ledger *ledger, const struct ledger_entry *entry)
{
	struct intent key = {.address = entry->address};

	key.kind = entry->owner->kind == INTENT_FORWARD ? INTENT_REVERSE : INTENT_FORWARD;
	memcpy(key.name.text, entry->name, strlen(entry->name) + 1);
	return ledger_find(ledger, &key);
}

/* Looking --------------------------------------------------------------------------------------- */

size_t ledger_wanted(const struct ledger *ledger, const struct hostname *owner_name,
		     const struct intent *like, struct intent *ret, size_t size)
{
	const struct ledger_owner *owner = owner_find(ledger, like->kind, owner_name->text);
	const struct ledger_entry *entry;
	size_t count = 0;

	if (!owner)
		return 0;
	LIST_FOREACH(entry, &owner->entries, sibling)
	{
		if (entry->wanted && count < size &&
		    (addr_equal(entry->address, like->address) ||
		     intent_same_machine(entry->mac, client_id_of(entry), like->mac,
					 &like->client_id)))
			entry_intent(entry, &ret[count++]);
	}
	return count;
}

void ledger_row(const struct ledger_entry *entry, struct ledger_row *ret)
{
	*ret = (struct ledger_row){
		.mark = entry->mark,
		.dirty = entry->dirty,
		.gone = entry->gone,
		.generation = entry->generation,
		.changed_ms = entry->changed_ms,
		.state = entry->state,
		.zone = entry->owner->zone,
		.next_ms = entry->next_ms,
		.failed_ms = entry->failed_ms,
		.words = entry->words,
	};
	entry_intent(entry, &ret->intent);
}

static const struct ledger_entry *first_from(const struct ledger *ledger,
					     const struct ledger_owner *owner, size_t index)
{
	while (!owner && index < LEDGER_BUCKETS)
		owner = ledger->buckets[index++];
	return owner ? LIST_FIRST(&owner->entries) : NULL;
}

const struct ledger_entry *ledger_walk(const struct ledger *ledger, const struct ledger_entry *at)
{
	if (!at)
		return first_from(ledger, NULL, 0);
	if (LIST_NEXT(at, sibling))
		return LIST_NEXT(at, sibling);
	return first_from(ledger, at->owner->next, bucket(ledger, at->owner->name) + 1);
}

size_t ledger_count(const struct ledger *ledger)
{
	return ledger->count;
}

size_t ledger_count_state(const struct ledger *ledger, enum ledger_state state)
{
	return ledger->states[state];
}
