/* SPDX-License-Identifier: ISC */
/* The callouts of kea-dhcp4. */
#include "kea-hook/shim.hpp"

#include <dhcp/dhcp4.h>
#include <dhcp/pkt4.h>

#include <new>

using isc::dhcp::Lease4Ptr;
using isc::dhcp::Option;
using isc::dhcp::OptionBuffer;
using isc::dhcp::Pkt4;
using isc::dhcp::Pkt4Ptr;
using isc::hooks::CalloutHandle;
using namespace shim;

namespace
{

void repair(struct hook *hook, OptionBuffer &bytes)
{
	const size_t size = bytes.size();
	const size_t wanted = hook_repair(hook, false, bytes.data(), size);

	if (wanted == 0)
		return;
	try {
		bytes.resize(size + wanted);
	} catch (const std::bad_alloc &) {
		/* The option is taken out instead. */
	}
	hook_repair_truncated(hook, bytes.data(), size, bytes.size() - size);
}

/* Notes the lease for the answer, and tags it. */
void store(CalloutHandle &handle, struct hook *hook, bool renews)
{
	const Pkt4Ptr packet = argument<Pkt4Ptr>(handle, "query4");
	const Lease4Ptr lease = argument<Lease4Ptr>(handle, "lease4");
	LeaseNote note{};

	note.subnet_id = lease->subnet_id_;
	note.renews = renews;
	note_lease(handle, note);
	if (packet->getType() == isc::dhcp::DHCPREQUEST)
		tag_lease(hook, query_of(*packet), *lease);
}

uint32_t lifetime_of(Pkt4 &response)
{
	Option *const option = option_of(response, isc::dhcp::DHO_DHCP_LEASE_TIME);
	uint32_t seconds = 0;

	if (option != nullptr) {
		for (uint8_t byte : option->toBinary())
			seconds = seconds << 8 | byte;
	}
	return seconds;
}

/* What only a DHCPACK is asked for. */
void fill_ack(Pkt4 &response, hook_reply &reply)
{
	Option *const servers = option_of(response, isc::dhcp::DHO_DOMAIN_NAME_SERVERS);

	reply.acknowledges = true;
	reply.given[0].lifetime_s = lifetime_of(response);
	reply.has_servers = servers != nullptr && servers->len() > servers->getHeaderLen();
	reply.owes_domain = reply.owes_servers = true;
}

void answer(CalloutHandle &handle, struct hook *hook)
{
	const Pkt4Ptr response = argument<Pkt4Ptr>(handle, "response4");
	const uint8_t type = response->getType();
	const uint32_t address = response->getYiaddr().toUint32();

	if ((type != isc::dhcp::DHCPOFFER && type != isc::dhcp::DHCPACK) || address == 0)
		return;

	const Pkt4Ptr packet = argument<Pkt4Ptr>(handle, "query4");
	const hook_query query = query_of(*packet);
	Option *const domain = option_of(*response, isc::dhcp::DHO_DOMAIN_NAME);
	const LeaseNote note = noted_lease(handle);
	hook_reply reply{};

	reply.renews = note.renews;
	reply.subnet_id = note.subnet_id;
	reply.given[0].address = addr_ip4(address);
	reply.given_count = 1;
	if (domain != nullptr) {
		reply.domain = domain->getData().data(); /* a string's bytes, as they are sent */
		reply.domain_size = domain->getData().size();
	}
	if (type == isc::dhcp::DHCPACK)
		fill_ack(*response, reply);

	lease_bytes option81;
	const int todo = hook_answer(hook, &query, &reply, &option81);

	if (todo & HOOK_WRITE_FQDN)
		replace_option(*response, Option::V4, isc::dhcp::DHO_FQDN, option81);
	say(todo, reply.subnet_id);
}

hook_ended ended4_of(enum lease_change change, const Lease4Ptr &lease)
{
	hook_ended ended = ended_of(change, *lease);

	ended.address = addr_ip4(lease->addr_.toUint32());
	if (lease->client_id_)
		copy_bytes(lease->getClientIdVector(), ended.client_id);
	return ended;
}

void end_by_packet(CalloutHandle &handle, struct hook *hook, enum lease_change change)
{
	const Pkt4Ptr packet = argument<Pkt4Ptr>(handle, "query4");
	const hook_query query = query_of(*packet);
	const hook_ended ended = ended4_of(change, argument<Lease4Ptr>(handle, "lease4"));

	hook_end(hook, &query, &ended);
}

} // namespace

ENTRY int buffer4_receive(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		const Pkt4Ptr packet = argument<Pkt4Ptr>(handle, "query4");

		repair(hook, packet->data_);
	});
}

ENTRY int ddns4_update(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		const Pkt4Ptr packet = argument<Pkt4Ptr>(handle, "query4");
		const hook_query query = query_of(*packet);

		if (hook_takes_over(hook, &query, nullptr)) {
			stop_ddns(handle, "fwd-update");
			stop_ddns(handle, "rev-update");
		}
	});
}

ENTRY int lease4_select(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { store(handle, hook, false); });
}

ENTRY int lease4_renew(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { store(handle, hook, true); });
}

ENTRY int pkt4_send(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { answer(handle, hook); });
}

ENTRY int lease4_release(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		end_by_packet(handle, hook, LEASE_RELEASED);
	});
}

ENTRY int lease4_decline(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		end_by_packet(handle, hook, LEASE_DECLINED);
	});
}

ENTRY int lease4_expire(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		const hook_ended ended = ended4_of(LEASE_EXPIRED,
						   argument<Lease4Ptr>(handle, "lease4"));

		hook_end(hook, nullptr, &ended);
	});
}
