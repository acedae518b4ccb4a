/* SPDX-License-Identifier: ISC */
/*
 * result: one finding of a check, and the bounded list of them. A result names its kind by a stable
 * id (NC104, see explain.h), its state, whom it is about, what was seen, and the one sentence that
 * puts it right. Text that came from the network is cleaned by the report, not here. Pure, apart
 * from the heap.
 */
#pragma once

#include "common/addr.h"
#include "common/prefix.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum result_state { /* from best to worst, the order of the report is the reverse */
		    RESULT_OK,
		    RESULT_WARNING,
		    RESULT_UNKNOWN, /* could not tell: says nothing about the network */
		    RESULT_FAILURE,
};

struct explain;

/* A connection that a firewall must let through. */
struct result_rule {
	struct addr from; /* ADDR_NONE = none is to be asked for */
	struct prefix to; /* at the result's port */
};

struct result {
	const struct explain *kind;
	enum result_state state;
	struct addr target;     /* ADDR_NONE where the result is not about one address */
	uint16_t port;          /* 0 = none */
	const char *port_state; /* "open", "closed", ...; NULL = not about a port; static text */
	struct result_rule rule;
	/* Heap, NULL = nothing to say. */
	char *group;    /* the subnet or server that the site file names */
	char *subject;  /* "10.81.20.100 tcp/16993" */
	char *text;     /* what is the case, one sentence */
	char *evidence; /* what was sent and what came back */
	char *fix;      /* what to do, one sentence */
};

#define RESULTS_MAX 70000

struct results {
	struct result **items;
	size_t count;
	size_t size;
	size_t refused; /* did not fit, or the heap refused */
	size_t states[RESULT_FAILURE + 1];
};

/* "ok", "warning", "unknown", "failure". */
const char *result_state_name(enum result_state state);

/* A result of the kind `id`, which must be one of explain.h's. NULL when the heap refuses. */
struct result *result_new(const char *id, enum result_state state);
/* The same about `subject`, with the remedy of its kind where there is something to mend. */
struct result *result_about(const char *id, enum result_state state, const char *subject);
void result_free(struct result *result);

/* Replaces one of the heap members. */
void result_set(char **member, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the result over, also when it is refused; NULL is counted as refused. */
void results_take(struct results *results, struct result *result);
void results_done(struct results *results);

/* Failures first, then unknown, warnings, good ones; equal states stay in the order of arrival. */
void results_sort(struct results *results);
