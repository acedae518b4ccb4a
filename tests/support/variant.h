/* SPDX-License-Identifier: ISC */
/*
 * variant: one way to send names to a DHCP server, from a line of a table, and what came back, for a
 * line of a table. Pure.
 *
 * A line is "NAME CODE=VALUE [CODE=VALUE]...": options in their order, a code as often as it is to be
 * sent. VALUE is text as it is; %hh is the octet of that value in hexadecimal, and a letter after
 * %{COUNT} stands COUNT times: %{63}a.
 */
#pragma once

#include "dhcp_packet.h"

struct variant {
	char name[DHCP_NAME_MAX + 1];
	uint8_t options[DHCP_OPTIONS_MAX];
	size_t length;
};

/* 0, or -EINVAL for anything else than such a line. */
int variant_parse(struct variant *ret, const char *line);

/* Option 81 for a person: its flags, then the name, "in quotes" when it was text, <in angles> when it
 * was in wire form, whole labels each with a dot behind it; octets that do not print as %hh. */
#define VARIANT_TEXT 2000
const char *variant_print_fqdn(char ret[VARIANT_TEXT], const uint8_t *bytes, size_t length);
const char *variant_print_text(char ret[VARIANT_TEXT], const uint8_t *bytes, size_t length);
