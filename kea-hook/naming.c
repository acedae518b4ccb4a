/* SPDX-License-Identifier: ISC */
#include "kea-hook/naming.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

#define HARDWARE_MARK "{mac}"

int naming_from_text(const uint8_t *bytes, size_t length, struct hostname *ret, bool *ret_full,
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

int naming_expand(const char *name_template, const struct mac *mac, struct hostname *ret)
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

/* What one source gives; false where it gives nothing. */
static bool candidate(enum naming_source source, const struct naming_policy *policy,
		      const struct naming_client *client, const struct naming_wish *wish,
		      struct hostname *ret, bool *ret_full)
{
	bool changed;

	*ret_full = false;
	switch (source) {
	case NAMING_FROM_CLIENT:
		*ret = wish->name;
		*ret_full = wish->full;
		return !hostname_is_empty(ret);
	case NAMING_FROM_HOST_NAME:
		return client->host_name->length > 0 &&
		       naming_from_text(client->host_name->bytes, client->host_name->length, ret,
					ret_full, &changed) == 0;
	case NAMING_FROM_TEMPLATE:
		return naming_expand(policy->name_template, client->mac, ret) == 0;
	case NAMING_NONE:
	case NAMING_SOURCES:
		break;
	}
	return false;
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
	if (strlen(name.text) > NAMING_NAME_MAX)
		return false;
	*ret = name;
	return true;
}

static void choose_name(const struct naming_policy *policy, const struct naming_client *client,
			const struct naming_wish *wish, struct naming_decision *decision)
{
	bool own_suffix = !hostname_is_empty(&policy->suffix);
	const struct hostname *suffix = own_suffix ? &policy->suffix : client->domain;

	for (size_t i = 0; i < NAMING_SOURCES && policy->from[i] != NAMING_NONE; i++) {
		struct hostname name;
		bool full;

		if (!candidate(policy->from[i], policy, client, wish, &name, &full))
			continue;
		if (hostname_is_empty(&decision->bare) && strlen(name.text) <= NAMING_NAME_MAX)
			decision->bare = name;
		if (!full && !own_suffix)
			decision->needs_domain = true;
		if (qualify(&name, full, suffix, &decision->name)) {
			decision->source = policy->from[i];
			return;
		}
	}
}

void naming_write(const struct naming_decision *decision, struct wire_writer *writer)
{
	bool partial = decision->source == NAMING_NONE;
	const struct hostname *name = partial ? &decision->bare : &decision->name;
	uint8_t wire[HOSTNAME_WIRE_MAX];

	if (hostname_is_empty(name))
		return;
	if (decision->flags & NAMING_E) {
		wire_write_bytes(writer, wire, hostname_to_wire(name, wire) - (partial ? 1 : 0));
		return;
	}
	wire_write_bytes(writer, name->text, strlen(name->text));
	if (!partial)
		wire_write_u8(writer, '.');
}

static uint8_t answer_flags(uint8_t sent, bool forward, bool reverse)
{
	uint8_t flags = sent & NAMING_E;

	if (forward)
		flags |= NAMING_S;
	else if (!reverse)
		flags |= NAMING_N;
	if ((flags ^ sent) & NAMING_S)
		flags |= NAMING_O;
	return flags;
}

void naming_decide(const struct naming_policy *policy, const struct naming_client *client,
		   const struct naming_wish *wish, struct naming_decision *ret)
{
	/* S and N together contradict each other (RFC 4702 2.1); what was asked for wins. */
	bool refuses = (wish->flags & NAMING_N) && !(wish->flags & NAMING_S);

	*ret = (struct naming_decision){.changed = wish->changed};
	choose_name(policy, client, wish, ret);
	if (ret->source != NAMING_NONE && !(refuses && policy->honour_client_no_update)) {
		ret->forward = policy->forward;
		ret->reverse = policy->reverse;
	}
	ret->flags = answer_flags(wish->flags, ret->forward, ret->reverse);
}
