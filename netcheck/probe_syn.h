/* SPDX-License-Identifier: ISC */
/*
 * probe_syn: the quick way to ask a TCP port: a raw SYN, answered by the kernel's own RST as soon as
 * the host agrees, so that nothing stays open anywhere. Needs CAP_NET_RAW; used only when asked for.
 * The second SYN of a slot is a true retransmission: a firewall sees one connection attempt. Before the
 * third and later ones an RST takes back what may be half open: hosts answer a repeated SYN of one
 * connection once in half a second only (Linux: net.ipv4.tcp_invalid_ratelimit).
 *
 * The sequence number names the slot and carries 12 bits that only we can compute; an answer counts
 * when it fits the slot's address and port as well.
 */
#pragma once

#include "netcheck/probe_tcp.h"

#define PROBE_SYN_SLOTS_MAX (1U << 20)

extern const struct probe_tcp_way probe_syn_way;

struct probe_syn;

/* 0, -ENOMEM, -EPERM without the capability, or another negative errno. */
int probe_syn_new(struct probe_syn **ret, struct event_base *base, uint32_t slots,
		  probe_tcp_answer *answer, void *user);
