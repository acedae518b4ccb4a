/* SPDX-License-Identifier: ISC */
#include "common/output.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* A pipe without a reader; errno of the write that failed first is no longer known. */
static bool nobody_reads(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) == 1 && out.revents & POLLERR;
}

int output_end(const char *program, int status, int lost)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (!nobody_reads())
		fprintf(stderr, "%s: what was printed is not whole, the output takes no more\n",
			program);
	return status == 0 ? lost : status;
}
