/* SPDX-License-Identifier: ISC */
/*
 * shim: Kea's side of the hook, and the only file that sees Kea.
 *
 * Every callout has one shape: leave when another library dropped or skipped the packet, fill a
 * plain struct, call the C core, apply what it says; an exception is counted and goes no further,
 * and the result is always 0. Only headers that Kea 2.2 to 3.0 install and compile alike are used,
 * and the subnet is never fetched, because its type differs between them.
 */
#include <cc/command_interpreter.h>
#include <cc/data.h>
#include <dhcp/dhcp4.h>
#include <dhcp/pkt4.h>
#include <dhcpsrv/lease.h>
#include <hooks/hooks.h>
#include <log/logger.h>
#include <log/macros.h>
#include <log/message_initializer.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "kea-hook/hook.h"
}

using isc::data::ConstElementPtr;
using isc::data::Element;
using isc::data::ElementPtr;
using isc::dhcp::Lease4Ptr;
using isc::dhcp::Option;
using isc::dhcp::OptionBuffer;
using isc::dhcp::OptionPtr;
using isc::dhcp::Pkt4Ptr;
using isc::hooks::CalloutHandle;
using isc::hooks::LibraryHandle;

#define ENTRY extern "C" __attribute__((visibility("default")))

namespace
{

/* ---- Messages, as Kea's message compiler would write them ---- */

const isc::log::MessageID AMTNET_LOADED = "AMTNET_LOADED";
const isc::log::MessageID AMTNET_UNLOADED = "AMTNET_UNLOADED";
const isc::log::MessageID AMTNET_PROBLEM = "AMTNET_PROBLEM";
const isc::log::MessageID AMTNET_DISABLED = "AMTNET_DISABLED";
const isc::log::MessageID AMTNET_NO_DOMAIN = "AMTNET_NO_DOMAIN";

const char *messages[] = {
	"AMTNET_LOADED",
	"hook %1 for Kea %2 serves its clients, %3",
	"AMTNET_UNLOADED",
	"hook %1 is unloaded",
	"AMTNET_PROBLEM",
	"%1",
	"AMTNET_DISABLED",
	"hook %1 does nothing until its parameters are corrected and Kea is reloaded",
	"AMTNET_NO_DOMAIN",
	"subnet %1 gives ME clients no option 15 (domain-name): provisioning will fail there",
	nullptr,
};

const isc::log::MessageInitializer initializer(messages);
isc::log::Logger logger("amtnet-hooks");

/* ---- State: made by load(), gone after unload() ---- */

struct State {
	struct params params;
	std::vector<std::string> problems; /* not empty: disabled */
	struct hook *hook;                 /* NULL: disabled */

