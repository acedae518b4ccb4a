/* SPDX-License-Identifier: ISC */
/*
 * descriptors: how many of the process' descriptors connections may have. Touches the limit and the
 * table of the process.
 */
#pragma once

#include <stdint.h>

/* What the limit leaves of `wanted`. The table is made as large at once: the kernel enlarges it step
 * by step otherwise, and at each step one of the threads waits until nobody reads the old table, a
 * tenth of a second where the machine is busy. */
uint32_t descriptors_reserve(uint32_t wanted);
