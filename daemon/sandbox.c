/* SPDX-License-Identifier: ISC */
#include "daemon/sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

int sandbox_enter(struct err *err)
{
	umask(0027);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, -errno, "no-new-privileges: %s", strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(err, -errno, "not dumpable: %s", strerror(errno));
	return 0;
}
