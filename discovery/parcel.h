/* SPDX-License-Identifier: ISC */
/*
 * parcel: a hello with what is known of its device, as words for those cores that do not take the
 * bytes: JSON for a web server, placeholders and variables for a program. docs/hello.md and
 * docs/webhook.schema.json say what the fields mean. Pure.
 */
#pragma once

#include "common/text.h"
#include "common/uuid.h"
#include "discovery/carrier.h"

/* "939b524b-13d4-1d18-e487-1c697a6b7a2b-1763900000123": the same for every try of one hello. Gives
 * `ret` back. */
#define PARCEL_ID_TEXT (UUID_TEXT + 21)
const char *parcel_id(const struct carrier_parcel *parcel, char ret[PARCEL_ID_TEXT]);

/* The documents of the two templates. */
void parcel_json(const struct carrier_parcel *parcel, struct text *out);
void parcel_json_dmt(const struct carrier_parcel *parcel, struct text *out);

/* Names of the values: "uuid", "address", "mac", "name", "retry", "core", "version", "id",
 * "received", "call-back", "flags"; NULL ends the list. */
extern const char *const parcel_words[];
/* The value of parcel_words[which], "" where unknown; in `ret` or borrowed from the parcel. */
#define PARCEL_WORD_TEXT 128
const char *parcel_word(const struct carrier_parcel *parcel, size_t which,
			char ret[PARCEL_WORD_TEXT]);
