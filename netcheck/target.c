/* SPDX-License-Identifier: ISC */
#include "netcheck/target.h"

#include "common/prefix.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_ADDRS_MAX 16

static int append(struct target_list *list, struct addr addr)
{
	size_t size = list->size ? list->size * 2 : 64;
	struct addr *items;

	if (list->count == list->size) {
		items = reallocarray(list->items, size, sizeof(struct addr));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->size = size;
	}
	list->items[list->count++] = addr;
	return 0;
}

struct addr target_step(struct addr from, uint64_t steps)
{
	for (size_t at = addr_size(from); at-- > 0 && steps;) {
		steps += from.bytes[at];
		from.bytes[at] = (uint8_t)steps;
		steps >>= 8;
	}
	return from;
}

/* The network and broadcast address of an IPv4 network are no hosts. */
static int take_prefix(const char *text, target_take *take, void *user, struct err *err)
{
	struct target_range range;
	struct prefix prefix;
	int r;

	r = prefix_parse(text, &prefix, err);
	if (r)
		return r;
	range = (struct target_range){prefix.addr, prefix_count(prefix)};
	if (prefix.addr.family == ADDR_IP4 && prefix.length <= 30) {
		range.first = prefix_at(prefix, 1);
		range.count -= 2;
	}
	return take(range, user, err);
}

/* The end of a range: an address, or for IPv4 only the last number ("10.0.0.5-9"). */
static int parse_range_end(const char *text, struct addr first, struct addr *ret)
{
	unsigned long number;
	char *end;

	if (first.family != ADDR_IP4 || strchr(text, '.'))
		return addr_parse(text, ret);
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	number = strtoul(text, &end, 10);
	if (*end || number > 255 || end - text > 3)
		return -EINVAL;
	*ret = first;
	ret->bytes[3] = (uint8_t)number;
	return 0;
}

uint64_t target_distance(struct addr first, struct addr last)
{
	size_t size = addr_size(first);
	uint64_t steps = 0;

	for (size_t i = 0; i < size; i++) {
		int64_t step = (int64_t)last.bytes[i] - first.bytes[i];

		if (steps > UINT32_MAX)
			return UINT64_MAX;
		steps = steps * 256 + (uint64_t)step;
	}
	return steps;
}

/* 1 when the text is no range at all (a name may hold a dash). */
static int take_dashed(const char *text, target_take *take, void *user, struct err *err)
{
	const char *dash = strchr(text, '-');
	char head[ADDR_TEXT];
	struct addr first, last;
	uint64_t steps;

	if (!dash || (size_t)(dash - text) >= sizeof(head))
		return 1;
	memcpy(head, text, (size_t)(dash - text));
	head[dash - text] = '\0';
	if (addr_parse(head, &first))
		return 1;
	if (parse_range_end(dash + 1, first, &last))
		return err_set(err, -EINVAL,
			       "the end of the range is no address (10.0.0.5-10.0.0.9)");
	if (first.family != last.family || addr_compare(first, last) > 0)
		return err_set(err, -EINVAL, "the range ends before it begins");
	steps = target_distance(first, last);
	return take((struct target_range){first, steps == UINT64_MAX ? steps : steps + 1}, user,
		    err);
}

static int take_name(const char *text, target_resolve *resolve, target_take *take, void *user,
		     struct err *err)
{
	struct addr found[NAME_ADDRS_MAX];
	int count, r;

	if (!resolve)
		return err_set(err, -EINVAL, "not an address (10.0.0.1, 10.0.0.0/24, 10.0.0.5-9)");
	if (!text[strspn(text, "0123456789.")])
		return err_set(err, -EINVAL, "neither an address (10.0.0.1) nor a name");
	count = resolve(text, found, NAME_ADDRS_MAX, err);
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		r = take((struct target_range){found[i], 1}, user, err);
		if (r)
			return r;
	}
	return 0;
}

static int take_any(const char *text, target_resolve *resolve, target_take *take, void *user,
		    struct err *err)
{
	struct addr addr;
	int r;

