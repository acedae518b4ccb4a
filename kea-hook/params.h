/* SPDX-License-Identifier: ISC */
/*
 * params: the hook's parameters, from the "parameters" map of its entry in Kea's configuration.
 *
 * The one rule: a bad parameter never stops Kea. It is reported with what would be right, and the
 * hook then runs disabled. Names, defaults and sentences stand in tables in params.c. Pure.
 */
#pragma once

#include "common/err.h"
#include "common/lease.h"
#include "kea-hook/mac_prefix.h"
#include "kea-hook/naming.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARAMS_SOCKET_MAX 107 /* sun_path less its zero */
#define PARAMS_VALUE_MAX 255
#define PARAMS_LEARNED_MAX 1048576
#define PARAMS_CLASSES_MAX 32
#define PARAMS_PREFIXES_MAX 256

/* Ways to tell the clients that are taken over. */
enum take_over {
	TAKE_OVER_NOBODY,
	TAKE_OVER_CLASS,        /* members of the Kea client classes of the list */
	TAKE_OVER_MAC_PREFIXES, /* whose hardware address begins so */
	TAKE_OVER_LEARNED,      /* whom the daemon knows to have AMT */
	TAKE_OVER_OPTION81,     /* whoever sends option 81, or 39 */
	TAKE_OVER_ALL,          /* every client of this server */
	TAKE_OVER_WAYS,
};

/* By enum take_over; [0] is NULL. */
extern const char *const take_over_names[TAKE_OVER_WAYS];

struct params_class {
	char name[LEASE_CLASS_MAX + 1];
	struct naming_policy policy;
};

struct params {
	char socket[PARAMS_SOCKET_MAX + 1];
	uint8_t take_over[TAKE_OVER_WAYS]; /* enum take_over in order; 0 ends */
	char client_class[LEASE_CLASS_MAX + 1];
	struct mac_prefix prefixes[PARAMS_PREFIXES_MAX];
	size_t prefix_count;
	uint32_t learned_max; /* addresses that the daemon may tell */
	bool repair;          /* malformed options 81 */
	bool tag_leases;
	struct naming_policy policy; /* of clients that are in no class of the list */
	struct params_class classes[PARAMS_CLASSES_MAX]; /* client_class as well, see params_done */
	size_t class_count;
};

/* All defaults. */
void params_init(struct params *ret);

/* Sets one parameter from text: a JSON string's value, "true", a number, or the strings of a list
 * with commas between them. 0 or -EINVAL with the sentence, "NAME: VALUE is not ..."; `params` is
 * then as before. */
int params_set(struct params *params, const char *name, const char *value, struct err *err);

/* One more entry of the list `classes`, with the policy as it is now; its parameters are set by
 * params_set_class(). 0, or -EINVAL with the sentence. */
int params_add_class(struct params *params, struct err *err);
int params_set_class(struct params *params, const char *name, const char *value, struct err *err);

/* After everything was set: the class of `client-class` joins the list behind the others, and what
 * only the whole shows is checked. 0 or -EINVAL with the sentence. */
int params_done(struct params *params, struct err *err);

/* The effective parameter number `index` in the table's order, without the list of classes; false
 * when there is none. */
bool params_show(const struct params *params, size_t index, const char **ret_name,
		 char ret_value[PARAMS_VALUE_MAX + 1]);
/* The same of one class of the list; the first is its name. */
bool params_show_class(const struct params_class *params_class, size_t index, const char **ret_name,
		       char ret_value[PARAMS_VALUE_MAX + 1]);

/* "socket=... take-over=... ..." for a person, cut at the end of the buffer. Gives `ret` back. */
const char *params_print(const struct params *params, char ret[LEASE_TEXT_MAX + 1]);
