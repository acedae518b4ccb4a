/* SPDX-License-Identifier: ISC */
/*
 * publish_world: what stands in DNS for the tests of failover: hot. A case says it, a round is begun
 * and its queries are answered from it; then the update that follows is looked at. We are core1 with
 * 192.0.2.1.
 */
#pragma once

#include "publish_fixture.h"

#include <stdbool.h>
#include <stdint.h>

#define INTERVAL 60000
#define NAME "provisionserver.corp.example"
#define MINE "v=amtps1;owner=core1;epoch=0;hot=192.0.2.1"
#define THEIRS "v=amtps1;owner=core2;epoch=0;hot=192.0.2.2"

void world_clear(void);
/* An address, an entry, a sign of life, beside what stands there. */
void address(const char *text);
void address_ttl(const char *text, uint32_t ttl);
void entry(const char *text);
void life(const char *owner, unsigned epoch);
/* Ourselves and core2, both alive, and nothing else. */
void both(unsigned mine, unsigned theirs);

/* cmocka's setups for failover: hot: nothing stands there; or both do, and our first round has ended. */
int reset(void **state);
int reset_both(void **state);

/* Begins a round, answers its queries; true when an update follows. */
bool begin(void);
/* The server takes the update, and shows what stands there now; true when another one follows. */
bool take(void);
/* Glances and renewals beside core2's sign of life `epoch`, which stands still, until an update is
 * another one; gives how long that took. */
uint64_t silence(unsigned epoch, enum publish_step *ret);

/* The update has this item; `text` is an address or a TXT, NULL for the whole TXT set. */
void find(enum update_step step, const char *name, const char *text);
/* It has one with this address. */
bool finds(enum update_step step, const char *address);
