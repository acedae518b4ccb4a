/* SPDX-License-Identifier: ISC */
/*
 * say_leases: plays the Kea hook: says to amtnetd what standard input says, one lease event a line, and
 * ends when all of them are on its disk.
 *
 *   say_leases SOCKET
 *
 *   [host] CHANGE NAME ADDRESS HARDWARE-ADDRESS [CLIENT-ID]
 *
 * CHANGE is "committed", "renewed", "released", "expired" or "declined"; CLIENT-ID is hexadecimal, the
 * DUID where the address is IPv6. It is an ME that wants both records, or with "host" a machine's OS.
 */
#include "common/clock.h"
#include "tests/support/lease_hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIFETIME_S 3600
#define PATIENCE_MS 10000
#define EVENTS_MAX 1000

static _Noreturn void die(const char *line, const char *why)
{
	fprintf(stderr, "say_leases: %s: %s\n", line, why);
	exit(2);
}

static enum lease_change change_of(const char *text)
{
	for (int change = LEASE_COMMITTED; change <= LEASE_DECLINED; change++) {
		if (strcmp(text, lease_change_names[change]) == 0)
			return (enum lease_change)change;
	}
	die(text, "not a change");
}

static struct lease_bytes bytes_of(const char *hex)
{
	struct lease_bytes bytes = {0};
	unsigned value;

	for (; *hex; hex += 2) {
		if (bytes.length == sizeof(bytes.bytes) || sscanf(hex, "%2x", &value) != 1 ||
		    !hex[1])
			die(hex, "not a client id");
		bytes.bytes[bytes.length++] = (uint8_t)value;
	}
	return bytes;
}

static struct lease_event event_of(const char *line)
{
	char change[16], name[HOSTNAME_MAX + 1], address[ADDR_TEXT], mac[MAC_TEXT], id[511] = "";
	struct lease_event event = {0};
	struct err err = {0};

	if (strncmp(line, "host ", 5) == 0) {
		line += 5;
	} else {
		event.flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE;
		snprintf(event.class_name, sizeof(event.class_name), "intel-me");
	}
	if (sscanf(line, "%15s %253s %45s %60s %510s", change, name, address, mac, id) < 4)
		die(line, "less than four words");
	event.change = change_of(change);
	event.client_id = bytes_of(id);
	if (hostname_parse(name, &event.name, &err) < 0)
		die(name, err.text);
	if (addr_parse(address, &event.address) < 0)
		die(address, "not an address");
	if (mac_parse(mac, &event.mac) < 0)
		die(mac, "not a hardware address");
	if (event.change == LEASE_COMMITTED || event.change == LEASE_RENEWED)
		event.lifetime_s = LIFETIME_S;
	return event;
}

static unsigned read_events(struct lease_event *ret)
{
	char line[1024];
	unsigned count = 0;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (count == EVENTS_MAX)
			die(line, "too many lines");
		ret[count++] = event_of(line);
	}
	return count;
}

int main(int argc, char **argv)
{
	static struct lease_event events[EVENTS_MAX];
	uint64_t until_ms = clock_mono_ms() + PATIENCE_MS;
	struct lease_hook hook;
	unsigned count;

	if (argc != 2)
		die("usage", "say_leases SOCKET <LINES");
	count = read_events(events);
	lease_hook_init(&hook, argv[1]);
	if (!lease_hook_connect(&hook))
		die(argv[1], "nobody listens");
	while (hook.acknowledged < count) {
		if (hook.fd < 0)
			die(argv[1], "the connection has ended");
		if (clock_mono_ms() > until_ms)
			die(argv[1], "not acknowledged in time");
		while (hook.sent < count && lease_hook_say(&hook, &events[hook.sent]))
			;
		lease_hook_wait(&hook, 100, hook.sent < count);
	}
	return 0;
}
