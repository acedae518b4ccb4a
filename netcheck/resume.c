/* SPDX-License-Identifier: ISC */
#include "netcheck/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACES_MAX 65536
#define TEXT_MAX (4 << 20)
#define LINE_MAX_BYTES 256

static uint64_t add_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length-- > 0)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	return hash;
}

uint64_t resume_print(const struct space *space, const struct target_ports *ports)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < space->count; i++) {
		hash = add_bytes(hash, space->items[i].first.bytes,
				 sizeof(space->items[i].first.bytes));
		hash = add_bytes(hash, &space->items[i].count, sizeof(space->items[i].count));
	}
	return add_bytes(hash, ports->items, ports->count * sizeof(ports->items[0]));
}

int resume_add(struct resume *resume, uint64_t place)
{
	size_t size = resume->size ? resume->size * 2 : 64;
	uint64_t *places;

	if (resume->count == resume->size) {
		places = reallocarray(resume->places, size, sizeof(uint64_t));
		if (!places)
			return -ENOMEM;
		resume->places = places;
		resume->size = size;
	}
	resume->places[resume->count++] = place;
	return 0;
}

void resume_done(struct resume *resume)
{
	free(resume->places);
	*resume = (struct resume){0};
}

static int read_head(FILE *file, struct resume *resume, struct err *err)
{
	unsigned version;
	uint64_t print;

	if (fscanf(file, "amtnet-check resume %u\n", &version) != 1)
		return err_set(err, -EINVAL, "is no file of an interrupted run");
	if (version != 1)
		return err_set(err, -EINVAL, "is of version %u, this program knows 1", version);
	if (fscanf(file, "targets %" SCNx64 "\nseed %" SCNx64 "\nnext %" SCNu64 "\n", &print,
		   &resume->seed, &resume->next) != 3)
		return err_set(err, -EINVAL, "is damaged: its first lines cannot be read");
	if (print != resume->print)
		return err_set(
			err, -EINVAL,
			"belongs to other targets or ports; give the same ones, or remove it");
	return 0;
}

static int read_line(const char *line, struct resume *resume, struct tally *tally)
{
	uint64_t place;

	if (sscanf(line, "unfinished %" SCNu64, &place) != 1)
		return tally_parse_line(tally, line);
	if (place >= resume->next || resume->count >= PLACES_MAX)
		return -EINVAL;
	return resume_add(resume, place);
}

int resume_read(const char *path, struct resume *resume, struct tally *tally, struct err *err)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	int r;

	if (!file)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	r = read_head(file, resume, err);
	while (!r && fgets(line, sizeof(line), file)) {
		r = read_line(line, resume, tally);
		if (r)
			err_set(err, r, "is damaged: a line cannot be read");
	}
	fclose(file);
	if (r)
		err_prefix(err, "%s", path);
	return r;
}

int resume_write(const char *path, const struct resume *resume, const struct tally *tally,
		 struct err *err)
{
	char part[4096];
	struct text text;
	FILE *file;
	bool bad;

	text_init(&text, TEXT_MAX);
	text_add(&text,
		 "amtnet-check resume 1\ntargets %" PRIx64 "\nseed %" PRIx64 "\nnext %" PRIu64 "\n",
		 resume->print, resume->seed, resume->next);
	for (size_t i = 0; i < resume->count; i++)
		text_add(&text, "unfinished %" PRIu64 "\n", resume->places[i]);
	tally_print(tally, &text);
	bad = text.bad || (size_t)snprintf(part, sizeof(part), "%s.part", path) >= sizeof(part);
	file = bad ? NULL : fopen(part, "we");
	if (file) {
		bad = fwrite(text.bytes, 1, text.length, file) != text.length;
		bad = fclose(file) || bad || rename(part, path);
	}
	text_done(&text);
	return file && !bad ? 0 : err_set(err, -EIO, "%s: cannot be written", path);
}
