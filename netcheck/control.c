/* SPDX-License-Identifier: ISC */
#include "netcheck/control.h"

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
#define FIELDS_MAX 64
#define LINE_BYTES 8192

/* Where in a row the wanted columns stand. */
struct places {
	size_t at[CONTROL_COLUMNS_MAX];
	size_t count;
};

static int open_socket(const char *path, const char *command, struct err *err)
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
	if (!connect(fd, (struct sockaddr *)&at, sizeof(at)) && dprintf(fd, "%s\n", command) > 0)
		return fd;
	r = -errno;
	close(fd);
	return err_set(err, r, "%s: %s; is amtnetd running, and may you ask it?", path,
		       strerror(-r));
}

static size_t split(char *line, const char *fields[FIELDS_MAX])
{
	size_t count = 0;
	char *field;

	while (count < FIELDS_MAX && (field = strsep(&line, "\t")))
		fields[count++] = field;
	return count;
}

static int find_places(char *line, const char *const *columns, struct places *ret, struct err *err)
{
	const char *fields[FIELDS_MAX];
	size_t count = split(line, fields);

	for (; columns[ret->count]; ret->count++) {
		size_t at = 0;

		while (at < count && strcmp(fields[at], columns[ret->count]))
			at++;
		if (at == count)
			return err_set(err, -EPROTO, "gives no column \"%s\"", columns[ret->count]);
		ret->at[ret->count] = at;
	}
	return 0;
}

static int give_row(char *line, const struct places *places, control_row *on_row, void *user,
		    struct err *err)
{
	const char *fields[FIELDS_MAX], *values[CONTROL_COLUMNS_MAX];
	size_t count = split(line, fields);

	for (size_t i = 0; i < places->count; i++)
		values[i] = places->at[i] < count ? fields[places->at[i]] : "";
	return on_row(values, user, err);
}

static int read_rows(FILE *file, const char *const *columns, control_row *on_row, void *user,
		     struct err *err)
{
	struct places places = {0};
	char line[LINE_BYTES], clean[256];
	int r = 0;

	for (unsigned number = 1; r >= 0 && fgets(line, sizeof(line), file); number++) {
		line[strcspn(line, "\n")] = '\0';
		if (number == 1 && strcmp(line, "ok") != 0)
			return err_set(err, -EPROTO, "answers: %s",
				       text_clean(clean, sizeof(clean), line, strlen(line)));
		if (number == 2)
			r = find_places(line, columns, &places, err);
		else if (number > 2)
			r = give_row(line, &places, on_row, user, err);
	}
	if (r >= 0 && ferror(file))
		r = err_set(err, -EIO, "did not answer in time");
	return r < 0 ? r : 0;
}

int control_ask(const char *socket, const char *command, const char *const *columns,
		control_row *on_row, void *user, struct err *err)
{
	int fd = open_socket(socket, command, err), r;
	FILE *file;

	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return err_set(err, -ENOMEM, "out of memory");
	}
	r = read_rows(file, columns, on_row, user, err);
	if (r < 0)
		err_prefix(err, "%s", socket);
	fclose(file);
	return r;
}
