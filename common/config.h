/* SPDX-License-Identifier: ISC */
/*
 * config: YAML into plain structs by tables. A table lists a mapping's keys with type, bounds,
 * default and one sentence; it drives parsing, checking, the printed effective configuration and
 * the man page's key list. All errors of a file are found in one run, each as "file:line:column:
 * path.key: what is wrong and what would be right". Nothing may be used unless there was none.
 * Touches only the named file and the secret files that it names.
 */
#pragma once

#include "common/addr.h"
#include "common/endpoint.h"
#include "common/err.h"
#include "common/hostname.h"
#include "common/prefix.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Behind each the member that it is written into. */
enum config_kind {
	CONFIG_BOOL,     /* bool */
	CONFIG_INT,      /* int64_t, min..max */
	CONFIG_DURATION, /* int64_t milliseconds, min..max: "500ms", "60s", "15m", "1h", "2d" */
	CONFIG_TEXT,     /* char *, heap, never NULL when a default or value exists */
	CONFIG_HOSTNAME, /* struct hostname; "." is the empty name */
	CONFIG_ADDR,     /* struct addr */
	CONFIG_ENDPOINT, /* struct endpoint; `min`: the default port, 0 = a port must be given */
	CONFIG_PREFIX,   /* struct prefix */
	CONFIG_ENUM,     /* int: index into `choices` */
	CONFIG_SECRET,   /* struct config_secret: the value names the file that holds the secret */
	CONFIG_TABLE,    /* an embedded struct described by `table` */
};

/* A secret in its own file: one line, base64 (as BIND and Knot print TSIG secrets). A file that is
 * missing, unreadable, empty, not base64, or readable or writable by others is an error; `bytes` is
 * wiped by config_free. The file's group may read it. The print of the configuration shows the path
 * only. */
struct config_secret {
	char *path;
	uint8_t *bytes;
	size_t length;
};

/* What a key with `list` set is written into: `count` items of the kind's type, one after the
 * other. */
struct config_list {
	void *items;
	size_t count;
};

#define CONFIG_ITEMS_MAX 256

struct config_table;

struct config_key {
	const char *name;
	enum config_kind kind;
	bool list;     /* a sequence of that kind, written into a struct config_list */
	bool required; /* an error where missing (or an empty list); else `fallback`, or zero */
	size_t offset; /* offsetof() in the table's struct */
	/* INT, DURATION, ENDPOINT as said above, also for a list's items; 0, 0 = no bounds. For a
	 * list of any other kind, and of ENDPOINT, `max` is the most items. */
	int64_t min, max;
	size_t most;      /* list: most items, where `max` does not say; 0 = CONFIG_ITEMS_MAX */
	const char *word; /* list: this one word may stand in its place, as its only item */
	/* The default as it would stand in the file ("20m", "[a, b]"); NULL = none. */
	const char *fallback;
	const char *const *choices; /* ENUM: NULL-terminated */
	/* TABLE. A mapping that the file does not have is read as if it stood there empty. */
	const struct config_table *table;
	const char *help; /* one sentence for the man page */
};

/* Given to a table's check: complains about a key of the mapping at hand ("ttl") or below it
 * ("zones[2].key"), at the place of its value; where the file does not have it, at the nearest
 * mapping or list that it has. */
struct config_check;
void config_complain(struct config_check *check, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct config_table {
	const char *name; /* of the mapping, for messages */
	const char *help;
	size_t size; /* sizeof the struct */
	const struct config_key *keys;
	size_t count;
	/* What one key cannot say alone (a zone names a key that exists); may be NULL. Called after
	 * the mapping was read without an error of its own. */
	void (*check)(const void *object, struct config_check *check);
};

#define CONFIG_FILE_MAX (1024 * 1024) /* bytes */
#define CONFIG_ERRORS_MAX 64

struct config_errors {
	struct err items[CONFIG_ERRORS_MAX];
	size_t count;
	size_t more; /* errors beyond the array */
};

/* Reads the file into *object (zeroed first). Returns 0, or -EINVAL with every error in *errors,
 * when *object holds nothing to free. Errors are sorted by place. A file above CONFIG_FILE_MAX, and
 * YAML's anchors, aliases and tags, are errors. */
int config_load(const char *path, const struct config_table *table, void *object,
		struct config_errors *errors);

/* The same from memory; `name` stands for the file in messages. */
int config_parse(const char *text, size_t length, const char *name,
		 const struct config_table *table, void *object, struct config_errors *errors);

/* Frees what the object holds, not the object. */
void config_free(const struct config_table *table, void *object);

/* The effective configuration as YAML that config_parse reads back to the same. */
void config_print(const struct config_table *table, const void *object, FILE *out);

/* The key list for a man page: "dns.ttl (duration, 1s to 7d, default 20m): ...". */
void config_print_keys(const struct config_table *table, FILE *out);
