/* SPDX-License-Identifier: ISC */
/*
 * option81: the client FQDN option of DHCPv4 (RFC 4702): what the client sent, and the answer.
 *
 * The answer is in the encoding that the client used, and tells the truth: S = we do the forward
 * record, N = we do nothing, O = we differ from what was asked. Pure.
 */
#pragma once

#include "kea-hook/naming.h"

#define OPTION81_HEAD 3 /* flags, rcode1, rcode2; the name follows */

/* 0, or -EINVAL: cut, or the name is not in the encoding that E names. A name of one label is never
 * full. *ret is written on success only. */
int option81_decode(const struct lease_bytes *option, struct naming_wish *ret);

/* Decides, and writes the answer to a client that sent the option. */
void option81_decide(const struct naming_policy *policy, const struct naming_client *client,
		     struct naming_decision *ret);
