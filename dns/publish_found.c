/* SPDX-License-Identifier: ISC */
#include "dns/publish_found.h"

#include <stdio.h>
#include <string.h>

void publish_found_keep(const struct update_answer *answer, struct publish_rrset *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->more = answer->more;
	for (size_t i = 0; i < answer->count; i++) {
		if (ret->count < PUBLISH_RECORDS_MAX)
			ret->records[ret->count++] = answer->records[i];
		else
			ret->more++;
	}
}

bool publish_found_has(const struct publish_rrset *set, const struct record *record)
{
	for (size_t i = 0; i < set->count; i++) {
		if (record_equal_data(&set->records[i], record))
			return true;
	}
	return false;
}

bool publish_found_ttl_is(const struct publish_rrset *set, uint32_t ttl)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->records[i].ttl != ttl)
			return false;
	}
	return true;
}

bool publish_found_is(const struct publish_found *found, const struct addr *addresses, size_t count,
		      uint32_t ttl)
{
	for (size_t i = 0; i < count; i++) {
		struct record record = record_address(addresses[i], 0);

		if (!publish_found_has(record.type == RECORD_A ? &found->a : &found->aaaa, &record))
			return false;
	}
	return found->a.count + found->aaaa.count == count && !found->a.more && !found->aaaa.more &&
	       !found->cname.count && publish_found_ttl_is(&found->a, ttl) &&
	       publish_found_ttl_is(&found->aaaa, ttl);
}

const char *publish_found_owners(const struct publish_found *found, char ret[PUBLISH_OWNERS_TEXT])
{
	const char *last = "", *next;
	struct publish_marker markers[PUBLISH_RECORDS_MAX];
	size_t count = 0, at = 0;

	for (size_t i = 0; i < found->txt.count; i++)
		count += publish_marker_parse(&found->txt.records[i], &markers[count]);
	for (ret[0] = '\0';; last = next) {
		next = NULL;
		for (size_t i = 0; i < count; i++) {
			if (strcmp(markers[i].owner, last) > 0 &&
			    (!next || strcmp(markers[i].owner, next) < 0))
				next = markers[i].owner;
		}
		if (!next || at >= PUBLISH_OWNERS_TEXT)
			return ret;
		snprintf(ret + at, PUBLISH_OWNERS_TEXT - at, "%s%s", at ? " " : "", next);
		at += strlen(ret + at);
	}
}

bool publish_found_is_empty(const struct publish_found *found)
{
	return !found->a.count && !found->a.more && !found->aaaa.count && !found->aaaa.more &&
	       !found->txt.count && !found->txt.more && !found->cname.count && !found->cname.more;
}

bool publish_found_marker(const struct publish_found *found, struct publish_found_marker *ret)
{
	const struct publish_rrset *txt = &found->txt;

	for (size_t i = 0; i < txt->count; i++) {
		struct publish_marker marker;

		if (!publish_marker_parse(&txt->records[i], &marker))
			continue;
		*ret = (struct publish_found_marker){.marker = marker,
						     .record = txt->records[i],
						     .crowded = txt->count + txt->more > 1};
		return true;
	}
	return false;
}

/* FNV-1a: only so that an operator's "that is what I saw" can be compared. */
static uint32_t sum(uint32_t at, const struct publish_rrset *set)
{
	uint32_t records = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct record *record = &set->records[i];
		uint32_t one = 2166136261u ^ record->type;

		for (size_t j = 0; j < record->length; j++)
			one = (one ^ record->rdata[j]) * 16777619u;
		records += one; /* in any order */
	}
	return (at ^ records ^ (uint32_t)set->more) * 16777619u;
}

static int by_data(const struct record *a, const struct record *b)
{
	int order = (int)a->type - (int)b->type;

	return order ? order : memcmp(a->rdata, b->rdata, sizeof(a->rdata));
}

static void sort(struct publish_rrset *set)
{
	for (size_t i = 1; i < set->count; i++) {
		for (size_t j = i; j && by_data(&set->records[j - 1], &set->records[j]) > 0; j--) {
			struct record record = set->records[j];

			set->records[j] = set->records[j - 1];
			set->records[j - 1] = record;
		}
	}
}

/* Addresses stand for themselves, anything else with its type. */
static void add_values(char text[PUBLISH_TEXT], struct publish_rrset *set, bool with_type)
{
	size_t at = strlen(text);
	char printed[RECORD_TEXT];

	sort(set);
	for (size_t i = 0; i < set->count && at < PUBLISH_TEXT; i++) {
		const char *value = strchr(record_print(&set->records[i], printed), ' ');

		snprintf(text + at, PUBLISH_TEXT - at, "%s%s", at ? " " : "",
			 value && !with_type ? value + 1 : printed);
		at = strlen(text);
	}
}

const char *publish_found_print(struct publish_found *found, char ret[PUBLISH_TEXT])
{
	struct publish_rrset others = {.count = 0};
	struct publish_marker marker;

	ret[0] = '\0';
	add_values(ret, &found->a, false);
	add_values(ret, &found->aaaa, false);
	add_values(ret, &found->cname, true);
	for (size_t i = 0; i < found->txt.count; i++) {
		if (!publish_marker_parse(&found->txt.records[i], &marker))
			others.records[others.count++] = found->txt.records[i];
	}
	add_values(ret, &others, true);
	return ret;
}

uint32_t publish_found_sum(const struct publish_found *found)
{
	uint32_t id = sum(sum(sum(sum(1, &found->a), &found->aaaa), &found->txt), &found->cname);

	return id ? id : 1;
}
