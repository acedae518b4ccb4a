/* SPDX-License-Identifier: ISC */
#include "daemon/metrics_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRIC_MAX 128

/* "dns.zone.corp.example.sent": what stands between the head and the last dot is the label. */
static const struct {
	const char *head, *label;
} families[] = {
	{"dns.zone.", "zone"},
	{"core.", "core"},
	{"provision-server.name.", "name"},
	{"provision-server.core.", "core"},
};

struct sample {
	char name[METRIC_MAX]; /* "amtnet_dns_zone_sent" */
	const char *label;     /* NULL = none */
	const char *label_value, *value;
	bool state; /* the value is the name of a state */
	size_t at;  /* keeps the order within a metric */
};

/* Rows ----------------------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
	const char *digits = text + (*text == '-');

	return *digits && strspn(digits, "0123456789") == strlen(digits);
}

static void make_name(char ret[METRIC_MAX], const char *head, const char *tail)
{
	size_t at = (size_t)snprintf(ret, METRIC_MAX, "amtnet_%s%s", head, tail);

	for (size_t i = 0; i < at && i < METRIC_MAX; i++) {
		if (ret[i] && !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_",
				      ret[i]))
			ret[i] = '_';
	}
}

/* False where the row is no metric. Cuts the row in place. */
static bool read_row(char *row, struct sample *ret)
{
	char *value = strchr(row, '\t'), *last;

	if (!value)
		return false;
	*value++ = '\0';
	*ret = (struct sample){.value = value};
	if (!strncmp(row, "alarm.", 6)) {
		make_name(ret->name, "alarm", "");
		ret->label = "source";
		ret->label_value = row + 6;
		ret->value = "1";
		return true;
	}
	last = strrchr(row, '.');
	ret->state = last && !strcmp(last, ".state") && *value;
	if (!ret->state && !is_number(value))
		return false;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		size_t length = strlen(families[i].head);

		if (strncmp(row, families[i].head, length) != 0 || last < row + length)
			continue;
		*last = '\0';
		make_name(ret->name, families[i].head, last + 1);
		ret->label = families[i].label;
		ret->label_value = row + length;
		return true;
	}
	make_name(ret->name, row, "");
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct sample *one = a, *two = b;
	int order = strcmp(one->name, two->name);

	return order ? order : (one->at > two->at) - (one->at < two->at);
}

/* Prometheus ------------------------------------------------------------------------------------ */

static void put_label(struct text *out, const char *name, const char *value, bool first)
{
	text_add(out, "%s%s=\"", first ? "{" : ",", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			text_add(out, "\\");
		text_add_bytes(out, value, 1);
	}
	text_add(out, "\"");
}

static void put_sample(struct text *out, const struct sample *sample)
{
	text_add(out, "%s", sample->name);
	if (sample->label)
		put_label(out, sample->label, sample->label_value, true);
	if (sample->state)
		put_label(out, "state", sample->value, !sample->label);
	text_add(out, "%s %s\n", sample->label || sample->state ? "}" : "",
		 sample->state ? "1" : sample->value);
}

static size_t read_rows(char *answer, struct sample *samples, size_t *ret_left_out)
{
	size_t count = 0, line = 0;

	*ret_left_out = 0;
	for (char *rest = answer, *row; (row = strsep(&rest, "\n")); line++) {
		struct sample sample;

		if (line < 2 || !read_row(row, &sample)) /* "ok", and the columns' names */
			continue;
		if (count == METRICS_ROWS_MAX) {
			++*ret_left_out;
			continue;
		}
		sample.at = count;
		samples[count++] = sample;
	}
	return count;
}

void metrics_text_prometheus(char *answer, struct text *out)
{
	struct sample *samples = calloc(METRICS_ROWS_MAX, sizeof(*samples));
	size_t left_out, count;

	if (!samples) {
		out->bad = true;
		return;
	}
	count = read_rows(answer, samples, &left_out);
	qsort(samples, count, sizeof(*samples), by_name);
	for (size_t i = 0; i < count; i++) {
		if (!i || strcmp(samples[i].name, samples[i - 1].name) != 0)
			text_add(out, "# TYPE %s untyped\n", samples[i].name);
		put_sample(out, &samples[i]);
	}
	text_add(out, "# TYPE amtnet_metrics_left_out gauge\namtnet_metrics_left_out %zu\n",
		 left_out);
	free(samples);
}

/* HTML ------------------------------------------------------------------------------------------ */

static void put_row(struct text *out, char *row, const char *cell)
{
	text_add(out, "<tr%s>", strncmp(row, "alarm.", 6) ? "" : " class=alarm");
	for (char *rest = row, *value; (value = strsep(&rest, "\t"));) {
		text_add(out, "<%s>", cell);
		text_add_markup(out, value, strlen(value));
		text_add(out, "</%s>", cell);
	}
	text_add(out, "</tr>\n");
}

void metrics_text_table(char *answer, struct text *out)
{
	char *rest = answer, *line = strsep(&rest, "\n"), *row;
	const char *status = line ? line : "no answer", *cell = "th";

	if (strcmp(status, "ok") != 0) {
		text_add(out, "<p>");
		text_add_markup(out, status, strlen(status));
		text_add(out, "</p>\n");
		return;
	}
	text_add(out, "<table>\n");
	while ((row = strsep(&rest, "\n"))) {
		if (!*row)
			continue;
		put_row(out, row, cell);
		cell = "td";
	}
	text_add(out, "</table>\n");
}
