/* SPDX-License-Identifier: ISC */
#include "common/tsig.h"

#include "common/hostname.h"
#include "common/wire.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 12
#define AT_ID 0
#define AT_QDCOUNT 4
#define AT_ARCOUNT 10
#define TYPE_TSIG 250
#define CLASS_ANY 255
#define RCODE_NOTAUTH 9
#define BADSIG 16
#define BADKEY 17
#define BADTIME 18
#define BADTRUNC 22
#define POINTER 0xc0

const char *const tsig_algorithm_names[] = {
	[TSIG_HMAC_SHA256] = "hmac-sha256", [TSIG_HMAC_SHA384] = "hmac-sha384",
	[TSIG_HMAC_SHA512] = "hmac-sha512", [TSIG_HMAC_SHA1] = "hmac-sha1",
	[TSIG_HMAC_SHA1 + 1] = NULL,
};

static const struct {
	const char *digest;
	size_t mac_length;
} algorithms[] = {
	[TSIG_HMAC_SHA256] = {"SHA256", 32},
	[TSIG_HMAC_SHA384] = {"SHA384", 48},
	[TSIG_HMAC_SHA512] = {"SHA512", 64},
	[TSIG_HMAC_SHA1] = {"SHA1", 20},
};

/* A name in canonical wire form. */
struct wire_name {
	size_t length;
	uint8_t bytes[HOSTNAME_WIRE_MAX];
};

struct tsig_key {
	struct hostname name;
	struct wire_name owner;
	struct wire_name algorithm;
	size_t mac_length;
	EVP_MAC_CTX *keyed; /* copied for each message, so that the key schedule is made once */
};

/* The fields of a TSIG record, RFC 8945 4.2. */
struct tsig_record {
	size_t at; /* where it begins in the message */
	struct wire_name owner;
	struct wire_name algorithm;
	uint64_t time_s;
	uint16_t fudge;
	uint16_t mac_length;
	const uint8_t *mac;
	uint16_t original_id;
	uint16_t error;
	uint16_t other_length;
	const uint8_t *other;
};

static void name_to_wire(const struct hostname *name, struct wire_name *ret)
{
	ret->length = hostname_to_wire(name, ret->bytes);
}

static bool name_equal(const struct wire_name *a, const struct wire_name *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static EVP_MAC_CTX *key_context(const char *digest, const uint8_t *secret, size_t length)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;

	if (context && !EVP_MAC_init(context, secret, length, params)) {
		EVP_MAC_CTX_free(context);
		context = NULL;
	}
	EVP_MAC_free(mac);
	return context;
}

int tsig_key_new(struct tsig_key **ret, const char *name, enum tsig_algorithm algorithm,
		 const uint8_t *secret, size_t length, struct err *err)
{
	struct hostname algorithm_name;
	struct tsig_key *key;
	int rc;

	if (length == 0)
		return err_set(err, -EINVAL, "the secret of key \"%s\" is empty", name);
	key = calloc(1, sizeof *key);
	if (!key)
		return err_set(err, -ENOMEM, "out of memory");
	rc = hostname_parse(name, &key->name, err);
	if (rc < 0)
		goto fail;
	rc = hostname_parse(tsig_algorithm_names[algorithm], &algorithm_name, err);
	assert(rc == 0);
	name_to_wire(&key->name, &key->owner);
	name_to_wire(&algorithm_name, &key->algorithm);
	key->mac_length = algorithms[algorithm].mac_length;
	key->keyed = key_context(algorithms[algorithm].digest, secret, length);
	if (!key->keyed) {
		rc = err_set(err, -ENOMEM, "OpenSSL has no HMAC with %s",
			     algorithms[algorithm].digest);
		goto fail;
	}
	*ret = key;
	return 0;
fail:
	tsig_key_free(key);
	return rc;
}

void tsig_key_free(struct tsig_key *key)
{
	if (!key)
		return;
	EVP_MAC_CTX_free(key->keyed); /* cleanses its copy of the secret */
	free(key);
}

const char *tsig_key_name(const struct tsig_key *key)
{
	return key->name.text;
}

