/* SPDX-License-Identifier: ISC */
/*
 * config_value: one value of a configuration: from its text into the member that the table names,
 * and back. One row per kind. Private to config. Pure, apart from SECRET, which reads its file.
 */
#pragma once

#include "common/config.h"
#include "common/text.h"

struct config_value_kind {
	const char *name; /* for people: "duration" */
	size_t size;      /* of the member; 0 for TABLE */
	/* 0, or -EINVAL with the sentence, when *ret is left alone. */
	int (*parse)(const struct config_key *key, const char *text, void *ret, struct err *err);
	/* Writes it as it would stand in the file. */
	void (*print)(const struct config_key *key, const void *value, struct text *out);
	/* Nothing is there, so that the key is left out; NULL = something always is. */
	bool (*absent)(const struct config_key *key, const void *value);
	void (*free)(void *value); /* NULL = nothing to free */
};

/* By enum config_kind. */
extern const struct config_value_kind config_value_kinds[];

/* The size of one item of `key`, of a table's struct as well. */
size_t config_value_size(const struct config_key *key);

/* "60s", the largest unit that divides it. */
void config_value_print_duration(int64_t ms, struct text *out);
