/* SPDX-License-Identifier: ISC */
#include "netcheck/route.h"

#include <errno.h>
#include <netinet/in.h>
#include <netlink/addr.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct route {
	struct nl_sock *socket;
};

int route_new(struct route **ret)
{
	struct route *route = calloc(1, sizeof(*route));

	if (!route)
		return -ENOMEM;
	route->socket = nl_socket_alloc();
	if (!route->socket || nl_connect(route->socket, NETLINK_ROUTE) < 0) {
		route_free(route);
		return -ENOTCONN;
	}
	*ret = route;
	return 0;
}

void route_free(struct route *route)
{
	if (!route)
		return;
	if (route->socket)
		nl_socket_free(route->socket);
	free(route);
}

static struct addr addr_of(struct nl_addr *from)
{
	struct addr addr = {0};
	uint32_t ip4;

	if (!from || nl_addr_iszero(from))
		return addr;
	if (nl_addr_get_family(from) == AF_INET6 && nl_addr_get_len(from) == 16)
		return addr_ip6(nl_addr_get_binary_addr(from));
	if (nl_addr_get_family(from) != AF_INET || nl_addr_get_len(from) != sizeof(ip4))
		return addr;
	memcpy(&ip4, nl_addr_get_binary_addr(from), sizeof(ip4));
	return addr_ip4(ntohl(ip4));
}

static int read_answer(struct rtnl_route *found, struct route_answer *ret)
{
	struct rtnl_nexthop *next = rtnl_route_nexthop_n(found, 0);
	uint8_t type = rtnl_route_get_type(found);

	if (type != RTN_UNICAST && type != RTN_LOCAL)
		return -ENETUNREACH;
	ret->local = type == RTN_LOCAL;
	ret->from = addr_of(rtnl_route_get_pref_src(found));
	if (next)
		ret->via = addr_of(rtnl_route_nh_get_gateway(next));
	if (next && ret->via.family == ADDR_NONE)
		ret->via = addr_of(rtnl_route_nh_get_via(next));
	ret->on_link = !ret->local && ret->via.family == ADDR_NONE;
	return 0;
}

int route_get(struct route *route, struct addr to, struct route_answer *ret)
{
	struct nl_addr *wanted = nl_addr_build(to.family == ADDR_IP6 ? AF_INET6 : AF_INET, to.bytes,
					       addr_size(to));
	struct route_answer answer = {0};
	struct rtnl_route *found = NULL;
	int r;

	if (!wanted)
		return -ENOMEM;
	r = rtnl_route_lookup(route->socket, wanted, &found);
	nl_addr_put(wanted);
	if (r < 0) /* a route that forbids is an error of the kernel, as is a missing one */
		return r == -NLE_NOMEM ? -ENOMEM : -ENETUNREACH;
	r = read_answer(found, &answer);
	rtnl_route_put(found);
	if (!r)
		*ret = answer;
	return r;
}
