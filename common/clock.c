/* SPDX-License-Identifier: ISC */
#include "common/clock.h"

#include <string.h>
#include <time.h>

#define YEAR_10000_S INT64_C(253402300800)

static uint64_t read_ms(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t clock_mono_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

const char *clock_print(uint64_t wall_ms, char ret[CLOCK_TEXT])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (wall_ms == 0 || seconds >= YEAR_10000_S || !gmtime_r(&seconds, &tm))
		return memcpy(ret, "-", 2);
	(void)strftime(ret, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return ret;
}
