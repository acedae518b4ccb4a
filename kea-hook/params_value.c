/* SPDX-License-Identifier: ISC */
#include "kea-hook/params_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const take_over_names[TAKE_OVER_WAYS] = {
	[TAKE_OVER_CLASS] = "class",     [TAKE_OVER_MAC_PREFIXES] = "mac-prefixes",
	[TAKE_OVER_LEARNED] = "learned", [TAKE_OVER_OPTION81] = "option-81",
	[TAKE_OVER_ALL] = "all",
};

static const char *const source_names[NAMING_SOURCES] = {
	[NAMING_FROM_CLIENT] = "option-81",
	[NAMING_FROM_HOST_NAME] = "option-12",
	[NAMING_FROM_TEMPLATE] = "template",
};

static void *at(void *object, size_t offset)
{
	return (char *)object + offset;
}

static const void *const_at(const void *object, size_t offset)
{
	return (const char *)object + offset;
}

int params_set_bool(void *object, size_t offset, const char *value)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return -EINVAL;
	*(bool *)at(object, offset) = value[0] == 't';
	return 0;
}

void params_show_bool(const void *object, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	bool value = *(const bool *)const_at(object, offset);

	snprintf(ret, PARAMS_VALUE_MAX + 1, "%s", value ? "true" : "false");
}

int params_set_learned_max(void *object, size_t offset, const char *value)
{
	unsigned long number = 0;

	if (value[0] == '\0' || strlen(value) > 7)
		return -EINVAL;
	for (; *value != '\0'; value++) {
		if (!isdigit((unsigned char)*value))
			return -EINVAL;
		number = number * 10 + (unsigned long)(*value - '0');
	}
	if (number > PARAMS_LEARNED_MAX)
		return -EINVAL;
	*(uint32_t *)at(object, offset) = (uint32_t)number;
	return 0;
}

void params_show_number(const void *object, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	snprintf(ret, PARAMS_VALUE_MAX + 1, "%u", *(const uint32_t *)const_at(object, offset));
}

void params_show_text(const void *object, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	snprintf(ret, PARAMS_VALUE_MAX + 1, "%s", (const char *)const_at(object, offset));
}

int params_set_socket(void *object, size_t offset, const char *value)
{
	size_t length = strlen(value);

	if (value[0] != '/' || length < 2 || length > PARAMS_SOCKET_MAX)
		return -EINVAL;
	memcpy(at(object, offset), value, length + 1);
	return 0;
}

int params_set_class_name(void *object, size_t offset, const char *value)
{
	size_t length = strlen(value);

	if (length == 0 || length > LEASE_CLASS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (!isgraph((unsigned char)value[i]))
			return -EINVAL;
	}
	memcpy(at(object, offset), value, length + 1);
	return 0;
}

/* The next word of a list with commas and its length; NULL behind the last. *list moves on. */
static const char *next_word(const char **list, size_t *ret_length)
{
	const char *word = *list;

	if (word == NULL)
		return NULL;
	*ret_length = strcspn(word, ",");
	*list = word[*ret_length] == ',' ? word + *ret_length + 1 : NULL;
	return word;
}

static size_t index_of(const char *word, size_t length, const char *const *names, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (strlen(names[i]) == length && memcmp(word, names[i], length) == 0)
			return i;
	}
	return 0;
}

/* `ret` has room for `count` numbers: each name at most once, and a zero behind the last. */
static int set_names(uint8_t *ret, const char *const *names, size_t count, const char *value)
{
	uint8_t chosen[16] = {0};
	size_t length, n = 0;
	const char *word;

	while ((word = next_word(&value, &length)) != NULL) {
		size_t index = index_of(word, length, names, count);

		if (index == 0 || memchr(chosen, (int)index, n) != NULL)
			return -EINVAL;
		chosen[n++] = (uint8_t)index;
	}
	memcpy(ret, chosen, count);
	return 0;
}

static void show_names(const uint8_t *chosen, const char *const *names, char *ret)
{
	int length = 0;

	for (size_t i = 0; chosen[i] != 0; i++)
		length += snprintf(ret + length, PARAMS_VALUE_MAX + 1 - (size_t)length, "%s%s",
				   i > 0 ? "," : "", names[chosen[i]]);
}

int params_set_ways(void *object, size_t offset, const char *value)
{
	return set_names(at(object, offset), take_over_names, TAKE_OVER_WAYS, value);
}

void params_show_ways(const void *object, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	show_names(const_at(object, offset), take_over_names, ret);
}

int params_set_sources(void *object, size_t offset, const char *value)
{
	return set_names(at(object, offset), source_names, NAMING_SOURCES, value);
}

void params_show_sources(const void *object, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	show_names(const_at(object, offset), source_names, ret);
}

int params_set_prefixes(void *object, size_t offset, const char *value)
{
	struct mac_prefix parsed[PARAMS_PREFIXES_MAX] = {0};
	struct params *params = object;
	size_t length, count = 0;
	const char *word;

	if (value[0] == '\0')
		value = NULL;
	while ((word = next_word(&value, &length)) != NULL) {
		char text[MAC_PREFIX_TEXT];

		if (count == PARAMS_PREFIXES_MAX || length >= sizeof(text))
			return -EINVAL;
		memcpy(text, word, length);
		text[length] = '\0';
		if (mac_prefix_parse(text, &parsed[count++]) < 0)
			return -EINVAL;
	}
	memcpy(at(object, offset), parsed, count * sizeof(parsed[0]));
	params->prefix_count = count;
	return 0;
}

void params_show_prefixes(const void *object, size_t offset, char ret[PARAMS_VALUE_MAX + 1])
{
	const struct mac_prefix *prefixes = const_at(object, offset);
	const struct params *params = object;
	char text[MAC_PREFIX_TEXT];
	size_t length = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < params->prefix_count; i++) {
		if (length + sizeof(text) + sizeof(",...") > PARAMS_VALUE_MAX) {
			snprintf(ret + length, sizeof(",..."), ",...");
			return;
		}
		length += (size_t)snprintf(ret + length, PARAMS_VALUE_MAX + 1 - length, "%s%s",
					   i > 0 ? "," : "", mac_prefix_print(prefixes[i], text));
	}
}

int params_set_suffix(void *object, size_t offset, const char *value)
{
	struct hostname *field = at(object, offset);

	if (value[0] == '\0') {
		*field = (struct hostname){0};
		return 0;
	}
	return hostname_parse(value, field, NULL);
}

/* Tried with the longest hardware address, so that every client's name will fit. */
int params_set_template(void *object, size_t offset, const char *value)
{
	struct mac longest = {.type = 1, .length = MAC_MAX};
	struct hostname ignored;
	size_t length = strlen(value);

	if (length > NAMING_TEMPLATE_MAX)
		return -EINVAL;
	if (length > 0 &&
	    (strstr(value, "{mac}") == NULL || naming_expand(value, &longest, &ignored) < 0))
		return -EINVAL;
	memcpy(at(object, offset), value, length + 1);
	return 0;
}
