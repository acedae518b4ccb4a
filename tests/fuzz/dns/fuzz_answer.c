/* SPDX-License-Identifier: ISC */
/* What a name server may answer, to an UPDATE or to a query, by the id; every record of it is printed. */
#include "dns/update.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const struct hostname name = {"me.example"};
	/* 0: the answer to an UPDATE, which has no question */
	static const uint16_t types[] = {0,          RECORD_A,     RECORD_TXT,
					 RECORD_PTR, RECORD_DHCID, RECORD_SOA};
	uint16_t type = length ? types[bytes[0] % (sizeof types / sizeof *types)] : 0;
	char text[RECORD_TEXT];
	struct update_answer answer;
	struct err err;

	if (update_decode_answer(bytes, length, type ? &name : NULL, type, &answer, &err) < 0)
		return 0;
	for (size_t i = 0; i < answer.count; i++)
		(void)record_print(&answer.records[i], text);
	return 0;
}
