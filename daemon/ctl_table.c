/* SPDX-License-Identifier: ISC */
#include "daemon/ctl.h"

#include "common/rows.h"

#include <json-c/json.h>
#include <stdio.h>
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

enum ctl_status ctl_print_table(char *json_lines)
{
	const char *columns[ROWS_COLUMNS_MAX + 1];
	struct json_object *first = NULL; /* holds the names of the columns */
	struct rows *rows = NULL;
	struct text out;
	enum ctl_status status = CTL_GOOD;

	text_init(&out, TABLE_MAX);
	for (char *rest = json_lines, *line; (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		struct json_object *row = json_tokener_parse(line);
		if (!json_object_is_type(row, json_type_object) ||
		    (!first && (take_columns(row, columns) == 0 ||
				rows_new(&rows, ROWS_TABLE, columns, &out) < 0))) {
			fprintf(stderr, "amtnetctl: the daemon sent a row that is not JSON\n");
			json_object_put(row);
			status = CTL_REFUSED;
			break;
		}
		add_row(rows, row, columns);
		if (!first)
			first = row;
		else
			json_object_put(row);
	}
	if (rows)
		rows_end(rows);
	rows_free(rows);
	json_object_put(first);
	if (status == CTL_GOOD)
		fputs(out.length ? out.bytes : "(none)\n", stdout);
	text_done(&out);
	return status;
}
