/* SPDX-License-Identifier: ISC */
#include "common/config_read.h"

#include "common/config_value.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A mapping while it is read: `node` is NULL where the file has none, and `place` that of the
 * nearest mapping that it has. */
struct mapping {
	struct config_report *report;
	const struct config_table *table;
	const struct config_node *node;
	struct config_place place;
	const struct config_path *path; /* NULL at the top */
};

struct config_check {
	const struct mapping *mapping;
};

static void read_mapping(const struct mapping *mapping, void *object);

static const char *kind_of(const struct config_node *node)
{
	switch (node->kind) {
	case CONFIG_NODE_SCALAR:
		return config_tree_is_null(node) ? "nothing" : "a single value";
	case CONFIG_NODE_LIST:
		return "a list";
	case CONFIG_NODE_MAP:
	case CONFIG_NODE_REFUSED:
		break;
	}
	return "a mapping";
}

static const char *help_of(const struct config_key *key)
{
	return key->help != NULL ? key->help : config_value_kinds[key->kind].name;
}

static void read_table(const struct mapping *outer, const struct config_key *key,
		       const struct config_node *node, const struct config_path *path, void *member)
{
	struct mapping mapping = {outer->report, key->table, node, outer->place, path};

	if (node != NULL && node->kind != CONFIG_NODE_MAP && !config_tree_is_null(node)) {
		config_error_add(outer->report, node->place, path,
				 "a mapping of keys (\"key: value\" lines) is wanted, this is %s",
				 kind_of(node));
		return;
	}
	if (node != NULL)
		mapping.place = node->place;
	read_mapping(&mapping, member);
}

static void read_scalar(const struct mapping *mapping, const struct config_key *key,
			const struct config_node *node, const struct config_path *path,
			void *member)
{
	struct err err = {0};

	if (node->kind != CONFIG_NODE_SCALAR || config_tree_is_null(node))
		config_error_add(mapping->report, node->place, path,
				 "one value (%s) is wanted, this is %s",
				 config_value_kinds[key->kind].name, kind_of(node));
	else if (memchr(node->text, '\0', node->length) != NULL)
		config_error_add(mapping->report, node->place, path,
				 "the value holds a zero byte (\\0); leave it out");
	else if (config_value_kinds[key->kind].parse(key, node->text, member, &err) < 0)
		config_error_add(mapping->report, node->place, path, "%s", err.text);
}

static void read_item(const struct mapping *mapping, const struct config_key *key,
		      const struct config_node *node, const struct config_path *path, void *member)
{
	if (node->kind == CONFIG_NODE_REFUSED)
		return;
	if (key->kind == CONFIG_TABLE)
		read_table(mapping, key, node, path, member);
	else
		read_scalar(mapping, key, node, path, member);
}

/* `count` items, `node` is the first. */
static void read_items(const struct mapping *mapping, const struct config_key *key,
		       const struct config_node *node, size_t count, const struct config_path *path,
		       struct config_list *list)
{
	size_t size = config_value_size(key);

	list->items = calloc(count, size);
	if (list->items == NULL) {
		config_error_add(mapping->report, node->place, path, "out of memory");
		return;
	}
	list->count = count;
	for (size_t at = 0; at < list->count; at++, node = node->next) {
		struct config_path here = {path, NULL, at};

		read_item(mapping, key, node, &here, (char *)list->items + at * size);
	}
}

static size_t most_items(const struct config_key *key)
{
	bool bounds_items = key->kind == CONFIG_INT || key->kind == CONFIG_DURATION;

	if (key->most > 0)
		return key->most;
	return key->max > 0 && !bounds_items ? (size_t)key->max : CONFIG_ITEMS_MAX;
}

static void read_list(const struct mapping *mapping, const struct config_key *key,
		      const struct config_node *node, const struct config_path *path,
		      struct config_list *list)
{
	size_t most = most_items(key);

	if (node->kind == CONFIG_NODE_REFUSED)
		return;
	if (key->word && node->kind == CONFIG_NODE_SCALAR && !strcmp(node->text, key->word))
		read_items(mapping, key, node, 1, path, list);
	else if (node->kind != CONFIG_NODE_LIST && !config_tree_is_null(node))
		config_error_add(
			mapping->report, node->place, path,
			"a list is wanted, this is %s; write it as [a, b] or as \"- a\" lines",
			kind_of(node));
	else if (node->count > most)
		config_error_add(mapping->report, node->place, path,
				 "%zu items are too many; %zu is the most", node->count, most);
	else if (node->count == 0 && key->required)
		config_error_add(mapping->report, node->place, path,
				 "at least one item is needed (%s)", help_of(key));
	else if (node->count > 0)
		read_items(mapping, key, node->first, node->count, path, list);
}

static void read_node(const struct mapping *mapping, const struct config_key *key,
		      const struct config_node *node, const struct config_path *path, void *member)
{
	if (key->list)
		read_list(mapping, key, node, path, member);
	else
		read_item(mapping, key, node, path, member);
}

