/* SPDX-License-Identifier: ISC */
#include "dns/record.h"

#include "common/text.h"

#include <openssl/evp.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_SHA256 1       /* IANA DHCID digest type */
#define RFC4361_CLIENT_ID 255 /* first octet of 255 || IAID || DUID */
#define RFC4361_DUID_AT 5

static struct record record_of(uint16_t type, uint32_t ttl, const void *rdata, size_t length)
{
	struct record record = {.type = type, .ttl = ttl, .length = (uint16_t)length};

	assert(length <= RECORD_RDATA_MAX);
	memcpy(record.rdata, rdata, length);
	return record;
}

struct record record_address(struct addr addr, uint32_t ttl)
{
	assert(addr.family != ADDR_NONE);
	return record_of(addr.family == ADDR_IP4 ? RECORD_A : RECORD_AAAA, ttl, addr.bytes,
			 addr_size(addr));
}

struct record record_ptr(const struct hostname *target, uint32_t ttl)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];
	size_t length = hostname_to_wire(target, wire);

	return record_of(RECORD_PTR, ttl, wire, length);
}

struct record record_txt(const char *text, uint32_t ttl)
{
	uint8_t rdata[1 + 255];
	size_t length = strnlen(text, 255);

	rdata[0] = (uint8_t)length;
	memcpy(rdata + 1, text, length);
	return record_of(RECORD_TXT, ttl, rdata, 1 + length);
}

bool record_equal_data(const struct record *a, const struct record *b)
{
	return a->type == b->type && a->length == b->length &&
	       memcmp(a->rdata, b->rdata, a->length) == 0;
}

static const char *print_address(const struct record *record, char *ret, size_t size)
{
	struct addr addr = {.family = record->type == RECORD_A ? ADDR_IP4 : ADDR_IP6};
	char text[ADDR_TEXT];

	if (record->length != addr_size(addr))
		return NULL;
	memcpy(addr.bytes, record->rdata, record->length);
	snprintf(ret, size, "%s", addr_print(addr, text));
	return ret;
}

static const char *print_ptr(const struct record *record, char *ret, size_t size)
{
	struct hostname name;
	bool full, changed;

	if (hostname_from_wire(record->rdata, record->length, &name, &full, &changed) < 0 || !full)
		return NULL;
	snprintf(ret, size, "%s.", name.text);
	return ret;
}

/* The character-strings one after the other, each in quotes; NULL when they do not fill the RDATA.
 */
static const char *print_txt(const struct record *record, char *ret, size_t size)
{
	size_t at = 0, used = 0;

	while (at < record->length) {
		size_t length = record->rdata[at++];
		char clean[RECORD_TEXT];

		if (length > record->length - at)
			return NULL;
		text_clean(clean, sizeof clean, record->rdata + at, length);
		if (used < size)
			used += (size_t)snprintf(ret + used, size - used, "%s\"%s\"",
						 used ? " " : "", clean);
		at += length;
	}
	return used ? ret : NULL;
}

static const char *print_base64(const struct record *record, char *ret, size_t size)
{
	uint8_t text[(RECORD_RDATA_MAX + 2) / 3 * 4 + 1];

	if (record->length == 0)
		return NULL;
	EVP_EncodeBlock(text, record->rdata, record->length);
	snprintf(ret, size, "%s", (const char *)text);
	return ret;
}

static const char *print_data(const struct record *record, char *ret, size_t size)
{
	switch (record->type) {
	case RECORD_A:
	case RECORD_AAAA:
		return print_address(record, ret, size);
	case RECORD_NS:
	case RECORD_CNAME:
	case RECORD_PTR:
		return print_ptr(record, ret, size);
	case RECORD_TXT:
		return print_txt(record, ret, size);
	case RECORD_DHCID:
		return print_base64(record, ret, size);
	default:
		return NULL;
	}
}

const char *record_print(const struct record *record, char ret[RECORD_TEXT])
{
	int head = snprintf(ret, RECORD_TEXT, "%s ", record_type_name(record->type));
	char *data = ret + head;
	size_t size = RECORD_TEXT - (size_t)head;

	/* RFC 3597: data of a type, or of a form, that we do not know. */
	if (!print_data(record, data, size)) {
		int length = snprintf(data, size, "\\# %u ", (unsigned)record->length);
		text_hex(data + length, size - (size_t)length, record->rdata, record->length);
	}
	return ret;
}

const char *record_type_name(uint16_t type)
{
	switch (type) {
	case RECORD_A:
		return "A";
	case RECORD_NS:
		return "NS";
	case RECORD_CNAME:
		return "CNAME";
	case RECORD_SOA:
		return "SOA";
	case RECORD_PTR:
		return "PTR";
	case RECORD_TXT:
		return "TXT";
	case RECORD_AAAA:
		return "AAAA";
	case RECORD_DHCID:
		return "DHCID";
	case RECORD_ANY:
		return "ANY";
	default:
		return "?";
	}
}

