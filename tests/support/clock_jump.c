/* SPDX-License-Identifier: ISC */
/*
 * clock_jump: to be preloaded; whoever looks at the wall clock finds it an hour later each time, or, where
 * CLOCK_AHEAD_S is set, so many seconds ahead all the time. The monotonic clock stays as it is.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define HOUR_S 3600

static time_t jump(void)
{
	static time_t looks;
	const char *ahead_s = getenv("CLOCK_AHEAD_S");

	return ahead_s ? strtol(ahead_s, NULL, 10) : ++looks * HOUR_S;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	static int (*real)(clockid_t, struct timespec *);
	int r;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	r = real(id, ret);
	if (!r && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ret->tv_sec += jump();
	return r;
}

int gettimeofday(struct timeval *ret, void *zone)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
