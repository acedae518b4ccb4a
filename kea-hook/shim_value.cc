/* SPDX-License-Identifier: ISC */
#include "kea-hook/shim.hpp"

#include <algorithm>

using isc::data::ConstElementPtr;
using isc::data::Element;
using isc::data::ElementPtr;
using isc::dhcp::HWAddrPtr;
using isc::dhcp::Lease;
using isc::dhcp::Option;
using isc::dhcp::OptionBuffer;
using isc::dhcp::OptionPtr;
using isc::dhcp::Pkt;
using isc::hooks::CalloutHandle;

namespace shim
{

Option *option_of(Pkt &packet, uint16_t code)
{
	const auto found = packet.options_.find(code);

	return found == packet.options_.end() ? nullptr : found->second.get();
}

void replace_option(Pkt &packet, Option::Universe universe, uint16_t code, const lease_bytes &bytes)
{
	const OptionBuffer buffer(bytes.bytes, bytes.bytes + bytes.length);
	const OptionPtr option(new Option(universe, code, buffer));
	const auto found = packet.options_.find(code);

	if (found == packet.options_.end())
		packet.addOption(option);
	else
		found->second = option;
}

void stop_ddns(CalloutHandle &handle, const char *direction)
{
	bool wanted = true;

	handle.getArgument(direction, wanted);
	if (wanted)
		handle.setArgument(direction, false);
}

const char *const NOTE = "lease";

void note_lease(CalloutHandle &handle, const LeaseNote &note)
{
	handle.setContext(NOTE, note);
}

LeaseNote noted_lease(CalloutHandle &handle)
{
	LeaseNote note{};

	try {
		handle.getContext(NOTE, note);
	} catch (const isc::hooks::NoSuchCalloutContext &) {
		/* Neither callout ran: the event goes out without a subnet. */
	}
	return note;
}

hook_query query_of(Pkt &packet)
{
	hook_query query{};

	query.packet = packet.data_.data();
	query.size = packet.data_.size();
	for (size_t i = 0; i < state->classes.size(); i++) {
		if (packet.inClass(state->classes[i]))
			query.classes |= UINT32_C(1) << i;
	}
	return query;
}

struct mac mac_of(const HWAddrPtr &hwaddr)
{
	struct mac mac {
	};

	if (hwaddr)
		(void)mac_from_bytes(static_cast<uint8_t>(hwaddr->htype_), hwaddr->hwaddr_.data(),
				     hwaddr->hwaddr_.size(), &mac);
	return mac;
}

void copy_bytes(const std::vector<uint8_t> &from, lease_bytes &to)
{
	to.length = static_cast<uint8_t>(std::min(from.size(), sizeof(to.bytes)));
	std::copy_n(from.begin(), to.length, to.bytes);
}

/* ---- The tag ---- */

const char *const TAG = "amtnet";

/* The tag's value of this name, or null. */
ConstElementPtr member(const ConstElementPtr &map, const char *name, Element::types type)
{
	const ConstElementPtr value = map->get(name);

	return value && value->getType() == type ? value : ConstElementPtr();
}

bool says(const ConstElementPtr &tag, const char *name, const char *text)
{
	const ConstElementPtr value = member(tag, name, Element::string);

	return value ? value->stringValue() == text : text[0] == '\0';
}

bool says(const ConstElementPtr &tag, const char *name, bool wanted)
{
	const ConstElementPtr value = member(tag, name, Element::boolean);

	return (!value || value->boolValue()) == wanted;
}

bool is_same(const ConstElementPtr &present, const hook_tag &tag)
{
	return present->getType() == Element::map && says(present, "name", tag.name.text) &&
	       says(present, "forward", tag.forward) && says(present, "reverse", tag.reverse) &&
	       says(present, "by", tag.by);
}

TagElements::TagElements() : no(Element::create(false))
{
	for (const char *way : take_over_names)
		ways.push_back(Element::create(std::string(way ? way : "")));
}

/* All but the name are the same for every lease; they are shared, and never changed. A flag that is
 * true is left out: Kea writes the whole into its lease file at each renewal. */
ElementPtr element_of(const hook_tag &tag)
{
	const TagElements &shared = state->tag_elements;
	const ElementPtr map = Element::createMap();

	if (!hostname_is_empty(&tag.name))
		map->set("name", Element::create(std::string(tag.name.text)));
	if (!tag.forward)
		map->set("forward", shared.no);
	if (!tag.reverse)
		map->set("reverse", shared.no);
	map->set("by", shared.ways[tag.way]);
	return map;
}

/* Another map with the other entries of `context`: the present one belongs to the stored lease, too. */
ElementPtr without_tag(const ConstElementPtr &context)
{
	const ElementPtr map = Element::createMap();

	if (context) {
		for (auto const &entry : context->mapValue()) {
			if (entry.first != TAG)
				map->set(entry.first, entry.second);
		}
	}
	return map;
}

void tag_lease(struct hook *hook, const hook_query &query, Lease &lease)
{
	const ConstElementPtr context = lease.getContext();
	hook_tag tag;

	if (!hook_decide_tag(hook, &query, lease.subnet_id_, &tag))
		return;
	if (context && context->getType() != Element::map) {
		if (tag.by != nullptr)
			hook_count_no_map(hook);
		return;
	}

	const ConstElementPtr present = context ? context->get(TAG) : ConstElementPtr();

	if (tag.by == nullptr ? !present : present && (tag.keep || is_same(present, tag)))
		return;

	const ElementPtr fresh = without_tag(context);

	if (tag.by != nullptr)
		fresh->set(TAG, element_of(tag));
	lease.setContext(fresh->empty() ? ConstElementPtr() : fresh);
}

void read_tag(const ConstElementPtr &context, hook_ended &ended)
{
	const ConstElementPtr tag = context && context->getType() == Element::map
					    ? member(context, TAG, Element::map)
					    : ConstElementPtr();

	if (!tag)
		return;
	ended.flags = LEASE_FLAG_ME;
	if (says(tag, "forward", true))
		ended.flags |= LEASE_FLAG_FORWARD;
	if (says(tag, "reverse", true))
		ended.flags |= LEASE_FLAG_REVERSE;

	const ConstElementPtr name = member(tag, "name", Element::string);

	if (name && hostname_parse(name->stringValue().c_str(), &ended.name, nullptr) < 0)
		ended.name = hostname{};
}

hook_ended ended_of(enum lease_change change, const Lease &lease)
{
	hook_ended ended{};

	ended.change = change;
	ended.subnet_id = lease.subnet_id_;
	ended.mac = mac_of(lease.hwaddr_);
	read_tag(lease.getContext(), ended);
	return ended;
}

} // namespace shim
