/* SPDX-License-Identifier: ISC */
#include "kea-hook/params.h"

#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct param {
	const char *name;
	const char *initial;
	const char *right; /* completes "... is not " */
	int (*set)(struct params *params, size_t offset, const char *value);
	void (*show)(const struct params *params, size_t offset, char ret[PARAMS_VALUE_MAX + 1]);
	size_t offset;
};

static int set_bool(struct params *params, size_t offset, const char *value)
{
	bool *field = (bool *)((char *)params + offset);

	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return -EINVAL;
	*field = value[0] == 't';
	return 0;
}

static void show_bool(const struct params *params, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	bool value = *(const bool *)((const char *)params + offset);

	snprintf(ret, PARAMS_VALUE_MAX + 1, "%s", value ? "true" : "false");
}

static int set_learned_max(struct params *params, size_t offset, const char *value)
{
	unsigned long number = 0;

	if (value[0] == '\0' || strlen(value) > 7)
		return -EINVAL;
	for (const char *at = value; *at != '\0'; at++) {
		if (!isdigit((unsigned char)*at))
			return -EINVAL;
		number = number * 10 + (unsigned long)(*at - '0');
	}
	if (number > PARAMS_LEARNED_MAX)
		return -EINVAL;
	*(uint32_t *)((char *)params + offset) = (uint32_t)number;
	return 0;
}

static void show_number(const struct params *params, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	snprintf(ret, PARAMS_VALUE_MAX + 1, "%u",
		 *(const uint32_t *)((const char *)params + offset));
}

static void show_text(const struct params *params, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	snprintf(ret, PARAMS_VALUE_MAX + 1, "%s", (const char *)params + offset);
}

static int set_socket(struct params *params, size_t offset, const char *value)
{
	size_t length = strlen(value);

	if (value[0] != '/' || length < 2 || length > PARAMS_SOCKET_MAX)
		return -EINVAL;
	memcpy((char *)params + offset, value, length + 1);
	return 0;
}

static int set_class(struct params *params, size_t offset, const char *value)
{
	size_t length = strlen(value);

	if (length == 0 || length > LEASE_CLASS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (!isgraph((unsigned char)value[i]))
			return -EINVAL;
	}
	memcpy((char *)params + offset, value, length + 1);
	return 0;
}

static int set_take_over(struct params *params, size_t offset, const char *value)
{
	for (size_t i = 0; take_over_names[i] != NULL; i++) {
		if (strcmp(value, take_over_names[i]) == 0) {
			*(enum take_over *)((char *)params + offset) = (enum take_over)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void show_take_over(const struct params *params, size_t offset,
			   char ret[PARAMS_VALUE_MAX + 1])
{
	enum take_over value = *(const enum take_over *)((const char *)params + offset);

	snprintf(ret, PARAMS_VALUE_MAX + 1, "%s", take_over_names[value]);
}

static int set_suffix(struct params *params, size_t offset, const char *value)
{
	struct hostname *field = (struct hostname *)((char *)params + offset);

	if (value[0] == '\0') {
		*field = (struct hostname){0};
		return 0;
	}
	return hostname_parse(value, field, NULL);
}

/* Tried with the longest hardware address, so that every client's name will fit. */
static int set_template(struct params *params, size_t offset, const char *value)
{
	struct mac longest = {.type = 1, .length = MAC_MAX};
	struct hostname ignored;
	size_t length = strlen(value);

	if (length > OPTION81_TEMPLATE_MAX)
		return -EINVAL;
	if (length > 0 &&
	    (strstr(value, "{mac}") == NULL || option81_expand(value, &longest, &ignored) < 0))
		return -EINVAL;
	memcpy((char *)params + offset, value, length + 1);
	return 0;
}

#define BOOLEAN "true or false"

static const struct param table[] = {
	{"socket", "/run/amtnet/lease.sock", "an absolute path of at most 107 characters",
	 set_socket, show_text, offsetof(struct params, socket)},
	{"take-over", "class", "class, option-81 or all", set_take_over, show_take_over,
	 offsetof(struct params, take_over)},
	{"client-class", "intel-me", "the name of a Kea client class, 1 to 63 characters",
	 set_class, show_text, offsetof(struct params, client_class)},
	{"learned-max", "65536", "a number from 0 to 1048576", set_learned_max, show_number,
	 offsetof(struct params, learned_max)},
	{"forward", "true", BOOLEAN, set_bool, show_bool, offsetof(struct params, policy.forward)},
	{"reverse", "true", BOOLEAN, set_bool, show_bool, offsetof(struct params, policy.reverse)},
	{"honour-client-no-update", "false", BOOLEAN, set_bool, show_bool,
	 offsetof(struct params, policy.honour_client_no_update)},
	{"qualifying-suffix", "", "a domain name, or \"\" for option 15 of the answer", set_suffix,
	 show_text, offsetof(struct params, policy.suffix)},
	{"name-template", "me-{mac}",
	 "a name with {mac} in it, such as me-{mac}, of at most 63 characters", set_template,
	 show_text, offsetof(struct params, policy.name_template)},
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

void params_init(struct params *ret)
{
	*ret = (struct params){0};
	for (size_t i = 0; i < TABLE_SIZE; i++)
		(void)table[i].set(ret, table[i].offset, table[i].initial);
}

static int refuse_name(const char *name, struct err *err)
{
	const char *names[TABLE_SIZE + 1] = {0};
	char clean[64];

	for (size_t i = 0; i < TABLE_SIZE; i++)
		names[i] = table[i].name;
	text_clean(clean, sizeof(clean), name, strlen(name));
	const char *nearest = text_nearest(name, names);
	if (nearest != NULL)
		return err_set(err, -EINVAL, "%s: there is no such parameter; do you mean %s?",
			       clean, nearest);
	return err_set(err, -EINVAL, "%s: there is no such parameter (amtnet-kea-hook(7) has them)",
		       clean);
}

int params_set(struct params *params, const char *name, const char *value, struct err *err)
{
	char clean[128];

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (strcmp(name, table[i].name) != 0)
			continue;
		if (table[i].set(params, table[i].offset, value) == 0)
			return 0;
		return err_set(err, -EINVAL, "%s: \"%s\" is not %s", name,
			       text_clean(clean, sizeof(clean), value, strlen(value)),
			       table[i].right);
	}
	return refuse_name(name, err);
}

bool params_show(const struct params *params, size_t index, const char **ret_name,
		 char ret_value[PARAMS_VALUE_MAX + 1])
{
	if (index >= TABLE_SIZE)
		return false;
	*ret_name = table[index].name;
	table[index].show(params, table[index].offset, ret_value);
	return true;
}

const char *params_print(const struct params *params, char ret[LEASE_TEXT_MAX + 1])
{
	char value[PARAMS_VALUE_MAX + 1];
	const char *name;
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; params_show(params, i, &name, value) && at < LEASE_TEXT_MAX; i++) {
		int n = snprintf(ret + at, LEASE_TEXT_MAX + 1 - at, "%s%s=%s", at > 0 ? " " : "",
				 name, value[0] != '\0' ? value : "-");
		at += n > 0 ? (size_t)n : 0;
	}
	return ret;
}
