/* SPDX-License-Identifier: ISC */
/*
 * digest: SHA-256 of some bytes. For one thread: what it needs of OpenSSL is looked for once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

/* 0, or -ENOMEM. */
int digest_sha256(const void *bytes, size_t length, uint8_t ret[DIGEST_BYTES]);
