/* SPDX-License-Identifier: ISC */
/*
 * days: the real amtnetd between PCs and a core that the test plays. Every hello has a UUID of its own,
 * and all its bytes follow from its number, so that the core knows which one arrived and whether it is
 * whole. A hello is acknowledged when amtnetd closed its connection.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include <sys/types.h>

#define DAYS_HELLOS_MAX 20000
#define DAYS_OPEN_MAX 48
/* AddressSanitizer keeps what was freed for a while. */
#if defined(__SANITIZE_ADDRESS__)
#define DAYS_SANITIZED 1
#elif defined(__has_feature)
#define DAYS_SANITIZED __has_feature(address_sanitizer)
#else
#define DAYS_SANITIZED 0
#endif
#define DAYS_RESIDENT_MAX_KIB (DAYS_SANITIZED ? 512 << 10 : 64 << 10)

enum days_fate {
	DAYS_NOT_SENT,
	DAYS_ON_ITS_WAY,
	DAYS_ACKNOWLEDGED,
	DAYS_UNSURE, /* amtnetd died before it said anything */
};

struct days;

struct days_pc {
	struct days *days;
	struct event *event; /* NULL = free */
	unsigned number;
	int fd;
};

struct days {
	char directory[64], config[96], log[96];
	struct event_base *base;
	struct endpoint to, core;
	pid_t daemon; /* 0 = does not run */
	struct event *core_event;
	int core_fd;
	enum days_fate fates[DAYS_HELLOS_MAX];
	unsigned arrivals[DAYS_HELLOS_MAX];
	unsigned begun, wanted; /* hellos; begun while days_expect waits */
	unsigned open, acknowledged, mangled;
	unsigned (*network)(unsigned number); /* of the PC: the first three bytes of its address */
	struct days_pc pcs[DAYS_OPEN_MAX];
	bool (*holds)(struct days *days);
	unsigned threshold; /* for the test */
};

int days_begin(void **state);
int days_end(void **state);

/* `more`: further lines of the mapping hello, indented by two. */
void days_configure(const struct days *days, const char *more);
/* Without waiting until it is ready, and with. */
void days_start(struct days *days);
void days_run(struct days *days);
void days_kill(struct days *days);
/* Its log has a line with this text. */
bool days_log_has(const struct days *days, const char *text);
/* The most memory that it had, in KiB. */
long days_resident_most(const struct days *days);
/* The core takes everything, or refuses. */
void days_set_core(struct days *days, bool up);
/* Sends what is wanted until the condition holds; fails where it does not. */
void days_expect(struct days *days, bool (*holds)(struct days *days));
