/* SPDX-License-Identifier: ISC */
#include "common/lease.h"

#include "common/text.h"
#include "common/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_AT 8        /* offset of the record's length */
#define OPTION81_HEAD 3    /* flags, rcode1, rcode2 */
#define OPTION81_WIRE 0x04 /* the flag E */

const char *const lease_change_names[] = {"?",        "committed", "renewed",
					  "released", "expired",   "declined"};

static const char *const type_names[] = {"?",   "HELLO",   "EVENT",  "GAP",    "ALIVE",
					 "ACK", "REFUSED", "RESYNC", "LEARNED"};

#define TYPE_MAX LEASE_LEARNED

/* The member that a field stands for. */
enum field_kind {
	FIELD_CHANGE, /* enum lease_change as u8 */
	FIELD_U32,
	FIELD_U64,
	FIELD_ADDR,
	FIELD_MAC,
	FIELD_NAME,    /* struct hostname */
	FIELD_BYTES,   /* struct lease_bytes */
	FIELD_LEARNED, /* the addresses of struct lease_learned */
	FIELD_ASCII,   /* char[], printable ASCII */
	FIELD_TEXT,    /* char[], anything but NUL */
};

/* docs/lease-socket.md's field table; drives both directions. A member that is zero is not sent. */
struct field {
	uint16_t tag, min, max; /* bounds: bytes of the value */
	bool required;
	enum lease_record_type of;
	enum field_kind kind;
	size_t offset; /* of the member in struct lease_record */
	const char *name;
};

#define AT(member) offsetof(struct lease_record, member)

