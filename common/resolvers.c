/* SPDX-License-Identifier: ISC */
#include "common/resolvers.h"

#include <stdio.h>

#define DNS_PORT 53

size_t resolvers_read(const char *path, struct endpoint ret[RESOLVERS_MAX])
{
	FILE *file = fopen(path, "re");
	char line[256], word[64];
	size_t count = 0;

	while (file && count < RESOLVERS_MAX && fgets(line, sizeof(line), file))
		if (sscanf(line, " nameserver %63s", word) == 1 &&
		    addr_parse(word, &ret[count].addr) == 0)
			ret[count++].port = DNS_PORT;
	if (file)
		fclose(file);
	return count;
}
