/* SPDX-License-Identifier: ISC */
#include "netcheck/kea_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LENGTH 4096

/* One file while it is read. */
struct source {
	const char *path;
	const char *at, *end;
	const char *line_start;
	unsigned line, depth;
	struct kea_text *out;
	struct err *err;
};

static int read_file(struct kea_text *out, const char *path, unsigned depth, struct err *err);

static unsigned column_of(const struct source *source, const char *at)
{
	return (unsigned)(at - source->line_start) + 1;
}

static int complain(struct source *source, const char *what)
{
	return err_set(source->err, -EINVAL, "%s:%u:%u: %s", source->path, source->line,
		       column_of(source, source->at), what);
}

/* What follows in the text is this file's from here on. */
static int mark(struct source *source)
{
	struct kea_text *out = source->out;
	struct kea_place *places;

	places = reallocarray(out->places, out->place_count + 1, sizeof(*places));
	if (!places)
		return err_set(source->err, -ENOMEM, "out of memory");
	out->places = places;
	places[out->place_count++] = (struct kea_place){.at = out->text.length,
							.path = source->path,
							.line = source->line,
							.column = column_of(source, source->at)};
	return 0;
}

static bool begins(const struct source *source, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(source->end - source->at) >= length && !memcmp(source->at, word, length);
}

/* A new line stays, so that places in the result are those of a file without includes. */
static void blank(struct source *source)
{
	text_add_bytes(&source->out->text, *source->at == '\n' ? "\n" : " ", 1);
	if (*source->at++ == '\n') {
		source->line++;
		source->line_start = source->at;
	}
}

static void skip_line(struct source *source)
{
	while (source->at < source->end && *source->at != '\n')
		blank(source);
}

static int skip_block(struct source *source)
{
	struct source begun = *source;

	while (source->at < source->end && !begins(source, "*/"))
		blank(source);
	if (source->at == source->end)
		return complain(&begun, "the comment that begins here has no end");
	blank(source);
	blank(source);
	return 0;
}

static int copy_string(struct source *source)
{
	const char *at = source->at + 1;

	while (at < source->end && *at != '"' && *at != '\n')
		at += *at == '\\' && at + 1 < source->end && at[1] != '\n' ? 2 : 1;
	if (at >= source->end || *at != '"')
		return complain(source, "the string has no closing quote on its line");
	at++;
	text_add_bytes(&source->out->text, source->at, (size_t)(at - source->at));
	source->at = at;
	return 0;
}

/* The path stays with the text: places name it. NULL without memory. */
static const char *keep_path(struct kea_text *out, const char *from, size_t length)
{
	char **paths = reallocarray(out->paths, out->path_count + 1, sizeof(*paths));

	if (!paths)
		return NULL;
	out->paths = paths;
	paths[out->path_count] = strndup(from, length);
	return paths[out->path_count] ? paths[out->path_count++] : NULL;
}

/* Behind the directive its file goes on, with the lines that the directive takes. */
static int go_on(struct source *source, const char *end)
{
	for (; source->at < end; source->at++)
		if (*source->at == '\n') {
			source->line++;
			source->line_start = source->at + 1;
		}
	return mark(source);
}

static int include(struct source *source)
{
	const char *from, *close, *end, *path;
	int r;

	from = memchr(source->at, '"', (size_t)(source->end - source->at));
	end = memmem(source->at, (size_t)(source->end - source->at), "?>", 2);
	close = from && end && from < end ? memchr(from + 1, '"', (size_t)(end - from - 1)) : NULL;
	if (!close || close == from + 1 || (size_t)(close - from) > PATH_LENGTH)
		return complain(source, "an include is <?include \"FILE\"?>");
	if (source->depth == KEA_TEXT_DEPTH)
		return complain(source, "more than 10 files within files, or one includes itself");
	if (source->out->path_count == KEA_TEXT_FILES)
		return complain(source, "more than 1000 includes");
	path = keep_path(source->out, from + 1, (size_t)(close - from - 1));
	if (!path)
		return err_set(source->err, -ENOMEM, "out of memory");
	r = read_file(source->out, path, source->depth + 1, source->err);
	if (r && source->err && !strchr(source->err->text, ':'))
		err_prefix(source->err, "%s:%u:%u", source->path, source->line,
			   column_of(source, source->at));
	return r ? r : go_on(source, end + 2);
}

static int walk(struct source *source)
{
	int r = 0;

	while (!r && source->at < source->end) {
		if (*source->at == '"')
			r = copy_string(source);
		else if (*source->at == '#' || begins(source, "//"))
			skip_line(source);
		else if (begins(source, "/*"))
			r = skip_block(source);
		else if (begins(source, "<?include"))
			r = include(source);
		else if (*source->at == '\n' || *source->at == '\t')
			blank(source);
		else
			text_add_bytes(&source->out->text, source->at++, 1);
	}
	return r;
}

/* The whole file on the heap; the caller frees it. */
static int load(const char *path, char **ret, size_t *ret_size, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *bytes = malloc((size_t)KEA_TEXT_MAX + 1);
	int r = 0;

	if (!file)
		r = err_set(err, -errno, "cannot read %s, %s", path, strerror(errno));
	else if (!bytes)
		r = err_set(err, -ENOMEM, "out of memory");
	else
		*ret_size = fread(bytes, 1, (size_t)KEA_TEXT_MAX + 1, file);
	if (!r && ferror(file))
		r = err_set(err, -EIO, "cannot read %s", path);
	if (!r && *ret_size > KEA_TEXT_MAX)
		r = err_set(err, -EFBIG, "%s is larger than %u bytes", path, KEA_TEXT_MAX);
	if (file)
		fclose(file);
	if (r)
		free(bytes);
	else
		*ret = bytes;
	return r;
}

static int read_file(struct kea_text *out, const char *path, unsigned depth, struct err *err)
{
	struct source source = {.path = path, .line = 1, .depth = depth, .out = out, .err = err};
	char *bytes = NULL;
	size_t size = 0;
	int r = load(path, &bytes, &size, err);

	if (r)
		return r;
	source.at = source.line_start = bytes;
	source.end = bytes + size;
	r = mark(&source);
	if (!r)
		r = walk(&source);
	free(bytes);
	if (!r && out->text.bad)
		r = err_set(err, -EFBIG, "%s and what it includes are larger than %u bytes", path,
			    KEA_TEXT_MAX);
	return r;
}

int kea_text_read(struct kea_text *ret, const char *path, struct err *err)
{
	*ret = (struct kea_text){0};
	text_init(&ret->text, KEA_TEXT_MAX);
	return read_file(ret, path, 0, err);
}

void kea_text_done(struct kea_text *text)
{
	for (size_t i = 0; i < text->path_count; i++)
		free(text->paths[i]);
	free(text->paths);
	free(text->places);
	text_done(&text->text);
	*text = (struct kea_text){0};
}

const char *kea_text_place(const struct kea_text *text, size_t at, char ret[KEA_TEXT_PLACE])
{
	struct kea_place place = {.path = "?", .line = 1, .column = 1};

	for (size_t i = 0; i < text->place_count && text->places[i].at <= at; i++)
		place = text->places[i];
	for (size_t i = place.at; i < at && i < text->text.length; i++) {
		place.column = text->text.bytes[i] == '\n' ? 1 : place.column + 1;
		place.line += text->text.bytes[i] == '\n';
	}
	snprintf(ret, KEA_TEXT_PLACE, "%s:%u:%u", place.path, place.line, place.column);
	return ret;
}
