/* SPDX-License-Identifier: ISC */
/*
 * store_schema: the tables of discovery, step by step, made to be read with sqlite3(1) as well.
 * Pure.
 */
#pragma once

#include "common/db.h"

extern const struct db_migration store_migrations[];
extern const size_t store_migration_count;
