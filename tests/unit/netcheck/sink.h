/* SPDX-License-Identifier: ISC */
/* sink: the results of a case. take() is the sink that judges and checks call, forget() a case's teardown. */
#pragma once

#include "netcheck/result.h"

static struct results results;

static void take(struct result *result, void *user)
{
	results_take(&results, result);
}

static int forget(void **state)
{
	results_done(&results);
	return 0;
}
