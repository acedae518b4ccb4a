/* SPDX-License-Identifier: ISC */
/*
 * json_schema SCHEMA: whether each line of standard input is as the JSON schema says. Knows the words that our
 * schemas use, and refuses a schema with any other, so that nothing passes because it was not understood.
 * Says the first fault with its line; status 1 then, and when there was no line at all.
 */
#include <json-c/json.h>

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_MAX 512

static char fault[FAULT_MAX];

static bool is_valid(struct json_object *schema, struct json_object *value);

static bool complain(const char *word, struct json_object *wanted, struct json_object *value)
{
	char got[FAULT_MAX / 2];

	snprintf(got, sizeof(got), "%s", json_object_to_json_string(value));
	snprintf(fault, sizeof(fault), "%.200s: not %s %.200s", got, word,
		 json_object_to_json_string(wanted));
	return false;
}

static bool is_type(const char *type, struct json_object *value)
{
	static const struct {
		const char *name;
		enum json_type type;
	} types[] = {{"null", json_type_null},     {"boolean", json_type_boolean},
		     {"integer", json_type_int},   {"number", json_type_double},
		     {"string", json_type_string}, {"array", json_type_array},
		     {"object", json_type_object}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, type))
			return json_object_get_type(value) == types[i].type;
	return false;
}

/* One of a list, or the one that is no list. */
static bool holds(struct json_object *list, struct json_object *value,
		  bool (*matches)(struct json_object *item, struct json_object *value))
{
	if (!json_object_is_type(list, json_type_array))
		return matches(list, value);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (matches(json_object_array_get_idx(list, i), value))
			return true;
	return false;
}

static bool matches_type(struct json_object *item, struct json_object *value)
{
	return is_type(json_object_get_string(item), value);
}

static bool matches_value(struct json_object *item, struct json_object *value)
{
	return json_object_equal(item, value);
}

static bool has_pattern(struct json_object *pattern, struct json_object *value)
{
	regex_t regex;
	bool found;

	if (!json_object_is_type(value, json_type_string))
		return true;
	if (regcomp(&regex, json_object_get_string(pattern), REG_EXTENDED | REG_NOSUB))
		return false;
	found = !regexec(&regex, json_object_get_string(value), 0, NULL, 0);
	regfree(&regex);
	return found;
}

static bool has_members(struct json_object *names, struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(names); i++)
		if (!json_object_object_get_ex(
			    value, json_object_get_string(json_object_array_get_idx(names, i)),
			    NULL))
			return false;
	return true;
}

static bool are_members_valid(struct json_object *schema, struct json_object *value)
{
	struct json_object *properties, *more, *member;

	if (!json_object_object_get_ex(schema, "properties", &properties) ||
	    !json_object_is_type(value, json_type_object))
		return true;
	json_object_object_foreach(value, name, item)
	{
		if (json_object_object_get_ex(properties, name, &member)) {
			if (!is_valid(member, item))
				return false;
		} else if (json_object_object_get_ex(schema, "additionalProperties", &more) &&
			   !json_object_get_boolean(more)) {
			return complain("known, in", properties, json_object_new_string(name));
		}
	}
	return true;
}

static bool is_one_of(struct json_object *schemas, struct json_object *value)
{
	size_t count = 0;

	for (size_t i = 0; i < json_object_array_length(schemas); i++)
		count += is_valid(json_object_array_get_idx(schemas, i), value);
	return count == 1;
}

static bool obeys(const char *word, struct json_object *wanted, struct json_object *value)
{
	bool number = json_object_is_type(value, json_type_int);

	if (!strcmp(word, "type"))
		return holds(wanted, value, matches_type);
	if (!strcmp(word, "const") || !strcmp(word, "enum"))
		return holds(wanted, value, matches_value);
	if (!strcmp(word, "pattern"))
		return has_pattern(wanted, value);
	if (!strcmp(word, "minimum"))
		return !number || json_object_get_int64(value) >= json_object_get_int64(wanted);
	if (!strcmp(word, "maximum"))
		return !number || json_object_get_int64(value) <= json_object_get_int64(wanted);
	if (!strcmp(word, "required"))
		return has_members(wanted, value);
	if (!strcmp(word, "oneOf"))
		return is_one_of(wanted, value);
	return !strcmp(word, "properties") || !strcmp(word, "additionalProperties") ||
	       !strcmp(word, "$schema") || !strcmp(word, "title") || !strcmp(word, "description");
}

static bool is_valid(struct json_object *schema, struct json_object *value)
{
	json_object_object_foreach(schema, word, wanted)
	{
		bool inner = !strcmp(word, "oneOf");

		fault[0] = inner ? '\0' : fault[0];
		if (!obeys(word, wanted, value))
			return inner && fault[0] ? false : complain(word, wanted, value);
	}
	return are_members_valid(schema, value);
}

int main(int argc, char **argv)
{
	struct json_object *schema = argc == 2 ? json_object_from_file(argv[1]) : NULL;
	unsigned count = 0;
	char *line = NULL;
	size_t size = 0;

	if (!schema) {
		fprintf(stderr, "usage: json_schema SCHEMA <LINES\n");
		return 2;
	}
	while (getline(&line, &size, stdin) > 0) {
		struct json_object *value = json_tokener_parse(line);

		count++;
		if (!value || !is_valid(schema, value)) {
			printf("line %u: %s\n%s", count, value ? fault : "no JSON", line);
			return 1;
		}
		json_object_put(value);
	}
	free(line);
	json_object_put(schema);
	return count ? 0 : 1;
}
