/* SPDX-License-Identifier: ISC */
#include "common/config_value.h"

#include "common/config_error.h"
#include "common/config_secret.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int64_t ms;
} units[] = {
	{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

void config_value_print_duration(int64_t ms, struct text *out)
{
	size_t unit = 0;

	if (ms == 0) {
		text_add(out, "0s");
		return;
	}
	while (ms % units[unit].ms != 0)
		unit++;
	text_add(out, "%" PRId64 "%s", ms / units[unit].ms, units[unit].name);
}

static bool is_bounded(const struct config_key *key)
{
	return key->min != 0 || key->max != 0;
}

/* Decimal digits, with a sign when `sign` allows it. Gives what follows in *ret_end. */
static int parse_number(const char *text, bool sign, int64_t *ret, const char **ret_end)
{
	const char *digits = sign && text[0] == '-' ? text + 1 : text;
	long long value;
	char *end;

	if (!isdigit((unsigned char)digits[0]))
		return -EINVAL;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno == ERANGE)
		return -ERANGE;
	*ret = value;
	*ret_end = end;
	return 0;
}

static int parse_bool(const struct config_key *key, const char *text, void *ret, struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];

	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return err_set(err, -EINVAL, "\"%s\" is neither true nor false",
			       config_error_value(shown, text));
	*(bool *)ret = text[0] == 't';
	return 0;
}

static void print_bool(const struct config_key *key, const void *value, struct text *out)
{
	text_add(out, "%s", *(const bool *)value ? "true" : "false");
}

static int refuse_int_bounds(const struct config_key *key, const char *text, struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];

	config_error_value(shown, text);
	if (!is_bounded(key))
		return err_set(err, -EINVAL, "\"%s\" is too large a number", shown);
	return err_set(err, -EINVAL, "%s is out of bounds; %" PRId64 " to %" PRId64 " is allowed",
		       shown, key->min, key->max);
}

static int parse_int(const struct config_key *key, const char *text, void *ret, struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];
	const char *end;
	int64_t value;
	int code;

	code = parse_number(text, true, &value, &end);
	if (code == -EINVAL || (code == 0 && *end != '\0'))
		return err_set(err, -EINVAL, "\"%s\" is not a whole number",
			       config_error_value(shown, text));
	if (code == -ERANGE || (is_bounded(key) && (value < key->min || value > key->max)))
		return refuse_int_bounds(key, text, err);
	*(int64_t *)ret = value;
	return 0;
}

static void print_int(const struct config_key *key, const void *value, struct text *out)
{
	text_add(out, "%" PRId64, *(const int64_t *)value);
}

/* A zero that the bounds do not allow is "none". */
static bool absent_number(const struct config_key *key, const void *value)
{
	return *(const int64_t *)value == 0 && is_bounded(key) && (key->min > 0 || key->max < 0);
}

static int refuse_duration_bounds(const struct config_key *key, const char *text, struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];
	struct text bounds;
	int code;

	text_init(&bounds, 64);
	config_value_print_duration(key->min, &bounds);
	text_add(&bounds, " to ");
	config_value_print_duration(is_bounded(key) ? key->max : INT64_MAX, &bounds);
	code = err_set(err, -EINVAL, "%s is out of bounds; %s is allowed",
		       config_error_value(shown, text), bounds.bad ? "less" : bounds.bytes);
	text_done(&bounds);
	return code;
}

static int parse_duration(const struct config_key *key, const char *text, void *ret,
			  struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];
	const char *end = "";
	int64_t value = 0;
	size_t unit = 0;
	int code;

	code = parse_number(text, false, &value, &end);
	while (code == 0 && unit < UNITS && strcmp(end, units[unit].name) != 0)
		unit++;
	if (code == -EINVAL || unit == UNITS)
		return err_set(err, -EINVAL, "\"%s\" is not a duration; write it as 60s, 15m or 1h",
			       config_error_value(shown, text));
	if (code == -ERANGE || __builtin_mul_overflow(value, units[unit].ms, &value) ||
	    (is_bounded(key) && (value < key->min || value > key->max)))
		return refuse_duration_bounds(key, text, err);
	*(int64_t *)ret = value;
	return 0;
}

