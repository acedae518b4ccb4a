/* SPDX-License-Identifier: ISC */
/*
 * publish_view: what each authoritative server of a zone serves under a ProvisionServer name, beside
 * what it should serve. A server is asked for its SOA first; while its serial stands still, what it
 * served before still holds. Pure.
 */
#pragma once

#include "common/endpoint.h"
#include "common/hostname.h"
#include "dns/publish_found.h"

#include <stdbool.h>
#include <stdint.h>

#define PUBLISH_SERVERS_MAX 16

enum publish_view_state {               /* what `amtnetctl provision-server` calls them */
			  VIEW_UNKNOWN, /* not asked yet, or its address is not known */
			  VIEW_RIGHT,   /* the same as the server that takes updates */
			  VIEW_LAGS,    /* an older copy of the zone, and something else in it */
			  VIEW_DIFFERS, /* something else, and the copy is not older */
			  VIEW_SILENT,  /* no answer */
			  VIEW_REFUSES, /* an answer, but not an authoritative one */
};
extern const char *const publish_view_state_names[];

/* What one server answered. */
struct publish_view_answer {
	enum {
		VIEW_ANSWER_SAME, /* the serial is the known one */
		VIEW_ANSWER_FOUND,
		VIEW_ANSWER_SILENT,
		VIEW_ANSWER_REFUSED,
	} kind;
	uint32_t serial;
	struct publish_found found;
	struct err words; /* SILENT and REFUSED */
};

struct publish_view {
	struct endpoint server; /* port 0 = its address is not known */
	struct hostname name;   /* in the NS RRset; "" = configured only */
	bool configured;        /* takes updates */
	enum publish_view_state state;
	bool looked; /* the rest is what it serves */
	uint32_t serial;
	char seen[PUBLISH_TEXT];
	char owner[PUBLISH_OWNERS_TEXT];
	uint32_t epoch;
	uint64_t bad_since_ms; /* not right since then; 0 = right, or not known */
	bool alarm;            /* for so long that someone must know */
	bool told;             /* the log has named it */
	struct err words;
};

/* True when its serial may be trusted to tell whether anything changed; *ret_serial is that. */
bool publish_view_knows(const struct publish_view *view, uint32_t *ret_serial);
/* Takes what a server answered in this round. */
void publish_view_take(struct publish_view *view, struct publish_view_answer *answer);
/* Judges it at the end of a round: `seen` and `owner` are what the server that takes updates has, `serial`
 * (may be NULL) its zone's serial. A transfer may take a while, and an answer may be lost: three
 * intervals; another answer with a serial as new will not become right by itself: two. */
void publish_view_judge(struct publish_view *view, const char *seen, const char *owner,
			const uint32_t *serial, uint64_t now_ms, uint64_t interval_ms);
