/* SPDX-License-Identifier: ISC */
/*
 * classify: is this client one whose option 81 and DNS names amtnet takes over from Kea?
 *
 * No published DHCP fingerprint tells an ME from the host beside it (they share MAC, address and
 * name), so "ME client" means "a PC with AMT", by the way that the administrator chose. Pure.
 */
#pragma once

#include <stdbool.h>

enum take_over {
	TAKE_OVER_CLASS,    /* members of a Kea client class */
	TAKE_OVER_OPTION81, /* whoever sends option 81 */
	TAKE_OVER_ALL,      /* every client of this server */
};

/* Names for parameters, NULL-terminated, in the order of enum take_over. */
extern const char *const take_over_names[];

/* Why the client is taken over, for the event and for people; NULL when it is left to Kea.
 * `client_class` is the class that Kea was asked about. */
const char *classify(enum take_over take_over, const char *client_class, bool in_class,
		     bool sent_option81);
