/* SPDX-License-Identifier: ISC */
/* Plays the answers of a scripted name server to dns/publish. */
#pragma once

#include "dns/publish.h"

enum { NOERROR = 0, NXDOMAIN = 3, YXDOMAIN = 6, NXRRSET = 8 };

extern struct publish publish;
extern struct publish_request request;
extern uint64_t now_ms;

struct addr fixture_addr(const char *text);
/* cmocka's setup: provisionserver.corp.example, one address 192.0.2.1, owner core1. */
int fixture_reset(void **state);
/* The same with failover: cold, every 60 s. */
int fixture_reset_cold(void **state);

/* The answer without records; true while there is more to send. */
bool play(int rcode);
bool play_resent(int rcode);
/* The four looks: A, AAAA, TXT and CNAME; NULL = nothing of that type. */
bool looks(const char *a, const char *txt);
bool looks_cname(void);
/* The update's item `index` is this. */
void has(size_t index, enum update_step step, uint16_t type);
/* The TXT that the update adds. */
void adds_marker(const char *text);

/* A first round that ends with the name created. */
void create(void);
