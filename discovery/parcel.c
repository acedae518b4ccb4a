/* SPDX-License-Identifier: ISC */
#include "discovery/parcel.h"

#include "common/clock.h"
#include "discovery/device.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_HEX 520 /* the longest hash that a hello may carry */

enum word {
	WORD_UUID,
	WORD_ADDRESS,
	WORD_MAC,
	WORD_NAME,
	WORD_RETRY,
	WORD_CORE,
	WORD_VERSION,
	WORD_ID,
	WORD_RECEIVED,
	WORD_CALL_BACK,
	WORD_FLAGS,
};

const char *const parcel_words[] = {
	[WORD_UUID] = "uuid",           [WORD_ADDRESS] = "address", [WORD_MAC] = "mac",
	[WORD_NAME] = "name",           [WORD_RETRY] = "retry",     [WORD_CORE] = "core",
	[WORD_VERSION] = "version",     [WORD_ID] = "id",           [WORD_RECEIVED] = "received",
	[WORD_CALL_BACK] = "call-back", [WORD_FLAGS] = "flags",     NULL,
};

const char *parcel_id(const struct carrier_parcel *parcel, char ret[PARCEL_ID_TEXT])
{
	char uuid[UUID_TEXT];

	snprintf(ret, PARCEL_ID_TEXT, "%s-%llu", uuid_print(parcel->decoded.uuid, uuid),
		 (unsigned long long)parcel->received_ms);
	return ret;
}

const char *parcel_word(const struct carrier_parcel *parcel, size_t which,
			char ret[PARCEL_WORD_TEXT])
{
	ret[0] = '\0';
	switch ((enum word)which) {
	case WORD_UUID:
		return uuid_print(parcel->decoded.uuid, ret);
	case WORD_ADDRESS:
		return addr_print(parcel->address, ret);
	case WORD_MAC:
		return parcel->mac.length > 0 ? mac_print(parcel->mac, ret) : ret;
	case WORD_NAME:
		return parcel->name ? parcel->name : ret;
	case WORD_RETRY:
		snprintf(ret, PARCEL_WORD_TEXT, "%u", parcel->decoded.retry);
		return ret;
	case WORD_CORE:
		return parcel->core;
	case WORD_VERSION:
		snprintf(ret, PARCEL_WORD_TEXT, "%u", parcel->decoded.version);
		return ret;
	case WORD_ID:
		return parcel_id(parcel, ret);
	case WORD_RECEIVED:
		return clock_print(parcel->received_ms, ret);
	case WORD_CALL_BACK:
		return gate_port_name(parcel->gate.port);
	case WORD_FLAGS:
		return device_flags_print(parcel->flags, ret);
	}
	return ret;
}

/* JSON. A heap that refuses leaves a member out, never a broken document. */

static void add_text(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key,
			       value && value[0] ? json_object_new_string(value) : NULL);
}

static void add_word(struct json_object *object, const struct carrier_parcel *parcel,
		     enum word which)
{
	char value[PARCEL_WORD_TEXT];

	add_text(object, parcel_words[which], parcel_word(parcel, which, value));
}

