/* SPDX-License-Identifier: ISC */
#include "discovery/way_back.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LOOPBACK_INDEX 1

struct way_back {
	struct nl_sock *socket;
	struct rtnl_route *route;
	struct rtnl_rule *rule;
};

static int family_of(struct endpoint core)
{
	return core.addr.family == ADDR_IP6 ? AF_INET6 : AF_INET;
}

/* Where packets from the core come in. */
static int find_interface(struct way_back *way, struct nl_addr *core, char ret[IF_NAMESIZE],
			  struct err *err)
{
	struct rtnl_route *found = NULL;
	struct rtnl_nexthop *hop;
	int index = 0;

	if (rtnl_route_lookup(way->socket, core, &found) < 0)
		return err_set(err, -ENETUNREACH, "there is no route to the core");
	hop = rtnl_route_nexthop_n(found, 0);
	if (hop)
		index = rtnl_route_nh_get_ifindex(hop);
	if (rtnl_route_get_type(found) == RTN_LOCAL)
		index = LOOPBACK_INDEX;
	rtnl_route_put(found);
	if (index == 0 || !if_indextoname((unsigned)index, ret))
		return err_set(err, -ENODEV, "the interface towards the core is not known");
	return 0;
}

static int make_route(struct way_back *way, int family)
{
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *all = NULL;

	way->route = rtnl_route_alloc();
	if (!hop || !way->route || nl_addr_parse("default", family, &all) < 0) {
		if (hop)
			rtnl_route_nh_free(hop);
		return -ENOMEM;
	}
	rtnl_route_nh_set_ifindex(hop, LOOPBACK_INDEX);
	rtnl_route_add_nexthop(way->route, hop);
	rtnl_route_set_family(way->route, (uint8_t)family);
	rtnl_route_set_table(way->route, WAY_BACK_TABLE);
	rtnl_route_set_type(way->route, RTN_LOCAL);
	rtnl_route_set_scope(way->route, RT_SCOPE_HOST);
	rtnl_route_set_dst(way->route, all);
	nl_addr_put(all);
	return 0;
}

static int make_rule(struct way_back *way, struct endpoint core, struct nl_addr *from,
		     const char *interface)
{
	way->rule = rtnl_rule_alloc();
	if (!way->rule)
		return -ENOMEM;
	rtnl_rule_set_family(way->rule, family_of(core));
	rtnl_rule_set_prio(way->rule, WAY_BACK_TABLE);
	rtnl_rule_set_table(way->rule, WAY_BACK_TABLE);
	rtnl_rule_set_action(way->rule, FR_ACT_TO_TBL);
	if (rtnl_rule_set_iif(way->rule, interface) < 0 || rtnl_rule_set_src(way->rule, from) < 0 ||
	    rtnl_rule_set_ipproto(way->rule, IPPROTO_TCP) < 0 ||
	    rtnl_rule_set_sport(way->rule, core.port) < 0)
		return -ENOMEM;
	return 0;
}

/* What is there already is as good as added. */
static int judge(int code, const char *what, struct err *err)
{
	if (code >= 0 || code == -NLE_EXIST)
		return 0;
	if (code == -NLE_PERM || code == -NLE_NOACCESS)
		return err_set(err, -EPERM,
			       "the %s back from the core cannot be made without CAP_NET_ADMIN",
			       what);
	return err_set(err, -EIO, "the %s back from the core cannot be made: %s", what,
		       nl_geterror(code));
}

static int add_both(struct way_back *way, struct endpoint core, struct nl_addr *from,
		    struct err *err)
{
	char interface[IF_NAMESIZE];
	int result = find_interface(way, from, interface, err);

	if (result < 0)
		return result;
	if (make_route(way, family_of(core)) < 0 || make_rule(way, core, from, interface) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	result = judge(rtnl_route_add(way->socket, way->route, NLM_F_EXCL), "route", err);
	if (result == 0)
		result = judge(rtnl_rule_add(way->socket, way->rule, NLM_F_EXCL), "rule", err);
	return result;
}

int way_back_open(struct way_back **ret, struct endpoint core, struct err *err)
{
	struct way_back *way = calloc(1, sizeof(*way));
	struct nl_addr *from = nl_addr_build(family_of(core), core.addr.bytes,
					     addr_size(core.addr));
	int result = -ENOMEM;

	if (way)
		way->socket = nl_socket_alloc();
	if (!way || !from || !way->socket)
		err_set(err, result, "out of memory");
	else if (nl_connect(way->socket, NETLINK_ROUTE) < 0)
		result = err_set(err, -ENOTCONN, "no netlink socket");
	else
		result = add_both(way, core, from, err);
	if (from)
		nl_addr_put(from);
	if (result < 0)
		way_back_close(way);
	else
		*ret = way;
	return result;
}

void way_back_close(struct way_back *way)
{
	if (!way)
		return;
	if (way->rule) {
		rtnl_rule_delete(way->socket, way->rule, 0);
		rtnl_rule_put(way->rule);
	}
	if (way->route) {
		rtnl_route_delete(way->socket, way->route, 0);
		rtnl_route_put(way->route);
	}
	if (way->socket)
		nl_socket_free(way->socket);
	free(way);
}
