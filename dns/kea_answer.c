/* SPDX-License-Identifier: ISC */
#include "dns/kea_answer.h"
#include "common/text.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Kea's result codes (src/lib/cc/command_interpreter.h). */
enum { RESULT_SUCCESS = 0, RESULT_UNSUPPORTED = 2, RESULT_EMPTY = 3 };

enum { STATE_DEFAULT = 0 }; /* of a lease; others: declined, expired, released, ... */

#define ETHERNET 1 /* the JSON does not tell the type of a hardware address */

struct kea_answer {
	struct json_tokener *tokener;
	struct json_object *object; /* NULL until complete */
	size_t length;
};

int kea_answer_new(struct kea_answer **ret)
{
	struct kea_answer *answer = calloc(1, sizeof(*answer));

	if (!answer || !(answer->tokener = json_tokener_new_ex(KEA_ANSWER_DEPTH))) {
		free(answer);
		return -ENOMEM;
	}
	*ret = answer;
	return 0;
}

void kea_answer_free(struct kea_answer *answer)
{
	if (!answer)
		return;
	json_object_put(answer->object);
	json_tokener_free(answer->tokener);
	free(answer);
}

int kea_answer_feed(struct kea_answer *answer, const char *bytes, size_t length, struct err *err)
{
	enum json_tokener_error state;

	if (length > KEA_ANSWER_MAX - answer->length)
		return err_set(err, -EFBIG, "the answer is larger than %u MiB",
			       KEA_ANSWER_MAX >> 20);
	answer->length += length;
	answer->object = json_tokener_parse_ex(answer->tokener, bytes, (int)length);
	state = json_tokener_get_error(answer->tokener);
	if (state == json_tokener_continue)
		return 0;
	if (state != json_tokener_success)
		return err_set(err, -EBADMSG, "the answer is not JSON, near byte %zu: %s",
			       answer->length - length +
				       json_tokener_get_parse_end(answer->tokener),
			       json_tokener_error_desc(state));
	if (!json_object_is_type(answer->object, json_type_object))
		return err_set(err, -EBADMSG, "the answer is JSON, but not an object");
	return 1;
}

/* Members ---------------------------------------------------------------------------------------- */

static struct json_object *member(const struct json_object *object, const char *name,
				  enum json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

/* "" where there is none. */
static const char *text_of(const struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name, json_type_string);

	return value ? json_object_get_string(value) : "";
}

/* -1 where there is none, or none that fits. */
static int64_t number_of(const struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name, json_type_int);
	int64_t number = value ? json_object_get_int64(value) : -1;

	return number < 0 ? -1 : number;
}

/* A flag of the tag, which is true where it is not there. */
static bool flag_of(const struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name, json_type_boolean);

	return !value || json_object_get_boolean(value);
}

/* "01:aa:bb", as Kea prints bytes; how many, 0 where it is not that or too long. */
static size_t bytes_of(const struct json_object *object, const char *name, uint8_t *ret,
		       size_t size)
{
	const char *text = text_of(object, name);
	char digits[2 * 255 + 1];
	size_t at = 0, length = 0;

	for (; *text && at < sizeof(digits) - 1; text++) {
		if (*text != ':')
			digits[at++] = *text;
	}
	return *text || text_unhex(digits, at, ret, size, &length) < 0 ? 0 : length;
}

/* Leases ----------------------------------------------------------------------------------------- */

/* True unless there is an entry that cannot be read. A tag that wants a name and does not say which
 * (docs/lease-socket.md, "The tag of a lease") is as good as none: nothing follows from it. */
static bool read_tag(const struct json_object *object, struct kea_lease *ret)
{
	struct json_object *context = member(object, "user-context", json_type_object);
	struct json_object *tag = member(context, "amtnet", json_type_object);
	const char *name = text_of(tag, "name");

	if (!tag)
		return true;
	if (*name && hostname_parse(name, &ret->name, NULL) < 0)
		return false;
	ret->tagged = *name || (!flag_of(tag, "forward") && !flag_of(tag, "reverse"));
	ret->forward = *name && flag_of(tag, "forward");
	ret->reverse = *name && flag_of(tag, "reverse");
	return true;
}

