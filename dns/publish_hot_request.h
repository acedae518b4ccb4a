/* SPDX-License-Identifier: ISC */
/*
 * publish_hot_request: the updates of dns/publish_hot. A part of publish; nobody else calls it. Pure.
 */
#pragma once

#include "dns/publish.h"

/* True when it has put the current step; false where the step knows nothing of several daemons. */
bool publish_hot_request_put(const struct publish *publish, struct update *update);
/* Our addresses, our entry and our sign of life, where none of them is yet. */
void publish_hot_request_part(const struct publish *publish, struct update *update);
/* One owner in the place of those who shared the name and are silent: as they were seen, and away with
 * their signs of life. */
void publish_hot_request_instead(const struct publish *publish, struct update *update);
/* Our entry as it should stand at the name. */
struct record publish_hot_request_entry(const struct publish *publish);
bool publish_hot_request_is_ours(const struct publish *publish, struct addr address);
/* An address that stands at the name, and in nobody's entry. */
bool publish_hot_request_is_stray(const struct publish *publish, const struct record *record);
