/* SPDX-License-Identifier: ISC */
#include "dns/inbox_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

/* Is somebody listening there already? A file that nobody listens on is left from a crash. */
static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 && !connect(fd, (const struct sockaddr *)address, sizeof(*address));

	if (fd >= 0)
		close(fd);
	return alive;
}

/* Only a socket is removed, never another kind of file. */
static int clear_path(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST, "%s is there and is not a socket; move it away", path);
	if (is_alive(address))
		return err_set(err, -EADDRINUSE, "%s: another amtnetd listens there", path);
	unlink(path);
	return 0;
}

static int set_access(const char *path, const char *group, struct err *err)
{
	char buffer[4096];
	struct group entry, *found = NULL;
	int r = 0;

	if (group)
		r = getgrnam_r(group, &entry, buffer, sizeof(buffer), &found);
	if (group && !found)
		return err_set(
			err, r ? -r : -ENOENT,
			"lease.group: there is no group \"%s\"; Debian's Kea runs in \"_kea\"",
			group);
	if (group && chown(path, (uid_t)-1, found->gr_gid) < 0)
		return err_set(
			err, -errno,
			"%s: cannot be given to the group \"%s\": %s; the daemon must be in it",
			path, group, strerror(errno));
	if (chmod(path, 0660) < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int bind_path(int fd, const struct sockaddr_un *address, const char *group, struct err *err)
{
	mode_t mask = umask(0177);
	int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

	umask(mask);
	if (r < 0)
		return err_set(err, r, "%s: cannot listen there: %s", address->sun_path,
			       strerror(-r));
	if ((r = set_access(address->sun_path, group, err)) < 0) {
		unlink(address->sun_path);
		return r;
	}
	return listen(fd, BACKLOG) < 0
		       ? err_set(err, -errno, "%s: %s", address->sun_path, strerror(errno))
		       : 0;
}

int inbox_socket_open(const char *path, const char *group, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r, fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG, "%s: a socket's path may have %zu characters",
			       path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if ((r = clear_path(&address, err)) < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, -errno, "lease socket: %s", strerror(errno));
	if ((r = bind_path(fd, &address, group, err)) < 0) {
		close(fd);
		return r;
	}
	return fd;
}

bool inbox_socket_send(int fd, const struct lease_record *record)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(record, bytes, sizeof(bytes));

	return length && send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}
