/* SPDX-License-Identifier: ISC */
/*
 * relay_socket: the UDP socket of a test's DHCPv4 clients, which talk as a relay does (giaddr, port
 * 67 on both sides), so that no raw socket is needed but an address of their own.
 */
#pragma once

/* Bound to `relay`, connected to `server`. -1 after saying why on standard error. */
int relay_socket_open(const char *relay, const char *server);
