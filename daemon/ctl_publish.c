/* SPDX-License-Identifier: ISC */
#include "daemon/ctl.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define POLLS 100
#define POLL_MS 100

static const char *cell(struct json_object *row, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(row, name, &value) || !value)
		return "";
	return json_object_get_string(value);
}

/* The row of the name itself, of this zone; to be put. */
static struct json_object *find_row(char *json_lines, const char *zone)
{
	for (char *rest = json_lines, *line; (line = strsep(&rest, "\n"));) {
		struct json_object *row = json_tokener_parse(line);

		if (json_object_is_type(row, json_type_object) &&
		    !strcmp(cell(row, "server"), "(updates)") &&
		    (!strcmp(cell(row, "zone"), zone) || !strcmp(cell(row, "name"), zone)))
			return row;
		json_object_put(row);
	}
	return NULL;
}

static struct json_object *look(const char *path, const char *zone, enum ctl_status *ret_status)
{
	char line[512];
	struct text answer;
	struct json_object *row = NULL;

	snprintf(line, sizeof(line), "json provision-server %s\n", zone);
	*ret_status = ctl_ask(path, line, &answer);
	if (*ret_status == CTL_GOOD)
		row = find_row(answer.bytes, zone);
	if (*ret_status == CTL_GOOD && !row) {
		fprintf(stderr, "amtnetctl: %s is none of the published zones\n", zone);
		*ret_status = CTL_REFUSED;
	}
	text_done(&answer);
	return row;
}

static void show(struct json_object *row)
{
	const char *owner = cell(row, "owner"), *seen = cell(row, "seen");

	printf("name    %s\nnow     %s\nowner   %s\nstate   %s: %s\nwanted  %s\n",
	       cell(row, "name"), *seen ? seen : "(nothing, or not asked yet)",
	       *owner ? owner : "(no marker)", cell(row, "state"), cell(row, "last-outcome"),
	       cell(row, "wanted"));
}

static bool is_sure(void)
{
	char answer[16];

	fputs("Replace what is there now by what is wanted? [y/N] ", stdout);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		answer[0] = '\0';
	return answer[0] == 'y' || answer[0] == 'Y';
}

/* The daemon does it in its next round: waits until the row says another outcome than before. */
static enum ctl_status await(const char *path, const char *zone, const char *before)
{
	static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	struct json_object *row;
	enum ctl_status status = CTL_REFUSED;

	for (int i = 0; i < POLLS; i++) {
		nanosleep(&pause, NULL);
		row = look(path, zone, &status);
		if (!row)
			return status;
		if (strcmp(cell(row, "last-outcome"), before) != 0) {
			printf("%s: %s, %s\n", cell(row, "name"), cell(row, "state"),
			       cell(row, "last-outcome"));
			status = strcmp(cell(row, "state"), "present") ? CTL_REFUSED : CTL_GOOD;
			json_object_put(row);
			return status;
		}
		json_object_put(row);
	}
	fputs("amtnetctl: not done yet; see `amtnetctl provision-server`\n", stderr);
	return CTL_REFUSED;
}

enum ctl_status ctl_force(const char *path, const struct ctl_force *force)
{
	enum ctl_status status;
	struct json_object *row = look(path, force->zone, &status);
	char line[512], before[600];
	struct text answer;

	if (!row)
		return status;
	if (!force->yes) {
		show(row);
		if (!is_sure()) {
			json_object_put(row);
			fputs("amtnetctl: nothing was changed\n", stderr);
			return CTL_REFUSED;
		}
	}
	/* Without a question there is nothing that was seen, unless the script says so. */
	snprintf(line, sizeof(line), "json provision-server force %s %s\n", force->zone,
		 force->seen_id ? force->seen_id
		 : force->yes   ? ""
				: cell(row, "seen-id"));
	snprintf(before, sizeof(before), "%s", cell(row, "last-outcome"));
	json_object_put(row);
	status = ctl_ask(path, line, &answer);
	text_done(&answer);
	return status == CTL_GOOD ? await(path, force->zone, before) : status;
}
