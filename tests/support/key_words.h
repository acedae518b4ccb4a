/* SPDX-License-Identifier: ISC */
/* key_words: a TSIG key from the words of a command line. */
#pragma once

#include "common/tsig.h"

/* `secret` is base64. NULL where the words make no key. */
struct tsig_key *key_from_words(const char *name, const char *algorithm, const char *secret);