	if (!*text)
		return err_set(err, -EINVAL, "an empty target");
	if (!addr_parse(text, &addr))
		return take((struct target_range){addr, 1}, user, err);
	if (strchr(text, '/'))
		return take_prefix(text, take, user, err);
	r = take_dashed(text, take, user, err);
	if (r <= 0)
		return r;
	return take_name(text, resolve, take, user, err);
}

int target_parse(const char *text, target_resolve *resolve, target_take *take, void *user,
		 struct err *err)
{
	char clean[80];
	int r = take_any(text, resolve, take, user, err);

	if (r)
		err_prefix(err, "target \"%s\"",
			   text_clean(clean, sizeof(clean), text, strlen(text)));
	return r;
}

struct order {
	struct addr addr;
	size_t at;
};

static int by_addr(const void *a, const void *b)
{
	const struct order *left = a, *right = b;
	int r = addr_compare(left->addr, right->addr);

	return r ? r : (left->at > right->at) - (left->at < right->at);
}

/* Keeps the first mention of each address. */
static int drop_duplicates(struct target_list *list)
{
	struct order *sorted = calloc(list->count, sizeof(struct order));
	size_t kept = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		sorted[i] = (struct order){list->items[i], i};
	qsort(sorted, list->count, sizeof(struct order), by_addr);
	for (size_t i = 1; i < list->count; i++)
		if (addr_equal(sorted[i].addr, sorted[i - 1].addr))
			list->items[sorted[i].at].family = ADDR_NONE;
	free(sorted);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].family != ADDR_NONE)
			list->items[kept++] = list->items[i];
	list->count = kept;
	return 0;
}

struct taking {
	struct target_list *list;
	size_t limit;
};

static int take_addresses(struct target_range range, void *user, struct err *err)
{
	const struct taking *taking = user;

	if (range.count > taking->limit - taking->list->count)
		return err_set(
			err, -E2BIG,
			"more than %zu addresses in one run; split the list, or ask fewer ports",
			taking->limit);
	for (uint64_t i = 0; i < range.count; i++)
		if (append(taking->list, target_step(range.first, i)))
			return err_set(err, -ENOMEM, "no memory for the targets");
	return 0;
}

int target_add(struct target_list *list, const char *text, size_t limit, target_resolve *resolve,
	       struct err *err)
{
	struct taking taking = {.list = list, .limit = limit};
	size_t before = list->count;
	int r;

	r = target_parse(text, resolve, take_addresses, &taking, err);
	if (!r && list->count > 1 && drop_duplicates(list))
		r = err_set(err, -ENOMEM, "no memory for the targets");
	if (r)
		list->count = before;
	return r;
}

void target_done(struct target_list *list)
{
	free(list->items);
	*list = (struct target_list){0};
}

static int parse_port(const char **at, unsigned *ret)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	value = strtoul(*at, &end, 10);
	if (value < 1 || value > 65535)
		return -EINVAL;
	*at = end;
	*ret = (unsigned)value;
	return 0;
}

static int add_ports(struct target_ports *ports, unsigned first, unsigned last, struct err *err)
{
	for (unsigned port = first; port <= last; port++) {
		bool known = false;

		for (size_t i = 0; i < ports->count; i++)
			known = known || ports->items[i] == port;
		if (known)
			continue;
		if (ports->count == TARGET_PORTS_MAX)
			return err_set(err, -EINVAL, "more than %d ports", TARGET_PORTS_MAX);
		ports->items[ports->count++] = (uint16_t)port;
	}
	return 0;
}

int target_parse_ports(const char *text, struct target_ports *ret, struct err *err)
{
	struct target_ports ports = {0};
	const char *at = text;
	unsigned first, last;
	int r;

	for (;;) {
		if (parse_port(&at, &first))
			break;
		last = first;
		if (*at == '-') {
			at++;
			if (parse_port(&at, &last) || last < first)
				break;
		}
		r = add_ports(&ports, first, last, err);
		if (r)
			return r;
		if (!*at) {
			*ret = ports;
			return 0;
		}
		if (*at++ != ',')
			break;
	}
	return err_set(err, -EINVAL, "not a list of ports from 1 to 65535 (16992-16995,443)");
}
