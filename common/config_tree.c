/* SPDX-License-Identifier: ISC */
#include "common/config_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct builder {
	yaml_parser_t parser;
	const char *text;
	size_t length;
	struct config_report *report;
	size_t nodes;
	bool failed; /* reported; nothing more can be read */
};

static struct config_node *read_node(struct builder *builder, yaml_event_t *event, unsigned depth,
				     const struct config_path *path);

static struct config_place place_of(yaml_mark_t mark)
{
	return (struct config_place){.line = (unsigned)mark.line + 1,
				     .column = (unsigned)mark.column + 1};
}

/* The reader's errors (bad UTF-8, control characters) come with an offset only. */
static struct config_place place_of_offset(const struct builder *builder, size_t offset)
{
	struct config_place place = {1, 1};

	for (size_t at = 0; at < offset && at < builder->length; at++) {
		place.column++;
		if (builder->text[at] == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	return place;
}

static void report_syntax(struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	const char *problem = parser->problem != NULL ? parser->problem : "out of memory";
	struct config_place place = place_of(parser->problem_mark);
	const char *hint = "";

	if (parser->error == YAML_READER_ERROR)
		place = place_of_offset(builder, parser->problem_offset);
	else if (parser->problem_mark.index < builder->length &&
		 builder->text[parser->problem_mark.index] == '\t')
		hint = "; indent with spaces, not with tabs";
	if (parser->context != NULL)
		config_error_add(builder->report, place, NULL, "not YAML: %s, %s%s",
				 parser->context, problem, hint);
	else
		config_error_add(builder->report, place, NULL, "not YAML: %s%s", problem, hint);
}

/* False at the end of what can be read; otherwise the event is to be deleted. */
static bool next_event(struct builder *builder, yaml_event_t *ret)
{
	if (builder->failed)
		return false;
	if (yaml_parser_parse(&builder->parser, ret) == 1)
		return true;
	report_syntax(builder);
	builder->failed = true;
	return false;
}

static void fail(struct builder *builder, struct config_place place, const struct config_path *path,
		 const char *sentence)
{
	config_error_add(builder->report, place, path, "%s", sentence);
	builder->failed = true;
}

static struct config_node *new_node(struct builder *builder, enum config_node_kind kind,
				    struct config_place place, const struct config_path *path)
{
	struct config_node *node = NULL;

	if (builder->nodes++ >= CONFIG_TREE_NODES_MAX)
		fail(builder, place, path, "the file has too many values (65536 is the most)");
	else if ((node = calloc(1, sizeof(*node))) == NULL)
		fail(builder, place, path, "out of memory");
	if (node != NULL) {
		node->kind = kind;
		node->place = place;
	}
	return node;
}

static void append(struct config_node *parent, struct config_node *child)
{
	if (parent->last == NULL)
		parent->first = child;
	else
		parent->last->next = child;
	parent->last = child;
	parent->count++;
}

static struct config_node *read_scalar(struct builder *builder, const yaml_event_t *event,
				       const struct config_path *path)
{
	struct config_place place = place_of(event->start_mark);
	struct config_node *node = new_node(builder, CONFIG_NODE_SCALAR, place, path);

	if (node == NULL)
		return NULL;
	node->length = event->data.scalar.length;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = malloc(node->length + 1);
	if (node->text == NULL) {
		fail(builder, place, path, "out of memory");
		config_tree_free(node);
		return NULL;
	}
	memcpy(node->text, event->data.scalar.value, node->length);
	node->text[node->length] = '\0';
	return node;
}

static struct config_node *read_list(struct builder *builder, struct config_place place,
				     unsigned depth, const struct config_path *path)
{
	struct config_node *list = new_node(builder, CONFIG_NODE_LIST, place, path);
	yaml_event_t event;

	while (list != NULL && next_event(builder, &event)) {
		bool ended = event.type == YAML_SEQUENCE_END_EVENT;
		struct config_path here = {path, NULL, list->count};
		struct config_node *item = ended ? NULL
						 : read_node(builder, &event, depth + 1, &here);

		yaml_event_delete(&event);
		if (item == NULL)
			break;
		append(list, item);
	}
	return list;
}

/* Takes the key's text out of its event; NULL (reported) when it is no word. */
static char *read_key(struct builder *builder, const yaml_event_t *event,
		      const struct config_path *path)
{
	struct config_place place = place_of(event->start_mark);
	const char *value = (const char *)event->data.scalar.value;
	char *key;

	if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor != NULL ||
	    event->data.scalar.tag != NULL ||
	    memchr(value, '\0', event->data.scalar.length) != NULL) {
		fail(builder, place, path, "a key must be a word, such as \"name:\"");
		return NULL;
	}
	key = strdup(value);
	if (key == NULL)
		fail(builder, place, path, "out of memory");
	return key;
}

/* The value of `key`, which it takes. */
static struct config_node *read_entry(struct builder *builder, unsigned depth, char *key,
				      struct config_place key_place, const struct config_path *path)
{
	struct config_path here = {path, key, 0};
	struct config_node *node = NULL;
	yaml_event_t event;

