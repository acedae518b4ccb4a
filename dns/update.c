/* SPDX-License-Identifier: ISC */
#include "dns/update.h"

#include "common/wire.h"

#include <ldns/ldns.h>

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 12
#define FLAG_ANSWER 0x80 /* QR, in the third octet */
#define FLAG_AUTHORITATIVE 0x04
#define FLAG_TRUNCATED 0x02
#define POINTER 0xc000 /* RFC 1035 4.1.4 */
#define OPCODE_QUERY 0
#define OPCODE_UPDATE 5

/* How each step stands in the message: RFC 2136 2.4 and 2.5. */
static const struct step {
	ldns_rr_class class;
	bool prerequisite;          /* else an update */
	bool any_type;              /* TYPE is ANY, not the record's */
	bool data;                  /* carries the RDATA */
	const char *before, *after; /* words around the name */
} steps[] = {
	[UPDATE_NAME_UNUSED] = {LDNS_RR_CLASS_NONE, true, true, false,
				"prerequisite: ", " not in use"},
	[UPDATE_NAME_IN_USE] = {LDNS_RR_CLASS_ANY, true, true, false, "prerequisite: ", " in use"},
	[UPDATE_RRSET_UNUSED] = {LDNS_RR_CLASS_NONE, true, false, false,
				 "prerequisite: ", " has no "},
	[UPDATE_RRSET_IN_USE] = {LDNS_RR_CLASS_ANY, true, false, false,
				 "prerequisite: ", " has some "},
	[UPDATE_RRSET_IS] = {LDNS_RR_CLASS_IN, true, false, true,
			     "prerequisite: ", " has exactly "},
	[UPDATE_ADD] = {LDNS_RR_CLASS_IN, false, false, true, "add: ", " "},
	[UPDATE_DELETE_RRSET] = {LDNS_RR_CLASS_ANY, false, false, false, "delete: ", " every "},
	[UPDATE_DELETE_RECORD] = {LDNS_RR_CLASS_NONE, false, false, true, "delete: ", " "},
	[UPDATE_DELETE_NAME] = {LDNS_RR_CLASS_ANY, false, true, false,
				"delete: ", " and all it has"},
};

void update_init(struct update *update, const struct hostname *zone)
{
	update->zone = *zone;
	update->count = 0;
	update->full = false;
}

void update_put(struct update *update, enum update_step step, const struct hostname *name,
		const struct record *record)
{
	struct update_item *item = &update->items[update->count];

	if (update->count == UPDATE_ITEMS_MAX) {
		update->full = true;
		return;
	}
	assert(record || steps[step].any_type);
	*item = (struct update_item){.step = step, .name = *name};
	if (record)
		item->record = *record;
	update->count++;
}

void update_put_type(struct update *update, enum update_step step, const struct hostname *name,
		     uint16_t type)
{
	const struct record record = {.type = type};

	assert(!steps[step].data);
	update_put(update, step, name, &record);
}

static ldns_rdf *name_to_rdf(const struct hostname *name)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];
	size_t length = hostname_to_wire(name, wire);

	return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, length, wire);
}

/* What stands above the zone, then a pointer to the zone's name, which follows the head (RFC 1035
 * 4.1.4). No other name is pointed at: this one is in reach from the whole message. */
static void write_owner(struct wire_writer *writer, const struct hostname *name,
			const struct hostname *zone)
{
	uint8_t wire[HOSTNAME_WIRE_MAX], zone_wire[HOSTNAME_WIRE_MAX];
	size_t length = hostname_to_wire(name, wire);

	wire_write_bytes(writer, wire, length - hostname_to_wire(zone, zone_wire));
	wire_write_u16be(writer, POINTER | HEAD_BYTES);
}

static void write_item(struct wire_writer *writer, const struct update_item *item,
		       const struct hostname *zone)
{
	const struct step *step = &steps[item->step];
	size_t length = step->data ? item->record.length : 0;

	write_owner(writer, &item->name, zone);
	wire_write_u16be(writer, step->any_type ? LDNS_RR_TYPE_ANY : item->record.type);
	wire_write_u16be(writer, step->class);
	wire_write_u32be(writer, item->step == UPDATE_ADD ? item->record.ttl : 0);
	wire_write_u16be(writer, (uint16_t)length);
	wire_write_bytes(writer, item->record.rdata, length);
}

