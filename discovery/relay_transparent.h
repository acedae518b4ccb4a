/* SPDX-License-Identifier: ISC */
/*
 * relay_transparent: a hello by TCP from the PC's own address, for cores that take the connection's
 * peer for the device. Opens the way back (way_back.h) for as long as the line is open.
 *
 * A core whose answers to that address do not come back through this host is told from one that is
 * away by a second connection from our own address: DELIVERY_NOT_ROUTED. The same is the self-test
 * at start. IPv4 PCs need a core with an IPv4 address, IPv6 ones one with IPv6.
 */
#pragma once

#include "discovery/carrier.h"

extern const struct carrier relay_transparent_carrier;
