/* SPDX-License-Identifier: ISC */
#include "dns/door_publish.h"
#include "common/clock.h"

#include <string.h>

/* The list of servers --------------------------------------------------------------------------- */

/* The place of this server, new or known; NULL when there is no room. */
static struct publish_view *place(struct dns_site *site, const struct dns_site_server *old,
				  size_t old_count, struct endpoint server,
				  const struct hostname *name)
{
	struct dns_site_server *fresh;

	for (size_t i = 0; server.port && i < site->view_count; i++) {
		if (endpoint_equal(site->views[i].view.server, server))
			return &site->views[i].view;
	}
	if (site->view_count == PUBLISH_SERVERS_MAX)
		return NULL;
	fresh = &site->views[site->view_count++];
	*fresh = (struct dns_site_server){.site = site};
	for (size_t i = 0; i < old_count; i++) {
		if (endpoint_equal(old[i].view.server, server) &&
		    (server.port || hostname_equal(&old[i].view.name, name)))
			fresh->view = old[i].view;
	}
	fresh->view.server = server;
	fresh->view.configured = false;
	return &fresh->view;
}

/* One that a resolver knows, at each of its addresses. */
static void list_resolved(struct dns_site *site, const struct dns_site_server *old,
			  size_t old_count, const struct hostname *name)
{
	const struct dns_resolved *resolved = dns_publish_resolve(site->publisher, name);
	const struct endpoint nowhere = {.port = 0};
	size_t count = resolved ? resolved->count : 0;
	struct publish_view *view;

	for (size_t i = 0; i < count || i == 0; i++) {
		/* cppcheck-suppress nullPointerRedundantCheck; count is 0 without it */
		view = place(site, old, old_count, count ? resolved->items[i] : nowhere, name);
		if (!view)
			return;
		view->name = *name;
		if (!count)
			err_set(&view->words, 0, "not asked: %s",
				resolved ? resolved->words.text
					 : "more names than addresses are looked up for");
	}
}

static void list_ns(struct dns_site *site, const struct dns_site_server *old, size_t old_count,
		    const struct publish_ns *ns)
{
	struct publish_view *view;

	if (!ns->server.port) {
		list_resolved(site, old, old_count, &ns->name);
		return;
	}
	view = place(site, old, old_count, ns->server, &ns->name);
	if (view)
		view->name = ns->name;
}

/* Configured servers, then those of the NS RRset; what is known of each stays known. */
void dns_publish_watch_list(struct dns_site *site)
{
	static struct dns_site_server old[PUBLISH_SERVERS_MAX]; /* too large for the stack */
	const struct config_list *configured = &site->zone->config->servers;
	const struct endpoint *servers = configured->items;
	size_t old_count = site->view_count;
	struct publish_view *view;

	dns_publish_watch_stop(site);
	memcpy(old, site->views, sizeof(old));
	site->view_count = 0;
	for (size_t i = 0; i < configured->count; i++) {
		view = place(site, old, old_count, servers[i], &(struct hostname){""});
		if (view)
			view->configured = true;
	}
	for (size_t i = 0; i < site->servers.count; i++)
		list_ns(site, old, old_count, &site->servers.items[i]);
	site->relist = false;
}

/* Asking them ----------------------------------------------------------------------------------- */

static void on_seen(struct publish_view_answer *answer, void *user)
{
	struct dns_site_server *server = user;
	struct dns_site *site = server->site;

	server->watch = NULL;
	publish_view_take(&server->view, answer);
	if (server->awaited && !--site->watching)
		dns_publish_watched(site);
}

/* One that cannot even be asked has answered that. */
static void ask(struct dns_site_server *server)
{
	struct dns_site *site = server->site;
	struct watch_question question = {
		.server = server->view.server,
		.zone = site->zone->config->name,
		.name = site->row.name,
	};
	int r;

	server->awaited = server->view.configured;
	question.known = publish_view_knows(&server->view, &question.serial);
	site->publisher->counters.questions++;
	r = watch_new(&server->watch, site->publisher->dns->base, &question, on_seen, server);
	if (!r) {
		site->watching += server->awaited;
		return;
	}
	struct publish_view_answer answer = {.kind = VIEW_ANSWER_SILENT};
	err_set(&answer.words, 0, "cannot be asked: %s", strerror(-r));
	publish_view_take(&server->view, &answer);
}

void dns_publish_watch(struct dns_site *site)
{
	site->watching = 1; /* until all are asked */
	for (size_t i = 0; i < site->view_count; i++) {
		if (site->views[i].view.server.port && !site->views[i].watch)
			ask(&site->views[i]);
	}
	if (!--site->watching)
		dns_publish_watched(site);
}

void dns_publish_watch_stop(struct dns_site *site)
{
	for (size_t i = 0; i < site->view_count; i++) {
		watch_free(site->views[i].watch);
		site->views[i].watch = NULL;
	}
	site->watching = 0;
}

/* Judging them ---------------------------------------------------------------------------------- */

static const struct publish_view *first_configured(const struct dns_site *site)
{
	const struct publish_view *view = &site->views[0].view;

	return site->view_count && view->configured && view->looked ? view : NULL;
}

bool dns_publish_is_odd(const struct dns_site *site)
{
	for (size_t i = 0; i < site->view_count; i++) {
		const struct publish_view *view = &site->views[i].view;

		if (view->configured &&
		    (!view->looked || strcmp(view->seen, site->publish.seen) != 0 ||
		     strcmp(view->owner, site->publish.owner_seen) != 0))
			return true;
	}
	return false;
}

static void report(struct dns_site *site, struct publish_view *view)
{
	char at[ENDPOINT_TEXT];

	if (view->alarm == view->told || (view->told && view->state != VIEW_RIGHT))
		return;
	view->told = view->alarm;
	endpoint_print(view->server, at);
	if (view->alarm)
		log_error(
			"dns",
			"a name server serves another provision server, name=%s, server=%s, ns=%s, "
			"state=%s, reason=%s",
			site->row.name.text, at, view->name.text,
			publish_view_state_names[view->state], view->words.text);
	else
		log_info("dns", "name server is right again, name=%s, server=%s, ns=%s",
			 site->row.name.text, at, view->name.text);
}

void dns_publish_judge(struct dns_site *site)
{
	const struct publish *publish = &site->publish;
	const struct publish_view *first = first_configured(site);
	uint32_t serial = first ? first->serial : 0;

	if (publish->state == PUBLISH_UNKNOWN || publish->state == PUBLISH_RETRY)
		return;
	for (size_t i = 0; i < site->view_count; i++) {
		struct publish_view *view = &site->views[i].view;

		publish_view_judge(view, publish->seen, publish->owner_seen, first ? &serial : NULL,
				   clock_mono_ms(), publish->goal.interval_ms);
		report(site, view);
	}
}
