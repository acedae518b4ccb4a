/* SPDX-License-Identifier: ISC */
#include "common/hello.h"

#include "common/text.h"
#include "common/wire.h"

#include <string.h>

#define PSK_BYTES (HELLO_HEAD_BYTES + HELLO_PID_BYTES)
#define HASH_TYPE_SHA256 2
#define SHA256_BYTES 32

const struct uuid hello_test_uuid = {
	{0x6e, 0x74, 0x6d, 0x61, 0x74, 0x65, 0x65, 0x48, 'l', 'l', 'o', ' ', 'T', 'e', 's', 't'},
};

/* Short of bytes: worth waiting for, or too late. */
static enum hello_result more_or_ended(const char *needs, size_t size, bool ended, struct err *err)
{
	if (!ended)
		return HELLO_MORE;
	err_set(err, 0, "ended after %zu bytes; %s", size, needs);
	return HELLO_INVALID;
}

static enum hello_result decode_head(struct wire_reader *reader, bool ended, struct hello *hello,
				     struct err *err)
{
	uint16_t credentials = wire_read_u16le(reader);

	/* Said as soon as it is known: whoever speaks HTTP or TLS here is not made to wait. */
	if (!reader->bad && credentials > 1) {
		err_set(err, 0, "not a hello: it begins with %02x %02x, right is 00 00 or 01 00",
			credentials & 0xff, credentials >> 8);
		return HELLO_INVALID;
	}
	hello->admin_credentials = credentials == 1;
	hello->version = wire_read_u16le(reader);
	hello->retry = wire_read_u32le(reader);
	wire_copy_bytes(reader, hello->uuid.bytes, sizeof(hello->uuid.bytes));
	if (reader->bad)
		return more_or_ended("a hello has at least 24", reader->size, ended, err);
	return HELLO_COMPLETE;
}

static enum hello_result decode_psk(struct wire_reader *reader, bool ended, struct hello *hello,
				    struct err *err)
{
	wire_copy_bytes(reader, hello->pid, HELLO_PID_BYTES);
	if (reader->bad)
		return more_or_ended("a version 2 hello has 32", reader->size, ended, err);
	for (size_t i = 0; i < HELLO_PID_BYTES; i++) {
		if (hello->pid[i] < 0x20 || hello->pid[i] > 0x7e)
			hello->pid[i] = '?';
	}
	return HELLO_COMPLETE;
}

static enum hello_result decode_pki(struct wire_reader *reader, bool ended, struct hello *hello,
				    struct err *err)
{
	hello->hash_count = wire_read_u8(reader);
	hello->hashes = reader->bytes + reader->at;
	for (unsigned i = 0; i < hello->hash_count && !reader->bad; i++) {
		wire_read_u8(reader); /* the type: unknown ones are kept */
		wire_read_bytes(reader, wire_read_u8(reader));
	}
	if (reader->bad && reader->size == HELLO_MAX_BYTES) {
		err_set(err, 0, "its %u hashes take more than %d bytes", hello->hash_count,
			HELLO_MAX_BYTES);
		return HELLO_INVALID;
	}
	if (reader->bad)
		return more_or_ended("its hashes would need more", reader->size, ended, err);
	hello->hashes_bytes = reader->at - (HELLO_HEAD_BYTES + 1);
	return HELLO_COMPLETE;
}

/* A layout that we do not know: all of it, once there will be no more. */
static enum hello_result decode_unknown(struct wire_reader *reader, bool ended)
{
	if (!ended)
		return HELLO_MORE;
	wire_read_bytes(reader, wire_left(reader));
	return HELLO_COMPLETE;
}

enum hello_result hello_decode(const void *bytes, size_t size, bool ended, struct hello *ret,
			       struct err *err)
{
	struct hello hello = {0};
	struct wire_reader reader;
	enum hello_result result;

	if (size > HELLO_MAX_BYTES) {
		err_set(err, 0, "%zu bytes; a hello has at most %d", size, HELLO_MAX_BYTES);
		return HELLO_INVALID;
	}
	wire_reader_init(&reader, bytes, size);
	result = decode_head(&reader, ended, &hello, err);
	if (result != HELLO_COMPLETE)
		return result;
	if (hello.version == HELLO_VERSION_PSK)
		result = decode_psk(&reader, ended, &hello, err);
	else if (hello.version == HELLO_VERSION_PKI)
		result = decode_pki(&reader, ended, &hello, err);
	else
		result = decode_unknown(&reader, ended);
	if (result != HELLO_COMPLETE)
		return result;
	hello.length = reader.at;
	hello.trailing = size - reader.at;
	*ret = hello;
	return HELLO_COMPLETE;
}

