/* SPDX-License-Identifier: ISC */
/*
 * client: the imagined DHCP clients of a load, by number. Number N has the name "pcNNNNNN" in its zone,
 * an address in 10.0.0.0/8 and a hardware address. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/hostname.h"
#include "common/mac.h"

struct client {
	struct hostname name;
	struct addr address;
	struct mac mac;
};

/* With `zones` above 1 the clients are spread over "z00.ZONE", "z01.ZONE", ... */
struct client client_of(unsigned number, const char *zone, unsigned zones);

/* The argument as a number from 0 to `max`; ends the program with a sentence where it is none. */
unsigned client_number(const char *text, unsigned max);
