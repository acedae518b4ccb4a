/* SPDX-License-Identifier: ISC */
#include "common/config.h"

#include "common/config_read.h"
#include "common/config_value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int config_parse(const char *text, size_t length, const char *name,
		 const struct config_table *table, void *object, struct config_errors *errors)
{
	struct config_report report;
	struct config_node *root;

	config_error_init(&report, name, errors);
	memset(object, 0, table->size);
	if (length > CONFIG_FILE_MAX) {
		config_error_add(&report, (struct config_place){0}, NULL,
				 "the file is too large (%d bytes at most)", CONFIG_FILE_MAX);
		return -EINVAL;
	}
	root = config_tree_parse(text, length, &report);
	if (root == NULL)
		return -EINVAL;
	config_read(&report, table, root, object);
	config_tree_free(root);
	if (errors->count == 0)
		return 0;
	config_free(table, object);
	return -EINVAL;
}

/* Up to CONFIG_FILE_MAX + 1 bytes of the file, so that more is noticed. NULL with errno. */
static char *read_file(const char *path, size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = malloc(CONFIG_FILE_MAX + 1);
	ssize_t count = 1;
	size_t length = 0;
	int code = 0;

	if (fd < 0 || text == NULL)
		code = errno;
	while (code == 0 && count != 0 && length <= CONFIG_FILE_MAX) {
		count = read(fd, text + length, CONFIG_FILE_MAX + 1 - length);
		if (count > 0)
			length += (size_t)count;
		else if (count < 0 && errno != EINTR)
			code = errno;
	}
	if (fd >= 0)
		close(fd);
	if (code == 0) {
		*ret_length = length;
		return text;
	}
	free(text);
	errno = code;
	return NULL;
}

int config_load(const char *path, const struct config_table *table, void *object,
		struct config_errors *errors)
{
	size_t length;
	char *text = read_file(path, &length);
	int code;

	if (text == NULL) {
		struct config_report report;

		code = errno;
		memset(object, 0, table->size);
		config_error_init(&report, path, errors);
		config_error_add(&report, (struct config_place){0}, NULL, "cannot be read: %s",
				 strerror(code));
		return -EINVAL;
	}
	code = config_parse(text, length, path, table, object, errors);
	free(text);
	return code;
}

static void free_item(const struct config_key *key, void *member)
{
	if (key->kind == CONFIG_TABLE)
		config_free(key->table, member);
	else if (config_value_kinds[key->kind].free != NULL)
		config_value_kinds[key->kind].free(member);
}

static void free_list(const struct config_key *key, struct config_list *list)
{
	for (size_t at = 0; at < list->count; at++)
		free_item(key, (char *)list->items + at * config_value_size(key));
	free(list->items);
	*list = (struct config_list){0};
}

void config_free(const struct config_table *table, void *object)
{
	for (size_t at = 0; at < table->count; at++) {
		const struct config_key *key = &table->keys[at];
		void *member = (char *)object + key->offset;

		if (key->list)
			free_list(key, member);
		else
			free_item(key, member);
	}
}
