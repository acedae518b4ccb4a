/* SPDX-License-Identifier: ISC */
/*
 * sandbox: gives up what amtnetd never needs, before it reads a byte from the network: new privileges
 * through execve, being traced or dumped (secrets), and files that others may read. The rest is the
 * systemd unit's part (conf/amtnetd.service).
 */
#pragma once

#include "common/err.h"

int sandbox_enter(struct err *err);
