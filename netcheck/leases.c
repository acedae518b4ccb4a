/* SPDX-License-Identifier: ISC */
#include "netcheck/leases.h"

#include "common/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_S 10
#define FIELDS_MAX 32
#define LINE_BYTES 4096

/* Which columns of a row hold the record's type and its value. */
struct columns {
	size_t type;
	size_t value;
};

static int open_socket(const char *path, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = WAIT_S};
	int fd, r;

	if (strlen(path) >= sizeof(at.sun_path))
		return err_set(err, -EINVAL, "%s: the path is too long for a socket", path);
	memcpy(at.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "cannot open a socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) || send(fd, "names\n", 6, 0) != 6) {
		r = -errno;
		close(fd);
		return err_set(err, r, "%s: %s; is amtnetd running, and may you ask it?", path,
			       strerror(-r));
	}
	return fd;
}

static size_t split(char *line, const char *fields[FIELDS_MAX])
{
	size_t count = 0;
	char *field;

	while (count < FIELDS_MAX && (field = strsep(&line, "\t")))
		fields[count++] = field;
	return count;
}

static bool find_columns(char *line, struct columns *ret)
{
	const char *fields[FIELDS_MAX];
	size_t count = split(line, fields);
	bool type = false, value = false;

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(fields[i], "type")) {
			ret->type = i;
			type = true;
		} else if (!strcmp(fields[i], "value")) {
			ret->value = i;
			value = true;
		}
	}
	return type && value;
}

/* 1 when the row was an address and is taken, 0 when it is another record. */
static int take_row(struct space *space, char *line, struct columns columns, struct err *err)
{
	const char *fields[FIELDS_MAX];
	size_t count = split(line, fields);
	struct addr addr;
	int r;

	if (columns.type >= count || columns.value >= count ||
	    (strcmp(fields[columns.type], "A") && strcmp(fields[columns.type], "AAAA")) ||
	    addr_parse(fields[columns.value], &addr))
		return 0;
	r = space_add(space, fields[columns.value], NULL, err);
	return r ? r : 1;
}

static int read_rows(struct space *space, FILE *file, struct err *err)
{
	struct columns columns = {0};
	char line[LINE_BYTES], clean[256];
	int rows = 0, r = 0;

	for (unsigned number = 1; r >= 0 && fgets(line, sizeof(line), file); number++) {
		line[strcspn(line, "\n")] = '\0';
		if (number == 1 && strcmp(line, "ok") != 0)
			return err_set(err, -EPROTO, "answers: %s",
				       text_clean(clean, sizeof(clean), line, strlen(line)));
		if (number == 2 && !find_columns(line, &columns))
			return err_set(err, -EPROTO, "gives no columns \"type\" and \"value\"");
		if (number > 2)
			r = take_row(space, line, columns, err);
		rows += r > 0;
	}
	if (!r && ferror(file))
		r = err_set(err, -EIO, "did not answer in time");
	return r < 0 ? r : rows;
}

int leases_add(struct space *space, const char *socket, struct err *err)
{
	int fd = open_socket(socket, err), r;
	FILE *file;

	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return err_set(err, -ENOMEM, "out of memory");
	}
	r = read_rows(space, file, err);
	if (r < 0)
		err_prefix(err, "%s", socket);
	fclose(file);
	return r;
}
