/* SPDX-License-Identifier: ISC */
/*
 * config_secret: the file of a secret, for config and for programs that take one as an argument. Reads
 * the named file.
 */
#pragma once

#include "common/config.h"

#define CONFIG_SECRET_FILE_MAX 4096 /* bytes of base64 and white space */

/* 0, or -EINVAL with the sentence that names the remedy. */
int config_secret_load(const char *path, struct config_secret *ret, struct err *err);

/* Wipes the bytes. */
void config_secret_done(struct config_secret *secret);