static const struct field fields[] = {
	{1, 1, 1, true, LEASE_EVENT, FIELD_CHANGE, AT(event.change), "change"},
	{2, 4, 4, false, LEASE_EVENT, FIELD_U32, AT(event.flags), "flags"},
	{3, 4, 16, true, LEASE_EVENT, FIELD_ADDR, AT(event.address), "address"},
	{4, 2, 1 + MAC_MAX, false, LEASE_EVENT, FIELD_MAC, AT(event.mac), "hardware address"},
	{5, 1, LEASE_CLIENT_ID_MAX, false, LEASE_EVENT, FIELD_BYTES, AT(event.client_id),
	 "client id"},
	{6, 1, HOSTNAME_MAX, false, LEASE_EVENT, FIELD_NAME, AT(event.name), "name"},
	{7, 1, HOSTNAME_MAX, false, LEASE_EVENT, FIELD_NAME, AT(event.suffix), "suffix"},
	{8, 1, LEASE_OPTION81_MAX, false, LEASE_EVENT, FIELD_BYTES, AT(event.option81_received),
	 "option 81 received"},
	{9, 1, LEASE_OPTION81_MAX, false, LEASE_EVENT, FIELD_BYTES, AT(event.option81_answered),
	 "option 81 answered"},
	{10, 1, LEASE_VENDOR_CLASS_MAX, false, LEASE_EVENT, FIELD_BYTES, AT(event.vendor_class),
	 "vendor class"},
	{11, 1, LEASE_CLASS_MAX, false, LEASE_EVENT, FIELD_ASCII, AT(event.class_name), "class"},
	{12, 4, 16, false, LEASE_EVENT, FIELD_ADDR, AT(event.relay), "relay"},
	{13, 4, 4, false, LEASE_EVENT, FIELD_U32, AT(event.subnet_id), "subnet id"},
	{14, 4, 4, false, LEASE_EVENT, FIELD_U32, AT(event.lifetime_s), "lifetime"},
	{32, 1, LEASE_TEXT_MAX, false, LEASE_HELLO, FIELD_TEXT, AT(hello.hook_version),
	 "hook version"},
	{33, 1, LEASE_TEXT_MAX, false, LEASE_HELLO, FIELD_TEXT, AT(hello.kea_version),
	 "Kea version"},
	{34, 1, LEASE_TEXT_MAX, false, LEASE_HELLO, FIELD_TEXT, AT(hello.parameters), "parameters"},
	{48, 8, 8, true, LEASE_GAP, FIELD_U64, AT(lost), "lost"},
	{64, 1, LEASE_TEXT_MAX, true, LEASE_REFUSED, FIELD_TEXT, AT(refused), "reason"},
	{80, 4, 4, false, LEASE_LEARNED, FIELD_U32, AT(learned.flags), "part"},
	{81, LEASE_LEARNED_BYTES, LEASE_LEARNED_MAX *LEASE_LEARNED_BYTES, false, LEASE_LEARNED,
	 FIELD_LEARNED, AT(learned), "hardware addresses"},
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

/* Tag and a length that field_end() sets; returns where the value begins. */
static size_t field_begin(struct wire_writer *writer, const struct field *field)
{
	wire_write_u16le(writer, field->tag);
	wire_write_u16le(writer, 0);
	return writer->at;
}

static void field_end(struct wire_writer *writer, size_t value_at)
{
	size_t length = writer->at - value_at;

	if (!writer->bad)
		wire_patch_u16le(writer, value_at - 2, (uint16_t)length);
}

static void write_field_bytes(struct wire_writer *writer, const struct field *field,
			      const void *bytes, size_t length)
{
	size_t at;

	if (length == 0)
		return;
	at = field_begin(writer, field);
	wire_write_bytes(writer, bytes, length < field->max ? length : field->max);
	field_end(writer, at);
}

static void write_field_number(struct wire_writer *writer, const struct field *field,
			       uint64_t value)
{
	size_t at;

	if (value == 0)
		return;
	at = field_begin(writer, field);
	if (field->max == 1)
		wire_write_u8(writer, (uint8_t)value);
	else if (field->max == 4)
		wire_write_u32le(writer, (uint32_t)value);
	else
		wire_write_u64le(writer, value);
	field_end(writer, at);
}

static void write_field_mac(struct wire_writer *writer, const struct field *field,
			    const struct mac *mac)
{
	size_t at;

	if (mac->length == 0)
		return;
	at = field_begin(writer, field);
	wire_write_u8(writer, mac->type);
	wire_write_bytes(writer, mac->bytes, mac->length);
	field_end(writer, at);
}

static void write_field(struct wire_writer *writer, const struct field *field, const void *member)
{
	const struct lease_bytes *bytes = member;
	const struct lease_learned *learned = member;
	const struct addr *addr = member;

	switch (field->kind) {
	case FIELD_CHANGE:
		write_field_number(writer, field, *(const enum lease_change *)member);
		break;
	case FIELD_U32:
		write_field_number(writer, field, *(const uint32_t *)member);
		break;
	case FIELD_U64:
		write_field_number(writer, field, *(const uint64_t *)member);
		break;
	case FIELD_ADDR:
		write_field_bytes(writer, field, addr->bytes, addr_size(*addr));
		break;
	case FIELD_MAC:
		write_field_mac(writer, field, member);
		break;
	case FIELD_BYTES:
		write_field_bytes(writer, field, bytes->bytes, bytes->length);
		break;
	case FIELD_LEARNED:
		write_field_bytes(writer, field, learned->macs,
				  learned->count * sizeof(learned->macs[0]));
		break;
	case FIELD_NAME:
	case FIELD_ASCII:
	case FIELD_TEXT:
		write_field_bytes(writer, field, member, strlen(member));
		break;
	}
}

size_t lease_encode(const struct lease_record *record, uint8_t *ret, size_t size)
{
	struct wire_writer writer;

	wire_writer_init(&writer, ret, size);
	wire_write_u32le(&writer, LEASE_MAGIC);
	wire_write_u8(&writer, LEASE_VERSION);
	wire_write_u8(&writer, (uint8_t)record->type);
	wire_write_u16le(&writer, 0);
	wire_write_u32le(&writer, 0); /* the length, known at the end */
	wire_write_u64le(&writer, record->boot_id);
	wire_write_u64le(&writer, record->seq);
	wire_write_u64le(&writer, record->time_ms);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].of == record->type)
			write_field(&writer, &fields[i], (const char *)record + fields[i].offset);
	}
	if (!writer.bad)
		wire_patch_u32le(&writer, LENGTH_AT, (uint32_t)writer.at);
	return writer.bad ? 0 : writer.at;
}

/* The readers below get a value whose length is within the field's bounds; NULL or what is wrong.
 */
static const char *read_addr(const uint8_t *value, size_t length, struct addr *ret)
{
	if (length == 4) {
		*ret = (struct addr){.family = ADDR_IP4};
		memcpy(ret->bytes, value, 4);
		return NULL;
	}
	if (length != 16)
		return "must have 4 or 16 bytes";
	*ret = addr_ip6(value);
	return NULL;
}

static const char *read_name(const uint8_t *value, size_t length, struct hostname *ret)
{
	char text[HOSTNAME_MAX + 1] = "";

	memcpy(text, value, length);
	if (strlen(text) != length || hostname_parse(text, ret, NULL) < 0 ||
	    strcmp(ret->text, text) != 0)
		return "is not a host name in lower case without a trailing dot";
	return NULL;
}

