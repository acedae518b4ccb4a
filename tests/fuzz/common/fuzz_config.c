/* SPDX-License-Identifier: ISC */
/* A configuration that is read must print to what reads back to the same print. */
#include "common/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
	struct hostname name;
	char *text;
	int choice;
	struct config_list endpoints;
};

struct whole {
	bool flag;
	int64_t number, wait_ms;
	struct addr from;
	struct part part;
	struct config_list parts, networks;
};

static const char *const choices[] = {"one", "two", NULL};

static const struct config_key part_keys[] = {
	{.name = "name", .kind = CONFIG_HOSTNAME, .offset = offsetof(struct part, name)},
	{.name = "text",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct part, text),
	 .fallback = "a text"},
	{.name = "choice",
	 .kind = CONFIG_ENUM,
	 .offset = offsetof(struct part, choice),
	 .choices = choices},
	{.name = "endpoints",
	 .kind = CONFIG_ENDPOINT,
	 .list = true,
	 .min = 53,
	 .offset = offsetof(struct part, endpoints)},
};

static const struct config_table part_table = {
	.name = "part", .size = sizeof(struct part), .keys = part_keys, .count = 4};

static const struct config_key whole_keys[] = {
	{.name = "flag", .kind = CONFIG_BOOL, .offset = offsetof(struct whole, flag)},
	{.name = "number",
	 .kind = CONFIG_INT,
	 .min = 1,
	 .max = 100000,
	 .offset = offsetof(struct whole, number)},
	{.name = "wait", .kind = CONFIG_DURATION, .offset = offsetof(struct whole, wait_ms)},
	{.name = "from", .kind = CONFIG_ADDR, .offset = offsetof(struct whole, from)},
	{.name = "part",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct whole, part),
	 .table = &part_table},
	{.name = "parts",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .max = 16,
	 .offset = offsetof(struct whole, parts),
	 .table = &part_table},
	{.name = "networks",
	 .kind = CONFIG_PREFIX,
	 .list = true,
	 .offset = offsetof(struct whole, networks)},
};

static const struct config_table whole_table = {
	.name = "the file", .size = sizeof(struct whole), .keys = whole_keys, .count = 7};

static char *print(const struct whole *whole, size_t *ret_length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_length);

	if (out == NULL)
		abort();
	config_print(&whole_table, whole, out);
	if (fclose(out) != 0)
		abort();
	return text;
}

static void check_round_trip(const struct whole *whole)
{
	static struct config_errors errors;
	size_t first_length, second_length;
	char *first = print(whole, &first_length), *second;
	struct whole again;

	if (config_parse(first, first_length, "printed", &whole_table, &again, &errors) < 0)
		abort();
	second = print(&again, &second_length);
	if (first_length != second_length || memcmp(first, second, first_length) != 0)
		abort();
	config_free(&whole_table, &again);
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config_errors errors;
	struct whole whole;

	if (config_parse((const char *)data, size, "fuzz", &whole_table, &whole, &errors) == 0) {
		check_round_trip(&whole);
		config_free(&whole_table, &whole);
	} else if (errors.count == 0 || errors.items[0].text[0] == '\0') {
		abort();
	}
	return 0;
}
