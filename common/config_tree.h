/* SPDX-License-Identifier: ISC */
/*
 * config_tree: YAML text as a tree of nodes that know their place. Anchors, aliases, tags, keys
 * that are not plain words and second documents are refused; depth and number of nodes are bounded.
 * Private to config; the only file that sees libyaml. Pure.
 */
#pragma once

#include "common/config_error.h"

#define CONFIG_TREE_DEPTH_MAX 16
#define CONFIG_TREE_NODES_MAX 65536

enum config_node_kind {
	CONFIG_NODE_SCALAR,
	CONFIG_NODE_LIST,
	CONFIG_NODE_MAP,
	CONFIG_NODE_REFUSED, /* was complained about already: stay silent */
};

struct config_node {
	enum config_node_kind kind;
	struct config_place place;
	char *text;    /* SCALAR, terminated */
	size_t length; /* of `text` */
	bool quoted;
	char *key; /* its name, when it stands in a map */
	struct config_place key_place;
	struct config_node *first, *last; /* LIST, MAP */
	size_t count;                     /* of those */
	struct config_node *next;         /* in the list or map that it stands in */
};

/* The root, to be freed, or NULL when nothing can be read (the report then has an error). An empty
 * file is an empty map. Less grave faults are reported and the rest is read. */
struct config_node *config_tree_parse(const char *text, size_t length,
				      struct config_report *report);
void config_tree_free(struct config_node *node);

/* The first child of that name, NULL where there is none or `map` is NULL or no map. */
struct config_node *config_tree_find(const struct config_node *map, const char *key, size_t length);

/* Nothing was written: "key:" with no value. */
bool config_tree_is_null(const struct config_node *node);
