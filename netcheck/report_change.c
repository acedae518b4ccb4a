/* SPDX-License-Identifier: ISC */
#include "netcheck/report_change.h"

#include "netcheck/explain.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 65536

/* A result of the earlier run. */
struct entry {
	char *key; /* group and subject, as JSON has them; heap */
	char id[8];
	enum result_state state;
	bool met; /* belongs to a result of this run */
};

struct report_baseline {
	struct entry *items; /* sorted by key once `sorted` is set */
	size_t count;
	size_t size;
	bool sorted;
};

int report_baseline_new(struct report_baseline **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void forget(struct report_baseline *baseline)
{
	for (size_t i = 0; i < baseline->count; i++)
		free(baseline->items[i].key);
	baseline->count = 0;
}

void report_baseline_free(struct report_baseline *baseline)
{
	if (!baseline)
		return;
	forget(baseline);
	free(baseline->items);
	free(baseline);
}

bool report_baseline_empty(const struct report_baseline *baseline)
{
	return baseline->count == 0;
}

/* Cleaned, because that is how a report writes them down; what follows a comma is a count, which may
 * differ from run to run. */
static char *key_of(const char *group, const char *subject)
{
	struct text text;

	text_init(&text, LINE_MAX_BYTES);
	if (group)
		text_add_clean(&text, group, strlen(group));
	text_add(&text, "\n");
	if (subject)
		text_add_clean(&text, subject, strcspn(subject, ","));
	return text.bytes;
}

/* Keeps the key. */
static int add(struct report_baseline *baseline, char *key, const char *id, enum result_state state)
{
	size_t size = baseline->size ? baseline->size * 2 : 64;
	struct entry *items;

	if (baseline->count >= RESULTS_MAX || !key) {
		free(key);
		return -ENOMEM;
	}
	if (baseline->count == baseline->size) {
		items = reallocarray(baseline->items, size, sizeof(struct entry));
		if (!items) {
			free(key);
			return -ENOMEM;
		}
		baseline->items = items;
		baseline->size = size;
	}
	baseline->items[baseline->count] = (struct entry){.key = key, .state = state};
	snprintf(baseline->items[baseline->count].id, sizeof(baseline->items[0].id), "%s", id);
	baseline->count++;
	baseline->sorted = false;
	return 0;
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* What the keys of a written report are made of is clean already, and so is taken as it is. */
static int take_object(struct report_baseline *baseline, struct json_object *object)
{
	const char *type = member(object, "type"), *id = member(object, "id");
	const char *state = member(object, "state"), *group = member(object, "group");
	const char *subject = member(object, "subject");
	char *key = NULL;

	if (!type || strcmp(type, "result") != 0)
		return type ? 0 : -EINVAL;
	if (!id || !state)
		return -EINVAL;
	for (int i = RESULT_OK; i <= RESULT_FAILURE; i++)
		if (!strcmp(state, result_state_name((enum result_state)i))) {
			if (asprintf(&key, "%s\n%.*s", group ? group : "",
				     subject ? (int)strcspn(subject, ",") : 0,
				     subject ? subject : "") < 0)
				key = NULL;
			return add(baseline, key, id, (enum result_state)i);
		}
	return -EINVAL;
}

static int read_lines(struct report_baseline *baseline, FILE *file, struct err *err)
{
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	for (unsigned number = 1; !r && getline(&line, &size, file) > 0; number++) {
		struct json_object *object = json_tokener_parse(line);

		r = object ? take_object(baseline, object) : -EINVAL;
		json_object_put(object);
		if (r)
			err_set(err, r, "line %u is no result of amtnet-check --json", number);
	}
	free(line);
	return r;
}

int report_baseline_read(struct report_baseline *baseline, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	int r;

	if (!file)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	forget(baseline);
	r = read_lines(baseline, file, err);
	fclose(file);
	if (!r && !baseline->count)
		r = err_set(err, -EINVAL, "holds no result of amtnet-check --json");
	if (r)
		err_prefix(err, "%s", path);
	return r;
}

int report_baseline_take(struct report_baseline *baseline, const struct results *results)
{
	int r = 0;

	forget(baseline);
	for (size_t i = 0; !r && i < results->count; i++) {
		const struct result *result = results->items[i];

		r = add(baseline, key_of(result->group, result->subject), result->kind->id,
			result->state);
	}
	return r;
}

static int by_key(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	return strcmp(left->key, right->key);
}

/* The entry that belongs to a result: of the same id if possible; NULL where there is none. */
static struct entry *match(struct report_baseline *baseline, const char *key, const char *id)
{
	size_t low = 0, high = baseline->count;
	struct entry *other = NULL;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(baseline->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < baseline->count && !strcmp(baseline->items[low].key, key); low++) {
		if (baseline->items[low].met)
			continue;
		if (!strcmp(baseline->items[low].id, id))
			return &baseline->items[low];
		if (!other)
			other = &baseline->items[low];
	}
	return other;
}

static void add_place(struct text *out, const char *key)
{
	const char *subject = strchr(key, '\n') + 1;

	if (subject - 1 > key)
		text_add(out, " %.*s", (int)(subject - 1 - key), key);
	if (*subject)
		text_add(out, " %s", subject);
}

static void add_change(struct text *out, const struct entry *was, const struct result *result,
		       const char *key)
{
	const char *word = !was                         ? "new    "
			   : was->state < result->state ? "worse  "
			   : was->state > result->state ? "better "
							: "changed";

	text_add(out, "%s", word);
	add_place(out, key);
	if (was)
		text_add(out, ": was %s %s, is", was->id, result_state_name(was->state));
	else
		text_add(out, ": is");
	text_add(out, " %s %s", result->kind->id, result_state_name(result->state));
	if (result->text) {
		text_add(out, ": ");
		text_add_clean(out, result->text, strlen(result->text));
	}
	text_add(out, "\n");
}

size_t report_changes(struct report_baseline *baseline, const struct results *results,
		      struct text *out)
{
	size_t changes = 0;

	if (!baseline->sorted && baseline->count)
		qsort(baseline->items, baseline->count, sizeof(struct entry), by_key);
	baseline->sorted = true;
	for (size_t i = 0; i < baseline->count; i++)
		baseline->items[i].met = false;
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = results->items[i];
		char *key = key_of(result->group, result->subject);
		struct entry *was = key ? match(baseline, key, result->kind->id) : NULL;

		if (was)
			was->met = true;
		if (key && (!was || strcmp(was->id, result->kind->id) != 0 ||
			    was->state != result->state)) {
			add_change(out, was, result, key);
			changes++;
		}
		free(key);
	}
	for (size_t i = 0; i < baseline->count; i++) {
		const struct entry *entry = &baseline->items[i];

		if (entry->met)
			continue;
		text_add(out, "gone   ");
		add_place(out, entry->key);
		text_add(out, ": was %s %s\n", entry->id, result_state_name(entry->state));
		changes++;
	}
	return changes;
}
