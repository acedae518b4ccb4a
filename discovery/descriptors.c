/* SPDX-License-Identifier: ISC */
#include "discovery/descriptors.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESERVED 256 /* for the database, the control socket, other parts */

static uint32_t affordable(uint32_t wanted)
{
	struct rlimit limit;
	rlim_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return wanted;
	most = limit.rlim_cur > 2 * RESERVED ? limit.rlim_cur - RESERVED : limit.rlim_cur / 2;
	return wanted < most ? wanted : (uint32_t)most;
}

uint32_t descriptors_reserve(uint32_t wanted)
{
	uint32_t count = affordable(wanted);
	int near = eventfd(0, EFD_CLOEXEC);
	int far = near < 0 ? -1 : fcntl(near, F_DUPFD_CLOEXEC, (int)count);

	if (far >= 0)
		close(far);
	if (near >= 0)
		close(near);
	return count;
}