static const char *read_text(const uint8_t *value, size_t length, bool ascii, char *ret)
{
	for (size_t i = 0; i < length; i++) {
		if (ascii && (value[i] < 0x20 || value[i] > 0x7e))
			return "holds something else than printable ASCII";
		if (value[i] == '\0')
			return "holds a zero byte";
	}
	memcpy(ret, value, length);
	ret[length] = '\0';
	return NULL;
}

static const char *read_learned(const uint8_t *value, size_t length, struct lease_learned *ret)
{
	if (length % LEASE_LEARNED_BYTES != 0)
		return "holds no whole number of addresses of 6 bytes";
	ret->count = (uint16_t)(length / LEASE_LEARNED_BYTES);
	memcpy(ret->macs, value, length);
	return NULL;
}

static const char *read_change(uint8_t value, enum lease_change *ret)
{
	if (value < LEASE_COMMITTED || value > LEASE_DECLINED)
		return "is not one of 1 to 5";
	*ret = (enum lease_change)value;
	return NULL;
}

static const char *read_field(const struct field *field, const uint8_t *value, size_t length,
			      void *member)
{
	struct lease_bytes *bytes = member;
	struct wire_reader reader;

	wire_reader_init(&reader, value, length);
	switch (field->kind) {
	case FIELD_CHANGE:
		return read_change(value[0], member);
	case FIELD_U32:
		*(uint32_t *)member = wire_read_u32le(&reader);
		return NULL;
	case FIELD_U64:
		*(uint64_t *)member = wire_read_u64le(&reader);
		return NULL;
	case FIELD_ADDR:
		return read_addr(value, length, member);
	case FIELD_MAC:
		mac_from_bytes(value[0], value + 1, length - 1, member);
		return NULL;
	case FIELD_NAME:
		return read_name(value, length, member);
	case FIELD_BYTES:
		bytes->length = (uint8_t)length;
		memcpy(bytes->bytes, value, length);
		return NULL;
	case FIELD_LEARNED:
		return read_learned(value, length, member);
	case FIELD_ASCII:
	case FIELD_TEXT:
		return read_text(value, length, field->kind == FIELD_ASCII, member);
	}
	return "is of no known kind";
}

static int read_head(struct wire_reader *reader, struct lease_record *ret, struct err *err)
{
	uint32_t magic = wire_read_u32le(reader);
	uint8_t version = wire_read_u8(reader);
	uint8_t type = wire_read_u8(reader);
	uint32_t length;

	wire_read_u16le(reader);
	length = wire_read_u32le(reader);
	ret->boot_id = wire_read_u64le(reader);
	ret->seq = wire_read_u64le(reader);
	ret->time_ms = wire_read_u64le(reader);
	if (reader->size >= 5 && magic == LEASE_MAGIC && version != LEASE_VERSION)
		return err_set(err, -EPROTONOSUPPORT,
			       "lease record of version %u; this program speaks version %d",
			       version, LEASE_VERSION);
	if (reader->bad)
		return err_set(err, -EINVAL, "lease record of %zu bytes; its head alone has %d",
			       reader->size, LEASE_HEAD_BYTES);
	if (magic != LEASE_MAGIC)
		return err_set(err, -EINVAL, "not a lease record: it does not begin with \"AMTL\"");
	if (type < LEASE_HELLO || type > TYPE_MAX)
		return err_set(err, -EINVAL, "lease record of type %u; known are 1 to %d", type,
			       TYPE_MAX);
	if (length != reader->size)
		return err_set(err, -EINVAL, "lease record says %u bytes, the packet has %zu",
			       length, reader->size);
	ret->type = (enum lease_record_type)type;
	return 0;
}

static const struct field *field_by_tag(uint16_t tag)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].tag == tag)
			return &fields[i];
	}
	return NULL;
}

/* Reads one field into the record; `seen` has a bit per known field. */
static int read_next(struct wire_reader *reader, struct lease_record *record, uint32_t *seen,
		     struct err *err)
{
	uint16_t tag = wire_read_u16le(reader);
	uint16_t length = wire_read_u16le(reader);
	const uint8_t *value = wire_read_bytes(reader, length);
	const struct field *field = field_by_tag(tag);
	const char *fault, *of = type_names[record->type];
	uint32_t bit;