	if (next_event(builder, &event)) {
		node = read_node(builder, &event, depth + 1, &here);
		yaml_event_delete(&event);
	}
	if (node == NULL) {
		free(key);
		return NULL;
	}
	node->key = key;
	node->key_place = key_place;
	return node;
}

static struct config_node *read_map(struct builder *builder, struct config_place place,
				    unsigned depth, const struct config_path *path)
{
	struct config_node *map = new_node(builder, CONFIG_NODE_MAP, place, path);
	yaml_event_t event;

	while (map != NULL && next_event(builder, &event)) {
		bool ended = event.type == YAML_MAPPING_END_EVENT;
		struct config_place key_place = place_of(event.start_mark);
		char *key = ended ? NULL : read_key(builder, &event, path);
		struct config_node *value;

		yaml_event_delete(&event);
		if (key == NULL)
			break;
		value = read_entry(builder, depth, key, key_place, path);
		if (value == NULL)
			break;
		append(map, value);
	}
	return map;
}

/* What makes a configuration hard to read, and some parsers run out of memory, is not for us. */
static const char *refusal(const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return "aliases (*name) are not allowed; write the value out";
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor != NULL)
		return "anchors (&name) are not allowed; write the value out";
	if (tag != NULL)
		return "tags (!name) are not allowed; leave it out";
	return NULL;
}

/* NULL (reported) where nothing more can be read. The event stays the caller's. */
static struct config_node *read_node(struct builder *builder, yaml_event_t *event, unsigned depth,
				     const struct config_path *path)
{
	struct config_place place = place_of(event->start_mark);
	const char *refused = refusal(event);
	struct config_node *node;

	if (depth > CONFIG_TREE_DEPTH_MAX) {
		fail(builder, place, path, "nested too deeply (16 levels are the most)");
		return NULL;
	}
	if (event->type == YAML_SEQUENCE_START_EVENT)
		node = read_list(builder, place, depth, path);
	else if (event->type == YAML_MAPPING_START_EVENT)
		node = read_map(builder, place, depth, path);
	else if (event->type == YAML_SCALAR_EVENT)
		node = read_scalar(builder, event, path);
	else
		node = new_node(builder, CONFIG_NODE_REFUSED, place, path);
	if (node != NULL && refused != NULL) {
		config_error_add(builder->report, place, path, "%s", refused);
		node->kind = CONFIG_NODE_REFUSED;
	}
	return node;
}

/* The first document's root; a second document is an error. */
static struct config_node *read_stream(struct builder *builder)
{
	struct config_node *root = NULL;
	yaml_event_t event;
	bool ended = false;

	while (!ended && next_event(builder, &event)) {
		ended = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && root != NULL)
			fail(builder, place_of(event.start_mark), NULL,
			     "a second document begins here; one file holds one");
		else if (event.type != YAML_STREAM_START_EVENT && !ended &&
			 event.type != YAML_DOCUMENT_START_EVENT &&
			 event.type != YAML_DOCUMENT_END_EVENT)
			root = read_node(builder, &event, 1, NULL);
		yaml_event_delete(&event);
	}
	if (root == NULL && !builder->failed) {
		root = new_node(builder, CONFIG_NODE_MAP, (struct config_place){1, 1}, NULL);
	}
	return root;
}

struct config_node *config_tree_parse(const char *text, size_t length, struct config_report *report)
{
	struct builder builder = {.text = text, .length = length, .report = report};
	struct config_node *root;

	if (yaml_parser_initialize(&builder.parser) == 0) {
		config_error_add(report, (struct config_place){0}, NULL, "out of memory");
		return NULL;
	}
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, length);
	root = read_stream(&builder);
	yaml_parser_delete(&builder.parser);
	if (builder.failed) {
		config_tree_free(root);
		return NULL;
	}
	return root;
}

void config_tree_free(struct config_node *node)
{
	if (node == NULL)
		return;
	while (node->first != NULL) {
		struct config_node *child = node->first;

		node->first = child->next;
		config_tree_free(child);
	}
	free(node->text);
	free(node->key);
	free(node);
}

struct config_node *config_tree_find(const struct config_node *map, const char *key, size_t length)
{
	if (map == NULL || map->kind != CONFIG_NODE_MAP)
		return NULL;
	for (struct config_node *node = map->first; node != NULL; node = node->next) {
		if (strlen(node->key) == length && memcmp(node->key, key, length) == 0)
			return node;
	}
	return NULL;
}

bool config_tree_is_null(const struct config_node *node)
{
	return node->kind == CONFIG_NODE_SCALAR && !node->quoted && node->length == 0;
}