static void add_number(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static struct json_object *hashes_of(const struct hello *hello, bool with_types)
{
	struct json_object *list = json_object_new_array(), *item;
	struct hello_hash hash;
	char digest[DIGEST_HEX];

	for (size_t at = 0; hello_next_hash(hello, &at, &hash);) {
		text_hex(digest, sizeof(digest), hash.bytes, hash.length);
		if (!with_types) {
			json_object_array_add(list, json_object_new_string(digest));
			continue;
		}
		item = json_object_new_object();
		add_number(item, "type", hash.type);
		add_text(item, "hash", digest);
		add_text(item, "root", hash.length == 32 ? hello_root_name(hash.bytes) : NULL);
		json_object_array_add(list, item);
	}
	return list;
}

static struct json_object *flags_of(const struct carrier_parcel *parcel)
{
	struct json_object *list = json_object_new_array();
	char text[DEVICE_FLAGS_TEXT];
	const char *flags = device_flags_print(parcel->flags, text);

	while (*flags) {
		size_t length = strcspn(flags, " ");

		json_object_array_add(list, json_object_new_string_len(flags, (int)length));
		flags += length + strspn(flags + length, " ");
	}
	return list;
}

static void add_gate(struct json_object *object, const struct carrier_parcel *parcel)
{
	bool checked = parcel->gate.port != GATE_UNCHECKED;
	char time[CLOCK_TEXT];

	add_text(object, "call-back", checked ? gate_port_name(parcel->gate.port) : NULL);
	add_text(object, "gate", checked ? gate_verdict_name(parcel->gate) : NULL);
	add_text(object, "gate-checked", checked ? clock_print(parcel->gate_ms, time) : NULL);
}

static void add_bytes(struct json_object *object, const struct carrier_parcel *parcel)
{
	static char base64[HELLO_MAX_BYTES / 3 * 4 + 8];

	EVP_EncodeBlock((unsigned char *)base64, parcel->bytes, (int)parcel->length);
	add_text(object, "bytes", base64);
}

static void print(struct json_object *object, struct text *out)
{
	const char *bytes = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	text_add_bytes(out, bytes, strlen(bytes));
	json_object_put(object);
}

void parcel_json(const struct carrier_parcel *parcel, struct text *out)
{
	struct json_object *object = json_object_new_object();
	const struct hello *hello = &parcel->decoded;
	char time[CLOCK_TEXT];

	add_text(object, "event", "hello");
	add_word(object, parcel, WORD_ID);
	add_word(object, parcel, WORD_CORE);
	add_word(object, parcel, WORD_UUID);
	add_word(object, parcel, WORD_ADDRESS);
	add_word(object, parcel, WORD_MAC);
	add_word(object, parcel, WORD_NAME);
	json_object_object_add(object, "leased", json_object_new_boolean(parcel->leased));
	add_word(object, parcel, WORD_RECEIVED);
	add_text(object, "last", clock_print(parcel->last_ms, time));
	add_number(object, "count", parcel->count);
	add_number(object, "version", hello->version);
	add_number(object, "retry", hello->retry);
	json_object_object_add(object, "admin-credentials",
			       json_object_new_boolean(hello->admin_credentials));
	add_text(object, "pid", hello->pid);
	json_object_object_add(object, "hashes", hashes_of(hello, true));
	add_gate(object, parcel);
	json_object_object_add(object, "flags", flags_of(parcel));
	add_bytes(object, parcel);
	print(object, out);
}

void parcel_json_dmt(const struct carrier_parcel *parcel, struct text *out)
{
	struct json_object *object = json_object_new_object(), *info = json_object_new_object();
	struct json_object *tags = json_object_new_array();
	const char *name = parcel->name ? parcel->name : "", *dot = strchr(name, '.');
	char value[PARCEL_WORD_TEXT];

	add_text(object, "guid", parcel_word(parcel, WORD_UUID, value));
	add_text(object, "hostname", name[0] ? name : parcel_word(parcel, WORD_ADDRESS, value));
	add_text(object, "dnsSuffix", dot ? dot + 1 : NULL);
	add_text(object, "friendlyName", name[0] ? name : parcel_word(parcel, WORD_UUID, value));
	json_object_array_add(tags, json_object_new_string("amtnet"));
	json_object_object_add(object, "tags", tags);
	add_text(info, "ipAddress", parcel_word(parcel, WORD_ADDRESS, value));
	json_object_object_add(info, "certHashes", hashes_of(&parcel->decoded, false));
	add_text(info, "currentMode", "pre-provisioning state");
	json_object_object_add(info, "discovered", json_object_new_boolean(true));
	add_text(info, "firstDiscovered", parcel_word(parcel, WORD_RECEIVED, value));
	json_object_object_add(info, "dhcpEnabled", json_object_new_boolean(parcel->leased));
	json_object_object_add(object, "deviceInfo", info);
	print(object, out);
}
