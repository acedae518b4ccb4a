/* SPDX-License-Identifier: ISC */
/*
 * publish_servers: finds a zone's authoritative servers: asks for its NS RRset, then for the addresses
 * of each name in it. Pure: gives questions, takes answers.
 */
#pragma once

#include "common/endpoint.h"
#include "dns/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PUBLISH_NS_MAX 8

struct publish_ns {
	struct endpoint server; /* port 0 = its address is not known */
	struct hostname name;
};

struct publish_servers {
	struct hostname zone;
	size_t name_count, at;
	struct hostname names[PUBLISH_NS_MAX];
	uint16_t type; /* asked last */
	size_t count;
	struct publish_ns items[2 * PUBLISH_NS_MAX];
	size_t left_out; /* name servers beyond PUBLISH_NS_MAX */
};

struct publish_question {
	struct hostname name;
	uint16_t type;
};

/* Begins anew. Always a question. */
void publish_servers_begin(struct publish_servers *servers, const struct hostname *zone,
			   struct publish_question *ret);
/* True: ask *ret. False: `items` holds what there is. NULL = that could not be asked. */
bool publish_servers_next(struct publish_servers *servers, const struct server_outcome *last,
			  struct publish_question *ret);