static int digest_identity(const void *identifier, size_t length, const struct hostname *name,
			   uint8_t ret[32])
{
	uint8_t wire[HOSTNAME_WIRE_MAX];
	size_t wire_length = hostname_to_wire(name, wire);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool good;

	good = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) &&
	       EVP_DigestUpdate(digest, identifier, length) &&
	       EVP_DigestUpdate(digest, wire, wire_length) && EVP_DigestFinal_ex(digest, ret, NULL);
	EVP_MD_CTX_free(digest);
	return good ? 0 : -ENOMEM;
}

int record_dhcid(enum record_dhcid_type type, const void *identifier, size_t length,
		 const struct hostname *name, uint32_t ttl, struct record *ret)
{
	uint8_t rdata[RECORD_DHCID_BYTES] = {0, (uint8_t)type, DIGEST_SHA256};
	int rc;

	if (length == 0)
		return -EINVAL;
	rc = digest_identity(identifier, length, name, rdata + 3);
	if (rc < 0)
		return rc;
	*ret = record_of(RECORD_DHCID, ttl, rdata, sizeof rdata);
	return 0;
}

/* Type octet and hardware address: the identifier of DHCID type 0, and, as a client id, the form
 * that most operating systems send. Returns its length, 0 without an address. */
static size_t mac_identifier(struct mac mac, uint8_t ret[1 + MAC_MAX])
{
	if (mac.length == 0)
		return 0;
	ret[0] = mac.type;
	memcpy(ret + 1, mac.bytes, mac.length);
	return 1 + (size_t)mac.length;
}

static bool is_rfc4361(const struct lease_bytes *client_id)
{
	return client_id->length > RFC4361_DUID_AT && client_id->bytes[0] == RFC4361_CLIENT_ID;
}

static int dhcid_of_client_id(const struct lease_bytes *client_id, const struct hostname *name,
			      uint32_t ttl, struct record *ret)
{
	if (is_rfc4361(client_id))
		return record_dhcid(RECORD_DHCID_DUID, client_id->bytes + RFC4361_DUID_AT,
				    client_id->length - RFC4361_DUID_AT, name, ttl, ret);
	return record_dhcid(RECORD_DHCID_CLIENT_ID, client_id->bytes, client_id->length, name, ttl,
			    ret);
}

int record_dhcid_for_client(struct mac mac, const struct lease_bytes *client_id,
			    const struct hostname *name, uint32_t ttl, struct record *ret)
{
	uint8_t identifier[1 + MAC_MAX];
	size_t length = mac_identifier(mac, identifier);

	if (client_id && client_id->length > 0)
		return dhcid_of_client_id(client_id, name, ttl, ret);
	return record_dhcid(RECORD_DHCID_HTYPE, identifier, length, name, ttl, ret);
}

#define MARKER "v=amtdhcid1;"
#define MARKER_BASE64 48 /* characters of a DHCID */

struct record record_marker(const struct record *dhcid)
{
	uint8_t rdata[1 + sizeof(MARKER) + MARKER_BASE64];
	size_t length = strlen(MARKER) + MARKER_BASE64;

	assert(dhcid->length == RECORD_DHCID_BYTES);
	rdata[0] = (uint8_t)length;
	memcpy(rdata + 1, MARKER, sizeof(MARKER)); /* its end is written over */
	EVP_EncodeBlock(rdata + 1 + strlen(MARKER), dhcid->rdata, dhcid->length);
	return record_of(RECORD_TXT, dhcid->ttl, rdata, 1 + length);
}

bool record_from_marker(const struct record *txt, struct record *ret)
{
	static const size_t head = sizeof(MARKER) - 1;
	uint8_t data[MARKER_BASE64 / 4 * 3];

	if (txt->type != RECORD_TXT || txt->length != 1 + head + MARKER_BASE64 ||
	    txt->rdata[0] != head + MARKER_BASE64 || memcmp(txt->rdata + 1, MARKER, head) != 0 ||
	    EVP_DecodeBlock(data, txt->rdata + 1 + head, MARKER_BASE64) < RECORD_DHCID_BYTES)
		return false;
	*ret = record_of(RECORD_DHCID, txt->ttl, data, RECORD_DHCID_BYTES);
	return true;
}

static bool dhcid_is(const struct record *dhcid, enum record_dhcid_type type,
		     const void *identifier, size_t length, const struct hostname *name)
{
	struct record own;

	return record_dhcid(type, identifier, length, name, 0, &own) == 0 &&
	       record_equal_data(dhcid, &own);
}

bool record_dhcid_is_machine(const struct record *dhcid, struct mac mac,
			     const struct lease_bytes *client_id, const struct hostname *name)
{
	uint8_t identifier[1 + MAC_MAX];
	size_t length = mac_identifier(mac, identifier);

	if (dhcid_is(dhcid, RECORD_DHCID_HTYPE, identifier, length, name) ||
	    dhcid_is(dhcid, RECORD_DHCID_CLIENT_ID, identifier, length, name))
		return true;
	if (!client_id)
		return false;
	if (dhcid_is(dhcid, RECORD_DHCID_CLIENT_ID, client_id->bytes, client_id->length, name))
		return true;
	return is_rfc4361(client_id) &&
	       dhcid_is(dhcid, RECORD_DHCID_DUID, client_id->bytes + RFC4361_DUID_AT,
			client_id->length - RFC4361_DUID_AT, name);
}