static void print_duration(const struct config_key *key, const void *value, struct text *out)
{
	config_value_print_duration(*(const int64_t *)value, out);
}

/* The character at `at`, which is UTF-8 since YAML is, and how many bytes it takes. */
static uint32_t next_character(const char *at, size_t *ret_length)
{
	const unsigned char *byte = (const unsigned char *)at;
	size_t length = byte[0] < 0x80 ? 1 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
	uint32_t character = byte[0] & (length == 1 ? 0x7fu : 0x7fu >> length);

	for (size_t next = 1; next < length; next++) {
		if ((byte[next] & 0xc0) != 0x80)
			length = next;
		else
			character = character << 6 | (byte[next] & 0x3fu);
	}
	*ret_length = length;
	return character;
}

/* What YAML does not allow as it is, or would take for the end of a line. */
static bool must_escape(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
	       character == 0x2029 || character == 0xfeff || character == 0xfffe ||
	       character == 0xffff;
}

/* YAML's double-quoted form. */
static void print_quoted(const char *value, struct text *out)
{
	size_t length;

	text_add(out, "\"");
	for (const char *at = value; *at != '\0'; at += length) {
		uint32_t character = next_character(at, &length);

		if (character == '"' || character == '\\')
			text_add(out, "\\%c", (char)character);
		else if (must_escape(character))
			text_add(out, "\\u%04" PRIx32, character);
		else
			text_add_bytes(out, at, length);
	}
	text_add(out, "\"");
}

static int parse_text(const struct config_key *key, const char *text, void *ret, struct err *err)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return err_set(err, -EINVAL, "out of memory");
	*(char **)ret = copy;
	return 0;
}

static void print_text(const struct config_key *key, const void *value, struct text *out)
{
	print_quoted(*(char *const *)value, out);
}

static bool absent_text(const struct config_key *key, const void *value)
{
	return *(char *const *)value == NULL;
}

static void free_text(void *value)
{
	free(*(char **)value);
	*(char **)value = NULL;
}

static int parse_hostname(const struct config_key *key, const char *text, void *ret,
			  struct err *err)
{
	return hostname_parse(text, ret, err) < 0 ? -EINVAL : 0;
}

static void print_hostname(const struct config_key *key, const void *value, struct text *out)
{
	const struct hostname *name = value;

	print_quoted(hostname_is_empty(name) ? "." : name->text, out);
}

static bool absent_hostname(const struct config_key *key, const void *value)
{
	return hostname_is_empty(value) && !key->required && key->fallback == NULL;
}

static int parse_addr(const struct config_key *key, const char *text, void *ret, struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];

	if (addr_parse(text, ret) < 0)
		return err_set(err, -EINVAL,
			       "\"%s\" is not an address; write it as 10.0.0.1 or \"2001:db8::1\"",
			       config_error_value(shown, text));
	return 0;
}

static void print_addr(const struct config_key *key, const void *value, struct text *out)
{
	char shown[ADDR_TEXT];

	print_quoted(addr_print(*(const struct addr *)value, shown), out);
}

static bool absent_addr(const struct config_key *key, const void *value)
{
	return ((const struct addr *)value)->family == ADDR_NONE;
}

static int parse_endpoint(const struct config_key *key, const char *text, void *ret,
			  struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];

	if (endpoint_parse(text, (uint16_t)key->min, ret) == 0)
		return 0;
	config_error_value(shown, text);
	if (key->min != 0)
		return err_set(err, -EINVAL,
			       "\"%s\" is not an address with or without a port; write it as "
			       "10.0.0.1 or \"[2001:db8::1]:%" PRId64 "\"",
			       shown, key->min);
	return err_set(err, -EINVAL,
		       "\"%s\" is not an address with a port; write it as 10.0.0.1:9971 or "
		       "\"[2001:db8::1]:9971\"",
		       shown);
}

