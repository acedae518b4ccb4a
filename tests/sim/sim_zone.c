/* SPDX-License-Identifier: ISC */
#include "sim_zone.h"
#include "sim.h"

#include "common/wire.h"
#include "dns/update.h"

#include <stdlib.h>
#include <string.h>

enum { FORMERR = 1, NXDOMAIN = 3, YXDOMAIN = 6, YXRRSET = 7, NXRRSET = 8, NOTZONE = 10 };
enum { CLASS_IN = 1, CLASS_NONE = 254, CLASS_ANY = 255 };
#define HEAD 12
#define WIRE_RECORDS_MAX 2000

/* A record as it stands in the message. */
struct wire_record {
	struct hostname owner;
	uint16_t class;
	struct record record;
};

static struct {
	struct sim_record items[SIM_RECORDS_MAX];
	size_t count;
} zone;

static struct wire_record parsed[WIRE_RECORDS_MAX];

void sim_zone_clear(void)
{
	zone.count = 0;
}

size_t sim_zone_records(const struct sim_record **ret)
{
	*ret = zone.items;
	return zone.count;
}

void sim_zone_put(const struct hostname *owner, const struct record *record, bool protected)
{
	for (size_t i = 0; i < zone.count; i++) {
		if (hostname_equal(&zone.items[i].owner, owner) &&
		    record_equal_data(&zone.items[i].record, record)) {
			zone.items[i].record.ttl = record->ttl;
			return;
		}
	}
	if (zone.count == SIM_RECORDS_MAX)
		abort();
	zone.items[zone.count++] = (struct sim_record){*owner, *record, protected};
}

void sim_zone_empty(const struct hostname *name)
{
	for (size_t i = 0; i < zone.count;) {
		if (hostname_is_below(&zone.items[i].owner, name))
			zone.items[i] = zone.items[--zone.count];
		else
			i++;
	}
}

void sim_zone_protect(const struct hostname *owner, bool protected)
{
	for (size_t i = 0; i < zone.count; i++) {
		if (hostname_equal(&zone.items[i].owner, owner))
			zone.items[i].protected = protected;
	}
}

size_t sim_zone_find(const struct hostname *owner, uint16_t type, struct record *ret, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < zone.count; i++) {
		if (!hostname_equal(&zone.items[i].owner, owner) ||
		    (type != RECORD_ANY && zone.items[i].record.type != type))
			continue;
		if (count < size)
			ret[count] = zone.items[i].record;
		count++;
	}
	return count;
}

bool sim_zone_has_name(const struct hostname *owner)
{
	return sim_zone_find(owner, RECORD_ANY, NULL, 0) > 0;
}

/* From the wire --------------------------------------------------------------------------------- */

static void read_name(struct wire_reader *reader, struct hostname *ret)
{
	struct wire_reader cursor = *reader;
	bool jumped = false;
	size_t used = 0;

	memset(ret, 0, sizeof *ret);
	for (unsigned hops = 0; hops < 128 && !cursor.bad; hops++) {
		uint8_t octet = wire_read_u8(&cursor);
		bool pointer = (octet & 0xc0) == 0xc0;
		size_t target = pointer ? (size_t)(octet & 0x3f) << 8 | wire_read_u8(&cursor) : 0;
		const uint8_t *label = pointer ? NULL : wire_read_bytes(&cursor, octet);

		if (!jumped)
			*reader = cursor;
		if (pointer) {
			jumped = true;
			cursor.at = target;
			continue;
		}
		if (!octet || cursor.bad || used + 1 + octet > HOSTNAME_MAX)
			return;
		if (used)
			ret->text[used++] = '.';
		memcpy(ret->text + used, label, octet);
		used += octet;
	}
}

static bool read_record(struct wire_reader *reader, struct wire_record *ret)
{
	const uint8_t *data;

	*ret = (struct wire_record){0};
	read_name(reader, &ret->owner);
	ret->record.type = wire_read_u16be(reader);
	ret->class = wire_read_u16be(reader);
	ret->record.ttl = wire_read_u32be(reader);
	ret->record.length = wire_read_u16be(reader);
	data = wire_read_bytes(reader, ret->record.length);
	if (reader->bad || ret->record.length > RECORD_RDATA_MAX)
		return false;
	memcpy(ret->record.rdata, data, ret->record.length);
	return true;
}

/* Prerequisites, RFC 2136 3.2 ------------------------------------------------------------------- */

static bool same_rrset(const struct wire_record *one, const struct wire_record *two)
{
	return two->class == CLASS_IN && hostname_equal(&one->owner, &two->owner) &&
	       one->record.type == two->record.type;
}

/* The whole RRset must be the one that the prerequisites of class IN give. */
static int check_exactly(const struct wire_record *records, size_t count, size_t at)
{
	struct record found[32];
	size_t there = sim_zone_find(&records[at].owner, records[at].record.type, found, 32);
	size_t wanted = 0, matched = 0;

	for (size_t i = 0; i < count; i++) {
		if (!same_rrset(&records[at], &records[i]))
			continue;
		wanted++;
		for (size_t j = 0; j < there; j++)
			matched += record_equal_data(&records[i].record, &found[j]);
	}
	return wanted == there && matched == there ? 0 : NXRRSET;
}

