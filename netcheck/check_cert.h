/* SPDX-License-Identifier: ISC */
/*
 * check_cert: the provisioning certificate against the suffixes that PCs get and the hellos that they
 * sent, from files or from the daemon. Every result is there when it returns.
 */
#pragma once

#include "common/hostname.h"
#include "netcheck/check.h"

/* All borrowed for the call. */
struct check_cert_wanted {
	const char *file;          /* PEM, PKCS #12 or DER */
	const char *password_file; /* its first line opens the file; NULL = none */
	const struct hostname *suffixes;
	size_t suffix_count;
	const char *const *hellos; /* files with one hello each, as bytes or as hex digits */
	size_t hello_count;
	const char *daemon; /* control socket of the amtnetd whose hellos count; NULL = not asked */
	int64_t now_s;      /* seconds since 1970 */
};

void check_cert(const struct check_tools *tools, const struct check_cert_wanted *wanted);
