/* SPDX-License-Identifier: ISC */
#include "schema.h"

#include <json-c/json.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What is wrong first stays. */
struct check {
	char *text;
	size_t size;
	int result;
};

static void complain(struct check *check, const char *at, const char *what, const char *which)
{
	if (check->result == 0)
		snprintf(check->text, check->size, "%s: %s %s", at, what, which);
	check->result = -1;
}

static bool is_of_type(struct json_object *value, const char *name)
{
	static const struct {
		const char *name;
		enum json_type type;
	} types[] = {
		{"null", json_type_null},   {"boolean", json_type_boolean},
		{"integer", json_type_int}, {"string", json_type_string},
		{"array", json_type_array}, {"object", json_type_object},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return json_object_get_type(value) == types[i].type;
	return false;
}

/* The rule is a type or a list of them. */
static void check_type(struct check *check, const char *at, struct json_object *rule,
		       struct json_object *value)
{
	bool list = json_object_is_type(rule, json_type_array), found = false;

	if (!list)
		found = is_of_type(value, json_object_get_string(rule));
	for (size_t i = 0; list && i < json_object_array_length(rule); i++)
		found = found || is_of_type(value, json_object_get_string(
							   json_object_array_get_idx(rule, i)));
	if (!found)
		complain(check, at, "is not of type", json_object_to_json_string(rule));
}

static void check_enum(struct check *check, const char *at, struct json_object *rule,
		       struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(rule); i++)
		if (json_object_equal(json_object_array_get_idx(rule, i), value))
			return;
	complain(check, at, "is none of", json_object_to_json_string(rule));
}

static void check_pattern(struct check *check, const char *at, struct json_object *rule,
			  struct json_object *value)
{
	regex_t regex;

	if (!json_object_is_type(value, json_type_string))
		return;
	if (regcomp(&regex, json_object_get_string(rule), REG_EXTENDED | REG_NOSUB) != 0) {
		complain(check, at,
			 "has a pattern that cannot be read:", json_object_get_string(rule));
		return;
	}
	if (regexec(&regex, json_object_get_string(value), 0, NULL, 0) != 0)
		complain(check, at, "does not match", json_object_get_string(rule));
	regfree(&regex);
}

static void check_required(struct check *check, const char *at, struct json_object *rule,
			   struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(rule); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(rule, i));

		if (!json_object_object_get_ex(value, name, NULL))
			complain(check, at, "has no member", name);
	}
}

static void check_value(struct check *check, const char *at, struct json_object *schema,
			struct json_object *value);

static void check_properties(struct check *check, const char *at, struct json_object *rules,
			     struct json_object *value, bool others)
{
	char place[256];

	json_object_object_foreach(value, name, member)
	{
		struct json_object *rule;

		snprintf(place, sizeof(place), "%s.%s", at, name);
		if (json_object_object_get_ex(rules, name, &rule))
			check_value(check, place, rule, member);
		else if (!others)
			complain(check, place, "is not in the schema", "");
	}
}

static void check_items(struct check *check, const char *at, struct json_object *rule,
			struct json_object *value)
{
	char place[256];

	for (size_t i = 0; i < json_object_array_length(value); i++) {
		snprintf(place, sizeof(place), "%s[%zu]", at, i);
		check_value(check, place, rule, json_object_array_get_idx(value, i));
	}
}

static void check_rule(struct check *check, const char *at, const char *word,
		       struct json_object *rule, struct json_object *value)
{
	bool object = json_object_is_type(value, json_type_object);
	bool array = json_object_is_type(value, json_type_array);

	if (strcmp(word, "type") == 0)
		check_type(check, at, rule, value);
	else if (strcmp(word, "enum") == 0)
		check_enum(check, at, rule, value);
	else if (strcmp(word, "const") == 0 && !json_object_equal(rule, value))
		complain(check, at, "is not", json_object_to_json_string(rule));
	else if (strcmp(word, "pattern") == 0)
		check_pattern(check, at, rule, value);
	else if (strcmp(word, "minimum") == 0 &&
		 json_object_get_int64(value) < json_object_get_int64(rule))
		complain(check, at, "is less than", json_object_to_json_string(rule));
	else if (strcmp(word, "required") == 0 && object)
		check_required(check, at, rule, value);
	else if (strcmp(word, "items") == 0 && array)
		check_items(check, at, rule, value);
}

static void check_value(struct check *check, const char *at, struct json_object *schema,
			struct json_object *value)
{
	static const char known[] = " type enum const pattern minimum required items properties "
				    "additionalProperties description title format $schema ";
	struct json_object *rules, *others;
	char word[64];

	json_object_object_foreach(schema, name, rule)
	{
		snprintf(word, sizeof(word), " %s ", name);
		if (!strstr(known, word))
			complain(check, at, "has a rule that is not known here:", name);
		check_rule(check, at, name, rule, value);
	}
	if (!json_object_is_type(value, json_type_object) ||
	    !json_object_object_get_ex(schema, "properties", &rules))
		return;
	check_properties(check, at, rules, value,
			 !json_object_object_get_ex(schema, "additionalProperties", &others) ||
				 json_object_get_boolean(others));
}

int schema_check(const char *schema_path, const char *document, char *ret, size_t size)
{
	struct json_object *schema = json_object_from_file(schema_path);
	struct json_object *value = json_tokener_parse(document);
	struct check check = {.text = ret, .size = size};

	if (!schema || !value)
		complain(&check, schema ? "the document" : schema_path, "is no JSON", "");
	else
		check_value(&check, "$", schema, value);
	json_object_put(schema);
	json_object_put(value);
	return check.result;
}
