/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_permit.h"

#include "netcheck/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_TEXT 64

static bool is_reverse(const struct hostname *zone)
{
	static const struct hostname roots[] = {{"in-addr.arpa"}, {"ip6.arpa"}};

	return hostname_is_below(zone, &roots[0]) || hostname_is_below(zone, &roots[1]);
}

void judge_permit_types(struct judge_permit *seen)
{
	static const enum permit_type forward[] = {PERMIT_A, PERMIT_AAAA, PERMIT_DHCID, PERMIT_TXT},
				      reverse[] = {PERMIT_PTR, PERMIT_DHCID};
	bool back = is_reverse(&seen->zone);

	seen->type_count = back ? 2 : 4;
	for (size_t i = 0; i < seen->type_count; i++)
		seen->types[i] = (struct judge_permit_type){.type = back ? reverse[i] : forward[i]};
}

static bool is_permitted(const struct judge_permit_type *type)
{
	return type->answers[PERMIT_DELETE].kind == PERMIT_ALLOWED &&
	       type->answers[PERMIT_ADD].kind == PERMIT_ALLOWED;
}

static const struct permit_answer *first_other(const struct judge_permit *seen)
{
	for (size_t i = 0; i < seen->type_count; i++)
		for (size_t form = 0; form < 2; form++)
			if (!permit_is_about_rights(seen->types[i].answers[form].kind))
				return &seen->types[i].answers[form];
	return NULL;
}

/* "A, AAAA"; those that are permitted, or those that are not. Gives their number. */
static size_t list_types(const struct judge_permit *seen, bool permitted, char ret[LIST_TEXT])
{
	size_t count = 0, at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < seen->type_count; i++) {
		if (is_permitted(&seen->types[i]) != permitted)
			continue;
		at += (size_t)snprintf(ret + at, LIST_TEXT - at, "%s%s", count ? ", " : "",
				       permit_type_name(seen->types[i].type));
		count++;
	}
	return count;
}

static struct result *make(const struct judge_permit *seen, const char *id, enum result_state state)
{
	struct result *result = result_about(id, state, seen->zone.text);
	char server[ENDPOINT_TEXT];

	if (result)
		result_set(&result->subject, "%s at %s", seen->zone.text,
			   seen->primary.port == 53 ? addr_print(seen->primary.addr, server)
						    : endpoint_print(seen->primary, server));
	return result;
}

static const struct permit_answer *first_refusal(const struct judge_permit *seen)
{
	for (size_t i = 0; i < seen->type_count; i++)
		for (size_t form = 0; form < 2; form++)
			if (seen->types[i].answers[form].kind != PERMIT_ALLOWED)
				return &seen->types[i].answers[form];
	return NULL;
}

static struct result *judge_rights(const struct judge_permit *seen)
{
	char good[LIST_TEXT], bad[LIST_TEXT];
	size_t permitted = list_types(seen, true, good), refused = list_types(seen, false, bad);
	const struct permit_answer *refusal = first_refusal(seen);
	struct result *result;

	if (!refused) {
		result = make(seen, "NC230", RESULT_OK);
		if (result)
			result_set(&result->text, "key %s may change %s", seen->key, good);
		return result;
	}
	if (!permitted && refusal->kind == PERMIT_BAD_KEY)
		result = make(seen, "NC232", RESULT_FAILURE);
	else if (!is_permitted(&seen->types[0]))
		result = make(seen, "NC231", RESULT_FAILURE);
	else
		result = make(seen, "NC237", RESULT_WARNING);
	if (!result)
		return NULL;
	if (permitted)
		result_set(&result->text, "key %s may change %s, but not %s: %s", seen->key, good,
			   bad, permit_kind_name(refusal->kind));
	else
		result_set(&result->text, "key %s may change nothing: %s", seen->key,
			   permit_kind_name(refusal->kind));
	return result;
}

