/* SPDX-License-Identifier: ISC */
/*
 * config_error: the errors of one run over a configuration file, each with its place and the path
 * of its key, sorted by place. Private to config. Pure.
 */
#pragma once

#include "common/config.h"

struct config_place {
	unsigned line, column; /* from 1; 0 = the file as a whole */
};

/* One step of "dns.zones[2].name", a chain on the stack of whoever walks. */
struct config_path {
	const struct config_path *up; /* NULL at the top */
	const char *key;              /* NULL for an item of a list */
	size_t index;                 /* of the item */
};

struct config_report {
	const char *name; /* of the file */
	struct config_errors *errors;
	struct config_place places[CONFIG_ERRORS_MAX];
};

void config_error_init(struct config_report *report, const char *name,
		       struct config_errors *errors);

/* Adds "NAME:LINE:COLUMN: PATH: SENTENCE"; without a path where `path` is NULL. */
void config_error_add(struct config_report *report, struct config_place place,
		      const struct config_path *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Errors so far, those beyond the array as well. */
size_t config_error_count(const struct config_report *report);

/* A value from the file as it may stand in a sentence: cleaned and cut. Gives `ret` back. */
#define CONFIG_ERROR_VALUE 72
const char *config_error_value(char ret[CONFIG_ERROR_VALUE], const char *text);
