/* SPDX-License-Identifier: ISC */
#include "dns/publish.h"
#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARKER "v=amtps1;"
#define LOOPS_MAX 3 /* looks in one round */

enum { RCODE_NXDOMAIN = 3, RCODE_NXRRSET = 8 };

const char *const publish_state_names[] = {
	[PUBLISH_UNKNOWN] = "unknown", [PUBLISH_PRESENT] = "present",
	[PUBLISH_FOREIGN] = "foreign", [PUBLISH_CONTESTED] = "contested",
	[PUBLISH_RETRY] = "retry",
};

void publish_init(struct publish *ret, const struct publish_goal *goal)
{
	memset(ret, 0, sizeof(*ret));
	ret->goal = *goal;
	ret->epoch = 1;
}

/* Records and the marker ------------------------------------------------------------------------ */

static struct record marker(const struct publish *publish)
{
	char text[256];

	snprintf(text, sizeof(text), MARKER "owner=%s;epoch=%u", publish->goal.owner,
		 publish->epoch);
	return record_txt(text, publish->goal.ttl);
}

/* The text of a TXT record with one character-string; false for any other. */
static bool txt_text(const struct record *record, char *ret, size_t size)
{
	size_t length = record->length ? record->rdata[0] : 0;

	if (!length || length + 1 != record->length || length >= size)
		return false;
	memcpy(ret, record->rdata + 1, length);
	ret[length] = '\0';
	return strlen(ret) == length;
}

/* Reads "v=amtps1;owner=OWNER;epoch=N". */
static bool marker_parse(const struct record *record, char *ret_owner, size_t size,
			 uint32_t *ret_epoch)
{
	char text[256], *owner, *semicolon, *end;
	unsigned long epoch;

	if (!txt_text(record, text, sizeof(text)) ||
	    strncmp(text, MARKER "owner=", strlen(MARKER "owner=")) != 0)
		return false;
	owner = text + strlen(MARKER "owner=");
	semicolon = strchr(owner, ';');
	if (!semicolon || (size_t)(semicolon - owner) >= size ||
	    strncmp(semicolon, ";epoch=", 7) != 0)
		return false;
	*semicolon = '\0';
	epoch = strtoul(semicolon + 7, &end, 10);
	if (end == semicolon + 7 || *end || epoch > UINT32_MAX)
		return false;
	text_clean(ret_owner, size, owner, strlen(owner));
	*ret_epoch = (uint32_t)epoch;
	return true;
}

static bool contains(const struct update_answer *answer, const struct record *record)
{
	for (size_t i = 0; i < answer->count; i++) {
		if (record_equal_data(&answer->records[i], record))
			return true;
	}
	return false;
}

/* Does the name have exactly the wanted addresses? */
static bool addresses_are_right(const struct publish *publish)
{
	size_t found = publish->found_a.count + publish->found_aaaa.count;

	for (size_t i = 0; i < publish->goal.count; i++) {
		struct record record = record_address(publish->goal.addresses[i], 0);

		if (!contains(record.type == RECORD_A ? &publish->found_a : &publish->found_aaaa,
			      &record))
			return false;
	}
	return found == publish->goal.count;
}

static void note_addresses(struct publish *publish, const struct update_answer *answer)
{
	size_t at = strlen(publish->seen);
	char text[RECORD_TEXT];
	const char *value;

	for (size_t i = 0; i < answer->count && at < sizeof(publish->seen); i++) {
		value = strchr(record_print(&answer->records[i], text), ' ');
		snprintf(publish->seen + at, sizeof(publish->seen) - at, "%s%s", at ? " " : "",
			 value ? value + 1 : text);
		at = strlen(publish->seen);
	}
}

static void note_wanted(struct publish *publish)
{
	char text[ADDR_TEXT];
	size_t at = 0;

	publish->seen[0] = '\0';
	for (size_t i = 0; i < publish->goal.count; i++) {
		snprintf(publish->seen + at, sizeof(publish->seen) - at, "%s%s", at ? " " : "",
			 addr_print(publish->goal.addresses[i], text));
		at = strlen(publish->seen);
	}
	snprintf(publish->owner_seen, sizeof(publish->owner_seen), "%s", publish->goal.owner);
}

/* Requests -------------------------------------------------------------------------------------- */

static bool wants_family(const struct publish *publish, uint8_t family)
{
	for (size_t i = 0; i < publish->goal.count; i++) {
		if (publish->goal.addresses[i].family == family)
			return true;
	}
	return false;
}

static void put_addresses(const struct publish *publish, struct update *update,
			  enum update_step step)
{
	for (size_t i = 0; i < publish->goal.count; i++) {
		struct record record = record_address(publish->goal.addresses[i],
						      step == UPDATE_ADD ? publish->goal.ttl : 0);

		update_put(update, step, &publish->goal.name, &record);
	}
}

