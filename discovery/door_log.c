/* SPDX-License-Identifier: ISC */
#include "discovery/door.h"

#include "common/clock.h"

#include <string.h>

#define SAID_MAX 20 /* lines about new devices, in ... */
#define SAID_MS 10000

void door_log_refused(struct discovery *discovery, enum listener_reason reason,
		      struct endpoint peer, const char *sentence)
{
	char text[ENDPOINT_TEXT];
	uint64_t held;

	/* Whatever looks whether the port is open does this all day. */
	if (reason == LISTENER_EMPTY)
		return;
	if (log_gate_pass(&discovery->refusal_gates[reason], clock_mono_ms(), REPEATED_LINE_MS,
			  &held))
		log_warning("hello", "refused, reason=%s, peer=%s, held=%llu: %s",
			    listener_reason_names[reason], endpoint_print(peer, text),
			    (unsigned long long)held, sentence);
}

void door_log_full(struct discovery *discovery)
{
	uint64_t held;

	if (log_gate_pass(&discovery->full_gate, clock_mono_ms(), REPEATED_LINE_MS, &held))
		log_error("hello",
			  "refused, there are %zu devices already, held=%llu; raise "
			  "hello.max-devices",
			  device_count(discovery->devices), (unsigned long long)held);
}

void door_log_delayed(struct discovery *discovery, int error)
{
	uint64_t held;

	if (log_gate_pass(&discovery->delay_gate, clock_mono_ms(), REPEATED_LINE_MS, &held))
		log_error("hello",
			  "cannot be written to the database, tried again every second for a "
			  "minute, its connection is kept, held=%llu: %s",
			  (unsigned long long)held, strerror(-error));
}

void door_log_not_stored(struct discovery *discovery, int error)
{
	uint64_t held;

	discovery->not_stored++;
	if (log_gate_pass(&discovery->store_gate, clock_mono_ms(), REPEATED_LINE_MS, &held))
		log_error("hello", "lost, it could not be written to the database, held=%llu: %s",
			  (unsigned long long)held, strerror(-error));
}

/* New devices are said one by one, but not all ten thousand of a morning. */
static bool may_say(struct discovery *discovery, uint64_t now_ms)
{
	if (now_ms - discovery->said_from_ms >= SAID_MS) {
		if (discovery->said > SAID_MAX)
			log_info("hello", "%llu more new devices in %d s, %zu in all",
				 (unsigned long long)(discovery->said - SAID_MAX), SAID_MS / 1000,
				 device_count(discovery->devices));
		discovery->said_from_ms = now_ms;
		discovery->said = 0;
	}
	return ++discovery->said <= SAID_MAX;
}

void door_log_hello(struct discovery *discovery, const struct store_device *stored,
		    const struct device *device)
{
	char uuid[UUID_TEXT], address[ADDR_TEXT];

	if (stored->count == 1 && !may_say(discovery, clock_mono_ms()))
		return;
	if (!log_wants(stored->count == 1 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG))
		return;
	log_line(stored->count == 1 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "hello",
		 "%s, uuid=%s, address=%s, name=%s, retry=%u, hellos=%u",
		 stored->count == 1 ? "new device" : "received", uuid_print(stored->uuid, uuid),
		 addr_print(stored->address, address),
		 device && device_name(device) ? device_name(device) : "-", stored->retry,
		 stored->count);
}
