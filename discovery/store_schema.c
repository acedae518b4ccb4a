/* SPDX-License-Identifier: ISC */
#include "discovery/store_schema.h"

/*
 * hello_device.place is the address where the UUID alone is no identity, '' otherwise; hello is the
 * newest one. A hello's bytes are head, hash list, tail, in this order. hello_hashes.uses counts the
 * hellos that point at a list, which goes with the last of them.
 */
static const char first_step[] = "CREATE TABLE hello_device ("
				 " id INTEGER PRIMARY KEY,"
				 " uuid TEXT NOT NULL,"
				 " place TEXT NOT NULL,"
				 " address TEXT NOT NULL,"
				 " hello INTEGER NOT NULL DEFAULT 0,"
				 " first_ms INTEGER NOT NULL,"
				 " last_ms INTEGER NOT NULL,"
				 " count INTEGER NOT NULL DEFAULT 0,"
				 " UNIQUE (uuid, place));"

				 "CREATE TABLE hello_hashes ("
				 " id INTEGER PRIMARY KEY,"
				 " sha256 BLOB NOT NULL UNIQUE,"
				 " bytes BLOB NOT NULL,"
				 " uses INTEGER NOT NULL);"

				 "CREATE TABLE hello ("
				 " id INTEGER PRIMARY KEY,"
				 " device INTEGER NOT NULL,"
				 " time_ms INTEGER NOT NULL,"
				 " last_ms INTEGER NOT NULL,"
				 " count INTEGER NOT NULL DEFAULT 1,"
				 " address TEXT NOT NULL,"
				 " version INTEGER NOT NULL,"
				 " retry INTEGER NOT NULL,"
				 " hash_count INTEGER NOT NULL,"
				 " length INTEGER NOT NULL,"
				 " sha256 BLOB NOT NULL,"
				 " head BLOB NOT NULL,"
				 " hashes INTEGER,"
				 " tail BLOB NOT NULL);"
				 "CREATE INDEX hello_of_device ON hello (device, id);"

				 "CREATE TABLE hello_delivery ("
				 " hello INTEGER NOT NULL,"
				 " core TEXT NOT NULL,"
				 " state TEXT NOT NULL,"
				 " time_ms INTEGER NOT NULL,"
				 " reason TEXT,"
				 " PRIMARY KEY (hello, core)) WITHOUT ROWID;"

				 "CREATE TRIGGER hello_forgotten AFTER DELETE ON hello BEGIN"
				 " DELETE FROM hello_delivery WHERE hello = OLD.id;"
				 " UPDATE hello_hashes SET uses = uses - 1 WHERE id = OLD.hashes;"
				 " DELETE FROM hello_hashes WHERE id = OLD.hashes AND uses <= 0;"
				 "END;";

/* What was known of the device at its last hello. Some databases of version 1 have it. */
static const char mac_and_name[] = "ALTER TABLE hello_device ADD COLUMN mac TEXT;"
				   "ALTER TABLE hello_device ADD COLUMN name TEXT;";
static const char has_mac[] =
	"SELECT count(*) FROM pragma_table_info('hello_device') WHERE name = 'mac'";

/* What the gate found out about a device last; port and verdict in the words of gate.h. */
static const char gate[] = "CREATE TABLE hello_gate ("
			   " device INTEGER PRIMARY KEY,"
			   " time_ms INTEGER NOT NULL,"
			   " port TEXT NOT NULL,"
			   " verdict TEXT NOT NULL,"
			   " error INTEGER NOT NULL);";

const struct db_migration store_migrations[] = {
	{.sql = first_step},
	{.sql = mac_and_name, .unless = has_mac},
	{.sql = gate},
};
const size_t store_migration_count = sizeof(store_migrations) / sizeof(store_migrations[0]);
