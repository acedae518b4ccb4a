/* SPDX-License-Identifier: ISC */
/*
 * relay_exec: a program per hello, without a shell. Delivered is exit status 0. The hello's bytes
 * are its standard input; what is known of the PC stands in AMTNET_UUID, AMTNET_ADDRESS, ... and
 * replaces {uuid}, {address}, ... in the arguments; its output goes nowhere. It runs in a process
 * group of its own, which gets SIGTERM when the time is over and SIGKILL 2 s later.
 */
#pragma once

#include "discovery/carrier.h"

extern const struct carrier relay_exec_carrier;
