/* SPDX-License-Identifier: ISC */
/*
 * params_value: from a parameter's text to its value and back, one pair of functions for each kind.
 * Pure.
 */
#pragma once

#include "kea-hook/params.h"

/* 0 and the member at `offset` of the object is set, or -EINVAL and it is as before. */
typedef int params_set_value(void *object, size_t offset, const char *value);
typedef void params_show_value(const void *object, size_t offset, char ret[PARAMS_VALUE_MAX + 1]);

params_set_value params_set_bool, params_set_socket, params_set_class_name, params_set_ways,
	params_set_sources, params_set_prefixes, params_set_learned_max, params_set_suffix,
	params_set_template;
params_show_value params_show_bool, params_show_text, params_show_ways, params_show_sources,
	params_show_prefixes, params_show_number;