/* "3612 s ahead of" */
static void describe_clock(const struct judge_permit *seen, const struct permit_answer *answer,
			   struct result *result)
{
	if (answer->ahead_s)
		result_set(&result->text, "the server's clock is %" PRId64 " s %s this machine's",
			   answer->ahead_s < 0 ? -answer->ahead_s : answer->ahead_s,
			   answer->ahead_s < 0 ? "behind" : "ahead of");
	else
		result_set(&result->text,
			   "the answer with key %s was signed at a time too far "
			   "from this machine's",
			   seen->key);
}

static struct result *judge_other(const struct judge_permit *seen,
				  const struct permit_answer *answer)
{
	static const struct {
		const char *id;
		enum result_state state;
	} kinds[] = {
		[PERMIT_ALLOWED] = {"NC230", RESULT_OK},
		[PERMIT_REFUSED] = {"NC231", RESULT_FAILURE},
		[PERMIT_BAD_KEY] = {"NC232", RESULT_FAILURE},
		[PERMIT_BAD_SECRET] = {"NC233", RESULT_FAILURE},
		[PERMIT_CLOCK] = {"NC234", RESULT_FAILURE},
		[PERMIT_NO_ZONE] = {"NC235", RESULT_FAILURE},
		[PERMIT_NO_UPDATES] = {"NC238", RESULT_FAILURE},
		[PERMIT_OTHER] = {"NC238", RESULT_FAILURE},
		[PERMIT_UNTRUSTED] = {"NC238", RESULT_UNKNOWN},
		[PERMIT_SILENT] = {"NC236", RESULT_FAILURE},
		[PERMIT_UNREACHABLE] = {"NC236", RESULT_FAILURE},
	};
	struct result *result = make(seen, kinds[answer->kind].id, kinds[answer->kind].state);

	if (!result)
		return NULL;
	switch (answer->kind) {
	case PERMIT_CLOCK:
		describe_clock(seen, answer, result);
		break;
	case PERMIT_BAD_SECRET:
		result_set(&result->text, "the server has another secret for key %s", seen->key);
		break;
	case PERMIT_NO_ZONE:
		result_set(&result->text, "the server does not answer for the zone: NOTAUTH");
		break;
	case PERMIT_UNREACHABLE:
	case PERMIT_SILENT:
		result_set(&result->text, "tcp/%u: %s", seen->primary.port,
			   strerror(answer->error));
		break;
	case PERMIT_OTHER:
		result_set(&result->text, "rcode %d", answer->rcode);
		break;
	case PERMIT_ALLOWED:
	case PERMIT_REFUSED:
	case PERMIT_BAD_KEY:
	case PERMIT_NO_UPDATES:
	case PERMIT_UNTRUSTED:
		result_set(&result->text, "%s", permit_kind_name(answer->kind));
		break;
	}
	return result;
}

/* Nothing could be asked. */
static struct result *judge_missing(const struct judge_permit *seen)
{
	struct result *result;

	if (hostname_is_empty(&seen->zone)) {
		result = result_about("NC215", RESULT_UNKNOWN, seen->name.text);
		if (result)
			result_set(&result->text, "nobody said which zone it lies in");
		return result;
	}
	if (seen->stated && !hostname_equal(&seen->name, &seen->zone)) {
		result = result_about("NC235", RESULT_FAILURE, seen->name.text);
		if (result)
			result_set(&result->text, "is no zone of its own, it lies in %s",
				   seen->zone.text);
		return result;
	}
	if (seen->primary.addr.family)
		return NULL;
	result = result_about("NC236", RESULT_FAILURE, seen->zone.text);
	if (result)
		result_set(&result->text, "its primary server %s has no address",
			   seen->server.text);
	return result;
}

void judge_permit(const struct judge_permit *seen, check_sink *sink, void *user)
{
	const struct permit_answer *other;
	struct result *result = judge_missing(seen);

	if (!result && seen->primary.addr.family) {
		other = first_other(seen);
		result = other ? judge_other(seen, other) : judge_rights(seen);
		if (result)
			result_set(
				&result->evidence,
				"UPDATEs signed with %s that delete what is not there, and that "
				"add under a condition that cannot hold%s%s: nothing was changed",
				seen->key, hostname_is_empty(&seen->server) ? "" : ", at ",
				seen->server.text);
	}
	sink(result, user);
}
