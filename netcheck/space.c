/* SPDX-License-Identifier: ISC */
#include "netcheck/space.h"

#include "common/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int join(struct space *space);

static int take(struct target_range range, void *user, struct err *err)
{
	struct space *space = user;
	size_t size = space->size ? space->size * 2 : 16;
	struct space_range *items;

	if (range.count > SPACE_MAX)
		return err_set(err, -E2BIG, "more than %u addresses in one run", SPACE_MAX);
	if (space->count == space->size && space->count >= SPACE_RANGES_MAX && join(space))
		return err_set(err, -E2BIG, "more than %u separate targets", SPACE_RANGES_MAX);
	if (space->count == space->size) {
		items = reallocarray(space->items, size, sizeof(struct space_range));
		if (!items)
			return err_set(err, -ENOMEM, "no memory for the targets");
		space->items = items;
		space->size = size;
	}
	space->items[space->count++] = (struct space_range){range.first, range.count, 0};
	return 0;
}

int space_add(struct space *space, const char *text, target_resolve *resolve, struct err *err)
{
	return target_parse(text, resolve, take, space, err);
}

/* The target of a line, without its comment and the white space around it. */
static char *strip(char *line)
{
	size_t length;

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	length = strlen(line);
	while (length && strchr(" \t", line[length - 1]))
		line[--length] = '\0';
	return line;
}

static int add_lines(struct space *space, FILE *file, const char *path, target_resolve *resolve,
		     struct err *err)
{
	char line[SPACE_LINE_MAX + 2], name[256];
	unsigned number = 0;
	int r = 0;

	text_clean(name, sizeof(name), path, strlen(path));
	while (!r && fgets(line, sizeof(line), file)) {
		bool cut = strlen(line) > SPACE_LINE_MAX;
		const char *target = strip(line);

		number++;
		if (cut)
			r = err_set(err, -EINVAL, "longer than %d bytes", SPACE_LINE_MAX);
		else if (*target)
			r = space_add(space, target, resolve, err);
		if (r)
			err_prefix(err, "%s:%u", name, number);
	}
	if (!r && ferror(file))
		r = err_set(err, -EIO, "%s: cannot be read", name);
	return r;
}

int space_add_file(struct space *space, const char *path, target_resolve *resolve, struct err *err)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int r;

	if (!file) {
		r = -errno;
		return err_set(err, r, "%s: %s", path, strerror(errno));
	}
	r = add_lines(space, file, path, resolve, err);
	if (file != stdin)
		fclose(file);
	return r;
}

static int by_first(const void *a, const void *b)
{
	const struct space_range *left = a, *right = b;

	return addr_compare(left->first, right->first);
}

/* Joins what overlaps or touches. -E2BIG when that made no room. */
static int join(struct space *space)
{
	size_t kept = 0, before = space->count;

	if (!before)
		return 0;
	qsort(space->items, before, sizeof(struct space_range), by_first);
	for (size_t i = 1; i < before; i++) {
		struct space_range *last = &space->items[kept], *next = &space->items[i];
		uint64_t steps = target_distance(last->first, next->first), end;

		if (last->first.family != next->first.family || steps > last->count) {
			space->items[++kept] = *next;
			continue;
		}
		end = steps + next->count;
		space->repeated += (end < last->count ? end : last->count) - steps;
		if (end > last->count)
			last->count = end;
	}
	space->count = kept + 1;
	return space->count == before ? -E2BIG : 0;
}

int space_close(struct space *space, struct err *err)
{
	(void)join(space);
	space->total = 0;
	for (size_t i = 0; i < space->count; i++) {
		space->items[i].before = space->total;
		space->total += space->items[i].count;
	}
	if (space->total > SPACE_MAX)
		return err_set(err, -E2BIG,
			       "%llu addresses are too many for one run, %u is the most",
			       (unsigned long long)space->total, SPACE_MAX);
	return 0;
}

void space_done(struct space *space)
{
	free(space->items);
	*space = (struct space){0};
}

/* The last range that begins at or before what is looked for. */
static const struct space_range *range_of(const struct space *space, uint64_t at)
{
	size_t low = 0, high = space->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (space->items[middle].before <= at)
			low = middle;
		else
			high = middle;
	}
	return &space->items[low];
}

struct addr space_at(const struct space *space, uint64_t at)
{
	const struct space_range *range = range_of(space, at);

	return target_step(range->first, at - range->before);
}

uint64_t space_find(const struct space *space, struct addr addr)
{
	size_t low = 0, high = space->count;
	uint64_t steps;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(space->items[middle].first, addr) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || space->items[low - 1].first.family != addr.family)
		return space->total;
	steps = target_distance(space->items[low - 1].first, addr);
	return steps < space->items[low - 1].count ? space->items[low - 1].before + steps
						   : space->total;
}
