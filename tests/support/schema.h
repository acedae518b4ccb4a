/* SPDX-License-Identifier: ISC */
/*
 * schema: does a JSON document follow a JSON schema? Knows the words that our schemas use (type, enum,
 * const, pattern, minimum, required, properties, additionalProperties: false, items; description,
 * title, format and $schema say nothing that is checked) and fails on any other, so that none is passed over. Wants
 * cmocka's headers.
 */
#pragma once

#include <stddef.h>

/* 0, or -1 with what is wrong and where in `ret`. */
int schema_check(const char *schema_path, const char *document, char *ret, size_t size);
