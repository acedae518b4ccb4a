/* SPDX-License-Identifier: ISC */
/*
 * answer: what a scripted name server or resolver answers to a plain question, put together record by record.
 */
#pragma once

#include "common/hostname.h"
#include "tests/support/name_server.h"

#include <stddef.h>
#include <stdint.h>

struct answer {
	uint8_t bytes[1024];
	size_t length;
};

enum answer_section { ANSWER_ANSWER, ANSWER_AUTHORITY };

/* The name that was asked about, and the type. */
struct hostname answer_question(const struct name_server_message *message, unsigned *ret_type);
/* NOERROR, authoritative and empty. */
void answer_begin(struct answer *answer, const struct name_server_message *message);
/* An SOA whose primary is ns1.example. */
void answer_soa(struct answer *answer, enum answer_section section, const struct hostname *zone);
/* An A of 127.0.0.1. */
void answer_loopback(struct answer *answer, const struct hostname *name);
