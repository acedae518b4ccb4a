/* SPDX-License-Identifier: ISC */
#include "daemon/ctl.h"

#include "common/rows.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX (256u << 20)

/* The columns are the keys of the first row, in their order. */
static size_t take_columns(struct json_object *row, const char *ret[ROWS_COLUMNS_MAX + 1])
{
	size_t count = 0;

	json_object_object_foreach(row, key, value)
	{
		(void)value;
		if (count < ROWS_COLUMNS_MAX)
			ret[count++] = key;
	}
	ret[count] = NULL;
	return count;
}

static void add_row(struct rows *rows, struct json_object *row, const char *const *columns)
{
	for (size_t i = 0; columns[i]; i++) {
		struct json_object *value = NULL;

		json_object_object_get_ex(row, columns[i], &value);
		rows_text(rows, value ? json_object_get_string(value) : NULL);
	}
}

/* What a row is sorted by. */
struct sorted {
	struct json_object *row;
	size_t number; /* in the order of the daemon, which stays where two are equal */
};

static const struct ctl_format *sort_format; /* qsort(3) takes no argument of ours */

static int compare(const void *a, const void *b)
{
	const struct sorted *first = a, *second = b;
	struct json_object *x = NULL, *y = NULL;
	int order;

	json_object_object_get_ex(first->row, sort_format->sort, &x);
	json_object_object_get_ex(second->row, sort_format->sort, &y);
	if (json_object_is_type(x, json_type_int) && json_object_is_type(y, json_type_int))
		order = json_object_get_int64(x) < json_object_get_int64(y)
				? -1
				: json_object_get_int64(x) > json_object_get_int64(y);
	else
		order = strcmp(x ? json_object_get_string(x) : "",
			       y ? json_object_get_string(y) : "");
	if (order == 0)
		order = first->number < second->number ? -1 : 1;
	return sort_format->reverse ? -order : order;
}

/* All rows; NULL where one is no JSON object, or there is no memory. */
static struct sorted *parse_rows(char *json_lines, size_t *ret_count)
{
	struct sorted *rows = NULL, *grown;
	size_t count = 0, size = 0;

	for (char *rest = json_lines, *line; (line = strsep(&rest, "\n"));) {
		struct json_object *row = *line ? json_tokener_parse(line) : NULL;

		if (!*line)
			continue;
		if (count == size) {
			size = size ? size * 2 : 256;
			grown = reallocarray(rows, size, sizeof(*rows));
			if (grown)
				rows = grown;
			else
				row = NULL;
		}
		if (!rows || !json_object_is_type(row, json_type_object)) {
			while (count > 0)
				json_object_put(rows[--count].row);
			free(rows);
			return NULL;
		}
		rows[count] = (struct sorted){.row = row, .number = count};
		count++;
	}
	*ret_count = count;
	return rows ? rows : calloc(1, sizeof(*rows));
}

static enum ctl_status sort_rows(struct sorted *list, size_t count, const struct ctl_format *format,
				 const char *const *columns)
{
	const char *nearest;

	if (!format->sort)
		return CTL_GOOD;
	if (!json_object_object_get_ex(list[0].row, format->sort, NULL)) {
		nearest = text_nearest(format->sort, columns);
		fprintf(stderr, "amtnetctl: there is no column \"%s\"%s%s\n", format->sort,
			nearest ? "; did you mean " : "", nearest ? nearest : "");
		return CTL_USAGE;
	}
	sort_format = format;
	qsort(list, count, sizeof(*list), compare);
	return CTL_GOOD;
}

static enum ctl_status print_rows(struct sorted *list, size_t count,
				  const struct ctl_format *format)
{
	const char *columns[ROWS_COLUMNS_MAX + 1];
	struct rows *rows = NULL;
	enum ctl_status status;
	struct text out;

	take_columns(list[0].row, columns);
	status = sort_rows(list, count, format, columns);
	if (status != CTL_GOOD)
		return status;
	text_init(&out, TABLE_MAX);
	if (format->rows == ROWS_JSON) {
		for (size_t i = 0; i < count; i++)
			text_add(&out, "%s\n",
				 json_object_to_json_string_ext(
					 list[i].row,
					 JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	} else if (rows_new(&rows, format->rows, columns, &out) == 0) {
		for (size_t i = 0; i < count; i++)
			add_row(rows, list[i].row, columns);
		rows_end(rows);
		rows_free(rows);
	}
	fputs(out.length ? out.bytes : "", stdout);
	text_done(&out);
	return CTL_GOOD;
}

enum ctl_status ctl_print_table(char *json_lines, const struct ctl_format *format)
{
	enum ctl_status status = CTL_GOOD;
	size_t count = 0;
	struct sorted *list = parse_rows(json_lines, &count);

	if (!list) {
		fprintf(stderr, "amtnetctl: the daemon sent a row that is not JSON\n");
		return CTL_REFUSED;
	}
	if (count > 0)
		status = print_rows(list, count, format);
	else if (format->rows == ROWS_TABLE)
		puts("(none)");
	for (size_t i = 0; i < count; i++)
		json_object_put(list[i].row);
	free(list);
	return status;
}
