/* SPDX-License-Identifier: ISC */
/*
 * shim: Kea's side of the hook: shim.cc (loading, commands), shim4.cc and shim6.cc (the callouts of
 * the two servers), shim_value.cc (Kea's values as plain ones); the only files that see Kea. One
 * library serves both servers: each calls the callouts of its own names only.
 *
 * Every callout has one shape: leave when another library dropped or skipped the packet, fill a
 * plain struct, call the C core, apply what it says; an exception is counted and goes no further,
 * and the result is always 0. Only headers that Kea 2.2 to 3.0 install and compile alike are used,
 * and the subnet is never fetched, because its type differs between them.
 */
#pragma once

#include <cc/data.h>
#include <dhcp/option.h>
#include <dhcp/pkt.h>
#include <dhcpsrv/lease.h>
#include <hooks/hooks.h>
#include <log/logger.h>
#include <log/macros.h>

#include <string>
#include <vector>

extern "C" {
#include "kea-hook/hook.h"
}

#define ENTRY extern "C" __attribute__((visibility("default")))

namespace shim
{

extern isc::log::Logger logger;
extern const isc::log::MessageID AMTNET_NO_DOMAIN;
extern const isc::log::MessageID AMTNET_NO_SERVERS;

/* Values of the tag that all leases share. */
struct TagElements {
	isc::data::ElementPtr no;
	std::vector<isc::data::ElementPtr> ways; /* by enum take_over */

	TagElements();
};

/* Made by load(), gone after unload(). */
struct State {
	struct params params;
	std::vector<std::string> classes; /* to ask Kea about, as in params */
	TagElements tag_elements;
	std::vector<std::string> problems; /* not empty: disabled */
	struct hook *hook;                 /* NULL: disabled */

	State();
	~State();
	State(const State &) = delete;
	State &operator=(const State &) = delete;
};

extern State *state;

/* Runs `body` with the hook unless it is disabled or another library has disposed of the packet. */
template <typename Body> int callout(isc::hooks::CalloutHandle &handle, Body body) noexcept
{
	using isc::hooks::CalloutHandle;

	if (state == nullptr || state->hook == nullptr)
		return 0;
	try {
		const CalloutHandle::CalloutNextStep status = handle.getStatus();

		if (status != CalloutHandle::NEXT_STEP_DROP &&
		    status != CalloutHandle::NEXT_STEP_SKIP)
			body(state->hook);
	} catch (...) {
		hook_count_exception(state->hook);
	}
	return 0;
}

template <typename Pointer> Pointer argument(isc::hooks::CalloutHandle &handle, const char *name)
{
	Pointer pointer;

	handle.getArgument(name, pointer);
	return pointer;
}

/* The packet's option where it lies: getOption() makes a copy for each look. NULL = none. */
isc::dhcp::Option *option_of(isc::dhcp::Pkt &packet, uint16_t code);
/* Puts these bytes in the option's place. */
void replace_option(isc::dhcp::Pkt &packet, isc::dhcp::Option::Universe universe, uint16_t code,
		    const lease_bytes &bytes);
/* DDNS of this client is ours; told only where it is news, for any change costs Kea more. */
void stop_ddns(isc::hooks::CalloutHandle &handle, const char *direction);

/* What the callouts of the lease know and those of the answer need, kept with the packet. */
struct LeaseNote {
	uint32_t subnet_id;
	bool renews;
	struct mac mac; /* of a DHCPv6 lease */
};

void note_lease(isc::hooks::CalloutHandle &handle, const LeaseNote &note);
/* Zeros where no callout of the lease ran. */
LeaseNote noted_lease(isc::hooks::CalloutHandle &handle);

/* Borrows the packet's bytes. */
hook_query query_of(isc::dhcp::Pkt &packet);
struct mac mac_of(const isc::dhcp::HWAddrPtr &hwaddr);
void copy_bytes(const std::vector<uint8_t> &from, lease_bytes &to);
/* All but address and client id. */
hook_ended ended_of(enum lease_change change, const isc::dhcp::Lease &lease);
/* Writes the entry "amtnet" of the lease's user-context, or takes it out. */
void tag_lease(struct hook *hook, const hook_query &query, isc::dhcp::Lease &lease);
/* Logs what the answer lacks. */
void say(int todo, uint32_t subnet_id);

} // namespace shim
