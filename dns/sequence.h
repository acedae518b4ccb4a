/* SPDX-License-Identifier: ISC */
/*
 * sequence: the boot ids of the hooks and how far each one has counted; tells new records from old ones
 * and sees what is missing (docs/lease-socket.md, Delivery). Pure. At most SEQUENCE_BOOTS_MAX boot ids
 * are remembered; the one that was heard of longest ago makes room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEQUENCE_BOOTS_MAX 16

struct sequence_boot {
	uint64_t id;
	uint64_t received; /* highest number taken */
	uint64_t saved;    /* highest number on disk */
	uint64_t heard_ms; /* monotonic */
};

struct sequence {
	size_t count;
	struct sequence_boot boots[SEQUENCE_BOOTS_MAX];
};

enum sequence_result {
	SEQUENCE_NEW,  /* take it */
	SEQUENCE_OLD,  /* had it already: skip it */
	SEQUENCE_JUMP, /* take it, but *ret_lost records before it never came */
};

/* Notes the boot id. True when it was not known; *ret_other then says whether any other was, which
 * means that what the other hook still held is gone. */
bool sequence_meet(struct sequence *sequence, uint64_t boot_id, uint64_t now_ms, bool *ret_other);

/* Judges the number of an EVENT or GAP. */
enum sequence_result sequence_take(struct sequence *sequence, uint64_t boot_id, uint64_t number,
				   uint64_t now_ms, uint64_t *ret_lost);

/* What is known from the disk. */
void sequence_restore(struct sequence *sequence, uint64_t boot_id, uint64_t saved);

/* `number` and everything before it is on disk. */
void sequence_saved(struct sequence *sequence, uint64_t boot_id, uint64_t number);

/* NULL where it is not known. */
const struct sequence_boot *sequence_find(const struct sequence *sequence, uint64_t boot_id);