	State() : params(), hook(nullptr)
	{
		params_init(&params);
	}
	~State()
	{
		hook_free(hook);
	}
	State(const State &) = delete;
	State &operator=(const State &) = delete;
};

State *state = nullptr;

std::string kea_version()
{
	const int v = KEA_HOOKS_VERSION;

	return std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." +
	       std::to_string(v % 100);
}

/* Runs `body` with the hook unless it is disabled or another library has disposed of the packet. */
template <typename Body> int callout(CalloutHandle &handle, Body body) noexcept
{
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

/* ---- Kea's values as plain ones ---- */

Pkt4Ptr packet_argument(CalloutHandle &handle, const char *name)
{
	Pkt4Ptr packet;

	handle.getArgument(name, packet);
	return packet;
}

Lease4Ptr lease_argument(CalloutHandle &handle)
{
	Lease4Ptr lease;

	handle.getArgument("lease4", lease);
	return lease;
}

/* Borrows the packet's bytes. */
hook_query query_of(struct hook *hook, const Pkt4Ptr &packet)
{
	const char *name = hook_class(hook);
	hook_query query{};

	query.packet = packet->data_.data();
	query.size = packet->data_.size();
	query.in_class = name != nullptr && packet->inClass(name);
	return query;
}

void copy_bytes(const std::vector<uint8_t> &from, lease_bytes &to)
{
	to.length = static_cast<uint8_t>(std::min(from.size(), sizeof(to.bytes)));
	std::copy_n(from.begin(), to.length, to.bytes);
}

hook_ended ended_of(enum lease_change change, const Lease4Ptr &lease)
{
	hook_ended ended{};

	ended.change = change;
	ended.address = lease->addr_.toUint32();
	ended.subnet_id = lease->subnet_id_;
	if (lease->hwaddr_)
		(void)mac_from_bytes(static_cast<uint8_t>(lease->hwaddr_->htype_),
				     lease->hwaddr_->hwaddr_.data(), lease->hwaddr_->hwaddr_.size(),
				     &ended.mac);
	if (lease->client_id_)
		copy_bytes(lease->getClientIdVector(), ended.client_id);
	return ended;
}

/* What lease4_select and lease4_renew know and pkt4_send needs, kept with the packet. */
struct LeaseNote {
	uint32_t subnet_id;
	bool renews;
};

const char *const NOTE = "lease";

void note_lease(CalloutHandle &handle, bool renews)
{
	handle.setContext(NOTE, LeaseNote{lease_argument(handle)->subnet_id_, renews});
}

LeaseNote noted_lease(CalloutHandle &handle)
{
	LeaseNote note{0, false};

	try {
		handle.getContext(NOTE, note);
	} catch (const isc::hooks::NoSuchCalloutContext &) {
		/* Neither callout ran: the event goes out without a subnet. */
	}
	return note;
}

uint32_t lifetime_of(const Pkt4Ptr &response)
{
	const OptionPtr option = response->getOption(isc::dhcp::DHO_DHCP_LEASE_TIME);
	uint32_t seconds = 0;

	if (option) {
		for (uint8_t byte : option->toBinary())
			seconds = seconds << 8 | byte;
	}
	return seconds;
}

void write_option81(const Pkt4Ptr &response, const lease_bytes &bytes)
{
	const OptionBuffer buffer(bytes.bytes, bytes.bytes + bytes.length);

	response->delOption(isc::dhcp::DHO_FQDN);
	response->addOption(OptionPtr(new Option(Option::V4, isc::dhcp::DHO_FQDN, buffer)));
}

void answer(CalloutHandle &handle, struct hook *hook)
{
	const Pkt4Ptr response = packet_argument(handle, "response4");
	const uint8_t type = response->getType();
	const uint32_t address = response->getYiaddr().toUint32();

	if ((type != isc::dhcp::DHCPOFFER && type != isc::dhcp::DHCPACK) || address == 0)
		return;

	const Pkt4Ptr packet = packet_argument(handle, "query4");
	const hook_query query = query_of(hook, packet);
	const OptionPtr domain = response->getOption(isc::dhcp::DHO_DOMAIN_NAME);
	const OptionBuffer domain_bytes = domain ? domain->toBinary() : OptionBuffer();
	hook_reply reply{};

	reply.acknowledges = type == isc::dhcp::DHCPACK;
	reply.address = address;
	reply.lifetime_s = lifetime_of(response);
	reply.domain = domain ? domain_bytes.data() : nullptr;
	reply.domain_size = domain_bytes.size();
	if (reply.acknowledges) {
		const LeaseNote note = noted_lease(handle);

		reply.subnet_id = note.subnet_id;
		reply.renews = note.renews;
	}

	lease_bytes option81;
	const int todo = hook_answer(hook, &query, &reply, &option81);

	if (todo & HOOK_WRITE_OPTION81)
		write_option81(response, option81);
	if (todo & HOOK_SAY_NO_DOMAIN) {
		LOG_WARN(logger, AMTNET_NO_DOMAIN).arg(reply.subnet_id);
	}
}

void end_by_packet(CalloutHandle &handle, struct hook *hook, enum lease_change change)
{
	const Pkt4Ptr packet = packet_argument(handle, "query4");
	const hook_query query = query_of(hook, packet);
	const hook_ended ended = ended_of(change, lease_argument(handle));

	hook_end(hook, &query, &ended);
}

/* ---- The command amtnet-status ---- */

ElementPtr status_map()
{
	ElementPtr map = Element::createMap();
	ElementPtr params = Element::createMap();
	ElementPtr problems = Element::createList();
	char value[PARAMS_VALUE_MAX + 1];
	const char *name;

	for (size_t i = 0; params_show(&state->params, i, &name, value); i++)
		params->set(name, Element::create(std::string(value)));
	for (const std::string &problem : state->problems)
		problems->add(Element::create(problem));
	map->set("version", Element::create(std::string(AMTNET_VERSION)));
	map->set("kea-version", Element::create(kea_version()));
	map->set("state", Element::create(std::string(state->hook ? "running" : "disabled")));
	map->set("problems", problems);
	map->set("parameters", params);
	return map;
}

void add_rows(const ElementPtr &map)
{
	const std::unique_ptr<hook_row[]> rows(new hook_row[HOOK_ROWS]);
	const size_t count = hook_status(state->hook, rows.get());

	for (size_t i = 0; i < count; i++) {
		const hook_row &row = rows[i];

		if (row.is_text)
			map->set(row.name, Element::create(std::string(row.text)));
		else
			map->set(row.name, Element::create(static_cast<int64_t>(row.number)));
	}
}

int amtnet_status(CalloutHandle &handle)
{
	ConstElementPtr response;

	try {
		const ElementPtr map = status_map();

		if (state->hook != nullptr)
			add_rows(map);
		response = isc::config::createAnswer(isc::config::CONTROL_RESULT_SUCCESS,
						     state->hook ? "running" : "disabled", map);
		handle.setArgument("response", response);
	} catch (...) {
		if (state != nullptr && state->hook != nullptr)
			hook_count_exception(state->hook);
	}
	return 0;
}

int amtnet_resync(CalloutHandle &handle)
{
	ConstElementPtr response;

	try {
		if (state->hook == nullptr)
			response = isc::config::createAnswer(isc::config::CONTROL_RESULT_ERROR,
							     "the hook is disabled");
		else
			response = isc::config::createAnswer(
				isc::config::CONTROL_RESULT_SUCCESS,
				hook_resync(state->hook)
					? "amtnetd is asked to compare its names with the leases"
					: "amtnetd is not connected; it will be asked when it is");
		handle.setArgument("response", response);
	} catch (...) {
		if (state != nullptr && state->hook != nullptr)
			hook_count_exception(state->hook);
	}
	return 0;
}

/* ---- Loading ---- */

void note_problem(const std::string &sentence)
{
	state->problems.push_back(sentence);
	LOG_ERROR(logger, AMTNET_PROBLEM).arg(sentence);
}

void read_parameters(LibraryHandle &handle)
{
	for (const std::string &name : handle.getParameterNames()) {
		const ConstElementPtr element = handle.getParameter(name);
		const bool is_string = element && element->getType() == Element::string;
		const std::string value = is_string ? element->stringValue()
					  : element ? element->str()
						    : std::string();
		struct err err = {};

		if (params_set(&state->params, name.c_str(), value.c_str(), &err) < 0)
			note_problem(err.text);
	}
}

void start()
{
	char text[LEASE_TEXT_MAX + 1];
	struct err err = {};

	if (state->problems.empty() &&
	    hook_new(&state->hook, &state->params, kea_version().c_str(), &err) < 0)
		note_problem(err.text);
	if (state->hook == nullptr) {
		LOG_ERROR(logger, AMTNET_DISABLED).arg(AMTNET_VERSION);
		return;
	}
	LOG_INFO(logger, AMTNET_LOADED)
		.arg(AMTNET_VERSION)
		.arg(kea_version())
		.arg(params_print(&state->params, text));
}

/* load() ended early: callouts find no hook and leave. */
void say_not_loaded(const char *problem) noexcept
{
	try {
		LOG_ERROR(logger, AMTNET_PROBLEM).arg(problem);
		LOG_ERROR(logger, AMTNET_DISABLED).arg(AMTNET_VERSION);
	} catch (...) {
		/* Only the lines of log are lost. */
	}
}

} // namespace

/* ---- What Kea calls ---- */

ENTRY int version()
{
	return KEA_HOOKS_VERSION;
}

ENTRY int multi_threading_compatible()
{
	return 1;
}

/* Never fails: a failing load() at a reload leaves Kea alive and serving nobody. */
ENTRY int load(LibraryHandle &handle)
{
	try {
		delete state; /* dlclose() may have left the library where it was */
		state = nullptr;
		state = new State();
		handle.registerCommandCallout("amtnet-status", amtnet_status);
		handle.registerCommandCallout("amtnet-resync", amtnet_resync);
		read_parameters(handle);
		start();
	} catch (const std::exception &problem) {
		say_not_loaded(problem.what());
	} catch (...) {
		say_not_loaded("unknown error");
	}
	return 0;
}

ENTRY int unload()
{
	try {
		delete state;
		state = nullptr;
		LOG_INFO(logger, AMTNET_UNLOADED).arg(AMTNET_VERSION);
	} catch (...) {
		/* Only the line of log is lost. */
	}
	return 0;
}

ENTRY int ddns4_update(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *hook) {
		const Pkt4Ptr packet = packet_argument(handle, "query4");
		const hook_query query = query_of(hook, packet);

		if (hook_takes_over(hook, &query)) {
			handle.setArgument("fwd-update", false);
			handle.setArgument("rev-update", false);
		}
	});
}

ENTRY int lease4_select(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *) {
		bool fake = false;

		handle.getArgument("fake_allocation", fake);
		if (!fake)
			note_lease(handle, false);
	});
}

ENTRY int lease4_renew(CalloutHandle &handle)
{
	return callout(handle, [&handle](struct hook *) { note_lease(handle, true); });
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
		const hook_ended ended = ended_of(LEASE_EXPIRED, lease_argument(handle));

		hook_end(hook, nullptr, &ended);
	});
}