/* The default is text as it would stand in the file; its faults count as the mapping's. */
static void read_fallback(const struct mapping *mapping, const struct config_key *key,
			  const struct config_path *path, void *member)
{
	struct config_errors errors;
	struct config_report own;
	struct config_node *node;

	config_error_init(&own, "default", &errors);
	node = config_tree_parse(key->fallback, strlen(key->fallback), &own);
	assert(node != NULL && errors.count == 0);
	node->place = mapping->place;
	read_node(mapping, key, node, path, member);
	config_tree_free(node);
}

static void read_key(const struct mapping *mapping, const struct config_key *key, void *object)
{
	const struct config_node *node = config_tree_find(mapping->node, key->name,
							  strlen(key->name));
	struct config_path path = {mapping->path, key->name, 0};
	void *member = (char *)object + key->offset;

	if (node != NULL)
		read_node(mapping, key, node, &path, member);
	else if (key->required)
		config_error_add(mapping->report, mapping->place, &path, "is missing (%s)",
				 help_of(key));
	else if (key->fallback != NULL)
		read_fallback(mapping, key, &path, member);
	else if (key->kind == CONFIG_TABLE && !key->list)
		read_table(mapping, key, NULL, &path, member);
}

static bool is_known(const struct config_table *table, const char *name)
{
	for (size_t at = 0; at < table->count; at++) {
		if (strcmp(table->keys[at].name, name) == 0)
			return true;
	}
	return false;
}

static void report_unknown(const struct mapping *mapping, const struct config_node *node)
{
	struct config_path path = {mapping->path, node->key, 0};
	const struct config_table *table = mapping->table;
	const char **names = calloc(table->count + 1, sizeof(*names));
	const char *nearest = NULL;
	struct text all;

	text_init(&all, 400);
	for (size_t at = 0; at < table->count; at++) {
		text_add(&all, "%s%s", at > 0 ? ", " : "", table->keys[at].name);
		if (names != NULL)
			names[at] = table->keys[at].name;
	}
	if (names != NULL)
		nearest = text_nearest(node->key, names);
	if (nearest != NULL)
		config_error_add(mapping->report, node->key_place, &path,
				 "unknown key; did you mean \"%s\"?", nearest);
	else
		config_error_add(mapping->report, node->key_place, &path, "unknown key; %s has %s",
				 table->name, all.length > 0 ? all.bytes : "no keys");
	text_done(&all);
	free(names);
}

static void check_names(const struct mapping *mapping)
{
	const struct config_node *node = mapping->node != NULL ? mapping->node->first : NULL;

	for (; node != NULL; node = node->next) {
		const struct config_node *first = config_tree_find(mapping->node, node->key,
								   strlen(node->key));
		struct config_path path = {mapping->path, node->key, 0};

		if (first != node)
			config_error_add(mapping->report, node->key_place, &path,
					 "given twice; the first is in line %u, keep one",
					 first->key_place.line);
		else if (!is_known(mapping->table, node->key))
			report_unknown(mapping, node);
	}
}

static void read_mapping(const struct mapping *mapping, void *object)
{
	struct config_check check = {mapping};
	size_t before = config_error_count(mapping->report);

	check_names(mapping);
	for (size_t at = 0; at < mapping->table->count; at++)
		read_key(mapping, &mapping->table->keys[at], object);
	if (mapping->table->check != NULL && config_error_count(mapping->report) == before)
		mapping->table->check(object, &check);
}

void config_read(struct config_report *report, const struct config_table *table,
		 const struct config_node *root, void *object)
{
	const struct config_key whole = {.name = "", .kind = CONFIG_TABLE, .table = table};
	const struct mapping outer = {report, table, NULL, root->place, NULL};

	read_item(&outer, &whole, root, NULL, object);
}

/* One step of "zones[2].key" from `node`; NULL where the file does not have it. */
static const struct config_node *step(const struct config_node *node, const char **key)
{
	size_t length = strcspn(*key, ".[");

	if (**key == '[') {
		size_t index = strtoul(*key + 1, NULL, 10);

		*key += strcspn(*key, "]");
		*key += **key == ']';
		node = node->kind == CONFIG_NODE_LIST ? node->first : NULL;
		while (node != NULL && index-- > 0)
			node = node->next;
	} else {
		node = config_tree_find(node, *key, length);
		*key += length;
	}
	*key += **key == '.';
	return node;
}

void config_complain(struct config_check *check, const char *key, const char *format, ...)
{
	const struct mapping *mapping = check->mapping;
	const struct config_node *node = mapping->node;
	struct config_path path = {mapping->path, key, 0};
	struct config_place place = mapping->place;
	const char *rest = key;
	struct err err = {0};
	va_list args;

	while (node != NULL && *rest != '\0') {
		place = node->place;
		node = step(node, &rest);
	}
	if (node != NULL)
		place = node->place;
	va_start(args, format);
	vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	config_error_add(mapping->report, place, &path, "%s", err.text);
}
