/* SPDX-License-Identifier: ISC */
/* Loading, parameters, commands and statistics. */
#include "kea-hook/shim.hpp"

#include <cc/command_interpreter.h>
#include <log/message_initializer.h>
#include <process/daemon.h>
#include <stats/stats_mgr.h>

#include <atomic>
#include <exception>
#include <memory>
#include <string>

extern "C" {
#include "common/clock.h"
}

using isc::data::ConstElementPtr;
using isc::data::Element;
using isc::data::ElementPtr;
using isc::hooks::CalloutHandle;
using isc::hooks::LibraryHandle;
using isc::stats::StatsMgr;

namespace shim
{

/* ---- Messages, as Kea's message compiler would write them ---- */

const isc::log::MessageID AMTNET_LOADED = "AMTNET_LOADED";
const isc::log::MessageID AMTNET_UNLOADED = "AMTNET_UNLOADED";
const isc::log::MessageID AMTNET_PROBLEM = "AMTNET_PROBLEM";
const isc::log::MessageID AMTNET_DISABLED = "AMTNET_DISABLED";
const isc::log::MessageID AMTNET_NO_DOMAIN = "AMTNET_NO_DOMAIN";
const isc::log::MessageID AMTNET_NO_SERVERS = "AMTNET_NO_SERVERS";

namespace
{

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
	"subnet %1 gives ME clients no domain (option 15, in DHCPv6 option 24): provisioning will "
	"fail there",
	"AMTNET_NO_SERVERS",
	"subnet %1 gives ME clients no name server (option 6, in DHCPv6 option 23): provisioning "
	"will fail there",
	nullptr,
};

const isc::log::MessageInitializer initializer(messages);

} // namespace

isc::log::Logger logger("amtnet-hooks");

void say(int todo, uint32_t subnet_id)
{
	if (todo & HOOK_SAY_NO_DOMAIN) {
		LOG_WARN(logger, AMTNET_NO_DOMAIN).arg(subnet_id);
	}
	if (todo & HOOK_SAY_NO_SERVERS) {
		LOG_WARN(logger, AMTNET_NO_SERVERS).arg(subnet_id);
	}
}

/* ---- State ---- */

State::State() : params(), hook(nullptr)
{
	params_init(&params);
}

State::~State()
{
	hook_free(hook);
}

State *state = nullptr;

} // namespace shim

using namespace shim;

namespace
{

/* "kea-dhcp4 2.2.0" */
std::string kea_version()
{
	const int v = KEA_HOOKS_VERSION;

	return isc::process::Daemon::getProcName() + " " + std::to_string(v / 10000) + "." +
	       std::to_string(v / 100 % 100) + "." + std::to_string(v % 100);
}

/* ---- Commands and statistics ---- */

typedef bool Show(const void *object, size_t index, const char **ret_name,
		  char ret_value[PARAMS_VALUE_MAX + 1]);

bool show_server(const void *object, size_t index, const char **ret_name, char *ret_value)
{
	return params_show(static_cast<const struct params *>(object), index, ret_name, ret_value);
}

bool show_class(const void *object, size_t index, const char **ret_name, char *ret_value)
{
	return params_show_class(static_cast<const params_class *>(object), index, ret_name,
				 ret_value);
}

ElementPtr map_of(const void *object, Show *show)
{
	const ElementPtr map = Element::createMap();
	char value[PARAMS_VALUE_MAX + 1];
	const char *name;

	for (size_t i = 0; show(object, i, &name, value); i++)
		map->set(name, Element::create(std::string(value)));
	return map;
}

ElementPtr status_map()
{
	const ElementPtr map = Element::createMap();
	const ElementPtr params = map_of(&state->params, show_server);
	const ElementPtr classes = Element::createList();
	const ElementPtr problems = Element::createList();

	for (size_t i = 0; i < state->params.class_count; i++)
		classes->add(map_of(&state->params.classes[i], show_class));
	params->set("classes", classes);
	for (const std::string &problem : state->problems)
		problems->add(Element::create(problem));
	map->set("version", Element::create(std::string(AMTNET_VERSION)));
	map->set("kea-version", Element::create(kea_version()));
	map->set("state", Element::create(std::string(state->hook ? "running" : "disabled")));
	map->set("problems", problems);
	map->set("parameters", params);
	return map;
}

struct Rows {
	std::unique_ptr<hook_row[]> rows;
	size_t count;

