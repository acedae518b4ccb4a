/* SPDX-License-Identifier: ISC */
#include "common/config.h"

#include "common/config_error.h"
#include "common/config_value.h"

#include <inttypes.h>
#include <string.h>

/* Long enough for every value: a text of the file, quoted. */
#define VALUE_TEXT ((size_t)CONFIG_FILE_MAX * 4 + 16)

static void print_mapping(const struct config_table *table, const void *object, int indent,
			  bool in_item, FILE *out);

/* `value` is a list's item or a member; nothing is written where it is too long to be one of ours.
 */
static void print_value(const struct config_key *key, const void *value, FILE *out)
{
	struct text text;

	text_init(&text, VALUE_TEXT);
	config_value_kinds[key->kind].print(key, value, &text);
	if (!text.bad && text.length > 0)
		fputs(text.bytes, out);
	text_done(&text);
}

static void print_values(const struct config_key *key, const struct config_list *list, FILE *out)
{
	fputs(" [", out);
	for (size_t at = 0; at < list->count; at++) {
		if (at > 0)
			fputs(", ", out);
		print_value(key, (const char *)list->items + at * config_value_size(key), out);
	}
	fputs("]\n", out);
}

static void print_list(const struct config_key *key, const struct config_list *list, int indent,
		       FILE *out)
{
	if (key->kind != CONFIG_TABLE || list->count == 0) {
		print_values(key, list, out);
		return;
	}
	fputc('\n', out);
	for (size_t at = 0; at < list->count; at++) {
		fprintf(out, "%*s- ", indent + 2, "");
		print_mapping(key->table, (const char *)list->items + at * config_value_size(key),
			      indent + 4, true, out);
	}
}

/* A value that is not there is left out, so that reading it back leaves it out as well. */
static bool is_absent(const struct config_key *key, const void *member)
{
	const struct config_value_kind *kind = &config_value_kinds[key->kind];

	return !key->list && kind->absent != NULL && kind->absent(key, member);
}

static void print_member(const struct config_key *key, const void *member, int indent, FILE *out)
{
	fprintf(out, "%s:", key->name);
	if (key->list) {
		print_list(key, member, indent, out);
	} else if (key->kind == CONFIG_TABLE) {
		fputc('\n', out);
		print_mapping(key->table, member, indent + 2, false, out);
	} else {
		fputc(' ', out);
		print_value(key, member, out);
		fputc('\n', out);
	}
}

/* `in_item`: the first key stands on the line of the list's dash. */
static void print_mapping(const struct config_table *table, const void *object, int indent,
			  bool in_item, FILE *out)
{
	bool first = in_item;

	for (size_t at = 0; at < table->count; at++) {
		const struct config_key *key = &table->keys[at];
		const void *member = (const char *)object + key->offset;

		if (is_absent(key, member))
			continue;
		if (!first)
			fprintf(out, "%*s", indent, "");
		first = false;
		print_member(key, member, indent, out);
	}
	if (first)
		fputc('\n', out);
}

void config_print(const struct config_table *table, const void *object, FILE *out)
{
	print_mapping(table, object, 0, false, out);
}

static void add_kind(const struct config_key *key, struct text *text)
{
	text_add(text, "%s%s", key->list ? "list of: " : "", config_value_kinds[key->kind].name);
	if (key->kind == CONFIG_ENUM) {
		for (size_t at = 0; key->choices[at] != NULL; at++)
			text_add(text, "%s %s", at > 0 ? "," : "", key->choices[at]);
	} else if (key->kind == CONFIG_INT && (key->min != 0 || key->max != 0)) {
		text_add(text, ", %" PRId64 " to %" PRId64, key->min, key->max);
	} else if (key->kind == CONFIG_DURATION && (key->min != 0 || key->max != 0)) {
		text_add(text, ", ");
		config_value_print_duration(key->min, text);
		text_add(text, " to ");
		config_value_print_duration(key->max, text);
	} else if (key->kind == CONFIG_ENDPOINT && key->min != 0) {
		text_add(text, ", port %" PRId64 " unless given", key->min);
	}
	if (key->required)
		text_add(text, ", required");
	else if (key->fallback != NULL)
		text_add(text, ", default %s", key->fallback);
}

static void print_key_lines(const struct config_table *table, const char *prefix, FILE *out)
{
	for (size_t at = 0; at < table->count; at++) {
		const struct config_key *key = &table->keys[at];
		struct text text;

		text_init(&text, 4096);
		if (key->kind == CONFIG_TABLE) {
			text_add(&text, "%s%s%s.", prefix, key->name, key->list ? "[]" : "");
			if (!text.bad)
				print_key_lines(key->table, text.bytes, out);
		} else {
			text_add(&text, "%s%s (", prefix, key->name);
			add_kind(key, &text);
			text_add(&text, "): %s", key->help != NULL ? key->help : "");
			if (!text.bad)
				fprintf(out, "%s\n", text.bytes);
		}
		text_done(&text);
	}
}

void config_print_keys(const struct config_table *table, FILE *out)
{
	print_key_lines(table, "", out);
}
