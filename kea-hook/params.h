/* SPDX-License-Identifier: ISC */
/*
 * params: the hook's parameters, from the "parameters" map of its entry in kea-dhcp4.conf.
 *
 * The one rule: a bad parameter never stops Kea. It is reported with what would be right, and the
 * hook then runs disabled. Names, defaults and sentences stand in one table in params.c. Pure.
 */
#pragma once

#include "common/err.h"
#include "common/lease.h"
#include "kea-hook/classify.h"
#include "kea-hook/option81.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARAMS_SOCKET_MAX 107 /* sun_path less its zero */
#define PARAMS_VALUE_MAX 255
#define PARAMS_LEARNED_MAX 1048576

struct params {
	char socket[PARAMS_SOCKET_MAX + 1];
	enum take_over take_over;
	uint32_t learned_max; /* addresses that the daemon may tell */
	char client_class[LEASE_CLASS_MAX + 1];
	struct option81_policy policy;
};

/* All defaults. */
void params_init(struct params *ret);

/* Sets one parameter from text: a JSON string's value, "true" or "false".
 * 0 or -EINVAL with the sentence, "NAME: VALUE is not ..."; `params` is then as before. */
int params_set(struct params *params, const char *name, const char *value, struct err *err);

/* The effective parameter number `index` in the table's order; false when there is none. */
bool params_show(const struct params *params, size_t index, const char **ret_name,
		 char ret_value[PARAMS_VALUE_MAX + 1]);

/* "socket=... take-over=... ..." for a person, cut at the end of the buffer. Gives `ret` back. */
const char *params_print(const struct params *params, char ret[LEASE_TEXT_MAX + 1]);