/* The "TSIG variables" of RFC 8945 4.3.3, which stand in the digest after the message. */
static bool digest_variables(EVP_MAC_CTX *context, const struct tsig_key *key,
			     const struct tsig_record *record)
{
	uint8_t bytes[2 * HOSTNAME_WIRE_MAX + 18];
	struct wire_writer writer;

	wire_writer_init(&writer, bytes, sizeof bytes);
	wire_write_bytes(&writer, key->owner.bytes, key->owner.length);
	wire_write_u16be(&writer, CLASS_ANY);
	wire_write_u32be(&writer, 0); /* TTL */
	wire_write_bytes(&writer, key->algorithm.bytes, key->algorithm.length);
	wire_write_u48be(&writer, record->time_s);
	wire_write_u16be(&writer, record->fudge);
	wire_write_u16be(&writer, record->error);
	wire_write_u16be(&writer, record->other_length);
	assert(!writer.bad);
	return EVP_MAC_update(context, bytes, writer.at) &&
	       (record->other_length == 0 ||
		EVP_MAC_update(context, record->other, record->other_length));
}

/* RFC 8945 4.3: the request's MAC (for an answer), the message as it was without its TSIG, the
 * variables. */
static bool compute_mac(const struct tsig_key *key, const struct tsig_request *request,
			const uint8_t *message, size_t length, const struct tsig_record *record,
			uint8_t ret[TSIG_MAC_MAX])
{
	EVP_MAC_CTX *context = EVP_MAC_CTX_dup(key->keyed);
	size_t mac_length = 0;
	bool good = context != NULL;

	if (good && request) {
		const uint8_t prefix[2] = {(uint8_t)(request->mac_length >> 8),
					   (uint8_t)request->mac_length};
		good = EVP_MAC_update(context, prefix, sizeof prefix) &&
		       EVP_MAC_update(context, request->mac, request->mac_length);
	}
	good = good && EVP_MAC_update(context, message, length) &&
	       digest_variables(context, key, record) &&
	       EVP_MAC_final(context, ret, &mac_length, TSIG_MAC_MAX) &&
	       mac_length == key->mac_length;
	EVP_MAC_CTX_free(context);
	return good;
}

static uint16_t get_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put_u16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void write_record(struct wire_writer *writer, const struct tsig_key *key,
			 const struct tsig_record *record, const uint8_t *mac)
{
	wire_write_bytes(writer, key->owner.bytes, key->owner.length);
	wire_write_u16be(writer, TYPE_TSIG);
	wire_write_u16be(writer, CLASS_ANY);
	wire_write_u32be(writer, 0); /* TTL */
	wire_write_u16be(writer, (uint16_t)(key->algorithm.length + 16 + key->mac_length));
	wire_write_bytes(writer, key->algorithm.bytes, key->algorithm.length);
	wire_write_u48be(writer, record->time_s);
	wire_write_u16be(writer, record->fudge);
	wire_write_u16be(writer, (uint16_t)key->mac_length);
	wire_write_bytes(writer, mac, key->mac_length);
	wire_write_u16be(writer, record->original_id);
	wire_write_u16be(writer, 0); /* error */
	wire_write_u16be(writer, 0); /* other length */
}

int tsig_sign(const struct tsig_key *key, uint64_t now_s, uint8_t *message, size_t *length,
	      size_t size, struct tsig_request *ret)
{
	struct tsig_record record = {.time_s = now_s, .fudge = TSIG_FUDGE_S};
	struct wire_writer writer;
	uint16_t additional;

	if (*length < HEAD_BYTES || get_u16(message + AT_ARCOUNT) == UINT16_MAX)
		return -EINVAL;
	additional = get_u16(message + AT_ARCOUNT);
	record.original_id = get_u16(message + AT_ID);
	if (!compute_mac(key, NULL, message, *length, &record, ret->mac))
		return -ENOMEM;
	wire_writer_init(&writer, message + *length, size - *length);
	write_record(&writer, key, &record, ret->mac);
	if (writer.bad)
		return -ENOBUFS;
	put_u16(message + AT_ARCOUNT, (uint16_t)(additional + 1));
	*length += writer.at;
	ret->mac_length = key->mac_length;
	ret->id = record.original_id;
	return 0;
}

