/* SPDX-License-Identifier: ISC */
#include "dns/publish_marker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 255 /* of one character-string (RFC 1035 3.3) */

static const char version[] = "v=amtps1";
static const char owner_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

bool publish_marker_owner_is_good(const char *owner)
{
	size_t length = strlen(owner);

	return length > 0 && length <= PUBLISH_OWNER_MAX &&
	       strspn(owner, owner_characters) == length;
}

uint32_t publish_marker_next_epoch(uint32_t epoch)
{
	return epoch == UINT32_MAX ? 1 : epoch + 1;
}

struct record publish_marker_record(const struct publish_marker *marker, uint32_t ttl)
{
	char text[TEXT_MAX + 1];

	snprintf(text, sizeof(text), "%s;owner=%s;epoch=%u%s", version, marker->owner,
		 (unsigned)marker->epoch, marker->shared ? ";hot=" : "");
	for (size_t i = 0; marker->shared && i < marker->count; i++) {
		size_t at = strlen(text);
		char address[ADDR_TEXT];

		snprintf(text + at, sizeof(text) - at, "%s%s", i ? "," : "",
			 addr_print(marker->addresses[i], address));
	}
	return record_txt(text, ttl);
}

/* The text of a TXT record with one character-string; false for any other. */
static bool txt_text(const struct record *record, char ret[TEXT_MAX + 1])
{
	size_t length = record->length ? record->rdata[0] : 0;

	if (record->type != RECORD_TXT || !length || length + 1 != record->length)
		return false;
	memcpy(ret, record->rdata + 1, length);
	ret[length] = '\0';
	return strlen(ret) == length;
}

static bool epoch_parse(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long long value;

	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 10)
		return false;
	value = strtoull(text, &end, 10);
	if (value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

/* What follows "NAME=" in a field; NULL when the field has another name. */
static char *value_of(char *field, const char *name)
{
	size_t length = strlen(name);

	return field && !strncmp(field, name, length) && field[length] == '=' ? field + length + 1
									      : NULL;
}

/* What follows "hot=": addresses with commas between them, or nothing. */
static bool addresses_parse(char *text, struct publish_marker *ret)
{
	ret->shared = true;
	while (text && *text) {
		const char *one = strsep(&text, ",");

		if (ret->count == PUBLISH_SHARE_MAX ||
		    addr_parse(one, &ret->addresses[ret->count++]) < 0)
			return false;
	}
	return true;
}

bool publish_marker_parse(const struct record *record, struct publish_marker *ret)
{
	char text[TEXT_MAX + 1], *rest = text, *owner, *epoch, *hot;
	struct publish_marker marker = {.owner = ""};

	if (!txt_text(record, text))
		return false;
	if (strcmp(strsep(&rest, ";"), version) != 0)
		return false;
	owner = value_of(strsep(&rest, ";"), "owner");
	epoch = value_of(strsep(&rest, ";"), "epoch");
	if (!owner || !publish_marker_owner_is_good(owner) || !epoch ||
	    !epoch_parse(epoch, &marker.epoch))
		return false;
	hot = value_of(strsep(&rest, ";"), "hot");
	if (hot && !addresses_parse(hot, &marker))
		return false;
	memcpy(marker.owner, owner, strlen(owner) + 1);
	*ret = marker;
	return true;
}

int publish_marker_life_name(const char *owner, const struct hostname *name, struct hostname *ret)
{
	char text[PUBLISH_OWNER_MAX + sizeof("._amtps.") + HOSTNAME_MAX];

	snprintf(text, sizeof(text), "%s._amtps.%s", owner, name->text);
	return hostname_parse(text, ret, NULL);
}
