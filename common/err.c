/* SPDX-License-Identifier: ISC */
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return code;
	va_start(arguments, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, arguments);
	va_end(arguments);
	return code;
}

void err_prefix(struct err *err, const char *format, ...)
{
	struct err place, sentence;
	va_list arguments;
	size_t length;

	if (!err)
		return;
	va_start(arguments, format);
	(void)vsnprintf(place.text, sizeof(place.text), format, arguments);
	va_end(arguments);

	sentence = *err;
	length = strlen(place.text);
	memcpy(err->text, place.text, length + 1);
	(void)snprintf(err->text + length, sizeof(err->text) - length, ": %s", sentence.text);
}
