/* SPDX-License-Identifier: ISC */
/*
 * metrics: what `amtnetctl status` and `provision-server` say, for a browser and for Prometheus, over HTTP on
 * 127.0.0.1: "/" and "/metrics", GET and HEAD only. Nothing about single devices, names or hellos: unlike
 * the control socket, every local user can ask. A request whose Host is not the loopback is refused, so that
 * no foreign web page can read it through a browser. Off unless a port is configured.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"

#include <stdint.h>

struct metrics;
struct event_base;

/* Answers a line of the control protocol that needs no waiting, status line first. */
typedef void metrics_answer(const char *line, struct text *out, void *user);

/* 0, or a negative errno with the sentence. */
int metrics_new(struct metrics **ret, struct event_base *base, uint16_t port,
		metrics_answer *answer, void *user, struct err *err);
/* NULL is allowed. */
void metrics_free(struct metrics *metrics);
