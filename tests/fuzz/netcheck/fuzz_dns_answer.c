/* SPDX-License-Identifier: ISC */
/* An answer of a name server fills no more than its arrays, whatever it holds. The id is the answer's
 * own, so that the rest is reached; the question is always the one of the seeds. */
#include "netcheck/probe_dns.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const uint8_t *data, size_t size, const char *name, enum probe_dns_type type)
{
	struct probe_dns_question question = {.type = type};
	struct probe_dns_answer answer = {.rcode = -1};
	uint16_t id = size >= 2 ? (uint16_t)(data[0] << 8 | data[1]) : 0;
	int r;

	r = hostname_parse(name, &question.name, NULL);
	assert(r == 0);
	r = probe_dns_parse(data, size, &question, id, &answer);
	assert(r == 0 || r == -EAGAIN || r == -EMSGSIZE);
	assert(answer.addr_count <= PROBE_DNS_RECORDS_MAX);
	assert(answer.name_count <= PROBE_DNS_RECORDS_MAX);
	for (size_t i = 0; i < answer.name_count; i++)
		assert(strlen(answer.names[i].text) <= HOSTNAME_MAX);
	if (!r && answer.kind == PROBE_DNS_ANSWER)
		assert(answer.addr_count || answer.name_count || answer.more);
	if (size)
		assert(probe_dns_parse(data, size, &question, (uint16_t)(id + 1), &answer) ==
		       -EAGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size, "provisionserver.corp.example", PROBE_DNS_A);
	check(data, size, "100.20.81.10.in-addr.arpa", PROBE_DNS_PTR);
	return 0;
}
