/* SPDX-License-Identifier: ISC */
/*
 * registration_fixture: one registration, and the answers of a scripted name server to it; for the tests
 * of dns/registration. The intent is me.corp.example at 10.81.1.100 of one hardware address.
 */
#pragma once

#include "dns/registration.h"

enum { NOERROR = 0, NXDOMAIN = 3, YXDOMAIN = 6, NXRRSET = 8 };

extern struct intent intent;
extern struct intent_mark mark;
extern struct registration registration;
extern struct registration_request request;
extern struct registration_rules rules;

int reset(void **state); /* of each test */

struct server_outcome answer(int rcode);
struct server_outcome found(const struct record *dhcid); /* NULL: the name has none */
struct server_outcome address_found(const char *text);   /* the one address at the name */

void begin(enum dns_conflict_mode mode);
/* The next request is this step. */
void sends(const struct server_outcome *last, enum registration_step step);
void after(int rcode, enum registration_step step);
/* There is no next request. */
void ends(int rcode, enum registration_result result);
/* What stands in the request; `type` 0 for the name forms. */
void has(size_t index, enum update_step step, uint16_t type);
/* The DHCID of a hardware address that ends so; the intent's ends in 1. */
struct record dhcid_of(uint8_t last);
