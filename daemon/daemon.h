/* SPDX-License-Identifier: ISC */
/*
 * daemon: the door of amtnetd. Owns the event base, the database and the order of start and stop, and
 * joins the parts: a lease change that dns has on disk refreshes the device in discovery, and discovery
 * asks dns who holds an address.
 *
 *   start: database, dns, discovery, control, ready        stop: the same backwards
 */
#pragma once

#include "common/err.h"
#include "daemon/settings.h"

struct daemon;

/* `path` is the configuration's, for SIGHUP; takes `settings`. Opens the database and every socket,
 * or nothing. */
int daemon_new(struct daemon **ret, const char *path, struct settings *settings, struct err *err);

/* Until SIGTERM or SIGINT. 0, or a negative errno when a reload left nothing that runs. */
int daemon_run(struct daemon *daemon);

void daemon_free(struct daemon *daemon);
