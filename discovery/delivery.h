/* SPDX-License-Identifier: ISC */
/*
 * delivery: the words for one hello on its way to one core: the state that is kept, and the outcome
 * of one try with its sentence. Pure.
 */
#pragma once

#include <stdbool.h>

#define DELIVERY_CORES_MAX 16 /* cores that one daemon relays to */

/* Of one hello and one core. Kept in the database by name. */
enum delivery_state {
	DELIVERY_NONE, /* not meant for this core: older than the core's configuration, or a test */
	DELIVERY_WAITING,     /* the core does not have it yet; tried again until it has */
	DELIVERY_DELIVERED,   /* the core has it */
	DELIVERY_REPLACED,    /* a newer hello of the device came before the core had this one */
	DELIVERY_GIVEN_UP,    /* the core did not take it for as long as give-up-after */
	DELIVERY_QUARANTINED, /* the core died of it, twice: kept back until an operator says so */
	DELIVERY_ELSEWHERE,   /* another core took it, and one is enough */
};

/* By enum delivery_state, NULL-terminated. */
extern const char *const delivery_state_names[];

/* DELIVERY_NONE for a word that is none of them. */
enum delivery_state delivery_state_parse(const char *name);

enum delivery_result {
	DELIVERY_UNTRIED,    /* nothing happened yet */
	DELIVERY_DONE,       /* all bytes acknowledged and confirmed */
	DELIVERY_NO_CONNECT, /* the core could not be reached: `error` says why */
	DELIVERY_NOT_ROUTED, /* reached from our address, not from the PC's: no way back */
	DELIVERY_BROKEN,     /* the connection broke before the core closed it: `error` */
	DELIVERY_NOT_TAKEN,  /* connected, but the bytes were not all acknowledged in time */
	DELIVERY_NO_CLOSE,   /* all bytes acknowledged, but the core did not close in time */
	DELIVERY_TALKS,      /* the core sent more than a core has to say */
	DELIVERY_NO_ANSWER,  /* a web server or a program did not end in time */
	DELIVERY_TLS,        /* no trust: `error` is an enum delivery_tls */
	DELIVERY_HTTP,       /* a web server said no: `error` is its status */
	DELIVERY_NO_HTTP,    /* what answered is no web server */
	DELIVERY_NO_NAME,    /* the url's host is not in DNS */
	DELIVERY_EXIT,       /* a program ended with status `error` */
	DELIVERY_SIGNAL,     /* a program ended by signal `error` */
	DELIVERY_GONE,       /* the hello is not in the database any more: nothing to send */
	DELIVERY_LOCAL, /* our own side: no descriptor, no memory, unreadable database: `error` */
	/* The gate: not sent, because the core's call-back would go wrong. */
	DELIVERY_PORT_SILENT, /* the PC's port 16993 is filtered on the way from here */
	DELIVERY_PORT_NO_WAY, /* nobody at the address, or no way there: `error` */
	DELIVERY_PTR_OTHER,   /* reverse DNS names another machine than the lease */
	DELIVERY_PTR_ASTRAY,  /* the name in reverse DNS does not lead back to the address */
	DELIVERY_DNS_SILENT,  /* the name server does not answer */
	DELIVERY_DEADLY,      /* the core died shortly after it */
};

enum delivery_tls {
	DELIVERY_TLS_OTHER,     /* no TLS there, or no common version */
	DELIVERY_TLS_UNTRUSTED, /* the server's certificate: no authority of ours signed it */
	DELIVERY_TLS_EXPIRED,   /* or not valid yet */
	DELIVERY_TLS_NAME,      /* for another host */
	DELIVERY_TLS_CLIENT,    /* the server does not take our certificate, or that we have none */
	DELIVERY_TLS_FILES,     /* a file of ours: certificate, key, authorities */
};

/* Of one try. */
struct delivery_outcome {
	enum delivery_result result;
	int error; /* positive errno, 0 = none, unless the result says otherwise */
};

/* What the error of a connection that does not stand means: BROKEN where it stood for a while, LOCAL
 * where our side had no port or no memory for it, or a firewall of its own; else NO_CONNECT. */
enum delivery_result delivery_not_connected(int error);

/* True when the outcome says that the core is away, whichever hello was tried. */
bool delivery_blames_core(struct delivery_outcome outcome);

/* True for what the gate says: it concerns the PC and says nothing about the core. */
bool delivery_is_gate(struct delivery_outcome outcome);

/* "connection refused", "took the bytes but did not close in time", ... Gives `ret` back. */
#define DELIVERY_TEXT 112
const char *delivery_print(struct delivery_outcome outcome, char ret[DELIVERY_TEXT]);