/* The prerequisites, or the changes; how many. */
static size_t write_items(struct wire_writer *writer, const struct update *update,
			  bool prerequisites)
{
	size_t count = 0;

	for (size_t i = 0; i < update->count; i++) {
		if (steps[update->items[i].step].prerequisite != prerequisites)
			continue;
		write_item(writer, &update->items[i], &update->zone);
		count++;
	}
	return count;
}

/* Head without the counts of records, and the zone section. RD stays 0: the bit must be zero here. */
static void write_head(struct wire_writer *writer, const struct hostname *zone, uint16_t id)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];

	wire_write_u16be(writer, id);
	wire_write_u16be(writer, OPCODE_UPDATE << 11);
	wire_write_u16be(writer, 1); /* zones */
	wire_write_u48be(writer, 0); /* prerequisites, changes, additional */
	wire_write_bytes(writer, wire, hostname_to_wire(zone, wire));
	wire_write_u16be(writer, LDNS_RR_TYPE_SOA);
	wire_write_u16be(writer, LDNS_RR_CLASS_IN);
}

static int finish(struct wire_writer *writer, size_t prerequisites, size_t changes,
		  size_t *ret_length)
{
	if (writer->bad)
		return -ENOBUFS;
	wire_patch_u16be(writer, 6, (uint16_t)prerequisites);
	wire_patch_u16be(writer, 8, (uint16_t)changes);
	*ret_length = writer->at;
	return 0;
}

static int packet_to_bytes(const ldns_pkt *packet, uint8_t *ret, size_t size, size_t *ret_length)
{
	uint8_t *bytes = NULL;
	size_t length = 0;
	int rc = 0;

	if (ldns_pkt2wire(&bytes, packet, &length) != LDNS_STATUS_OK)
		return -EINVAL;
	if (length > size) {
		rc = -ENOBUFS;
	} else {
		memcpy(ret, bytes, length);
		*ret_length = length;
	}
	free(bytes);
	return rc;
}

static bool is_sound(const struct update *update)
{
	if (update->count == 0 || update->full)
		return false;
	for (size_t i = 0; i < update->count; i++) {
		if (!hostname_is_below(&update->items[i].name, &update->zone))
			return false; /* the server would say NOTZONE */
	}
	return true;
}

int update_encode(const struct update *update, uint16_t id, uint8_t *ret, size_t size,
		  size_t *ret_length)
{
	struct wire_writer writer;
	size_t prerequisites, changes;

	if (!is_sound(update))
		return -EINVAL;
	wire_writer_init(&writer, ret, size);
	write_head(&writer, &update->zone, id);
	prerequisites = write_items(&writer, update, true);
	changes = write_items(&writer, update, false);
	return finish(&writer, prerequisites, changes, ret_length);
}

void update_message_init(struct update_message *message, const struct hostname *zone)
{
	message->zone = *zone;
	message->count = 0;
	message->prerequisites.records = message->prerequisites.length = 0;
	message->changes.records = message->changes.length = 0;
}

static size_t head_bytes(const struct update_message *message)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];

	return HEAD_BYTES + hostname_to_wire(&message->zone, wire) + 4;
}

int update_message_add(struct update_message *message, const struct update *update)
{
	struct update_section *sections[] = {&message->changes, &message->prerequisites};
	size_t left = UPDATE_MESSAGE_MAX - head_bytes(message) - message->prerequisites.length -
		      message->changes.length;
	struct wire_writer writers[2];
	size_t records[2];

	if (!is_sound(update) || !hostname_equal(&update->zone, &message->zone))
		return -EINVAL;
	for (int i = 0; i < 2; i++) {
		wire_writer_init(&writers[i], sections[i]->bytes + sections[i]->length, left);
		records[i] = write_items(&writers[i], update, i);
		if (writers[i].bad)
			return -ENOBUFS;
		left -= writers[i].at;
	}
	for (int i = 0; i < 2; i++) {
		sections[i]->length += writers[i].at;
		sections[i]->records += records[i];
	}
	message->count++;
	return 0;
}