/* Prerequisite: exactly the wanted addresses, of both families. */
static void require_addresses(const struct publish *publish, struct update *update)
{
	put_addresses(publish, update, UPDATE_RRSET_IS);
	if (!wants_family(publish, ADDR_IP4))
		update_put_type(update, UPDATE_RRSET_UNUSED, &publish->goal.name, RECORD_A);
	if (!wants_family(publish, ADDR_IP6))
		update_put_type(update, UPDATE_RRSET_UNUSED, &publish->goal.name, RECORD_AAAA);
}

static void put_step(const struct publish *publish, struct update *update)
{
	const struct hostname *name = &publish->goal.name;
	struct record mark = marker(publish);

	switch (publish->step) {
	case PUBLISH_CHECK: /* adds what is there: no change, and the serial stays */
		require_addresses(publish, update);
		update_put(update, UPDATE_RRSET_IS, name, &mark);
		put_addresses(publish, update, UPDATE_ADD);
		break;
	case PUBLISH_CREATE:
		update_put(update, UPDATE_NAME_UNUSED, name, NULL);
		put_addresses(publish, update, UPDATE_ADD);
		update_put(update, UPDATE_ADD, name, &mark);
		break;
	case PUBLISH_REPAIR:
		update_put(update, UPDATE_RRSET_IS, name, &mark);
		update_put_type(update, UPDATE_DELETE_RRSET, name, RECORD_A);
		update_put_type(update, UPDATE_DELETE_RRSET, name, RECORD_AAAA);
		put_addresses(publish, update, UPDATE_ADD);
		break;
	case PUBLISH_ADOPT:
		require_addresses(publish, update);
		update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_TXT);
		update_put(update, UPDATE_ADD, name, &mark);
		break;
	case PUBLISH_REST:
	case PUBLISH_LOOK_A:
	case PUBLISH_LOOK_AAAA:
	case PUBLISH_LOOK_TXT:
		break;
	}
}

static bool send_step(struct publish *publish, enum publish_step step, struct publish_request *ret)
{
	publish->step = step;
	ret->query = step == PUBLISH_LOOK_A || step == PUBLISH_LOOK_AAAA ||
		     step == PUBLISH_LOOK_TXT;
	ret->type = step == PUBLISH_LOOK_A      ? RECORD_A
		    : step == PUBLISH_LOOK_AAAA ? RECORD_AAAA
						: RECORD_TXT;
	update_init(&ret->update, &publish->goal.zone);
	put_step(publish, &ret->update);
	return true;
}

/* Decisions ------------------------------------------------------------------------------------- */

static bool rest(struct publish *publish, enum publish_state state)
{
	publish->step = PUBLISH_REST;
	publish->state = state;
	return false;
}

static bool is_present(struct publish *publish, const char *words)
{
	note_wanted(publish);
	publish->was_present = true;
	err_set(&publish->words, 0, "%s", words);
	return rest(publish, PUBLISH_PRESENT);
}

static bool is_foreign(struct publish *publish, const char *why)
{
	publish->was_present = false;
	err_set(&publish->words, 0, "%s is left alone: %s", publish->goal.name.text, why);
	return rest(publish, PUBLISH_FOREIGN);
}

static bool look(struct publish *publish, struct publish_request *ret)
{
	if (publish->loops++ < LOOPS_MAX) {
		publish->seen[0] = publish->owner_seen[0] = '\0';
		return send_step(publish, PUBLISH_LOOK_A, ret);
	}
	err_set(&publish->words, 0, "%s changes while we look at it", publish->goal.name.text);
	return rest(publish, PUBLISH_RETRY);
}

/* True when one more repair is within the limit; notes it. */
static bool may_repair(struct publish *publish, uint64_t now_ms)
{
	uint64_t oldest = publish->repairs_ms[0];

	if (oldest && now_ms - oldest < PUBLISH_REPAIRS_MS)
		return false;
	memmove(publish->repairs_ms, publish->repairs_ms + 1,
		sizeof(publish->repairs_ms) - sizeof(*publish->repairs_ms));
	publish->repairs_ms[PUBLISH_REPAIRS_MAX - 1] = now_ms ? now_ms : 1;
	publish->repairs++;
	return true;
}

static bool repair(struct publish *publish, enum publish_step step, uint64_t now_ms,
		   struct publish_request *ret)
{
	if (may_repair(publish, now_ms))
		return send_step(publish, step, ret);
	err_set(&publish->words, 0,
		"%s was repaired %d times in 10 minutes and is wrong again: someone else changes "
		"it",
		publish->goal.name.text, PUBLISH_REPAIRS_MAX);
	return rest(publish, PUBLISH_CONTESTED);
}

