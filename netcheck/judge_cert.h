/* SPDX-License-Identifier: ISC */
/*
 * judge_cert: what firmware will say to a provisioning certificate, from the facts of cert.h: purpose, key,
 * signatures, dates, chain, whether its name fits each suffix by each firmware's rule, and whether its
 * root is among the hashes that devices sent in their hellos. Pure; the time is an argument.
 */
#pragma once

#include "common/hello.h"
#include "common/hostname.h"
#include "netcheck/cert.h"
#include "netcheck/check.h"

#define JUDGE_CERT_SOON_S (30 * 86400) /* an expiry nearer than this is a warning */

void judge_cert_file(const char *path, const struct cert_chain *chain, int64_t now_s,
		     check_sink *sink, void *user);
void judge_cert_suffix(const char *path, const struct cert_chain *chain,
		       const struct hostname *suffix, check_sink *sink, void *user);
/* What the daemon knows of the devices that sent root hashes. */
struct judge_cert_roots {
	uint64_t trusting, refusing; /* devices */
	char example[96];            /* of the latter: "UUID (ADDRESS)" */
};

void judge_cert_roots(const char *path, const struct cert_chain *chain,
		      const struct judge_cert_roots *roots, check_sink *sink, void *user);
/* `hello` is one that a device sent; `from` says where it was found. */
void judge_cert_hello(const char *path, const struct cert_chain *chain, const char *from,
		      const struct hello *hello, check_sink *sink, void *user);
