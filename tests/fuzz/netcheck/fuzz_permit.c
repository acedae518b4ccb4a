/* SPDX-License-Identifier: ISC */
/* Any bytes as the answer to an UPDATE of the check: read safely, and never taken for a permission, which
 * would need a MAC. */
#include "netcheck/permit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tsig_key *key;
	const struct tsig_request request = {.mac = {1, 2, 3},
					     .mac_length = 32,
					     .id = size > 1 ? (uint16_t)(data[0] << 8 | data[1])
							    : 0};
	struct permit_question question = {.zone = {"corp.example"}, .type = PERMIT_A};
	struct permit_answer answer;
	uint8_t *copy;

	if (!key &&
	    tsig_key_new(&key, "amtnet", TSIG_HMAC_SHA256, (const uint8_t *)"secret", 6, NULL))
		abort();
	question.key = key;
	for (int form = PERMIT_DELETE; form <= PERMIT_ADD; form++) {
		question.form = (enum permit_form)form;
		copy = malloc(size + 1);
		assert(copy);
		memcpy(copy, data, size);
		permit_read(&question, &request, 1000, copy, size, &answer);
		assert(answer.kind != PERMIT_ALLOWED && answer.kind <= PERMIT_UNREACHABLE);
		free(copy);
	}
	return 0;
}
