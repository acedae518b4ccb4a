/* SPDX-License-Identifier: ISC */
/*
 * random: unpredictable numbers from the kernel (getrandom), for message ids, boot ids and jitter.
 * Never fails: aborts where the kernel has no randomness, which Linux never reports after boot.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *ret, size_t size);
uint16_t random_u16(void);
uint32_t random_u32(void);
uint64_t random_u64(void);
