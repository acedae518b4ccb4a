/* SPDX-License-Identifier: ISC */
/* The callouts of kea-dhcp6. */
#include "kea-hook/shim.hpp"

#include <dhcp/dhcp6.h>
#include <dhcp/option6_ia.h>
#include <dhcp/option6_iaaddr.h>
#include <dhcp/pkt6.h>

#include <algorithm>

using isc::hooks::CalloutHandle;
using namespace isc::dhcp; /* up to Kea 2.6 the names of dhcp6.h are global, then in here */
using namespace shim;

namespace
{

/* As Kea with its default mac-sources; of the lease where that has one, so that the event of its end
 * names the same. */
hook_query query6_of(const Pkt6Ptr &packet, const HWAddrPtr &of_lease)
{
	hook_query query = query_of(*packet);

	query.ip6 = true;
	query.mac = mac_of(of_lease ? of_lease : packet->getMAC(HWAddr::HWADDR_SOURCE_ANY));
	return query;
}

struct addr addr_of(const isc::asiolink::IOAddress &address)
{
	const std::vector<uint8_t> bytes = address.toBytes();

	return bytes.size() == 16 ? addr_ip6(bytes.data()) : addr{};
}

/* Notes the lease for the answer, and tags it. Delegated prefixes have no names. */
void store(CalloutHandle &handle, struct hook *hook, bool renews)
{
	const Pkt6Ptr packet = argument<Pkt6Ptr>(handle, "query6");
	const Lease6Ptr lease = argument<Lease6Ptr>(handle, "lease6");
	LeaseNote note{};

	if (lease->type_ != Lease::TYPE_NA)
		return;

	const hook_query query = query6_of(packet, lease->hwaddr_);

	note.subnet_id = lease->subnet_id_;
	note.renews = renews;
	note.mac = query.mac;
	note_lease(handle, note);
	tag_lease(hook, query, *lease);
}

/* The addresses that the answer gives; those with a lifetime of 0 it takes back. */
void add_given(const Pkt6Ptr &response, hook_reply &reply)
{
	for (auto const &ia : response->options_) {
		if (ia.first != D6O_IA_NA)
			continue;
		for (auto const &option : ia.second->getOptions()) {
			const auto given = boost::dynamic_pointer_cast<Option6IAAddr>(
				option.second);

			if (given && given->getValid() > 0 && reply.given_count < HOOK_GIVEN_MAX)
				reply.given[reply.given_count++] = {addr_of(given->getAddress()),
								    given->getValid()};
		}
	}
}

/* The first name of a list in wire form, with its root. */
size_t first_name(const OptionBuffer &list)
{
	size_t at = 0;

	while (at < list.size() && list[at] != 0)
		at += 1 + static_cast<size_t>(list[at]);
	return std::min(at + 1, list.size());
}

/* The client's option request option names this code. */
bool asks_for(const Pkt6Ptr &packet, uint16_t code)
{
	Option *const option = option_of(*packet, D6O_ORO);
	const OptionBuffer codes = option ? option->toBinary() : OptionBuffer();

	for (size_t i = 0; i + 1 < codes.size(); i += 2) {
		if (codes[i] == code >> 8 && codes[i + 1] == (code & 0xff))
			return true;
	}
	return false;
}

bool gives_leases(uint8_t type)
{
	return type == DHCPV6_SOLICIT || type == DHCPV6_REQUEST || type == DHCPV6_RENEW ||
	       type == DHCPV6_REBIND;
}

void answer(CalloutHandle &handle, struct hook *hook)
{
	const Pkt6Ptr response = argument<Pkt6Ptr>(handle, "response6");
	const Pkt6Ptr packet = argument<Pkt6Ptr>(handle, "query6");
	hook_reply reply{};

	add_given(response, reply);
	if (!gives_leases(packet->getType()) || reply.given_count == 0)
		return;

	const LeaseNote note = noted_lease(handle);
	Option *const domains = option_of(*response, D6O_DOMAIN_SEARCH);
	const OptionBuffer domain_bytes = domains ? domains->toBinary() : OptionBuffer();
	Option *const servers = option_of(*response, D6O_NAME_SERVERS);
	hook_query query = query6_of(packet, HWAddrPtr());

	if (note.mac.length > 0)
		query.mac = note.mac;
	reply.acknowledges = response->getType() == DHCPV6_REPLY;
	reply.renews = note.renews;
	reply.subnet_id = note.subnet_id;
	reply.domain = domains ? domain_bytes.data() : nullptr;
	reply.domain_size = first_name(domain_bytes);
	reply.has_servers = servers != nullptr && servers->len() > servers->getHeaderLen();
	reply.owes_domain = asks_for(packet, D6O_DOMAIN_SEARCH);
	reply.owes_servers = asks_for(packet, D6O_NAME_SERVERS);

	lease_bytes option39;
	const int todo = hook_answer(hook, &query, &reply, &option39);

	if (todo & HOOK_WRITE_FQDN)
		replace_option(*response, Option::V6, D6O_CLIENT_FQDN, option39);
	say(todo, reply.subnet_id);
}

void end(CalloutHandle &handle, struct hook *hook, enum lease_change change)
{
	const Lease6Ptr lease = argument<Lease6Ptr>(handle, "lease6");

	if (lease->type_ != Lease::TYPE_NA)
		return;

	hook_ended ended = ended_of(change, *lease);

	ended.address = addr_of(lease->addr_);
	if (lease->duid_)
		copy_bytes(lease->duid_->getDuid(), ended.client_id);
	if (change == LEASE_EXPIRED) {
		hook_end(hook, nullptr, &ended);
		return;
	}

	const hook_query query = query6_of(argument<Pkt6Ptr>(handle, "query6"), lease->hwaddr_);

	hook_end(hook, &query, &ended);
}

} // namespace

ENTRY int buffer6_receive(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		const Pkt6Ptr packet = argument<Pkt6Ptr>(handle, "query6");

		hook_repair(hook, true, packet->data_.data(), packet->data_.size());
	});
}

/* The name must not be empty: with anything changed, Kea sets it as a full name, and throws when it
 * is none. */
ENTRY int ddns6_update(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		const Pkt6Ptr packet = argument<Pkt6Ptr>(handle, "query6");
		const hook_query query = query6_of(packet, HWAddrPtr());
		std::string hostname;
		struct hostname name;

		if (!hook_takes_over(hook, &query, &name))
			return;
		handle.getArgument("hostname", hostname);
		if (hostname.empty())
			handle.setArgument("hostname", std::string(name.text));
		stop_ddns(handle, "fwd-update");
		stop_ddns(handle, "rev-update");
	});
}

ENTRY int lease6_select(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { store(handle, hook, false); });
}

ENTRY int lease6_renew(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { store(handle, hook, true); });
}

ENTRY int lease6_rebind(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { store(handle, hook, true); });
}

ENTRY int pkt6_send(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { answer(handle, hook); });
}

ENTRY int lease6_release(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { end(handle, hook, LEASE_RELEASED); });
}

ENTRY int lease6_decline(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { end(handle, hook, LEASE_DECLINED); });
}

ENTRY int lease6_expire(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) { end(handle, hook, LEASE_EXPIRED); });
}
