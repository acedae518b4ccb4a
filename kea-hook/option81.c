/* SPDX-License-Identifier: ISC */
#include "kea-hook/option81.h"

#include "common/text.h"
#include "common/wire.h"

#include <errno.h>
#include <string.h>

#define HEAD_BYTES 3     /* flags, rcode1, rcode2 */
#define RCODE_SERVER 255 /* RFC 4702 2.2 */
#define FLAGS_KNOWN 0x0f
#define HARDWARE_MARK "{mac}"

/* A name as ASCII text: 0 or -ENOENT, with *ret_full as option81_decode() says. */
static int name_from_text(const uint8_t *bytes, size_t length, struct hostname *ret, bool *ret_full,
			  bool *ret_changed)
{
	/* Some clients count the string's terminating zero. */
	while (length > 0 && bytes[length - 1] == '\0')
		length--;
	int r = hostname_clean(bytes, length, ret, ret_changed);
	if (r < 0)
		return r;
	*ret_full = hostname_labels(ret) > 1;
	return 0;
}

static int decode_name(const uint8_t *bytes, size_t length, struct option81 *option)
{
	int r;

	if (length == 0)
		return 0;
	if (option->flags & OPTION81_E) {
		r = hostname_from_wire(bytes, length, &option->name, &option->full,
				       &option->changed);
		if (r == -EINVAL)
			return r;
	} else {
		r = name_from_text(bytes, length, &option->name, &option->full, &option->changed);
	}
	if (r < 0) {
		/* Nothing usable in it: as good as empty, except for the root, which is empty. */
		option->name = (struct hostname){0};
		option->changed = !(length == 1 && (bytes[0] == 0 || bytes[0] == '.'));
	}
	return 0;
}

int option81_decode(const struct lease_bytes *option, struct option81 *ret)
{
	struct option81 decoded = {0};

	if (option->length < HEAD_BYTES)
		return -EINVAL;
	decoded.flags = option->bytes[0] & FLAGS_KNOWN;
	int r = decode_name(option->bytes + HEAD_BYTES, option->length - (size_t)HEAD_BYTES,
			    &decoded);
	if (r < 0)
		return r;
	if (hostname_labels(&decoded.name) < 2)
		decoded.full = false;
	*ret = decoded;
	return 0;
}

int option81_expand(const char *name_template, const struct mac *mac, struct hostname *ret)
{
	char hex[2 * MAC_MAX + 1];
	struct text text;
	int r = -ENOENT;

	if (name_template[0] == '\0' || mac->length == 0)
		return r;
	text_hex(hex, sizeof(hex), mac->bytes, mac->length);
	text_init(&text, HOSTNAME_MAX);
	for (const char *at = name_template; *at != '\0';) {
		const char *mark = strstr(at, HARDWARE_MARK);

		if (mark == NULL) {
			text_add(&text, "%s", at);
			break;
		}
		text_add(&text, "%.*s%s", (int)(mark - at), at, hex);
		at = mark + strlen(HARDWARE_MARK);
	}
	r = text.bad ? -EINVAL : hostname_parse(text.bytes, ret, NULL);
	text_done(&text);
	return r;
}

/* Makes `given` a full name; false where there is nothing to make it full with, or no room. */
static bool qualify(const struct hostname *given, bool full, const struct hostname *suffix,
		    struct hostname *ret)
{
	struct hostname name = *given;

	if (!full) {
		if (hostname_is_empty(suffix))
			return false;
		if (hostname_join(given, suffix, &name) < 0)
			return false;
	}
	if (strlen(name.text) > OPTION81_NAME_MAX)
		return false;
	*ret = name;
	return true;
}

/* The candidates in their order; *ret_bare is the first one, to be told to a client without suffix.
 */
static enum option81_source choose_name(const struct option81_policy *policy,
					const struct option81_client *client,
					const struct option81 *sent, struct hostname *ret,
					struct hostname *ret_bare)
{
	const struct hostname *suffix = hostname_is_empty(&policy->suffix) ? client->domain
									   : &policy->suffix;
	struct hostname names[3] = {sent->name};
	bool full[3] = {sent->full};
	bool changed;

	if (client->host_name->length > 0 &&
	    name_from_text(client->host_name->bytes, client->host_name->length, &names[1], &full[1],
			   &changed) < 0)
		names[1] = (struct hostname){0};
	if (option81_expand(policy->name_template, client->mac, &names[2]) < 0)
		names[2] = (struct hostname){0};

	for (size_t i = 0; i < 3; i++) {
		if (hostname_is_empty(&names[i]))
			continue;
		if (hostname_is_empty(ret_bare) && strlen(names[i].text) <= OPTION81_NAME_MAX)
			*ret_bare = names[i];
		if (qualify(&names[i], full[i], suffix, ret))
			return OPTION81_FROM_CLIENT + i;
	}
	return OPTION81_NO_NAME;
}

static uint8_t answer_flags(uint8_t sent, bool forward, bool reverse)
{
	uint8_t flags = sent & OPTION81_E;

	if (forward)
		flags |= OPTION81_S;
	else if (!reverse)
		flags |= OPTION81_N;
	if ((flags ^ sent) & OPTION81_S)
		flags |= OPTION81_O;
	return flags;
}

/* `partial`: the name is not full and must not look so. */
static void encode_answer(uint8_t flags, const struct hostname *name, bool partial,
			  struct lease_bytes *ret)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];
	struct wire_writer writer;

	wire_writer_init(&writer, ret->bytes, sizeof(ret->bytes));
	wire_write_u8(&writer, flags);
	wire_write_u8(&writer, RCODE_SERVER);
	wire_write_u8(&writer, RCODE_SERVER);
	if (!hostname_is_empty(name) && (flags & OPTION81_E)) {
		wire_write_bytes(&writer, wire, hostname_to_wire(name, wire) - (partial ? 1 : 0));
	} else if (!hostname_is_empty(name)) {
		wire_write_bytes(&writer, name->text, strlen(name->text));
		if (!partial)
			wire_write_u8(&writer, '.');
	}
	ret->length = writer.bad ? 0 : (uint8_t)writer.at;
}

void option81_decide(const struct option81_policy *policy, const struct option81_client *client,
		     struct option81_decision *ret)
{
	struct option81_decision decision = {0};
	struct option81 sent = {0};
	struct hostname bare = {0};
	bool answers = client->option81->length > 0;

	if (answers && option81_decode(client->option81, &sent) < 0) {
		decision.malformed = true;
		answers = false; /* no encoding of its answer is known to be right */
	}
	decision.changed = sent.changed;
	decision.source = choose_name(policy, client, &sent, &decision.name, &bare);

	/* S and N together contradict each other (RFC 4702 2.1); what was asked for wins. */
	bool refuses = (sent.flags & OPTION81_N) && !(sent.flags & OPTION81_S);
	if (decision.source != OPTION81_NO_NAME && !(refuses && policy->honour_client_no_update)) {
		decision.forward = policy->forward;
		decision.reverse = policy->reverse;
	}
	if (answers) {
		bool partial = decision.source == OPTION81_NO_NAME;

		encode_answer(answer_flags(sent.flags, decision.forward, decision.reverse),
			      partial ? &bare : &decision.name, partial, &decision.answer);
	}
	*ret = decision;
}
