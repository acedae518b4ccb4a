/* SPDX-License-Identifier: ISC */
#include "dns/queue_sites.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const struct db_migration migrations[] = {
	{.sql = "CREATE TABLE dns_site (name TEXT PRIMARY KEY, suffix TEXT NOT NULL,"
		" from_leases INTEGER NOT NULL, seen_ms INTEGER NOT NULL) WITHOUT ROWID;"},
};

struct job {
	struct queue_sites *sites; /* NULL: nobody waits for it any more */
	size_t count;
	struct queue_site rows[];
};

struct queue_sites {
	struct db *db;
	void (*on_saved)(int result, void *user);
	void *user;
	struct job *job; /* under way; NULL = none */
};

int queue_sites_new(struct queue_sites **ret, struct db *db,
		    void (*on_saved)(int result, void *user), void *user, struct err *err)
{
	struct queue_sites *sites;
	int r = db_migrate(db, "dns_site", migrations, sizeof(migrations) / sizeof(*migrations),
			   err);

	if (r < 0)
		return r;
	sites = calloc(1, sizeof(*sites));
	if (!sites)
		return err_set(err, -ENOMEM, "out of memory");
	*sites = (struct queue_sites){.db = db, .on_saved = on_saved, .user = user};
	*ret = sites;
	return 0;
}

void queue_sites_free(struct queue_sites *sites)
{
	if (sites && sites->job)
		sites->job->sites = NULL;
	free(sites);
}

/* Writing, in the writer thread ----------------------------------------------------------------- */

static int put(sqlite3_stmt *statement, const struct queue_site *row)
{
	sqlite3_bind_text(statement, 1, row->name.text, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, row->suffix.text, -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 3, row->from_leases);
	sqlite3_bind_int64(statement, 4, (sqlite3_int64)row->seen_ms);
	sqlite3_step(statement);
	return db_errno(sqlite3_reset(statement));
}

static int job_run(void *user, struct sqlite3 *connection)
{
	const struct job *job = user;
	sqlite3_stmt *statement = NULL;
	int r = db_errno(sqlite3_exec(connection, "DELETE FROM dns_site", NULL, NULL, NULL));

	if (!r)
		r = db_errno(sqlite3_prepare_v2(connection, "INSERT INTO dns_site VALUES (?,?,?,?)",
						-1, &statement, NULL));
	for (size_t i = 0; !r && i < job->count; i++)
		r = put(statement, &job->rows[i]);
	sqlite3_finalize(statement);
	return r;
}

static void job_done(void *user, int result)
{
	struct job *job = user;
	struct queue_sites *sites = job->sites;

	free(job);
	if (!sites)
		return;
	sites->job = NULL;
	sites->on_saved(result, sites->user);
}

int queue_sites_save(struct queue_sites *sites, const struct queue_site *rows, size_t count)
{
	struct job *job;
	int r;

	if (sites->job)
		return -EBUSY;
	job = malloc(sizeof(*job) + count * sizeof(*rows));
	if (!job)
		return -ENOMEM;
	job->sites = sites;
	job->count = count;
	if (count)
		memcpy(job->rows, rows, count * sizeof(*rows));
	r = db_submit(sites->db, job, job_run, job_done);
	if (r < 0)
		free(job);
	else
		sites->job = job;
	return r;
}

/* Reading, in the loop -------------------------------------------------------------------------- */

/* The bare name's suffix is the empty one. */
static bool read_name(sqlite3_stmt *statement, int column, struct hostname *ret)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text && (!*text || !hostname_parse(text, ret, NULL));
}

static bool read_row(sqlite3_stmt *statement, struct queue_site *ret)
{
	*ret = (struct queue_site){
		.from_leases = sqlite3_column_int(statement, 2),
		.seen_ms = (uint64_t)sqlite3_column_int64(statement, 3),
	};
	return read_name(statement, 0, &ret->name) && read_name(statement, 1, &ret->suffix) &&
	       !hostname_is_empty(&ret->name);
}

int queue_sites_load(struct queue_sites *sites, struct queue_site *ret, size_t size,
		     size_t *ret_count, size_t *ret_bad, struct err *err)
{
	sqlite3 *reader = db_reader(sites->db);
	sqlite3_stmt *statement = NULL;
	int r = sqlite3_prepare_v2(reader, "SELECT * FROM dns_site ORDER BY seen_ms DESC", -1,
				   &statement, NULL);

	*ret_count = *ret_bad = 0;
	while (r == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
		if (*ret_count < size && read_row(statement, &ret[*ret_count]))
			++*ret_count;
		else
			++*ret_bad;
	}
	if (sqlite3_finalize(statement) != SQLITE_OK || r != SQLITE_OK)
		return err_set(err, -EIO, "database: %s", sqlite3_errmsg(reader));
	return 0;
}