int update_message_encode(const struct update_message *message, uint16_t id, uint8_t *ret,
			  size_t size, size_t *ret_length)
{
	struct wire_writer writer;

	if (!message->count)
		return -EINVAL;
	wire_writer_init(&writer, ret, size);
	write_head(&writer, &message->zone, id);
	wire_write_bytes(&writer, message->prerequisites.bytes, message->prerequisites.length);
	wire_write_bytes(&writer, message->changes.bytes, message->changes.length);
	return finish(&writer, message->prerequisites.records, message->changes.records,
		      ret_length);
}

int update_encode_query(const struct hostname *name, uint16_t type, uint16_t id, uint8_t *ret,
			size_t size, size_t *ret_length)
{
	ldns_rdf *owner = name_to_rdf(name);
	ldns_pkt *packet;
	int rc;

	if (!owner)
		return -ENOMEM;
	packet = ldns_pkt_query_new(owner, (ldns_rr_type)type, LDNS_RR_CLASS_IN, 0);
	if (!packet) {
		ldns_rdf_deep_free(owner);
		return -ENOMEM;
	}
	ldns_pkt_set_id(packet, id);
	rc = packet_to_bytes(packet, ret, size, ret_length);
	ldns_pkt_free(packet);
	return rc;
}

static bool owner_is(const ldns_rr *rr, const struct hostname *name)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];
	size_t length = hostname_to_wire(name, wire);
	ldns_rdf *owner = ldns_rr_owner(rr);

	if (!owner)
		return false;
	ldns_dname2canonical(owner);
	return ldns_rdf_size(owner) == length && memcmp(ldns_rdf_data(owner), wire, length) == 0;
}

static bool rr_is(const ldns_rr *rr, const struct hostname *name, uint16_t type)
{
	return ldns_rr_get_type(rr) == (ldns_rr_type)type &&
	       ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN && owner_is(rr, name);
}

/* False where the RDATA is longer than a record holds. Names in it come out in lower case. */
static bool rr_to_record(ldns_rr *rr, struct record *ret)
{
	struct record record = {.type = (uint16_t)ldns_rr_get_type(rr), .ttl = ldns_rr_ttl(rr)};
	struct wire_writer writer;

	ldns_rr2canonical(rr);
	wire_writer_init(&writer, record.rdata, sizeof record.rdata);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
		wire_write_bytes(&writer, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
	}
	if (writer.bad)
		return false;
	record.length = (uint16_t)writer.at;
	*ret = record;
	return true;
}

static void take_records(const ldns_rr_list *list, const struct hostname *name, uint16_t type,
			 struct update_answer *ret)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (!rr_is(rr, name, type))
			continue;
		if (ret->count < UPDATE_ANSWER_RECORDS &&
		    rr_to_record(rr, &ret->records[ret->count]))
			ret->count++;
		else
			ret->more++;
	}
}

/* "" for a name that ours could not be in: it is never made to fit. */
static struct hostname rdf_to_name(const ldns_rdf *rdf)
{
	struct hostname name;
	bool full, changed;

	if (!rdf ||
	    hostname_from_wire(ldns_rdf_data(rdf), ldns_rdf_size(rdf), &name, &full, &changed) <
		    0 ||
	    !full || changed)
		return (struct hostname){""};
	return name;
}

static bool take_soa(const ldns_rr_list *list, struct update_soa *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		ldns_rr_type type = ldns_rr_get_type(rr);

		ret->alias |= type == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_DNAME;
		if (type != LDNS_RR_TYPE_SOA || ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
			continue;
		found++;
		ret->zone = rdf_to_name(ldns_rr_owner(rr));
		ret->mname = rdf_to_name(ldns_rr_rdf(rr, 0));
	}
	ret->found = found == 1;
	return found > 0;
}

