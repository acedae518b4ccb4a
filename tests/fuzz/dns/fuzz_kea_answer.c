/* SPDX-License-Identifier: ISC */
/* What Kea may answer on its control socket, in one piece and in two. */
#include "dns/kea_answer.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void on_lease(const struct kea_lease *lease, void *user)
{
	/* What the daemon relies on. */
	if (lease->mac.length > MAC_MAX || lease->address.family != *(enum addr_family *)user ||
	    (!lease->tagged && (lease->forward || lease->reverse)))
		abort();
}

static void read_as(const uint8_t *bytes, size_t length, size_t cut, enum addr_family family)
{
	struct kea_answer *answer;
	struct kea_page page;
	struct err err;
	int r;

	if (kea_answer_new(&answer) < 0)
		return;
	r = kea_answer_feed(answer, (const char *)bytes, cut, &err);
	if (r == 0)
		r = kea_answer_feed(answer, (const char *)bytes + cut, length - cut, &err);
	if (r == 1)
		(void)kea_answer_leases(answer, family, on_lease, &family, &page, &err);
	kea_answer_free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	read_as(bytes, length, length, ADDR_IP4);
	read_as(bytes, length, length / 2, ADDR_IP6);
	return 0;
}