static uint32_t clamp(int64_t number)
{
	return number < 0 ? 0 : number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

/* False where the address or the state is not to be had: then nobody knows what the page leaves out. */
static bool read_lease(const struct json_object *object, enum addr_family family,
		       struct kea_lease *ret)
{
	const char *id = family == ADDR_IP6 ? "duid" : "client-id";
	int64_t state = number_of(object, "state");
	uint8_t hardware[MAC_MAX];
	size_t length = bytes_of(object, "hw-address", hardware, sizeof(hardware));

	*ret = (struct kea_lease){0};
	if (addr_parse(text_of(object, "ip-address"), &ret->address) < 0 ||
	    ret->address.family != family || state < 0)
		return false;
	if (length)
		mac_from_bytes(ETHERNET, hardware, length, &ret->mac);
	ret->client_id.length = (uint8_t)bytes_of(object, id, ret->client_id.bytes,
						  sizeof(ret->client_id.bytes));
	ret->since_s = clamp(number_of(object, "cltt"));
	ret->lifetime_s = clamp(number_of(object, "valid-lft"));
	/* Kea 2.4 to 2.6 keep a released lease with no lifetime; later ones have a state for it. */
	ret->active = state == STATE_DEFAULT && ret->lifetime_s;
	return true;
}

static bool is_prefix(const struct json_object *object)
{
	return !strcmp(text_of(object, "type"), "IA_PD");
}

static int give_lease(const struct json_object *object, enum addr_family family,
		      void (*on_lease)(const struct kea_lease *lease, void *user), void *user,
		      struct kea_page *page, struct err *err)
{
	struct kea_lease lease;
	char clean[80];

	if (!read_lease(object, family, &lease))
		return err_set(err, -EBADMSG,
			       "lease %zu of the page has no \"state\" or no IPv%d \"ip-address\": "
			       "\"%s\"",
			       page->count, (int)family,
			       text_clean(clean, sizeof(clean), text_of(object, "ip-address"),
					  strlen(text_of(object, "ip-address"))));
	if (addr_compare(lease.address, page->last) > 0)
		page->last = lease.address;
	if (is_prefix(object))
		return 0;
	if (!read_tag(object, &lease))
		page->bad_tags++;
	on_lease(&lease, user);
	return 0;
}

static int judge_result(const struct json_object *object, struct err *err)
{
	int64_t result = number_of(object, "result");
	const char *said = text_of(object, "text");
	char clean[200];

	if (result == RESULT_SUCCESS || result == RESULT_EMPTY)
		return 0;
	if (result < 0)
		return err_set(err, -EBADMSG, "the answer has no \"result\"");
	text_clean(clean, sizeof(clean), said, strlen(said));
	if (result == RESULT_UNSUPPORTED)
		return err_set(err, -EOPNOTSUPP,
			       "Kea says \"%s\": load libdhcp_lease_cmds.so in its "
			       "hooks-libraries",
			       clean);
	return err_set(err, -EREMOTEIO, "Kea says \"%s\"", clean);
}

int kea_answer_leases(const struct kea_answer *answer, enum addr_family family,
		      void (*on_lease)(const struct kea_lease *lease, void *user), void *user,
		      struct kea_page *ret, struct err *err)
{
	struct json_object *arguments, *leases;
	int r = judge_result(answer->object, err);

	*ret = (struct kea_page){0};
	if (r < 0)
		return r;
	arguments = member(answer->object, "arguments", json_type_object);
	leases = member(arguments, "leases", json_type_array);
	if (!leases)
		return err_set(err, -EBADMSG, "the answer has no \"arguments\" with \"leases\"");
	for (size_t i = 0; !r && i < json_object_array_length(leases); i++) {
		ret->count++;
		r = give_lease(json_object_array_get_idx(leases, i), family, on_lease, user, ret,
			       err);
	}
	return r;
}