/* Its authority section counts only where the answer has none. */
static void take_zone(const ldns_pkt *packet, const struct hostname *name, struct update_soa *ret)
{
	if (!take_soa(ldns_pkt_answer(packet), ret))
		take_soa(ldns_pkt_authority(packet), ret);
	ret->found &= !ret->alias;
	ret->in_answer = ret->found && hostname_equal(&ret->zone, name);
}

/* A server that could not do its work may leave the question out. */
static bool question_is(const ldns_pkt *packet, int rcode, const struct hostname *name,
			uint16_t type)
{
	const ldns_rr_list *questions = ldns_pkt_question(packet);
	size_t count = ldns_rr_list_rr_count(questions);

	if (count == 0)
		return rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN;
	return count == 1 && rr_is(ldns_rr_list_rr(questions, 0), name, type);
}

/* The head, and whether it can be the answer to what was asked. */
static int decode_head(const uint8_t *bytes, size_t length, bool query, struct update_answer *ret,
		       struct err *err)
{
	int opcode = query ? OPCODE_QUERY : OPCODE_UPDATE;

	if (length < HEAD_BYTES)
		return err_set(err, -EBADMSG, "%zu bytes are no DNS message", length);
	if (query && length > UPDATE_ANSWER_MAX)
		return err_set(err, -EBADMSG, "an answer of %zu bytes is more than the %d we read",
			       length, UPDATE_ANSWER_MAX);
	ret->id = (uint16_t)(bytes[0] << 8 | bytes[1]);
	ret->opcode = bytes[2] >> 3 & 0x0f;
	ret->authoritative = bytes[2] & FLAG_AUTHORITATIVE;
	ret->truncated = bytes[2] & FLAG_TRUNCATED;
	ret->rcode = bytes[3] & 0x0f;
	if (!(bytes[2] & FLAG_ANSWER))
		return err_set(err, -EBADMSG, "the message is a request, not an answer");
	if (ret->opcode != opcode)
		return err_set(err, -EBADMSG, "the answer has opcode %d, the request had %d",
			       ret->opcode, opcode);
	return 0;
}

int update_decode_answer(const uint8_t *bytes, size_t length, const struct hostname *name,
			 uint16_t type, struct update_answer *ret, struct err *err)
{
	ldns_pkt *packet = NULL;
	ldns_status status;
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = decode_head(bytes, length, name != NULL, ret, err);
	if (rc < 0 || !name)
		return rc;
	status = ldns_wire2pkt(&packet, bytes, length);
	if (status != LDNS_STATUS_OK)
		return err_set(err, -EBADMSG, "the answer cannot be read: %s",
			       ldns_get_errorstr_by_id(status));
	if (!question_is(packet, ret->rcode, name, type))
		rc = err_set(err, -EBADMSG, "the answer is to another question than %s %s",
			     name->text, record_type_name(type));
	else
		take_records(ldns_pkt_answer(packet), name, type, ret);
	if (!rc && type == RECORD_SOA)
		take_zone(packet, name, &ret->soa);
	ldns_pkt_free(packet);
	return rc;
}

const char *update_rcode_name(int rcode)
{
	static const char *const names[] = {
		"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE", [16] = "BADSIG",
		"BADKEY",   "BADTIME", "BADMODE",  "BADNAME",  "BADALG",  "BADTRUNC",
	};

	if (rcode < 0 || (size_t)rcode >= sizeof names / sizeof *names || !names[rcode])
		return "RCODE";
	return names[rcode];
}

const char *update_item_print(const struct update_item *item, char ret[UPDATE_ITEM_TEXT])
{
	const struct step *step = &steps[item->step];
	const struct record *record = &item->record;
	char text[RECORD_TEXT] = "", ttl[24] = "";

	if (step->data)
		record_print(record, text);
	else if (!step->any_type)
		snprintf(text, sizeof text, "%s", record_type_name(record->type));
	if (item->step == UPDATE_ADD)
		snprintf(ttl, sizeof ttl, " TTL %u", (unsigned)record->ttl);
	snprintf(ret, UPDATE_ITEM_TEXT, "%s%s%s%s%s", step->before, item->name.text, step->after,
		 text, ttl);
	return ret;
}
