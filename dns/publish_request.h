/* SPDX-License-Identifier: ISC */
/*
 * publish_request: what each step of dns/publish sends: a query, or one UPDATE whose prerequisites say
 * what was seen. A part of publish; nobody else calls it. Pure.
 */
#pragma once

#include "dns/publish.h"

/* Makes it the current step and writes its request; always true. */
bool publish_request_make(struct publish *publish, enum publish_step step,
			  struct publish_request *ret);
/* The marker that the current step writes. */
struct publish_marker publish_request_marker(const struct publish *publish);
