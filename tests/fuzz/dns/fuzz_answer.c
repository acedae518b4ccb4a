/* SPDX-License-Identifier: ISC */
/* What a name server may answer, to an UPDATE and to a query; every record of it is printed. */
#include "dns/update.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const struct hostname name = {"me.example"};
	static const uint16_t types[] = {RECORD_A, RECORD_TXT, RECORD_PTR, RECORD_DHCID,
					 RECORD_SOA};
	char text[RECORD_TEXT];
	struct update_answer answer;
	struct err err;

	(void)update_decode_answer(bytes, length, NULL, 0, &answer, &err);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (update_decode_answer(bytes, length, &name, types[i], &answer, &err) < 0)
			continue;
		for (size_t j = 0; j < answer.count; j++)
			(void)record_print(&answer.records[j], text);
	}
	return 0;
}
