/* SPDX-License-Identifier: ISC */
#include "dhcp_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define HEAD 240 /* BOOTP and the magic cookie */
#define AT_XID 4
#define AT_CIADDR 12
#define AT_YIADDR 16
#define AT_GIADDR 24
#define AT_CHADDR 28
#define AT_COOKIE 236

#define OPTION_HOST_NAME 12
#define OPTION_TYPE 53
#define OPTION_REQUESTED 50
#define OPTION_SERVER 54
#define OPTION_FQDN 81
#define FQDN_S_E 0x05

static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};

void dhcp_packet_init(struct dhcp_packet *ret, const char *relay, unsigned index,
		      const char *suffix)
{
	*ret = (struct dhcp_packet){
		.xid = index,
		.mac = {0x02, 0, (uint8_t)(index >> 24), (uint8_t)(index >> 16),
			(uint8_t)(index >> 8), (uint8_t)index},
	};
	inet_pton(AF_INET, relay, &ret->relay);
	snprintf(ret->name, sizeof(ret->name), "pc%03u.%s", index, suffix);
}

static uint8_t *put(uint8_t *at, uint8_t code, const void *value, size_t length)
{
	*at++ = code;
	*at++ = (uint8_t)length;
	memcpy(at, value, length);
	return at + length;
}

static uint8_t *put_name(uint8_t *at, const char *name)
{
	uint8_t value[DHCP_NAME_MAX + 5] = {FQDN_S_E};
	size_t used = 3;

	for (const char *label = name; *label != '\0';) {
		size_t length = strcspn(label, ".");

		value[used++] = (uint8_t)length;
		memcpy(value + used, label, length);
		used += length;
		label += length + (label[length] == '.');
	}
	value[used++] = 0;
	return put(at, OPTION_FQDN, value, used);
}

size_t dhcp_packet_encode(const struct dhcp_packet *packet, uint8_t ret[DHCP_PACKET_MAX])
{
	uint8_t type = (uint8_t)packet->type, *at = ret + HEAD;
	uint32_t xid = htonl(packet->xid);

	memset(ret, 0, DHCP_PACKET_MAX);
	memcpy(ret, (const uint8_t[]){1, 1, 6, 1}, 4); /* BOOTREQUEST, Ethernet, one hop */
	memcpy(ret + AT_XID, &xid, 4);
	if (packet->type == DHCP_RELEASE)
		memcpy(ret + AT_CIADDR, &packet->address, 4);
	memcpy(ret + AT_GIADDR, &packet->relay, 4);
	memcpy(ret + AT_CHADDR, packet->mac, sizeof(packet->mac));
	memcpy(ret + AT_COOKIE, cookie, sizeof(cookie));
	at = put(at, OPTION_TYPE, &type, 1);
	if (packet->type == DHCP_REQUEST)
		at = put(at, OPTION_REQUESTED, &packet->address, 4);
	if (packet->type == DHCP_REQUEST || packet->type == DHCP_RELEASE)
		at = put(at, OPTION_SERVER, &packet->server, 4);
	if (packet->options) {
		memcpy(at, packet->options, packet->options_length);
		at += packet->options_length;
	} else if (packet->type != DHCP_RELEASE) {
		at = put_name(at, packet->name);
	}
	*at++ = 255;
	return (size_t)(at - ret) < 300 ? 300 : (size_t)(at - ret);
}

/* The next option from *at on, NULL at the end or where one is cut. */
static const uint8_t *next_option(const uint8_t *bytes, size_t length, size_t *at)
{
	const uint8_t *option;

	while (*at < length && bytes[*at] == 0)
		++*at;
	if (*at + 1 >= length || bytes[*at] == 255 || *at + 2 + bytes[*at + 1] > length)
		return NULL;
	option = bytes + *at;
	*at += 2 + (size_t)option[1];
	return option;
}

int dhcp_packet_decode(struct dhcp_packet *ret, const uint8_t *bytes, size_t length)
{
	const uint8_t *option;
	size_t at = HEAD;
	uint32_t xid;

	if (length < HEAD || bytes[0] != 2 ||
	    memcmp(bytes + AT_COOKIE, cookie, sizeof(cookie)) != 0)
		return -EBADMSG;
	*ret = (struct dhcp_packet){0};
	memcpy(&xid, bytes + AT_XID, 4);
	ret->xid = ntohl(xid);
	memcpy(&ret->address, bytes + AT_YIADDR, 4);
	while ((option = next_option(bytes, length, &at)) != NULL) {
		if (option[0] == OPTION_TYPE && option[1] == 1)
			ret->type = (enum dhcp_type)option[2];
		if (option[0] == OPTION_SERVER && option[1] == 4)
			memcpy(&ret->server, option + 2, 4);
	}
	return ret->type == 0 ? -EBADMSG : 0;
}

static void join(struct dhcp_text *text, const uint8_t *option)
{
	size_t room = sizeof(text->bytes) - text->length, length = option[1];

	length = length < room ? length : room;
	memcpy(text->bytes + text->length, option + 2, length);
	text->length += length;
	text->pieces++;
}

void dhcp_options_names(struct dhcp_names *ret, const uint8_t *options, size_t length)
{
	const uint8_t *option;
	size_t at = 0;

	*ret = (struct dhcp_names){0};
	while ((option = next_option(options, length, &at)) != NULL) {
		if (option[0] == OPTION_FQDN)
			join(&ret->fqdn, option);
		else if (option[0] == OPTION_HOST_NAME)
			join(&ret->host_name, option);
	}
}

void dhcp_packet_names(struct dhcp_names *ret, const uint8_t *bytes, size_t length)
{
	dhcp_options_names(ret, bytes + HEAD, length - HEAD);
}

void dhcp_packet_print(const struct dhcp_packet *packet, FILE *file)
{
	const uint8_t *mac = packet->mac;
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &packet->address, address, sizeof(address));
	fprintf(file, "%s %s %02x:%02x:%02x:%02x:%02x:%02x\n", packet->name, address, mac[0],
		mac[1], mac[2], mac[3], mac[4], mac[5]);
}

int dhcp_packet_scan(struct dhcp_packet *packet, const char *line)
{
	uint8_t *mac = packet->mac;
	char address[INET_ADDRSTRLEN];

	if (sscanf(line, "%253s %15s %2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", packet->name, address,
		   &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) != 8 ||
	    inet_pton(AF_INET, address, &packet->address) != 1)
		return -EINVAL;
	return 0;
}
