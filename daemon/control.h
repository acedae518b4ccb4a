/* SPDX-License-Identifier: ISC */
/*
 * control: the control socket of docs/control-protocol.md: one line in, one answer out, closed. Bounded in
 * connections, line length and time; knows no command.
 *
 * The one rule: every ticket that was handed out comes back by control_reply, at once or later, also when
 * the asker or the socket is gone by then.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"
#include "daemon/settings.h"

#define CONTROL_CONNECTIONS_MAX 32
#define CONTROL_LINE_MAX 1024
#define CONTROL_ANSWER_MAX (64u << 20)
#define CONTROL_TIME_S 10

struct control;
struct event_base;

/* A question that waits for its answer. */
struct control_ticket;

/* Writes the whole answer, status line first, into control_text(ticket), then calls control_reply. */
typedef void control_answer(const char *line, struct control_ticket *ticket, void *user);
struct text *control_text(struct control_ticket *ticket);
/* Sends the answer and frees the ticket. */
void control_reply(struct control_ticket *ticket);

/* Makes the socket anew (a stale file is removed, a living daemon's socket is not) and listens. */
int control_new(struct control **ret, struct event_base *base, const struct control_config *config,
		control_answer *answer, void *user, struct err *err);
void control_free(struct control *control);
