/* SPDX-License-Identifier: ISC */
/* What AMT ports answer: whatever comes in, versions stay fit for a terminal, and a pong that is cut
 * never says more than the whole one. */
#include "netcheck/amt.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct amt_redirection redirection;
	struct amt_banner banner;
	struct amt_pong pong, cut;
	uint8_t tag = size > 9 ? data[9] : 0;

	amt_read_banner(data, size, &banner);
	assert(banner.http || !banner.amt);
	assert(banner.amt || !banner.version[0]);
	assert(strspn(banner.version, "0123456789.") == strlen(banner.version));
	assert(banner.status <= 999);
	amt_read_redirection(data, size, &redirection);
	assert(!redirection.agreed || (size >= 4 && data[1] == 0));
	amt_read_pong(data, size, tag, &pong);
	assert(pong.rmcp || !pong.amt);
	if (size) {
		amt_read_pong(data, size - 1, tag, &cut);
		assert(pong.rmcp || !cut.rmcp);
		assert(pong.amt || !cut.amt);
	}
	return 0;
}
