/* SPDX-License-Identifier: ISC */
/*
 * store_gate: what the gate found out about a device last, kept over a restart; store_read gives it
 * back with the device. Goes through the writer thread.
 */
#pragma once

#include "common/addr.h"
#include "common/db.h"
#include "common/uuid.h"
#include "discovery/gate.h"

/* Takes the place of what is kept. 0, -ENOMEM or -ENOBUFS; what is lost, the next check finds out
 * anew. */
int store_gate_keep(struct db *db, struct uuid uuid, struct addr place, struct gate_verdict verdict,
		    uint64_t time_ms);
