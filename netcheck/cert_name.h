/* SPDX-License-Identifier: ISC */
/*
 * cert_name: whether the name in a provisioning certificate fits a DNS suffix. Firmware generations and
 * cores differ; each rule is kept apart so that a report can say who will accept and who will not.
 * Sources: the table in Intel's deployment notes of 2007 and 2008 for firmware 2.2 to 3.2, MeshCentral's
 * certoperations.js, and domain.ts of the Open AMT remote provisioning server. Pure.
 */
#pragma once

#include "common/hostname.h"

#include <stdbool.h>

enum cert_name_rule {
	CERT_NAME_AMT_2_2,   /* the name less its first label is the suffix */
	CERT_NAME_AMT_2_6,   /* ... or the last two labels agree, in com and net only; wildcards */
	CERT_NAME_AMT_3_0,   /* as 2.6 without wildcards, against the suffix typed into MEBx */
	CERT_NAME_AMT_3_2,   /* as 2.6 */
	CERT_NAME_AMT_3_2_1, /* the last two labels agree; every later firmware */
	CERT_NAME_MESHCENTRAL, /* two, three or all labels agree, by the top-level domain */
	CERT_NAME_OPEN_AMT,    /* the last two labels agree, when the certificate is uploaded */
	CERT_NAME_RULES,
};

/* "AMT 3.2.1 and later" */
const char *cert_name_rule_name(enum cert_name_rule rule);

/* `name` is the certificate's common name, a leading "*." included. An empty suffix fits nothing. */
bool cert_name_fits(enum cert_name_rule rule, const char *name, const struct hostname *suffix);

/* True for a suffix that no public authority may certify: under local, corp, lan, internal and the like,
 * or a single label. */
bool cert_name_private(const struct hostname *suffix);
