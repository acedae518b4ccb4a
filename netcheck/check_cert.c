/* SPDX-License-Identifier: ISC */
#include "netcheck/check_cert.h"

#include "common/text.h"
#include "netcheck/control.h"
#include "netcheck/judge_cert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_MAX 1024
#define HELLO_TEXT_MAX (3 * HELLO_MAX_BYTES) /* hex digits, with spaces */

/* The sentence may begin with the file, which the subject names. */
static void unreadable(const struct check_tools *tools, const char *path, const char *why)
{
	struct result *result = result_about("NC508", RESULT_UNKNOWN, path);
	size_t length = strlen(path);

	if (!strncmp(why, path, length) && !strncmp(why + length, ": ", 2))
		why += length + 2;
	if (result)
		result_set(&result->text, "%s", why);
	tools->sink(result, tools->user);
}

/* The first line, without its end. 0 or negative errno with the sentence. */
static int read_password(const char *path, char ret[PASSWORD_MAX], struct err *err)
{
	FILE *file = fopen(path, "re");
	char *got;

	if (!file)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	got = fgets(ret, PASSWORD_MAX, file);
	fclose(file);
	if (!got)
		return err_set(err, -EINVAL, "%s: is empty, the password must be its first line",
			       path);
	ret[strcspn(ret, "\r\n")] = '\0';
	return 0;
}

static int read_hello(const char *path, uint8_t *bytes, struct hello *ret, struct err *err)
{
	uint8_t *unhexed = bytes + HELLO_TEXT_MAX;
	size_t length, plain = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return err_set(err, -errno, "%s", strerror(errno));
	length = fread(bytes, 1, HELLO_TEXT_MAX, file);
	fclose(file);
	if (!text_unhex((char *)bytes, length, unhexed, HELLO_MAX_BYTES, &plain) && plain) {
		bytes = unhexed;
		length = plain;
	}
	if (hello_decode(bytes, length, true, ret, err) == HELLO_COMPLETE)
		return 0;
	err_prefix(err, "is no hello");
	return -EINVAL;
}

static void check_hellos(const struct check_tools *tools, const struct check_cert_wanted *wanted,
			 const struct cert_chain *chain)
{
	uint8_t *bytes = malloc(HELLO_TEXT_MAX + HELLO_MAX_BYTES);
	struct hello hello;
	struct err err = {0};

	for (size_t i = 0; bytes && i < wanted->hello_count; i++)
		if (read_hello(wanted->hellos[i], bytes, &hello, &err))
			unreadable(tools, wanted->hellos[i], err.text);
		else
			judge_cert_hello(wanted->file, chain, wanted->hellos[i], &hello,
					 tools->sink, tools->user);
	free(bytes);
}

static int take_roots(const char *const *values, void *user, struct err *err)
{
	struct judge_cert_roots *roots = user;
	uint64_t devices = strtoull(values[0], NULL, 10);

	if (!strcmp(values[3], "yes")) {
		roots->trusting += devices;
		return 0;
	}
	if (!roots->refusing)
		snprintf(roots->example, sizeof(roots->example), "%s (%s)", values[1], values[2]);
	roots->refusing += devices;
	return 0;
}

static void ask_daemon(const struct check_tools *tools, const struct check_cert_wanted *wanted,
		       const struct cert_chain *chain)
{
	static const char *const columns[] = {"devices", "uuid", "address", "has", NULL};
	const struct cert *root = &chain->items[chain->count - 1];
	char sha1[48], sha256[72], sha384[104], command[256];
	struct judge_cert_roots roots = {0};
	struct result *result;
	struct err err = {0};

	if (!wanted->daemon)
		return;
	snprintf(command, sizeof(command), "roots %s %s %s",
		 text_hex(sha1, sizeof(sha1), root->sha1, sizeof(root->sha1)),
		 text_hex(sha256, sizeof(sha256), root->sha256, sizeof(root->sha256)),
		 text_hex(sha384, sizeof(sha384), root->sha384, sizeof(root->sha384)));
	if (!control_ask(wanted->daemon, command, columns, take_roots, &roots, &err)) {
		judge_cert_roots(wanted->file, chain, &roots, tools->sink, tools->user);
		return;
	}
	result = result_about("NC523", RESULT_UNKNOWN, wanted->file);
	if (result)
		result_set(&result->text, "%s", err.text);
	tools->sink(result, tools->user);
}

void check_cert(const struct check_tools *tools, const struct check_cert_wanted *wanted)
{
	struct cert_chain *chain = calloc(1, sizeof(*chain));
	char password[PASSWORD_MAX] = "";
	struct err err = {0};
	int r = chain ? 0 : err_set(&err, -ENOMEM, "out of memory");

	if (!r && wanted->password_file)
		r = read_password(wanted->password_file, password, &err);
	if (!r)
		r = cert_load(wanted->file, wanted->password_file ? password : NULL, chain, &err);
	explicit_bzero(password, sizeof(password));
	if (r || !chain) {
		unreadable(tools, wanted->file, err.text);
	} else {
		judge_cert_file(wanted->file, chain, wanted->now_s, tools->sink, tools->user);
		for (size_t i = 0; i < wanted->suffix_count; i++)
			judge_cert_suffix(wanted->file, chain, &wanted->suffixes[i], tools->sink,
					  tools->user);
		check_hellos(tools, wanted, chain);
		ask_daemon(tools, wanted, chain);
	}
	free(chain);
}