static void print_endpoint(const struct config_key *key, const void *value, struct text *out)
{
	char shown[ENDPOINT_TEXT];

	print_quoted(endpoint_print(*(const struct endpoint *)value, shown), out);
}

static bool absent_endpoint(const struct config_key *key, const void *value)
{
	return ((const struct endpoint *)value)->addr.family == ADDR_NONE;
}

static int parse_prefix(const struct config_key *key, const char *text, void *ret, struct err *err)
{
	return prefix_parse(text, ret, err) < 0 ? -EINVAL : 0;
}

static void print_prefix(const struct config_key *key, const void *value, struct text *out)
{
	char shown[PREFIX_TEXT];

	print_quoted(prefix_print(*(const struct prefix *)value, shown), out);
}

static bool absent_prefix(const struct config_key *key, const void *value)
{
	return ((const struct prefix *)value)->addr.family == ADDR_NONE;
}

static int parse_enum(const struct config_key *key, const char *text, void *ret, struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];
	struct text all;
	int code;

	for (int at = 0; key->choices[at] != NULL; at++) {
		if (strcmp(text, key->choices[at]) == 0) {
			*(int *)ret = at;
			return 0;
		}
	}
	text_init(&all, 256);
	for (size_t at = 0; key->choices[at] != NULL; at++)
		text_add(&all, "%s%s", at > 0 ? ", " : "", key->choices[at]);
	code = err_set(err, -EINVAL, "\"%s\" is none of %s", config_error_value(shown, text),
		       all.length > 0 ? all.bytes : "");
	text_done(&all);
	return code;
}

static void print_enum(const struct config_key *key, const void *value, struct text *out)
{
	print_quoted(key->choices[*(const int *)value], out);
}

static int parse_secret(const struct config_key *key, const char *text, void *ret, struct err *err)
{
	return config_secret_load(text, ret, err);
}

static void print_secret(const struct config_key *key, const void *value, struct text *out)
{
	print_quoted(((const struct config_secret *)value)->path, out);
}

static bool absent_secret(const struct config_key *key, const void *value)
{
	return ((const struct config_secret *)value)->path == NULL;
}

static void free_secret(void *value)
{
	config_secret_done(value);
}

const struct config_value_kind config_value_kinds[] = {
	[CONFIG_BOOL] = {"true or false", sizeof(bool), parse_bool, print_bool, NULL, NULL},
	[CONFIG_INT] = {"number", sizeof(int64_t), parse_int, print_int, absent_number, NULL},
	[CONFIG_DURATION] = {"duration", sizeof(int64_t), parse_duration, print_duration,
			     absent_number, NULL},
	[CONFIG_TEXT] = {"text", sizeof(char *), parse_text, print_text, absent_text, free_text},
	[CONFIG_HOSTNAME] = {"host name", sizeof(struct hostname), parse_hostname, print_hostname,
			     absent_hostname, NULL},
	[CONFIG_ADDR] = {"address", sizeof(struct addr), parse_addr, print_addr, absent_addr, NULL},
	[CONFIG_ENDPOINT] = {"address and port", sizeof(struct endpoint), parse_endpoint,
			     print_endpoint, absent_endpoint, NULL},
	[CONFIG_PREFIX] = {"network", sizeof(struct prefix), parse_prefix, print_prefix,
			   absent_prefix, NULL},
	[CONFIG_ENUM] = {"one of", sizeof(int), parse_enum, print_enum, NULL, NULL},
	[CONFIG_SECRET] = {"file", sizeof(struct config_secret), parse_secret, print_secret,
			   absent_secret, free_secret},
	[CONFIG_TABLE] = {"mapping", 0, NULL, NULL, NULL, NULL},
};

size_t config_value_size(const struct config_key *key)
{
	return key->kind == CONFIG_TABLE ? key->table->size : config_value_kinds[key->kind].size;
}
