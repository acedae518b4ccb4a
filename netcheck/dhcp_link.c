/* SPDX-License-Identifier: ISC */
#include "netcheck/dhcp_link.h"

#include "common/endpoint.h"
#include "netcheck/dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOPS 64

struct frame {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t bytes[DHCP_PACKET_MAX];
} __attribute__((packed));

int dhcp_link_open(const char *interface, int *ret_index, struct err *err)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	int fd;

	at.sll_ifindex = (int)if_nametoindex(interface);
	if (!at.sll_ifindex)
		return err_set(err, -ENODEV, "there is no interface %s here", interface);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 && (errno == EPERM || errno == EACCES))
		return err_set(err, -EPERM,
			       "asking on a link needs root or CAP_NET_RAW; --server and --relay "
			       "ask from elsewhere");
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return err_set(err, -error, "cannot listen on %s: %s", interface, strerror(error));
	}
	*ret_index = at.sll_ifindex;
	return fd;
}

/* The sum of RFC 1071 over an even number of bytes, and of what was summed before. */
static uint32_t add_up(const void *bytes, size_t size, uint32_t sum)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	if (size % 2)
		sum += (uint32_t)at[size - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void address(struct frame *frame, struct addr source, size_t length)
{
	uint16_t udp_length = (uint16_t)(sizeof(frame->udp) + length);
	uint32_t sum;

	frame->ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)(sizeof(frame->ip) + udp_length)),
		.ttl = HOPS,
		.protocol = IPPROTO_UDP,
		.daddr = INADDR_BROADCAST,
	};
	if (source.family == ADDR_IP4)
		memcpy(&frame->ip.saddr, source.bytes, sizeof(frame->ip.saddr));
	frame->ip.check = fold(add_up(&frame->ip, sizeof(frame->ip), 0));
	frame->udp = (struct udphdr){.source = htons(DHCP_CLIENT_PORT),
				     .dest = htons(DHCP_SERVER_PORT),
				     .len = htons(udp_length)};
	/* The pseudo header: source, destination, protocol, length. */
	sum = add_up(&frame->ip.saddr, sizeof(frame->ip.saddr), IPPROTO_UDP + udp_length);
	sum = add_up(&frame->ip.daddr, sizeof(frame->ip.daddr), sum);
	frame->udp.check = fold(add_up(&frame->udp, udp_length, sum));
}

void dhcp_link_own(int fd, const char *interface, struct addr *ret_addr, struct mac *ret_mac)
{
	struct ifreq request = {0};
	struct endpoint endpoint;

	*ret_addr = (struct addr){0};
	*ret_mac = (struct mac){0};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (!ioctl(fd, SIOCGIFADDR, &request) &&
	    !endpoint_from_sockaddr(&request.ifr_addr, &endpoint))
		*ret_addr = endpoint.addr;
	if (!ioctl(fd, SIOCGIFHWADDR, &request) && request.ifr_hwaddr.sa_family == ARPHRD_ETHER)
		mac_from_bytes(ARPHRD_ETHER, (const uint8_t *)request.ifr_hwaddr.sa_data, ETH_ALEN,
			       ret_mac);
}

int dhcp_link_send(int fd, int index, struct addr source, const uint8_t *bytes, size_t length)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = index,
				 .sll_halen = ETH_ALEN,
				 .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct frame frame;
	size_t size = sizeof(frame.ip) + sizeof(frame.udp) + length;

	if (length > sizeof(frame.bytes))
		return -EMSGSIZE;
	memcpy(frame.bytes, bytes, length);
	address(&frame, source, length);
	return sendto(fd, &frame, size, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)size
		       ? 0
		       : -errno;
}

/* What is no whole UDP packet to port 68 is somebody else's. */
int dhcp_link_receive(int fd, uint8_t *ret, size_t size, struct addr *ret_source)
{
	uint8_t bytes[sizeof(struct iphdr) + 40 + sizeof(struct udphdr) + DHCP_PACKET_MAX];
	ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	struct udphdr udp;
	struct iphdr ip;
	size_t head, length;

	if (got < 0)
		return -errno;
	if ((size_t)got < sizeof(ip))
		return 0;
	memcpy(&ip, bytes, sizeof(ip));
	head = ip.ihl * 4u;
	if (ip.version != 4 || ip.protocol != IPPROTO_UDP || head < sizeof(ip) ||
	    ntohs(ip.frag_off) & 0x3fff || (size_t)got < head + sizeof(udp))
		return 0;
	memcpy(&udp, bytes + head, sizeof(udp));
	length = ntohs(udp.len);
	if (udp.dest != htons(DHCP_CLIENT_PORT) || length < sizeof(udp) ||
	    length > (size_t)got - head || length - sizeof(udp) > size)
		return 0;
	length -= sizeof(udp);
	memcpy(ret, bytes + head + sizeof(udp), length);
	*ret_source = addr_ip4(ntohl(ip.saddr));
	return (int)length;
}
