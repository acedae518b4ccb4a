/* SPDX-License-Identifier: ISC */
#include "daemon/daemon.h"

#include "common/clock.h"
#include "common/log.h"
#include "daemon/call_back.h"
#include "daemon/command.h"
#include "daemon/control.h"
#include "daemon/metrics.h"
#include "daemon/ready.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct daemon {
	char *path;
	struct settings *settings;
	struct event_base *base;
	struct event *on_term, *on_int, *on_hup, *watchdog;
	struct db *db;
	struct dns *dns;
	struct discovery *discovery;
	struct call_back *call_back;
	struct control *control;
	struct metrics *metrics; /* NULL where no port is configured */
	uint64_t started_ms;
	int failed; /* negative errno that ends daemon_run */
};

static void fill_lease(const struct dns_lease *lease, struct discovery_lease *ret)
{
	*ret = (struct discovery_lease){
		.mac = lease->mac,
		.name = lease->name,
		.leased = lease->until_ms > 0,
	};
}

static bool on_lookup(struct addr address, struct discovery_lease *ret, void *user)
{
	struct daemon *daemon = user;
	struct dns_lease lease;

	if (dns_lookup(daemon->dns, address, &lease) < 0)
		return false;
	fill_lease(&lease, ret);
	return true;
}

static void on_lease(const struct dns_lease *lease, void *user)
{
	struct daemon *daemon = user;
	struct discovery_lease device;

	fill_lease(lease, &device);
	discovery_lease_changed(daemon->discovery, lease->address, &device);
}

static void on_mac(struct mac mac, void *user)
{
	struct daemon *daemon = user;

	dns_learn(daemon->dns, mac);
}

static size_t learned(size_t *cursor, struct mac *ret, size_t size, void *user)
{
	struct daemon *daemon = user;

	return discovery_macs(daemon->discovery, cursor, ret, size);
}

static void on_answered(void *ticket)
{
	control_reply(ticket);
}

static struct command_parts command_parts(const struct daemon *daemon)
{
	return (struct command_parts){
		.dns = daemon->dns,
		.discovery = daemon->discovery,
		.db = daemon->db,
		.started_ms = daemon->started_ms,
		.now_ms = clock_mono_ms(),
	};
}

static void on_command(const char *line, struct control_ticket *ticket, void *user)
{
	const struct command_parts parts = command_parts(user);

	if (command_run(line, &parts, control_text(ticket), on_answered, ticket))
		control_reply(ticket);
}

/* Of the commands that the pages show none answers later. */
static void on_page(const char *line, struct text *out, void *user)
{
	const struct command_parts parts = command_parts(user);

	(void)command_run(line, &parts, out, on_answered, NULL);
}

/* Stops everything that works for the settings. The database goes last: what the parts have handed over is
 * still committed when it is closed, and calls nothing of them any more. */
static void parts_stop(struct daemon *daemon)
{
	metrics_free(daemon->metrics);
	control_free(daemon->control);
	if (daemon->discovery)
		discovery_stop(daemon->discovery);
	if (daemon->dns)
		dns_stop(daemon->dns);
	call_back_free(daemon->call_back);
	discovery_free(daemon->discovery);
	dns_free(daemon->dns);
	db_close(daemon->db);
	daemon->control = NULL;
	daemon->metrics = NULL;
	daemon->call_back = NULL;
	daemon->discovery = NULL;
	daemon->dns = NULL;
	daemon->db = NULL;
}

/* discovery takes over the sockets that systemd handed over, but only when it could be built. */
static int open_discovery(struct daemon *daemon, struct err *err)
{
	int listeners[READY_LISTENERS_MAX];
	size_t count = ready_listeners(listeners);
	int result = discovery_new(&daemon->discovery, daemon->base, daemon->db,
				   &daemon->settings->hello, listeners, count, on_lookup, daemon,
				   err);

	while (result < 0 && count > 0)
		close(listeners[--count]);
	if (result < 0)
		return result;
	if (call_back_new(&daemon->call_back, daemon->base, CALL_BACK_RESOLV_CONF) < 0)
		return err_set(err, -ENOMEM, "no memory");
	discovery_lend_check(daemon->discovery, call_back_check, daemon->call_back);
	return 0;
}

static int parts_build(struct daemon *daemon, struct err *err)
{
	const struct settings *settings = daemon->settings;
	int result = db_open(&daemon->db, settings->state, daemon->base, err);

	if (result >= 0)
		result = dns_new(&daemon->dns, daemon->base, daemon->db, &settings->lease,
				 &settings->dns, &settings->publish, err);
	if (result >= 0 && (result = dns_use_kea(daemon->dns, &settings->kea)) < 0)
		err_set(err, result, "kea: %s", strerror(-result));
	if (result >= 0)
		result = open_discovery(daemon, err);
	if (result >= 0) {
		dns_on_lease(daemon->dns, on_lease, daemon);
		dns_lend_learned(daemon->dns, learned, daemon);
		discovery_on_mac(daemon->discovery, on_mac, daemon);
	}
	return result;
}

