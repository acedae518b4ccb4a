/* SPDX-License-Identifier: ISC */
/*
 * control: the control socket of docs/control-protocol.md: one line in, one answer out, closed. Bounded in
 * connections, line length and time; knows no command.
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

/* `answer` writes the whole answer into `out`, status line first. */
typedef void control_answer(const char *line, struct text *out, void *user);

/* Makes the socket anew (a stale file is removed, a living daemon's socket is not) and listens. */
int control_new(struct control **ret, struct event_base *base, const struct control_config *config,
		control_answer *answer, void *user, struct err *err);
void control_free(struct control *control);
