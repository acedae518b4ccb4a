/* SPDX-License-Identifier: ISC */
#include "netcheck/hop.h"

/* TTL of the last router that answered, 0 for none. */
static unsigned last_router(const struct hop_path *path)
{
	unsigned last = 0;

	for (unsigned i = 0; i < path->tried; i++)
		if (path->hops[i].kind == HOP_EXCEEDED)
			last = i + 1;
	return last;
}

/* TTL of the first answer of the given kind, 0 for none. */
static unsigned first_of(const struct hop_path *path, enum hop_kind kind)
{
	for (unsigned i = 0; i < path->tried; i++)
		if (path->hops[i].kind == kind)
			return i + 1;
	return 0;
}

unsigned hop_of(const struct hop_path *path, struct addr by)
{
	for (unsigned i = 0; i < path->tried; i++) {
		enum hop_kind kind = path->hops[i].kind;

		if ((kind == HOP_EXCEEDED || kind == HOP_ICMP) && addr_equal(path->hops[i].by, by))
			return i + 1;
	}
	return 0;
}

bool hop_ended(const struct hop_path *path)
{
	return first_of(path, HOP_ANSWER) || first_of(path, HOP_ICMP);
}

unsigned hop_reach(const struct hop_path *path)
{
	unsigned answer = first_of(path, HOP_ANSWER);
	unsigned icmp = first_of(path, HOP_ICMP);
	unsigned last = last_router(path);

	if (answer || icmp)
		return answer && (!icmp || answer < icmp) ? answer : icmp;
	return last ? last + 1 : 0;
}

static struct hop_finding answered(unsigned ttl, const struct hop_path *test,
				   const struct hop_path *control)
{
	struct hop_finding finding = {
		.place = HOP_PLACE_HOST, .last = ttl, .accepted = test->hops[ttl - 1].accepted};

	if (ttl > control->tried || control->hops[ttl - 1].kind != HOP_EXCEEDED)
		return finding;
	/* A device that forges answers sees the packet when it is to be forwarded, or before: it is
	 * the hop that is still a router for the control port, or the one in front of it. */
	finding.place = HOP_PLACE_FORGED;
	finding.next_addr = control->hops[ttl - 1].by;
	if (ttl > 1 && test->hops[ttl - 2].kind == HOP_EXCEEDED)
		finding.last_addr = test->hops[ttl - 2].by;
	else if (ttl > 1 && control->hops[ttl - 2].kind == HOP_EXCEEDED)
		finding.last_addr = control->hops[ttl - 2].by;
	return finding;
}

struct hop_finding hop_compare(const struct hop_path *test, const struct hop_path *control)
{
	unsigned last = last_router(test);
	unsigned answer = first_of(test, HOP_ANSWER);
	struct hop_finding finding = {.place = HOP_PLACE_UNKNOWN, .last = last};
	struct hop next = {0};

	if (answer)
		return answered(answer, test, control);
	if (last)
		finding.last_addr = test->hops[last - 1].by;
	if (last < control->tried)
		next = control->hops[last];
	switch (next.kind) {
	case HOP_EXCEEDED:
		finding.place = HOP_PLACE_BETWEEN;
		finding.next_addr = next.by;
		break;
	case HOP_ANSWER:
		finding.place = HOP_PLACE_EDGE;
		break;
	case HOP_SILENT:
	case HOP_ICMP:
		finding.place = last ? HOP_PLACE_AFTER : HOP_PLACE_UNKNOWN;
		break;
	}
	return finding;
}
