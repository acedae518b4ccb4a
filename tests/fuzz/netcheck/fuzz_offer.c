/* SPDX-License-Identifier: ISC */
/* Offers of DHCP servers, and their answers to INFORM: what was read lies within its bounds, and judging it gives whole results. */
#include "netcheck/judge_dhcp.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct result *result, void *user)
{
	assert(!result || (result->text && result->subject));
	result_free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct judge_dhcp seen;
	struct dhcp_offer offer;
	int r = dhcp_read_offer(data, size, &offer, NULL);

	assert(r == 0 || r == -EINVAL || r == -ENOMSG);
	assert(offer.server_count <= DHCP_SERVERS_MAX);
	assert(offer.has_domain || !offer.domain.length);
	if (r)
		return 0;
	seen = (struct judge_dhcp){.where = "on eth0"};
	if (!offer.informs)
		judge_dhcp_note(&seen, DHCP_ASCII, &offer, offer.server);
	judge_dhcp_note(&seen, offer.informs ? DHCP_INFORM : DHCP_WIRE, &offer, offer.server);
	judge_dhcp(&seen, take, NULL);
	return 0;
}
