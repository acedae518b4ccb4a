/* SPDX-License-Identifier: ISC */
/* What AMT ports answer, and what a responder is asked: whatever comes in, versions stay fit for a terminal,
 * a pong that is cut never says more than the whole one, and what is taken for a ping is one, whose pong is
 * never taken for AMT's. */
#include "netcheck/amt.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ping(const uint8_t *data, size_t size)
{
	uint8_t tag, bytes[AMT_PONG_BYTES], again[AMT_PING_BYTES];
	struct amt_pong pong;

	if (!amt_read_ping(data, size, &tag))
		return;
	amt_print_ping(tag, again);
	again[1] = data[1];
	again[2] = data[2];
	again[10] = data[10];
	assert(size == sizeof(again) && !memcmp(data, again, size));
	amt_print_pong(tag, bytes);
	amt_read_pong(bytes, sizeof(bytes), tag, &pong);
	assert(pong.rmcp && !pong.amt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct amt_redirection redirection;
	struct amt_banner banner;
	struct amt_pong pong, cut;
	uint8_t tag = size > 9 ? data[9] : 0;

	ping(data, size);
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
