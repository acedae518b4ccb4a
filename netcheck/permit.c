/* SPDX-License-Identifier: ISC */
#include "netcheck/permit.h"

#include "common/wire.h"

#include <errno.h>

#define HEAD_BYTES 12
#define OPCODE_UPDATE 0x2800
#define TYPE_SOA 6
#define TYPE_ANY 255
#define CLASS_IN 1
#define CLASS_NONE 254
#define CLASS_ANY 255
#define TTL_S 60

enum { NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5, NXRRSET = 8, NOTAUTH = 9, NOTZONE = 10 };
enum { BADSIG = 16, BADKEY = 17 };

const char *permit_type_name(enum permit_type type)
{
	switch (type) {
	case PERMIT_A:
		return "A";
	case PERMIT_PTR:
		return "PTR";
	case PERMIT_TXT:
		return "TXT";
	case PERMIT_AAAA:
		return "AAAA";
	case PERMIT_DHCID:
		return "DHCID";
	}
	return "?";
}

const char *permit_kind_name(enum permit_kind kind)
{
	static const char *const names[] = {"permitted",
					    "REFUSED",
					    "NOTAUTH (BADKEY)",
					    "NOTAUTH (BADSIG)",
					    "NOTAUTH (BADTIME)",
					    "NOTAUTH",
					    "NOTIMP",
					    "an error",
					    "an answer that is not signed as it must be",
					    "no answer",
					    "unreachable"};

	return names[kind];
}

bool permit_is_about_rights(enum permit_kind kind)
{
	return kind == PERMIT_ALLOWED || kind == PERMIT_REFUSED || kind == PERMIT_BAD_KEY;
}

static void write_name(struct wire_writer *writer, const struct hostname *name)
{
	uint8_t bytes[HOSTNAME_WIRE_MAX];

	wire_write_bytes(writer, bytes, hostname_to_wire(name, bytes));
}

static void write_head(struct wire_writer *writer, const struct hostname *name, uint16_t type,
		       uint16_t class, uint32_t ttl_s)
{
	write_name(writer, name);
	wire_write_u16be(writer, type);
	wire_write_u16be(writer, class);
	wire_write_u32be(writer, ttl_s);
}

/* A value that nobody would miss: documentation addresses (RFC 5737, 3849), a digest of nothing. */
static void write_value(struct wire_writer *writer, const struct permit_question *question)
{
	static const uint8_t address[4] = {192, 0, 2, 1};
	static const uint8_t address6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	static const uint8_t digest[35] = {0, 0, 1};
	static const uint8_t text[13] = "\x0c"
					"amtnet-check";

	switch (question->type) {
	case PERMIT_A:
		wire_write_bytes(writer, address, sizeof(address));
		break;
	case PERMIT_PTR:
		write_name(writer, &question->zone);
		break;
	case PERMIT_TXT:
		wire_write_bytes(writer, text, sizeof(text));
		break;
	case PERMIT_AAAA:
		wire_write_bytes(writer, address6, sizeof(address6));
		break;
	case PERMIT_DHCID:
		wire_write_bytes(writer, digest, sizeof(digest));
		break;
	}
}

static void write_change(struct wire_writer *writer, const struct permit_question *question,
			 const struct hostname *name)
{
	size_t at;

	if (question->form == PERMIT_DELETE) {
		write_head(writer, name, (uint16_t)question->type, CLASS_ANY, 0);
		wire_write_u16be(writer, 0);
		return;
	}
	write_head(writer, name, (uint16_t)question->type, CLASS_IN, TTL_S);
	at = writer->at;
	wire_write_u16be(writer, 0);
	write_value(writer, question);
	wire_patch_u16be(writer, at, (uint16_t)(writer->at - at - 2));
}

int permit_encode(const struct permit_question *question, uint16_t id, uint64_t now_s,
		  uint8_t ret[PERMIT_BYTES_MAX], size_t *ret_length,
		  struct tsig_request *ret_request)
{
	struct wire_writer writer;
	struct hostname name;

	if (hostname_join(&question->label, &question->zone, &name))
		return -EINVAL;
	wire_writer_init(&writer, ret, PERMIT_BYTES_MAX);
	wire_write_u16be(&writer, id);
	wire_write_u16be(&writer, OPCODE_UPDATE);
	for (unsigned section = 0; section < 4; section++)
		wire_write_u16be(&writer, section < 3); /* zone, prerequisite, update, nothing */
	write_name(&writer, &question->zone);
	wire_write_u16be(&writer, TYPE_SOA);
	wire_write_u16be(&writer, CLASS_IN);
	write_head(&writer, &name, TYPE_ANY,
		   question->form == PERMIT_DELETE ? CLASS_NONE : CLASS_ANY, 0);
	wire_write_u16be(&writer, 0);
	write_change(&writer, question, &name);
	if (writer.bad)
		return -ENOBUFS;
	*ret_length = writer.at;
	return tsig_sign(question->key, now_s, ret, ret_length, PERMIT_BYTES_MAX, ret_request);
}

static enum permit_kind kind_of(enum permit_form form, int rcode)
{
	switch (rcode) {
	case 0:
		return form == PERMIT_DELETE ? PERMIT_ALLOWED : PERMIT_OTHER;
	case NXDOMAIN:
	case NXRRSET:
		return form == PERMIT_ADD ? PERMIT_ALLOWED : PERMIT_OTHER;
	case NOTIMP:
		return PERMIT_NO_UPDATES;
	case REFUSED:
		return PERMIT_REFUSED;
	case NOTAUTH:
	case NOTZONE:
		return PERMIT_NO_ZONE;
	default:
		return PERMIT_OTHER;
	}
}

/* Only a refusal is believed without a signature: Knot signs none for a zone that it does not have. */
static enum permit_kind kind_of_unsigned(enum permit_form form, int rcode)
{
	enum permit_kind kind = kind_of(form, rcode);

	return kind == PERMIT_ALLOWED || kind == PERMIT_OTHER ? PERMIT_UNTRUSTED : kind;
}

void permit_read(const struct permit_question *question, const struct tsig_request *request,
		 uint64_t now_s, uint8_t *bytes, size_t length, struct permit_answer *ret)
{
	uint64_t server_s = now_s;
	int error = 0;

	*ret = (struct permit_answer){.kind = PERMIT_UNTRUSTED, .rcode = -1};
	if (length < HEAD_BYTES || !(bytes[2] & 0x80) ||
	    (bytes[0] << 8 | bytes[1]) != (int)request->id)
		return;
	ret->rcode = bytes[3] & 0x0f;
	switch (tsig_verify(question->key, request, now_s, bytes, &length, &error, &server_s)) {
	case TSIG_GOOD:
		ret->kind = kind_of(question->form, ret->rcode);
		break;
	case TSIG_UNSIGNED:
		ret->kind = kind_of_unsigned(question->form, ret->rcode);
		break;
	case TSIG_ERROR_HINT:
		ret->kind = error == BADSIG ? PERMIT_BAD_SECRET : PERMIT_BAD_KEY;
		break;
	case TSIG_ERROR_BADTIME:
		ret->kind = PERMIT_CLOCK;
		ret->ahead_s = (int64_t)(server_s - now_s);
		break;
	case TSIG_TIME:
		ret->kind = PERMIT_CLOCK;
		break;
	case TSIG_FORGED:
	case TSIG_ERROR_BADTRUNC:
		break;
	}
}
