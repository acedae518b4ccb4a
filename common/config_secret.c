/* SPDX-License-Identifier: ISC */
#include "common/config_secret.h"

#include "common/config_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What others, and the group beyond reading, may not have. */
#define MODE_REFUSED (S_IRWXO | S_IWGRP)

static int digit_value(char digit)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = digit != '\0' ? strchr(digits, digit) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

/* Strict RFC 4648 section 4: whole groups, no white space. 0 or -EINVAL. */
static int decode(const char *text, size_t length, uint8_t *ret, size_t *ret_length)
{
	size_t padding = 0, written = 0;
	uint32_t bits = 0;

	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	if (length == 0 || length % 4 != 0)
		return -EINVAL;
	for (size_t at = 0; at < length; at++) {
		int value = at < length - padding ? digit_value(text[at]) : 0;

		if (value < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
		if (at % 4 != 3)
			continue;
		ret[written++] = (uint8_t)(bits >> 16);
		ret[written++] = (uint8_t)(bits >> 8);
		ret[written++] = (uint8_t)bits;
	}
	*ret_length = written - padding;
	return 0;
}

/* The descriptor of a file that may hold a secret, or -EINVAL with the sentence. */
static int open_checked(const char *path, const char *shown, struct err *err)
{
	/* O_NONBLOCK: a named pipe must not hold us up before we have seen that it is one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int code;

	if (fd < 0)
		return err_set(err, -EINVAL,
			       "the secret file \"%s\" cannot be opened: %s; it must hold one line "
			       "of base64",
			       shown, strerror(errno));
	if (fstat(fd, &status) < 0)
		code = err_set(err, -EINVAL, "the secret file \"%s\" cannot be looked at: %s",
			       shown, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		code = err_set(err, -EINVAL,
			       "\"%s\" is not a regular file; name the file of the secret", shown);
	else if ((status.st_mode & MODE_REFUSED) != 0)
		code = err_set(err, -EINVAL,
			       "the secret file \"%s\" has mode %04o, so that others may read or "
			       "change it; set it with chmod 0640 or 0600",
			       shown, (unsigned)(status.st_mode & 07777));
	else
		return fd;
	close(fd);
	return code;
}

/* Bytes read, up to `size`, or -1 with errno. */
static ssize_t read_all(int fd, char *ret, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t count = read(fd, ret + length, size - length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		if (count == 0)
			break;
		length += (size_t)count;
	}
	return (ssize_t)length;
}

static size_t without_end(const char *text, size_t length)
{
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		length--;
	return length;
}

/* The file's text into `ret`: 0, or -EINVAL with the sentence. */
static int take(const char *text, size_t length, const char *path, const char *shown,
		struct config_secret *ret, struct err *err)
{
	struct config_secret secret = {0};
	int code;

	length = without_end(text, length);
	if (length == 0)
		return err_set(err, -EINVAL,
			       "the secret file \"%s\" is empty; it must hold one line of base64",
			       shown);
	secret.path = strdup(path);
	secret.bytes = malloc(length);
	if (secret.path == NULL || secret.bytes == NULL)
		code = err_set(err, -EINVAL, "out of memory");
	else if (decode(text, length, secret.bytes, &secret.length) < 0)
		code = err_set(
			err, -EINVAL,
			"the secret file \"%s\" does not hold base64; write the secret alone, "
			"on one line",
			shown);
	else
		code = 0;
	if (code == 0) {
		*ret = secret;
		return 0;
	}
	secret.length = secret.bytes != NULL ? length : 0; /* wipes what was decoded */
	config_secret_done(&secret);
	return code;
}

int config_secret_load(const char *path, struct config_secret *ret, struct err *err)
{
	char shown[CONFIG_ERROR_VALUE];
	char text[CONFIG_SECRET_FILE_MAX + 1];
	ssize_t length;
	int code;
	int fd;

	fd = open_checked(path, config_error_value(shown, path), err);
	if (fd < 0)
		return fd;
	length = read_all(fd, text, sizeof(text));
	if (length < 0)
		code = err_set(err, -EINVAL, "the secret file \"%s\" cannot be read: %s", shown,
			       strerror(errno));
	else if (length > CONFIG_SECRET_FILE_MAX)
		code = err_set(err, -EINVAL,
			       "the secret file \"%s\" is too long (%d bytes at most)", shown,
			       CONFIG_SECRET_FILE_MAX);
	else
		code = take(text, (size_t)length, path, shown, ret, err);
	explicit_bzero(text, sizeof(text));
	close(fd);
	return code;
}

void config_secret_done(struct config_secret *secret)
{
	if (secret->bytes != NULL)
		explicit_bzero(secret->bytes, secret->length);
	free(secret->bytes);
	free(secret->path);
	*secret = (struct config_secret){0};
}