static void skip_name(struct wire_reader *reader)
{
	for (;;) {
		uint8_t octet = wire_read_u8(reader);

		if (reader->bad || octet == 0)
			return;
		if ((octet & POINTER) == POINTER) {
			wire_read_u8(reader);
			return;
		}
		if (octet & POINTER)
			reader->bad = true;
		wire_read_bytes(reader, octet);
	}
}

static void append_label(struct wire_name *name, const uint8_t *label, uint8_t octet)
{
	name->bytes[name->length++] = octet;
	for (uint8_t i = 0; i < octet; i++) {
		uint8_t c = label[i];
		name->bytes[name->length++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
	}
}

/* Reads a name that may be compressed, in lower case. A pointer must go further back than where the
 * name, or the part that pointed, began: so it ends. */
static void read_name(struct wire_reader *reader, struct wire_name *ret)
{
	struct wire_reader cursor = *reader;
	size_t before = reader->at;
	bool jumped = false;

	ret->length = 0;
	for (;;) {
		uint8_t octet = wire_read_u8(&cursor);
		bool pointer = (octet & POINTER) == POINTER;
		size_t target = pointer ? (size_t)(octet & ~POINTER) << 8 | wire_read_u8(&cursor)
					: 0;
		const uint8_t *label = pointer ? NULL : wire_read_bytes(&cursor, octet);

		if (!jumped)
			*reader = cursor;
		if (cursor.bad || (!pointer && (octet & POINTER)) ||
		    (pointer && target >= before) ||
		    (!pointer && ret->length + 1 + octet > sizeof ret->bytes)) {
			reader->bad = true;
			return;
		}
		if (pointer) {
			jumped = true;
			before = cursor.at = target;
			continue;
		}
		append_label(ret, label, octet);
		if (octet == 0)
			return;
	}
}

/* A record's head after its name; the reader stands at the RDATA. */
static uint16_t read_head(struct wire_reader *reader, uint16_t *ret_class, uint32_t *ret_ttl,
			  uint16_t *ret_length)
{
	uint16_t type = wire_read_u16be(reader);

	*ret_class = wire_read_u16be(reader);
	*ret_ttl = wire_read_u32be(reader);
	*ret_length = wire_read_u16be(reader);
	return type;
}

/* Reads the record at the reader as a TSIG. False when it is none, or is not made as one must be.
 */
static bool read_record(struct wire_reader *reader, struct tsig_record *ret)
{
	uint16_t class, length;
	uint32_t ttl;
	size_t end;

	ret->at = reader->at;
	read_name(reader, &ret->owner);
	if (read_head(reader, &class, &ttl, &length) != TYPE_TSIG || class != CLASS_ANY || ttl != 0)
		return false;
	end = reader->at + length;
	read_name(reader, &ret->algorithm);
	ret->time_s = wire_read_u48be(reader);
	ret->fudge = wire_read_u16be(reader);
	ret->mac_length = wire_read_u16be(reader);
	ret->mac = wire_read_bytes(reader, ret->mac_length);
	ret->original_id = wire_read_u16be(reader);
	ret->error = wire_read_u16be(reader);
	ret->other_length = wire_read_u16be(reader);
	ret->other = wire_read_bytes(reader, ret->other_length);
	return !reader->bad && reader->at == end;
}

/* Steps over a record; gives its type. */
static uint16_t skip_record(struct wire_reader *reader)
{
	uint16_t type, class, length;
	uint32_t ttl;

	skip_name(reader);
	type = read_head(reader, &class, &ttl, &length);
	wire_read_bytes(reader, length);
	return type;
}

/* Finds the TSIG: the last record of the additional section, the only one of its type, and nothing
 * after it. TSIG_GOOD here means found. */
static enum tsig_verdict find_record(const uint8_t *message, size_t length, struct tsig_record *ret)
{
	struct wire_reader reader, last;
	uint32_t questions, records;
	uint16_t additional;

	if (length < HEAD_BYTES)
		return TSIG_FORGED;
	wire_reader_init(&reader, message, length);
	reader.at = AT_QDCOUNT;
	questions = wire_read_u16be(&reader);
	records = wire_read_u16be(&reader);
	records += wire_read_u16be(&reader);
	additional = wire_read_u16be(&reader);
	if (additional == 0)
		return TSIG_UNSIGNED;
	records += additional;
	for (uint32_t i = 0; i < questions && !reader.bad; i++) {
		skip_name(&reader);
		wire_read_u32be(&reader); /* type and class */
	}
	for (uint32_t i = 0; i + 1 < records && !reader.bad; i++) {
		if (skip_record(&reader) == TYPE_TSIG)
			return TSIG_FORGED; /* not the last one */
	}
	last = reader;
	if (skip_record(&reader) != TYPE_TSIG)
		return reader.bad ? TSIG_FORGED : TSIG_UNSIGNED;
	if (reader.bad || reader.at != length || !read_record(&last, ret))
		return TSIG_FORGED;
	return TSIG_GOOD;
}

/* The MAC is over the message with the original id and without the TSIG: made so in place, and left
 * so only where the MAC is right. */
static bool mac_is_right(const struct tsig_key *key, const struct tsig_request *request,
			 uint8_t *message, const struct tsig_record *record)
{
	uint16_t id = get_u16(message + AT_ID), additional = get_u16(message + AT_ARCOUNT);
	uint8_t mac[TSIG_MAC_MAX];
	bool right;

	put_u16(message + AT_ID, record->original_id);
	put_u16(message + AT_ARCOUNT, (uint16_t)(additional - 1));
	right = compute_mac(key, request, message, record->at, record, mac) &&
		CRYPTO_memcmp(mac, record->mac, key->mac_length) == 0;
	put_u16(message + AT_ID, id);
	if (!right)
		put_u16(message + AT_ARCOUNT, additional);
	return right;
}

/* What a rightly signed answer says. */
static enum tsig_verdict judge_signed(const struct tsig_record *record, uint64_t now_s,
				      uint64_t *ret_server_s)
{
	uint64_t apart = now_s > record->time_s ? now_s - record->time_s : record->time_s - now_s;

	if (record->error == BADTIME && record->other_length == 6) {
		struct wire_reader reader;
		wire_reader_init(&reader, record->other, 6);
		*ret_server_s = wire_read_u48be(&reader);
		return TSIG_ERROR_BADTIME;
	}
	if (apart > record->fudge)
		return TSIG_TIME;
	if (record->error == BADTRUNC)
		return TSIG_ERROR_BADTRUNC;
	/* Any other error cannot stand beside a good MAC. */
	return record->error == 0 ? TSIG_GOOD : TSIG_FORGED;
}

enum tsig_verdict tsig_verify(const struct tsig_key *key, const struct tsig_request *request,
			      uint64_t now_s, uint8_t *message, size_t *length, int *ret_error,
			      uint64_t *ret_server_s)
{
	struct tsig_record record;
	enum tsig_verdict verdict = find_record(message, *length, &record);

	*ret_error = 0;
	if (verdict != TSIG_GOOD)
		return verdict;
	if (get_u16(message + AT_ID) != request->id || !name_equal(&record.owner, &key->owner) ||
	    !name_equal(&record.algorithm, &key->algorithm))
		return TSIG_FORGED;
	*ret_error = record.error;
	if (record.mac_length == 0 && (message[3] & 0x0f) == RCODE_NOTAUTH &&
	    (record.error == BADKEY || record.error == BADSIG))
		return TSIG_ERROR_HINT;
	if (record.mac_length != key->mac_length || !mac_is_right(key, request, message, &record))
		return TSIG_FORGED;
	verdict = judge_signed(&record, now_s, ret_server_s);
	*length = record.at;
	return verdict;
}

const char *tsig_verdict_text(enum tsig_verdict verdict)
{
	switch (verdict) {
	case TSIG_GOOD:
		return "the signature is right";
	case TSIG_UNSIGNED:
		return "the answer is not signed";
	case TSIG_FORGED:
		return "the answer's signature is not right";
	case TSIG_TIME:
		return "the answer was signed at a time too far from ours";
	case TSIG_ERROR_HINT:
		return "the server says, unsigned, that it does not take the key or the signature";
	case TSIG_ERROR_BADTIME:
		return "the server's clock is too far from ours";
	case TSIG_ERROR_BADTRUNC:
		return "the server wants a longer signature";
	}
	return "?";
}
