/* SPDX-License-Identifier: ISC */
/*
 * option39: the client FQDN option of DHCPv6 (RFC 4704): what the client sent, and the answer. It is
 * option 81 without the rcodes, its name is always in DNS wire form, and N is another bit; decoded
 * flags are those of option 81, with E set. Pure.
 */
#pragma once

#include "kea-hook/naming.h"

/* 0, or -EINVAL: empty, or the name is not in wire form. A name of one label is never full. *ret is
 * written on success only. */
int option39_decode(const struct lease_bytes *option, struct naming_wish *ret);

/* Decides, and writes the answer to a client that sent the option. */
void option39_decide(const struct naming_policy *policy, const struct naming_client *client,
		     struct naming_decision *ret);