/* All or nothing: a failure at any step leaves nothing behind. */
static int parts_start(struct daemon *daemon, struct err *err)
{
	int result = parts_build(daemon, err);

	log_setup(daemon->settings->log.level, ready_is_journal());
	if (result >= 0)
		result = control_new(&daemon->control, daemon->base, &daemon->settings->control,
				     on_command, daemon, err);
	if (result >= 0 && daemon->settings->metrics.port)
		result = metrics_new(&daemon->metrics, daemon->base,
				     (uint16_t)daemon->settings->metrics.port, on_page, daemon,
				     err);
	if (result >= 0)
		result = discovery_start(daemon->discovery, err);
	if (result >= 0)
		result = dns_start(daemon->dns, err);
	if (result < 0)
		parts_stop(daemon);
	return result;
}

static void log_config_errors(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_error("config", "%s", errors->items[i].text);
	if (errors->more)
		log_error("config", "%zu more errors", errors->more);
}

/* SIGHUP: the new settings take the place of the old ones, or the old ones stay. */
static void reload(struct daemon *daemon)
{
	struct config_errors *errors = calloc(1, sizeof(*errors));
	struct settings *fresh = NULL;
	struct settings *old = daemon->settings;
	struct err err = {0};

	if (!errors || settings_new(&fresh, daemon->path, errors) < 0) {
		if (errors)
			log_config_errors(errors);
		log_error("daemon", "reload refused, the old configuration stays, file=%s",
			  daemon->path);
		free(errors);
		return;
	}
	free(errors);
	ready_say("RELOADING=1");
	parts_stop(daemon);
	daemon->settings = fresh;
	if (parts_start(daemon, &err) >= 0) {
		settings_free(old);
		log_info("daemon", "reloaded, file=%s", daemon->path);
	} else {
		log_error("daemon", "reload failed, going back to the old configuration: %s",
			  err.text);
		settings_free(fresh);
		daemon->settings = old;
		daemon->failed = parts_start(daemon, &err);
		if (daemon->failed < 0) {
			log_error("daemon", "the old configuration does not start either: %s",
				  err.text);
			event_base_loopbreak(daemon->base);
		}
	}
	ready_say("READY=1");
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
	struct daemon *daemon = user;

	if (number == SIGHUP) {
		reload(daemon);
		return;
	}
	log_info("daemon", "stopping, signal=%d", (int)number);
	event_base_loopbreak(daemon->base);
}

static void on_watchdog(evutil_socket_t fd, short what, void *user)
{
	ready_say("WATCHDOG=1");
}

static int signals_start(struct daemon *daemon)
{
	daemon->on_term = evsignal_new(daemon->base, SIGTERM, on_signal, daemon);
	daemon->on_int = evsignal_new(daemon->base, SIGINT, on_signal, daemon);
	daemon->on_hup = evsignal_new(daemon->base, SIGHUP, on_signal, daemon);
	daemon->watchdog = event_new(daemon->base, -1, EV_PERSIST, on_watchdog, daemon);
	if (!daemon->on_term || !daemon->on_int || !daemon->on_hup || !daemon->watchdog)
		return -ENOMEM;
	event_add(daemon->on_term, NULL);
	event_add(daemon->on_int, NULL);
	event_add(daemon->on_hup, NULL);
	uint64_t interval_us = ready_watchdog_us();
	if (interval_us) {
		struct timeval half = {.tv_sec = (time_t)(interval_us / 2000000),
				       .tv_usec = (suseconds_t)(interval_us / 2 % 1000000)};
		event_add(daemon->watchdog, &half);
	}
	return 0;
}

int daemon_new(struct daemon **ret, const char *path, struct settings *settings, struct err *err)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	int result = -ENOMEM;

	if (!daemon) {
		settings_free(settings);
		return err_set(err, -ENOMEM, "no memory");
	}
	daemon->settings = settings;
	daemon->started_ms = clock_mono_ms();
	daemon->path = strdup(path);
	daemon->base = event_base_new();
	if (!daemon->path || !daemon->base || signals_start(daemon) < 0) {
		err_set(err, result, "no memory");
		goto fail;
	}
	result = parts_start(daemon, err);
	if (result < 0)
		goto fail;
	*ret = daemon;
	return 0;
fail:
	daemon_free(daemon);
	return result;
}

int daemon_run(struct daemon *daemon)
{
	log_info("daemon", "ready, version=%s, state=%s", AMTNET_VERSION, daemon->settings->state);
	ready_say("READY=1");
	event_base_dispatch(daemon->base);
	ready_say("STOPPING=1");
	return daemon->failed;
}

static void event_release(struct event *event)
{
	if (event)
		event_free(event);
}

void daemon_free(struct daemon *daemon)
{
	if (!daemon)
		return;
	parts_stop(daemon);
	event_release(daemon->on_term);
	event_release(daemon->on_int);
	event_release(daemon->on_hup);
	event_release(daemon->watchdog);
	if (daemon->base)
		event_base_free(daemon->base);
	settings_free(daemon->settings);
	free(daemon->path);
	free(daemon);
}
