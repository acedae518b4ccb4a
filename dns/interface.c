/* SPDX-License-Identifier: ISC */
#include "dns/interface.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct interface {
	const char *name;
	struct nl_sock *events; /* the kernel's news; only that there are some matters */
	struct nl_sock *asking;
	struct event *on_news, *on_quiet;
	bool told;
	struct interface_addresses last;
	interface_change *on_change;
	void *user;
};

static struct addr addr_of(struct rtnl_addr *from)
{
	struct nl_addr *local = rtnl_addr_get_local(from);
	uint32_t ip4;

	if (!local)
		return (struct addr){0};
	if (nl_addr_get_family(local) == AF_INET6 && nl_addr_get_len(local) == 16)
		return addr_ip6(nl_addr_get_binary_addr(local));
	if (nl_addr_get_family(local) != AF_INET || nl_addr_get_len(local) != sizeof(ip4))
		return (struct addr){0};
	memcpy(&ip4, nl_addr_get_binary_addr(local), sizeof(ip4));
	return addr_ip4(ntohl(ip4));
}

/* May others connect to it, today and tomorrow? */
static bool is_lasting(struct rtnl_addr *from)
{
	unsigned flags = rtnl_addr_get_flags(from);
	unsigned temporary = rtnl_addr_get_family(from) == AF_INET6 ? IFA_F_TEMPORARY : 0;

	return rtnl_addr_get_scope(from) == RT_SCOPE_UNIVERSE &&
	       !(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED | temporary));
}

static void add(struct interface_addresses *addresses, struct addr addr)
{
	size_t at = addresses->count;

	if (at == INTERFACE_ADDRESSES_MAX) {
		addresses->left_out++;
		return;
	}
	for (; at && addr_compare(addresses->items[at - 1], addr) > 0; at--)
		addresses->items[at] = addresses->items[at - 1];
	addresses->items[at] = addr;
	addresses->count++;
}

/* 0 or -EIO. An interface that does not exist has no address. */
static int list(struct interface *interface, struct interface_addresses *ret)
{
	int index = (int)if_nametoindex(interface->name);
	struct nl_cache *cache = NULL;

	memset(ret, 0, sizeof(*ret));
	if (!index)
		return 0;
	if (rtnl_addr_alloc_cache(interface->asking, &cache) < 0)
		return -EIO;
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		struct rtnl_addr *address = (struct rtnl_addr *)at;

		if (rtnl_addr_get_ifindex(address) == index && is_lasting(address) &&
		    addr_of(address).family != ADDR_NONE)
			add(ret, addr_of(address));
	}
	nl_cache_free(cache);
	return 0;
}

static void wait_quiet(struct interface *interface)
{
	static const struct timeval quiet = {.tv_usec = INTERFACE_QUIET_MS * 1000};

	event_add(interface->on_quiet, &quiet);
}

static void on_quiet(evutil_socket_t fd, short what, void *user)
{
	struct interface *interface = user;
	struct interface_addresses now;

	if (list(interface, &now) < 0) {
		wait_quiet(interface); /* the kernel was too busy to answer */
		return;
	}
	if (interface->told && !memcmp(&now, &interface->last, sizeof(now)))
		return;
	interface->told = true;
	interface->last = now;
	interface->on_change(&now, interface->user);
}

/* News that did not fit (ENOBUFS) are news too: everything is listed anew. */
static void on_news(evutil_socket_t fd, short what, void *user)
{
	struct interface *interface = user;

	nl_recvmsgs_default(interface->events);
	wait_quiet(interface);
}

static int open_sockets(struct interface *interface)
{
	interface->events = nl_socket_alloc();
	interface->asking = nl_socket_alloc();
	if (!interface->events || !interface->asking)
		return -ENOMEM;
	nl_socket_disable_seq_check(interface->events);
	if (nl_connect(interface->asking, NETLINK_ROUTE) < 0 ||
	    nl_connect(interface->events, NETLINK_ROUTE) < 0 ||
	    nl_socket_add_memberships(interface->events, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      RTNLGRP_LINK, 0) < 0 ||
	    nl_socket_set_nonblocking(interface->events) < 0)
		return -ENOTCONN;
	return 0;
}

int interface_new(struct interface **ret, struct event_base *base, const char *name,
		  interface_change *on_change, void *user, struct err *err)
{
	static const struct timeval at_once = {0};
	struct interface *interface = calloc(1, sizeof(*interface));

	if (!interface)
		return err_set(err, -ENOMEM, "out of memory");
	interface->name = name;
	interface->on_change = on_change;
	interface->user = user;
	if (open_sockets(interface) < 0) {
		interface_free(interface);
		return err_set(err, -ENOTCONN,
			       "the kernel gives no news of addresses (netlink); the unit must "
			       "allow AF_NETLINK");
	}
	interface->on_news = event_new(base, nl_socket_get_fd(interface->events),
				       EV_READ | EV_PERSIST, on_news, interface);
	interface->on_quiet = event_new(base, -1, 0, on_quiet, interface);
	if (!interface->on_news || !interface->on_quiet) {
		interface_free(interface);
		return err_set(err, -ENOMEM, "out of memory");
	}
	event_add(interface->on_news, NULL);
	event_add(interface->on_quiet, &at_once);
	*ret = interface;
	return 0;
}

void interface_free(struct interface *interface)
{
	if (!interface)
		return;
	if (interface->on_news)
		event_free(interface->on_news);
	if (interface->on_quiet)
		event_free(interface->on_quiet);
	nl_socket_free(interface->events);
	nl_socket_free(interface->asking);
	free(interface);
}
