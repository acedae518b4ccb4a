/* SPDX-License-Identifier: ISC */
#include "dns/publish_view.h"

#include <stdio.h>
#include <string.h>

#define INTERVALS_LATE 3
#define INTERVALS_OTHER 2

const char *const publish_view_state_names[] = {
	[VIEW_UNKNOWN] = "unknown", [VIEW_RIGHT] = "right",   [VIEW_LAGS] = "lags",
	[VIEW_DIFFERS] = "differs", [VIEW_SILENT] = "silent", [VIEW_REFUSES] = "refuses",
};

bool publish_view_knows(const struct publish_view *view, uint32_t *ret_serial)
{
	if (!view->looked || view->state != VIEW_RIGHT)
		return false;
	*ret_serial = view->serial;
	return true;
}

static void take_found(struct publish_view *view, struct publish_view_answer *answer)
{
	struct publish_found_marker marker = {.marker = {.epoch = 0}};

	publish_found_marker(&answer->found, &marker);
	publish_found_owners(&answer->found, view->owner);
	view->epoch = marker.marker.epoch;
	publish_found_print(&answer->found, view->seen);
	view->serial = answer->serial;
	view->looked = true;
}

void publish_view_take(struct publish_view *view, struct publish_view_answer *answer)
{
	view->words = answer->words;
	switch (answer->kind) {
	case VIEW_ANSWER_SAME:
		break;
	case VIEW_ANSWER_FOUND:
		take_found(view, answer);
		break;
	case VIEW_ANSWER_SILENT:
	case VIEW_ANSWER_REFUSED:
		view->looked = false;
		view->state = answer->kind == VIEW_ANSWER_SILENT ? VIEW_SILENT : VIEW_REFUSES;
		break;
	}
}

/* RFC 1982. */
static bool is_older(uint32_t serial, uint32_t than)
{
	return serial != than && than - serial < UINT32_C(1) << 31;
}

static const char *or_nothing(const char *text)
{
	return *text ? text : "nothing";
}

/* Right, older, or another. */
static void compare(struct publish_view *view, const char *seen, const char *owner,
		    const uint32_t *serial)
{
	if (!strcmp(view->seen, seen) && !strcmp(view->owner, owner)) {
		view->state = VIEW_RIGHT;
		view->words.text[0] = '\0';
		return;
	}
	view->state = serial && is_older(view->serial, *serial) ? VIEW_LAGS : VIEW_DIFFERS;
	err_set(&view->words, 0, "serves %s%s%s, not %s", or_nothing(view->seen),
		*view->owner ? " of " : "", view->owner, or_nothing(seen));
}

void publish_view_judge(struct publish_view *view, const char *seen, const char *owner,
			const uint32_t *serial, uint64_t now_ms, uint64_t interval_ms)
{
	uint64_t patience;

	if (view->looked)
		compare(view, seen, owner, serial);
	if (view->state == VIEW_RIGHT || view->state == VIEW_UNKNOWN) {
		view->bad_since_ms = 0;
		view->alarm = false;
		return;
	}
	if (!view->bad_since_ms)
		view->bad_since_ms = now_ms;
	patience = interval_ms * (view->state == VIEW_DIFFERS ? INTERVALS_OTHER : INTERVALS_LATE);
	view->alarm = now_ms - view->bad_since_ms >= patience;
}