	if (!value)
		return err_set(err, -EINVAL, "%s: a field runs over the end of the record", of);
	if (!field)
		return 0; /* of a later hook: skipped, as docs/lease-socket.md says */
	bit = UINT32_C(1) << (field - fields);
	if (field->of != record->type)
		return err_set(err, -EINVAL, "%s: \"%s\" belongs into %s only", of, field->name,
			       type_names[field->of]);
	if (*seen & bit)
		return err_set(err, -EINVAL, "%s: \"%s\" is there twice", of, field->name);
	if (length < field->min || length > field->max)
		return err_set(err, -EINVAL, "%s: \"%s\" has %u bytes, right are %u to %u", of,
			       field->name, length, field->min, field->max);
	*seen |= bit;
	fault = read_field(field, value, length, (char *)record + field->offset);
	return fault ? err_set(err, -EINVAL, "%s: \"%s\" %s", of, field->name, fault) : 0;
}

/* What only the whole record shows. */
static int check_record(const struct lease_record *record, uint32_t seen, struct err *err)
{
	const char *of = type_names[record->type];

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].of == record->type && fields[i].required && !(seen >> i & 1))
			return err_set(err, -EINVAL, "%s: \"%s\" is missing", of, fields[i].name);
	}
	if (record->type == LEASE_GAP && record->lost == 0)
		return err_set(err, -EINVAL, "%s: \"lost\" must be at least 1", of);
	if ((record->type == LEASE_EVENT || record->type == LEASE_GAP) && record->seq == 0)
		return err_set(err, -EINVAL, "%s: the sequence number must be at least 1", of);
	return 0;
}

int lease_decode(const void *bytes, size_t size, struct lease_record *ret, struct err *err)
{
	struct lease_record record = {0};
	struct wire_reader reader;
	uint32_t seen = 0;
	int result;

	if (size > LEASE_RECORD_MAX)
		return err_set(err, -EINVAL, "lease record of %zu bytes; at most %d are allowed",
			       size, LEASE_RECORD_MAX);
	wire_reader_init(&reader, bytes, size);
	result = read_head(&reader, &record, err);
	while (result == 0 && wire_left(&reader) > 0)
		result = read_next(&reader, &record, &seen, err);
	if (result == 0)
		result = check_record(&record, seen, err);
	if (result == 0)
		*ret = record;
	return result;
}

/* The name in wire form as a person writes it, labels as they came; a full name ends with a dot.
 * Returns its length, or -EINVAL when a label runs over the end or something follows the root. */
static int option81_name(const uint8_t *bytes, size_t size, char ret[UINT8_MAX])
{
	struct wire_reader reader;
	bool full = false;
	int at = 0;

	wire_reader_init(&reader, bytes, size);
	while (wire_left(&reader) > 0 && !full) {
		size_t length = wire_read_u8(&reader);
		const uint8_t *label = wire_read_bytes(&reader, length);

		if (!label || length > 63)
			return -EINVAL;
		full = length == 0;
		if (at > 0 || full)
			ret[at++] = '.';
		memcpy(ret + at, label, length);
		at += (int)length;
	}
	return wire_left(&reader) == 0 ? at : -EINVAL;
}

const char *lease_option81_print(const struct lease_bytes *option, char ret[LEASE_OPTION81_TEXT])
{
	static const char letters[] = "SOEN"; /* bits 0x01 to 0x08, RFC 4702 2.1 */
	char name[UINT8_MAX], hex[100];
	size_t at = 0;
	int length;

	if (option->length == 0)
		return memcpy(ret, "-", 2);
	for (size_t bit = 0; bit < 4; bit++) {
		if (option->bytes[0] >> bit & 1)
			at += (size_t)snprintf(ret + at, LEASE_OPTION81_TEXT - at, "%c ",
					       letters[bit]);
	}
	length = option->length - OPTION81_HEAD;
	if (length > 0 && option->bytes[0] & OPTION81_WIRE)
		length = option81_name(option->bytes + OPTION81_HEAD, (size_t)length, name);
	else if (length > 0)
		memcpy(name, option->bytes + OPTION81_HEAD, (size_t)length);
	if (length < 0)
		snprintf(ret + at, LEASE_OPTION81_TEXT - at, "malformed: %s",
			 text_hex(hex, sizeof(hex), option->bytes, option->length));
	else if (length == 0)
		snprintf(ret + at, LEASE_OPTION81_TEXT - at, "(no name)");
	else
		text_clean(ret + at, LEASE_OPTION81_TEXT - at, name, (size_t)length);
	return ret;
}
