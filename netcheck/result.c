/* SPDX-License-Identifier: ISC */
#include "netcheck/result.h"

#include "netcheck/explain.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *result_state_name(enum result_state state)
{
	static const char *const names[] = {"ok", "warning", "unknown", "failure"};

	return names[state];
}

struct result *result_new(const char *id, enum result_state state)
{
	const struct explain *kind = explain_find(id);
	struct result *result;

	assert(kind);
	result = calloc(1, sizeof(*result));
	if (!result)
		return NULL;
	result->kind = kind;
	result->state = state;
	return result;
}

struct result *result_about(const char *id, enum result_state state, const char *subject)
{
	struct result *result = result_new(id, state);

	if (!result)
		return NULL;
	result_set(&result->subject, "%s", subject);
	if (state > RESULT_OK)
		result_set(&result->fix, "%s", result->kind->remedy);
	return result;
}

void result_free(struct result *result)
{
	if (!result)
		return;
	free(result->group);
	free(result->subject);
	free(result->text);
	free(result->evidence);
	free(result->fix);
	free(result);
}

void result_set(char **member, const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	free(*member);
	*member = text;
}

static bool grow(struct results *results)
{
	size_t size = results->size ? results->size * 2 : 64;
	struct result **items;

	if (results->count >= RESULTS_MAX)
		return false;
	if (results->count < results->size)
		return true;
	items = reallocarray(results->items, size, sizeof(struct result *));
	if (!items)
		return false;
	results->items = items;
	results->size = size;
	return true;
}

void results_take(struct results *results, struct result *result)
{
	if (!result || !grow(results)) {
		results->refused++;
		result_free(result);
		return;
	}
	results->items[results->count++] = result;
	results->states[result->state]++;
}

void results_done(struct results *results)
{
	for (size_t i = 0; i < results->count; i++)
		result_free(results->items[i]);
	free(results->items);
	*results = (struct results){0};
}

void results_sort(struct results *results)
{
	struct result **sorted;
	size_t count = 0;

	if (!results->count)
		return;
	sorted = calloc(results->count, sizeof(struct result *));
	if (!sorted)
		return; /* out of order, but complete */
	for (int state = RESULT_FAILURE; state >= RESULT_OK; state--)
		for (size_t i = 0; i < results->count; i++)
			if ((int)results->items[i]->state == state)
				sorted[count++] = results->items[i];
	free(results->items);
	results->items = sorted;
	results->size = count;
}
