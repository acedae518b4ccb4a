/* SPDX-License-Identifier: ISC */
#include "discovery/store_gate.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

struct job {
	struct uuid uuid;
	struct addr place;
	struct gate_verdict verdict;
	uint64_t time_ms;
};

static const char keep_sql[] =
	"INSERT INTO hello_gate (device, time_ms, port, verdict, error)"
	" SELECT id, ?3, ?4, ?5, ?6 FROM hello_device WHERE uuid = ?1 AND place = ?2"
	" ON CONFLICT (device) DO UPDATE SET time_ms = ?3, port = ?4, verdict = ?5, error = ?6";

static int run_keep(void *data, sqlite3 *connection)
{
	const struct job *job = data;
	char uuid[UUID_TEXT], place[ADDR_TEXT] = "";
	sqlite3_stmt *statement;
	int code;

	code = sqlite3_prepare_v2(connection, keep_sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return db_errno(code);
	if (job->place.family != ADDR_NONE)
		addr_print(job->place, place);
	sqlite3_bind_text(statement, 1, uuid_print(job->uuid, uuid), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, place, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, (int64_t)job->time_ms);
	sqlite3_bind_text(statement, 4, gate_port_name(job->verdict.port), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, gate_verdict_name(job->verdict), -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 6, job->verdict.outcome.error);
	sqlite3_step(statement);
	return db_errno(sqlite3_finalize(statement));
}

static void done_keep(void *data, int result)
{
	(void)result; /* the next check brings it again */
	free(data);
}

int store_gate_keep(struct db *db, struct uuid uuid, struct addr place, struct gate_verdict verdict,
		    uint64_t time_ms)
{
	struct job *job = malloc(sizeof(*job));
	int result;

	if (!job)
		return -ENOMEM;
	*job = (struct job){.uuid = uuid, .place = place, .verdict = verdict, .time_ms = time_ms};
	result = db_submit(db, job, run_keep, done_keep);
	if (result < 0)
		free(job);
	return result;
}
