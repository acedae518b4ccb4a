/* SPDX-License-Identifier: ISC */
#include "common/config_error.h"

#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_TEXT 256

void config_error_init(struct config_report *report, const char *name, struct config_errors *errors)
{
	memset(report->places, 0, sizeof(report->places));
	report->name = name;
	report->errors = errors;
	errors->count = 0;
	errors->more = 0;
}

static void add_path(struct text *text, const struct config_path *path)
{
	if (path->up != NULL)
		add_path(text, path->up);
	if (path->key == NULL) {
		text_add(text, "[%zu]", path->index);
		return;
	}
	if (text->length > 0)
		text_add(text, ".");
	text_add_clean(text, path->key, strlen(path->key));
}

/* The slot at which an error of this place belongs, with the later ones moved up by one. */
static struct err *make_room(struct config_report *report, struct config_place place)
{
	struct config_errors *errors = report->errors;
	size_t at = errors->count;

	for (; at > 0; at--) {
		const struct config_place *before = &report->places[at - 1];

		if (before->line < place.line ||
		    (before->line == place.line && before->column <= place.column))
			break;
		report->places[at] = *before;
		errors->items[at] = errors->items[at - 1];
	}
	report->places[at] = place;
	errors->count++;
	return &errors->items[at];
}

void config_error_add(struct config_report *report, struct config_place place,
		      const struct config_path *path, const char *format, ...)
{
	char sentence[sizeof(((struct err *)0)->text)];
	struct text where;
	struct err *slot;
	va_list args;

	if (report->errors->count == CONFIG_ERRORS_MAX) {
		report->errors->more++;
		return;
	}
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	text_init(&where, PATH_TEXT);
	if (path != NULL)
		add_path(&where, path);
	slot = make_room(report, place);
	err_set(slot, 0, "%s%s%s", where.length > 0 ? where.bytes : "",
		where.length > 0 ? ": " : "", sentence);
	if (place.line > 0)
		err_prefix(slot, "%s:%u:%u", report->name, place.line, place.column);
	else
		err_prefix(slot, "%s", report->name);
	text_done(&where);
}

size_t config_error_count(const struct config_report *report)
{
	return report->errors->count + report->errors->more;
}

const char *config_error_value(char ret[CONFIG_ERROR_VALUE], const char *text)
{
	return text_clean(ret, CONFIG_ERROR_VALUE, text, strlen(text));
}
