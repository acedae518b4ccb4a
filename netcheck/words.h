/* SPDX-License-Identifier: ISC */
/*
 * words: the phrases that several judges use, so that one thing is always said in the same way. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/prefix.h"
#include "netcheck/dial.h"
#include "netcheck/hop.h"

#include <stddef.h>
#include <stdint.h>

#define WORDS_TEXT 320

/* "10.81.1.2, 10.81.1.3 and 5 more"; "nothing" for none. All give `ret` back. */
const char *words_addrs(const struct addr *addrs, size_t count, char ret[WORDS_TEXT]);
/* "0.4 ms" */
const char *words_rtt(uint32_t us, char ret[32]);
/* "ICMP type 3 code 13, administratively prohibited" */
const char *words_icmp(const struct dial_error *error, uint8_t family, char ret[96]);
/* "hop 2 (10.81.9.2)", "this machine" for hop 0, "10.81.9.2" where the hop is not known (unknown true) */
const char *words_hop(unsigned hop, struct addr by, char ret[96]);
/* "dropped between hop 1 (10.81.3.1) and hop 2 (10.81.9.2)", and so on for each place. `host` is what
 * stands at the end: "the PC", "the server". */
const char *words_place(const struct hop_finding *finding, const char *host, char ret[WORDS_TEXT]);
/* The remedy for a dropped port as a firewall rule in words. */
const char *words_fix(const struct hop_finding *finding, struct addr source, struct prefix to,
		      uint16_t port, char ret[WORDS_TEXT]);
