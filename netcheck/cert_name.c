/* SPDX-License-Identifier: ISC */
#include "netcheck/cert_name.h"

#include <string.h>
#include <strings.h>

static const char *const rule_names[] = {
	[CERT_NAME_AMT_2_2] = "AMT 2.2",
	[CERT_NAME_AMT_2_6] = "AMT 2.6",
	[CERT_NAME_AMT_3_0] = "AMT 3.0",
	[CERT_NAME_AMT_3_2] = "AMT 3.2",
	[CERT_NAME_AMT_3_2_1] = "AMT 3.2.1 and later",
	[CERT_NAME_MESHCENTRAL] = "MeshCentral",
	[CERT_NAME_OPEN_AMT] = "Open AMT",
};

/* Top-level domains by how many labels MeshCentral compares; any other: the whole name. */
static const char *const two_labels[] = {"net", "com", "org", "gov", "edu", "de",
					 "ch",  "dk",  "cz",  "cl",  "ua",  NULL};
static const char *const three_labels[] = {
	"arpa", "fr", "cn", "nl", "br", "mx", "uk", "pl", "tw", "ca", "fi", "be", "ru",
	"se",   "ar", "es", "no", "at", "in", "tr", "ro", "hu", "nz", "pt", "il", "gr",
	"co",   "ie", "za", "th", "sg", "hk", "lt", "id", "hr", "ee", "bg", NULL};

/* Reserved by RFC 2606, 6761, 6762 and 8375, or in wide private use; none is delegated. */
static const char *const private_tops[] = {
	"local",     "corp", "lan",     "internal", "intranet",    "private", "home",
	"localhost", "test", "example", "invalid",  "localdomain", NULL};

const char *cert_name_rule_name(enum cert_name_rule rule)
{
	return rule_names[rule];
}

static bool among(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcasecmp(word, *list))
			return true;
	return false;
}

static unsigned count_labels(const char *name)
{
	unsigned count = *name ? 1 : 0;

	for (; *name; name++)
		count += *name == '.';
	return count;
}

/* The last `count` labels, or the whole where there are not so many. */
static const char *tail(const char *name, unsigned count)
{
	const char *at = name + strlen(name);

	while (at > name && count > 0)
		if (*--at == '.' && --count == 0)
			return at + 1;
	return at;
}

static bool ends_with(const char *name, const char *base)
{
	size_t length = strlen(name), end = strlen(base);

	return length >= end && !strcasecmp(name + length - end, base) &&
	       (length == end || name[length - end - 1] == '.');
}

static bool last_two_agree(const char *name, const char *suffix)
{
	return count_labels(name) >= 2 && count_labels(suffix) >= 2 &&
	       !strcasecmp(tail(name, 2), tail(suffix, 2));
}

static const char *without_first(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : "";
}

/* 3.0 trusts the suffix that was typed into MEBx instead of DHCP's: here it is taken to be the same. */
static bool fits_3_0(const char *name, const char *suffix)
{
	const char *top = tail(suffix, 1);

	if (name[0] == '*')
		return false;
	if (!strcasecmp(without_first(name), suffix))
		return true;
	return (!strcasecmp(top, "com") || !strcasecmp(top, "net")) && last_two_agree(name, suffix);
}

static bool fits_2_6(const char *name, const char *suffix)
{
	return fits_3_0(name, suffix) ||
	       (name[0] == '*' && name[1] == '.' && ends_with(suffix, name + 2));
}

static bool fits_meshcentral(const char *name, const char *suffix)
{
	const char *top = tail(name, 1), *base = name;

	if (among(top, two_labels))
		base = tail(name, 2);
	else if (among(top, three_labels))
		base = tail(name, 3);
	return ends_with(suffix, base);
}

bool cert_name_fits(enum cert_name_rule rule, const char *name, const struct hostname *suffix)
{
	if (!*name || hostname_is_empty(suffix))
		return false;
	switch (rule) {
	case CERT_NAME_AMT_2_2:
		return !strcasecmp(without_first(name), suffix->text);
	case CERT_NAME_AMT_2_6:
	case CERT_NAME_AMT_3_2:
		return fits_2_6(name, suffix->text);
	case CERT_NAME_AMT_3_0:
		return fits_3_0(name, suffix->text);
	case CERT_NAME_AMT_3_2_1:
	case CERT_NAME_OPEN_AMT:
		return last_two_agree(name, suffix->text);
	case CERT_NAME_MESHCENTRAL:
		return fits_meshcentral(name, suffix->text);
	case CERT_NAME_RULES:
		break;
	}
	return false;
}

bool cert_name_private(const struct hostname *suffix)
{
	return hostname_labels(suffix) < 2 || among(tail(suffix->text, 1), private_tops);
}
