/* SPDX-License-Identifier: ISC */
#include "common/unix_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(UNIX_SOCKET_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path) - 1, "unix(7)");

/* Only a refusal says that nobody listens: a full backlog, or a socket of another type, is somebody. */
static bool is_left_over(const struct sockaddr_un *at, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 &&
		       errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return refused;
}

static int clear_path(const struct sockaddr_un *at, int type, struct err *err)
{
	struct stat status;

	if (lstat(at->sun_path, &status) < 0)
		return 0; /* bind() says it better */
	if (!S_ISSOCK(status.st_mode))
		return err_set(err, -EEXIST, "is there and is not a socket; move it away");
	if (!is_left_over(at, type))
		return err_set(err, -EADDRINUSE, "another process listens there");
	if (unlink(at->sun_path) < 0)
		return err_set(err, -errno, "is left over and cannot be removed: %s",
			       strerror(errno));
	return 0;
}

static int give_to_group(const char *path, const char *name, struct err *err)
{
	char buffer[4096];
	struct group entry, *group = NULL;
	int r;

	if (!name)
		return 0;
	r = getgrnam_r(name, &entry, buffer, sizeof(buffer), &group);
	if (!group)
		return err_set(err, r ? -r : -ENOENT, "group \"%s\" does not exist", name);
	if (chown(path, (uid_t)-1, group->gr_gid) < 0)
		return err_set(err, -errno,
			       "cannot be given to the group \"%s\": %s; the daemon must be in it",
			       name, strerror(errno));
	return 0;
}

/* The group first: until the mode is set nobody but this user can open it. */
static int open_up(int fd, const char *path, const char *group, int backlog, struct err *err)
{
	int r = give_to_group(path, group, err);

	if (r < 0)
		return r;
	if (chmod(path, 0660) < 0 || listen(fd, backlog) < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	return 0;
}

static int bind_and_listen(int fd, const struct sockaddr_un *at, const char *group, int backlog,
			   struct err *err)
{
	mode_t mask = umask(0177);
	int r = bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ? -errno : 0;

	umask(mask);
	if (r < 0)
		return err_set(err, r, "cannot listen there: %s", strerror(-r));
	r = open_up(fd, at->sun_path, group, backlog, err);
	if (r < 0)
		unlink(at->sun_path);
	return r;
}

static int listen_at(const struct sockaddr_un *at, int type, const char *group, int backlog,
		     struct err *err)
{
	int fd, r = clear_path(at, type, err);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	r = bind_and_listen(fd, at, group, backlog, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int unix_socket_listen(const char *path, int type, const char *group, int backlog, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int r;

	if (strlen(path) > UNIX_SOCKET_PATH_MAX) {
		r = err_set(err, -ENAMETOOLONG, "the path of a socket may have %d characters",
			    UNIX_SOCKET_PATH_MAX);
	} else {
		memcpy(at.sun_path, path, strlen(path) + 1);
		r = listen_at(&at, type, group, backlog, err);
	}
	if (r < 0)
		err_prefix(err, "%s", path);
	return r;
}