/* The marker among the TXT records; false where there is none. */
static bool find_marker(struct publish *publish, uint32_t *ret_epoch)
{
	for (size_t i = 0; i < publish->found_txt.count; i++) {
		if (marker_parse(&publish->found_txt.records[i], publish->owner_seen,
				 sizeof(publish->owner_seen), ret_epoch))
			return true;
	}
	publish->owner_seen[0] = '\0';
	return false;
}

static bool judge_marked(struct publish *publish, uint32_t epoch, uint64_t now_ms,
			 struct publish_request *ret)
{
	char why[160];

	if (strcmp(publish->owner_seen, publish->goal.owner) != 0) {
		snprintf(why, sizeof(why), "its marker says that \"%s\" owns it",
			 publish->owner_seen);
		return is_foreign(publish, why);
	}
	if (publish->found_txt.count > 1)
		return is_foreign(publish, "other TXT records stand beside our marker");
	publish->epoch = epoch;
	if (addresses_are_right(publish))
		return is_present(publish, "found as wanted");
	return repair(publish, PUBLISH_REPAIR, now_ms, ret);
}

static bool judge(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	uint32_t epoch = 0;
	size_t addresses = publish->found_a.count + publish->found_aaaa.count;

	if (find_marker(publish, &epoch))
		return judge_marked(publish, epoch, now_ms, ret);
	if (!addresses && !publish->found_txt.count) {
		if (publish->was_present)
			return repair(publish, PUBLISH_CREATE, now_ms, ret);
		return send_step(publish, PUBLISH_CREATE, ret);
	}
	if (!addresses_are_right(publish))
		return is_foreign(publish,
				  "it was made by hand and says something else; remove it, "
				  "or put its addresses into provision-server.addresses");
	if (publish->found_txt.count)
		return is_foreign(publish,
				  "its addresses are right, but other TXT records take the "
				  "marker's place");
	return send_step(publish, PUBLISH_ADOPT, ret);
}

/* Keeps what a look found; false when it was not an answer that can be judged. */
static bool keep(struct publish *publish, const struct server_outcome *last)
{
	static const struct update_answer nothing;
	bool empty = last->class == SERVER_DECISION; /* NXDOMAIN */
	const struct update_answer *answer = empty ? &nothing : &last->answer;

	if (empty && last->rcode != RCODE_NXDOMAIN)
		return false;
	if (publish->step == PUBLISH_LOOK_A)
		publish->found_a = *answer;
	else if (publish->step == PUBLISH_LOOK_AAAA)
		publish->found_aaaa = *answer;
	else
		publish->found_txt = *answer;
	if (publish->step != PUBLISH_LOOK_TXT)
		note_addresses(publish, answer);
	return true;
}

static bool after_look(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		       struct publish_request *ret)
{
	if (!keep(publish, last)) {
		publish_fail(publish, last->words.text);
		return false;
	}
	if (publish->step == PUBLISH_LOOK_A)
		return send_step(publish, PUBLISH_LOOK_AAAA, ret);
	if (publish->step == PUBLISH_LOOK_AAAA)
		return send_step(publish, PUBLISH_LOOK_TXT, ret);
	return judge(publish, now_ms, ret);
}

bool publish_next(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		  struct publish_request *ret)
{
	bool done = last->class == SERVER_DONE;

	switch (publish->step) {
	case PUBLISH_REST:
		return false;
	case PUBLISH_CHECK:
		return done ? is_present(publish, "as wanted") : look(publish, ret);
	case PUBLISH_LOOK_A:
	case PUBLISH_LOOK_AAAA:
	case PUBLISH_LOOK_TXT:
		return after_look(publish, last, now_ms, ret);
	case PUBLISH_CREATE:
		if (done)
			return is_present(publish, "created");
		/* A name with records of other types only is in use too. */
		if (publish->loops > 1)
			return is_foreign(publish, "it has records of other types");
		return look(publish, ret);
	case PUBLISH_REPAIR:
		return done ? is_present(publish, "repaired") : look(publish, ret);
	case PUBLISH_ADOPT:
		return done ? is_present(publish, "adopted: it was there and right")
			    : look(publish, ret);
	}
	return false;
}

void publish_begin(struct publish *publish, struct publish_request *ret)
{
	publish->loops = 0;
	send_step(publish, PUBLISH_CHECK, ret);
}

void publish_fail(struct publish *publish, const char *words)
{
	err_set(&publish->words, 0, "%s", words);
	rest(publish, PUBLISH_RETRY);
}
