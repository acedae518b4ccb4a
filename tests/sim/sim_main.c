/* SPDX-License-Identifier: ISC */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int sim_main(int argc, char **argv, uint64_t count, sim_play *play, const char *rule)
{
	uint64_t seed = 1, failed = 0;
	bool trace = false;
	const char *failure;
	int option;

	while ((option = getopt(argc, argv, "n:s:t")) != -1) {
		if (option == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 't')
			trace = true;
		else
			return 99;
	}
	for (uint64_t i = 0; i < count && failed < 3; i++) {
		if (!(failure = play(seed + i, trace)))
			continue;
		failed++;
		printf("# seed %" PRIu64 ": %s\n", seed + i, failure);
		if (!trace && failed == 1)
			play(seed + i, true);
	}
	printf("%sok 1 - after %" PRIu64 " histories from seed %" PRIu64 " %s\n1..1\n",
	       failed ? "not " : "", count, seed, rule);
	return failed > 0;
}