bool hello_next_hash(const struct hello *hello, size_t *at, struct hello_hash *ret)
{
	struct wire_reader reader;
	struct hello_hash hash;

	if (*at >= hello->hashes_bytes)
		return false;
	wire_reader_init(&reader, hello->hashes + *at, hello->hashes_bytes - *at);
	hash.type = wire_read_u8(&reader);
	hash.length = wire_read_u8(&reader);
	hash.bytes = wire_read_bytes(&reader, hash.length);
	if (reader.bad)
		return false;
	*at += reader.at;
	*ret = hash;
	return true;
}

size_t hello_encode_pki(struct uuid uuid, uint32_t retry, const uint8_t (*sha256)[32], size_t count,
			uint8_t *ret, size_t size)
{
	struct wire_writer writer;

	if (count > UINT8_MAX)
		return 0;
	wire_writer_init(&writer, ret, size);
	wire_write_u16le(&writer, 1);
	wire_write_u16le(&writer, HELLO_VERSION_PKI);
	wire_write_u32le(&writer, retry);
	wire_write_bytes(&writer, uuid.bytes, sizeof(uuid.bytes));
	wire_write_u8(&writer, (uint8_t)count);
	for (size_t i = 0; i < count; i++) {
		wire_write_u8(&writer, HASH_TYPE_SHA256);
		wire_write_u8(&writer, SHA256_BYTES);
		wire_write_bytes(&writer, sha256[i], SHA256_BYTES);
	}
	return writer.bad ? 0 : writer.at;
}

/* Roots that MEs are known to carry. Each digest is that of the certificate in Debian 12's
 * ca-certificates; a root that could not be compared there is not listed. */
static const struct {
	const char *sha256, *name;
} roots[] = {
	{"c3846bf24b9e93ca64274c0ec67c1ecc5e024ffcacd2d74019350e81fe546ae4", "Go Daddy Class 2 CA"},
	{"45140b3247eb9cc8c5b4f0d7b53091f73292089e6e5a63e2749dd3aca9198eda",
	 "Go Daddy Root CA - G2"},
	{"d7a7a0fb5d7e2731d771e9484ebcdef71d5f0c3e0a2948782bc83ee0ea699ef4",
	 "Comodo AAA Certificate Services"},
	{"1465fa205397b876faa6f0a9958e5590e40fcc7faa4fb7c2c8677521fb5fb658",
	 "Starfield Class 2 CA"},
	{"2ce1cb0bf9d2f9e102993fbe215152c3b2dd0cabde1c68e5319b839154dbb7f5",
	 "Starfield Root CA - G2"},
	{"16af57a9f676b0ab126095aa5ebadef22ab31119d644ac95cd4b93dbf3f26aeb",
	 "Baltimore CyberTrust Root"},
	{"6dc47172e01cbcb0bf62580d895fe2b8ac9ad4f873801e0c10b9c837d21eb177",
	 "Entrust.net CA (2048)"},
	{"73c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d8e4c", "Entrust Root CA"},
	{"43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339",
	 "Entrust Root CA - G2"},
	{"70a73f7f376b60074248904534b11482d5bf0e698ecc498df52577ebf2e93b9a", "AffirmTrust Premium"},
	{"4348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c70161",
	 "DigiCert Global Root CA"},
	{"cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f",
	 "DigiCert Global Root G2"},
	{"31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0",
	 "DigiCert Global Root G3"},
	{"552f7bdcf1a7af9e6ce672017f4f12abf77240c78e761ac203d1d9d20ac89988",
	 "DigiCert Trusted Root G4"},
	{"cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b",
	 "GlobalSign Root CA - R3"},
	{"179fbc148a3dd00fd24ea13458cc43bfa7f59c8182d783a513f6ebec100c8924",
	 "GlobalSign ECC Root CA - R5"},
	{"2cabeafe37d06ca22aba7391c0033d25982952c453647349763a3ab5ad6ccf69",
	 "GlobalSign Root CA - R6"},
};

const char *hello_root_name(const uint8_t sha256[32])
{
	char digest[SHA256_BYTES * 2 + 1];

	text_hex(digest, sizeof(digest), sha256, SHA256_BYTES);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		if (strcmp(roots[i].sha256, digest) == 0)
			return roots[i].name;
	}
	return NULL;
}