static int check_one(const struct wire_record *records, size_t count, size_t at)
{
	const struct wire_record *record = &records[at];
	uint16_t type = record->record.type;
	bool there = sim_zone_find(&record->owner, type, NULL, 0) > 0;

	if (record->record.ttl)
		return FORMERR;
	switch (record->class) {
	case CLASS_ANY:
		if (record->record.length)
			return FORMERR;
		return there ? 0 : type == RECORD_ANY ? NXDOMAIN : NXRRSET;
	case CLASS_NONE:
		if (record->record.length)
			return FORMERR;
		return !there ? 0 : type == RECORD_ANY ? YXDOMAIN : YXRRSET;
	case CLASS_IN:
		return check_exactly(records, count, at);
	default:
		return FORMERR;
	}
}

/* Updates, RFC 2136 3.4 ------------------------------------------------------------------------- */

static bool deletes(const struct wire_record *change, const struct sim_record *item)
{
	if (!hostname_equal(&change->owner, &item->owner))
		return false;
	if (change->class == CLASS_NONE)
		return record_equal_data(&change->record, &item->record);
	return change->class == CLASS_ANY &&
	       (change->record.type == RECORD_ANY || change->record.type == item->record.type);
}

/* Deleted and added again in the same message is no change. */
static bool comes_back(const struct wire_record *changes, size_t count,
		       const struct sim_record *item)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i].class == CLASS_IN &&
		    hostname_equal(&changes[i].owner, &item->owner) &&
		    record_equal_data(&changes[i].record, &item->record))
			return true;
	}
	return false;
}

/* A record beside protected ones of its type changes their RRset. */
static bool joins_protected(const struct wire_record *change)
{
	for (size_t i = 0; i < zone.count; i++) {
		const struct sim_record *item = &zone.items[i];

		if (item->protected && hostname_equal(&item->owner, &change->owner) &&
		    item->record.type == change->record.type &&
		    !record_equal_data(&item->record, &change->record))
			return true;
	}
	return false;
}

static void apply_one(const struct wire_record *changes, size_t count, const char *who,
		      bool trusted)
{
	char text[RECORD_TEXT];

	if (changes->class == CLASS_IN) {
		if (!trusted && joins_protected(changes))
			sim_fail("%s adds to what is not ours: %s %s", who, changes->owner.text,
				 record_print(&changes->record, text));
		sim_zone_put(&changes->owner, &changes->record, false);
		return;
	}
	for (size_t i = 0; i < zone.count;) {
		struct sim_record *item = &zone.items[i];

		if (!deletes(changes, item)) {
			i++;
			continue;
		}
		if (item->protected && !trusted && !comes_back(changes, count, item))
			sim_fail("%s deletes what is not ours: %s %s", who, item->owner.text,
				 record_print(&item->record, text));
		*item = zone.items[--zone.count];
	}
}

static int judge(const struct wire_record *records, size_t prerequisites, size_t changes,
		 const struct hostname *apex)
{
	for (size_t i = 0; i < prerequisites + changes; i++) {
		if (!hostname_is_below(&records[i].owner, apex))
			return NOTZONE;
	}
	for (size_t i = 0; i < prerequisites; i++) {
		int rcode = check_one(records, prerequisites, i);

		if (rcode)
			return rcode;
	}
	return 0;
}

static void trace_records(const struct wire_record *records, size_t prerequisites, size_t changes)
{
	char text[RECORD_TEXT];

	for (size_t i = 0; i < prerequisites + changes; i++)
		sim_trace("      %s %s %s%s", i < prerequisites ? "if" : "  ",
			  records[i].owner.text,
			  records[i].class == CLASS_NONE  ? "not "
			  : records[i].class == CLASS_ANY ? "any "
							  : "",
			  records[i].record.length ? record_print(&records[i].record, text)
						   : record_type_name(records[i].record.type));
}

int sim_zone_update(const uint8_t *message, size_t length, const char *who, bool trusted)
{
	struct wire_reader reader;
	struct wire_record head;
	size_t prerequisites, changes;
	int rcode;

	wire_reader_init(&reader, message, length);
	reader.at = 6;
	prerequisites = wire_read_u16be(&reader);
	changes = wire_read_u16be(&reader);
	reader.at = HEAD;
	read_name(&reader, &head.owner);
	wire_read_u32be(&reader);
	if (prerequisites + changes > WIRE_RECORDS_MAX)
		abort();
	for (size_t i = 0; i < prerequisites + changes; i++) {
		if (!read_record(&reader, &parsed[i])) {
			sim_fail("%s sends a message that cannot be read", who);
			return FORMERR;
		}
	}
	rcode = judge(parsed, prerequisites, changes, &head.owner);
	sim_trace("   %s: %s", who, update_rcode_name(rcode));
	trace_records(parsed, prerequisites, changes);
	for (size_t i = 0; !rcode && i < changes; i++)
		apply_one(&parsed[prerequisites + i], changes - i, who, trusted);
	return rcode;
}