	Rows() : rows(new hook_row[HOOK_ROWS]), count(hook_status(state->hook, rows.get()))
	{
	}
};

void add_rows(const ElementPtr &map)
{
	const Rows status;

	for (size_t i = 0; i < status.count; i++) {
		const hook_row &row = status.rows[i];

		if (row.is_text)
			map->set(row.name, Element::create(std::string(row.text)));
		else
			map->set(row.name, Element::create(static_cast<int64_t>(row.number)));
	}
}

/* Into Kea's statistics, at most once a second, and only around a command, never a packet. */
void publish()
{
	static std::atomic<uint64_t> published_ms(0);
	const uint64_t now_ms = clock_mono_ms();
	uint64_t before_ms = published_ms.load();

	if (now_ms - before_ms < 1000 || !published_ms.compare_exchange_strong(before_ms, now_ms))
		return;

	const Rows status;

	for (size_t i = 0; i < status.count; i++) {
		if (!status.rows[i].is_text)
			StatsMgr::instance().setValue(std::string("amtnet.") + status.rows[i].name,
						      static_cast<int64_t>(status.rows[i].number));
	}
}

void withdraw()
{
	const Rows status;

	for (size_t i = 0; i < status.count; i++)
		(void)StatsMgr::instance().del(std::string("amtnet.") + status.rows[i].name);
}

/* Answers a command; `body` gives the response. */
template <typename Body> int command(CalloutHandle &handle, Body body) noexcept
{
	try {
		const ConstElementPtr response = body();

		handle.setArgument("response", response);
	} catch (...) {
		if (state != nullptr && state->hook != nullptr)
			hook_count_exception(state->hook);
	}
	return 0;
}

int amtnet_status(CalloutHandle &handle)
{
	return command(handle, [] {
		const ElementPtr map = status_map();

		if (state->hook != nullptr)
			add_rows(map);
		return isc::config::createAnswer(isc::config::CONTROL_RESULT_SUCCESS,
						 state->hook ? "running" : "disabled", map);
	});
}

int amtnet_resync(CalloutHandle &handle)
{
	return command(handle, [] {
		if (state->hook == nullptr)
			return isc::config::createAnswer(isc::config::CONTROL_RESULT_ERROR,
							 "the hook is disabled");
		return isc::config::createAnswer(
			isc::config::CONTROL_RESULT_SUCCESS,
			hook_resync(state->hook)
				? "amtnetd is asked to compare its names with the leases"
				: "amtnetd is not connected; it will be asked when it is");
	});
}

/* ---- Loading ---- */

void note_problem(const std::string &sentence)
{
	state->problems.push_back(sentence);
	LOG_ERROR(logger, AMTNET_PROBLEM).arg(sentence);
}

/* A JSON value as params_set() wants it. */
std::string text_of(const ConstElementPtr &element)
{
	std::string text;

	if (!element)
		return text;
	if (element->getType() == Element::string)
		return element->stringValue();
	if (element->getType() != Element::list)
		return element->str();
	for (size_t i = 0; i < element->size(); i++)
		text += (i > 0 ? "," : "") + text_of(element->get(static_cast<int>(i)));
	return text;
}

void check(int result, const struct err &err)
{
	if (result < 0)
		note_problem(err.text);
}

void read_class(const ConstElementPtr &entry)
{
	struct err err = {};

	if (entry->getType() != Element::map) {
		note_problem("classes: its entries must be maps, each with a \"name\"");
		return;
	}
	if (params_add_class(&state->params, &err) < 0) {
		note_problem(err.text);
		return;
	}
	for (auto const &member : entry->mapValue()) {
		err = {};
		check(params_set_class(&state->params, member.first.c_str(),
				       text_of(member.second).c_str(), &err),
		      err);
	}
}

/* The classes come last: they begin with the policy of the server. */
void read_parameters(LibraryHandle &handle)
{
	const ConstElementPtr classes = handle.getParameter("classes");
	struct err err = {};

	for (const std::string &name : handle.getParameterNames()) {
		err = {};
		if (name != "classes")
			check(params_set(&state->params, name.c_str(),
					 text_of(handle.getParameter(name)).c_str(), &err),
			      err);
	}
	if (classes && classes->getType() != Element::list)
		note_problem("classes: it must be a list of maps, each with a \"name\"");
	for (size_t i = 0; classes && classes->getType() == Element::list && i < classes->size();
	     i++)
		read_class(classes->get(static_cast<int>(i)));
	err = {};
	check(params_done(&state->params, &err), err);
}

/* The classes that Kea is to be asked about; none where no class changes anything. */
void list_classes()
{
	const struct params &params = state->params;
	bool matter = params.class_count > 1;

	for (uint8_t way : params.take_over)
		matter = matter || way == TAKE_OVER_CLASS;
	for (size_t i = 0; matter && i < params.class_count; i++)
		state->classes.push_back(params.classes[i].name);
}

void start()
{
	char text[LEASE_TEXT_MAX + 1];
	struct err err = {};

	if (state->problems.empty()) {
		list_classes();
		check(hook_new(&state->hook, &state->params, kea_version().c_str(), &err), err);
	}
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
		if (state != nullptr && state->hook != nullptr)
			withdraw();
		delete state;
		state = nullptr;
		LOG_INFO(logger, AMTNET_UNLOADED).arg(AMTNET_VERSION);
	} catch (...) {
		/* Only statistics or the line of log are left. */
	}
	return 0;
}

/* After any control command, in the thread that handles it. */
ENTRY int command_processed(CalloutHandle &handle)
{
	return callout(handle, [](struct hook *) { publish(); });
}
