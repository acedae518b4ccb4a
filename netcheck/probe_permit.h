/* SPDX-License-Identifier: ISC */
/*
 * probe_permit: one question of permit to one name server, by TCP, as amtnetd sends its batches: a server
 * that is not reached is told from one that is silent, and nothing is ever sent twice.
 */
#pragma once

#include "netcheck/permit.h"

struct event_base;
struct probe_permit;

typedef void probe_permit_done(const struct permit_question *question,
			       const struct permit_answer *answer, void *user);

/* `done` is called exactly once, never from inside, after which the probe is gone. 0 or -ENOMEM. */
int probe_permit_start(struct probe_permit **ret, struct event_base *base,
		       const struct permit_question *question, probe_permit_done *done, void *user);
/* Instead of done; NULL is taken. */
void probe_permit_cancel(struct probe_permit *probe);
