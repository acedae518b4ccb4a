/* SPDX-License-Identifier: ISC */
#include "discovery/neighbour.h"

#include "discovery/source.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <net/if_arp.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <sys/socket.h>

#define KNOWN_MAX 256
#define KNOWN_MS 60000 /* a route that changed is noticed after this time */

/* The link of a /24 or a /64, so that the route is not asked for with each hello of a storm. */
struct known {
	uint64_t until_ms;
	struct addr prefix;
	int index; /* 0 = behind a router */
};

struct neighbour {
	struct nl_sock *socket;
	struct known known[KNOWN_MAX]; /* by a hash of the prefix: the newest stays */
};

void neighbour_free(struct neighbour *neighbour)
{
	if (!neighbour)
		return;
	if (neighbour->socket)
		nl_socket_free(neighbour->socket);
	free(neighbour);
}

static int on_answer(struct nl_msg *message, void *user)
{
	struct nlattr *attributes[NDA_MAX + 1];
	struct mac *mac = user;

	if (nlmsg_hdr(message)->nlmsg_type == RTM_NEWNEIGH &&
	    nlmsg_parse(nlmsg_hdr(message), sizeof(struct ndmsg), attributes, NDA_MAX, NULL) == 0 &&
	    attributes[NDA_LLADDR])
		mac_from_bytes(ARPHRD_ETHER, nla_data(attributes[NDA_LLADDR]),
			       (size_t)nla_len(attributes[NDA_LLADDR]), mac);
	return NL_OK;
}

int neighbour_new(struct neighbour **ret)
{
	struct neighbour *neighbour = calloc(1, sizeof(*neighbour));

	if (!neighbour)
		return -ENOMEM;
	neighbour->socket = nl_socket_alloc();
	if (!neighbour->socket || nl_connect(neighbour->socket, NETLINK_ROUTE) < 0) {
		neighbour_free(neighbour);
		return -ENOTCONN;
	}
	nl_socket_disable_auto_ack(neighbour->socket);
	*ret = neighbour;
	return 0;
}

/* The link that the address is on; 0 where a router is in between. */
static int link_of(struct neighbour *neighbour, struct nl_addr *to)
{
	struct rtnl_route *route = NULL;
	struct rtnl_nexthop *hop;
	int index = 0;

	if (rtnl_route_lookup(neighbour->socket, to, &route) < 0)
		return 0;
	hop = rtnl_route_nexthop_n(route, 0);
	if (hop && rtnl_route_get_type(route) == RTN_UNICAST && !rtnl_route_nh_get_gateway(hop) &&
	    !rtnl_route_nh_get_via(hop))
		index = rtnl_route_nh_get_ifindex(hop);
	rtnl_route_put(route);
	return index;
}

static int ask(struct neighbour *neighbour, struct nl_addr *to, int index, struct mac *ret)
{
	const struct ndmsg head = {.ndm_family = (uint8_t)nl_addr_get_family(to),
				   .ndm_ifindex = index};
	struct nl_msg *message = nlmsg_alloc_simple(RTM_GETNEIGH, NLM_F_REQUEST);
	int result = -ENOMEM;

	if (!message)
		return result;
	nl_socket_modify_cb(neighbour->socket, NL_CB_VALID, NL_CB_CUSTOM, on_answer, ret);
	if (nlmsg_append(message, (void *)&head, sizeof(head), NLMSG_ALIGNTO) == 0 &&
	    nla_put_addr(message, NDA_DST, to) == 0 &&
	    nl_send_auto(neighbour->socket, message) >= 0)
		result = nl_recvmsgs_default(neighbour->socket);
	nlmsg_free(message);
	return result;
}

static struct known *known_of(struct neighbour *neighbour, struct addr addr)
{
	struct addr prefix = source_prefix(addr);
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(prefix.bytes); i++)
		hash = (hash ^ prefix.bytes[i]) * 16777619u;
	struct known *known = &neighbour->known[hash % KNOWN_MAX];

	if (!addr_equal(known->prefix, prefix))
		*known = (struct known){.prefix = prefix};
	return known;
}

int neighbour_get(struct neighbour *neighbour, struct addr addr, uint64_t now_ms, struct mac *ret)
{
	struct known *known = known_of(neighbour, addr);
	struct mac mac = {0};
	struct nl_addr *to;

	if (known->index == 0 && known->until_ms > now_ms)
		return -ENOENT;
	to = nl_addr_build(addr.family == ADDR_IP6 ? AF_INET6 : AF_INET, addr.bytes,
			   addr_size(addr));
	if (!to)
		return -ENOENT;
	if (known->until_ms <= now_ms) {
		known->index = link_of(neighbour, to);
		known->until_ms = now_ms + KNOWN_MS;
	}
	if (known->index > 0)
		ask(neighbour, to, known->index, &mac);
	nl_addr_put(to);
	if (mac.length == 0)
		return -ENOENT;
	*ret = mac;
	return 0;
}
