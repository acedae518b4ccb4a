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
	unsigned line, depth;
	struct text *out;
	struct err *err;
};

static int read_file(const char *path, unsigned depth, struct text *out, struct err *err);

static int complain(struct source *source, const char *what)
{
	return err_set(source->err, -EINVAL, "%s:%u: %s", source->path, source->line, what);
}

static bool begins(const struct source *source, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(source->end - source->at) >= length && !memcmp(source->at, word, length);
}

/* A new line stays, so that places in the result are those of a file without includes. */
static void blank(struct source *source)
{
	if (*source->at == '\n') {
		text_add_bytes(source->out, "\n", 1);
		source->line++;
	} else {
		text_add_bytes(source->out, " ", 1);
	}
	source->at++;
}

static void skip_line(struct source *source)
{
	while (source->at < source->end && *source->at != '\n')
		blank(source);
}

static int skip_block(struct source *source)
{
	unsigned begun = source->line;

	while (source->at < source->end && !begins(source, "*/"))
		blank(source);
	if (source->at == source->end) {
		source->line = begun;
		return complain(source, "the comment that begins here has no end");
	}
	blank(source);
	blank(source);
	return 0;
}

static int copy_string(struct source *source)
{
	const char *from = source->at++;

	while (source->at < source->end && *source->at != '"' && *source->at != '\n')
		source->at += *source->at == '\\' && source->at + 1 < source->end ? 2 : 1;
	if (source->at >= source->end || *source->at != '"')
		return complain(source, "the string has no closing quote on its line");
	source->at++;
	text_add_bytes(source->out, from, (size_t)(source->at - from));
	return 0;
}

static int include(struct source *source)
{
	char path[PATH_LENGTH];
	const char *from, *close, *end;
	int r;

	from = memchr(source->at, '"', (size_t)(source->end - source->at));
	end = memmem(source->at, (size_t)(source->end - source->at), "?>", 2);
	close = from && end && from < end ? memchr(from + 1, '"', (size_t)(end - from - 1)) : NULL;
	if (!close || (size_t)(close - from) > sizeof(path))
		return complain(source, "an include is <?include \"FILE\"?>");
	snprintf(path, sizeof(path), "%.*s", (int)(close - from - 1), from + 1);
	if (source->depth == KEA_TEXT_DEPTH)
		return complain(source, "more than 10 files within files, or one includes itself");
	r = read_file(path, source->depth + 1, source->out, source->err);
	if (r && source->err && !strchr(source->err->text, ':'))
		err_prefix(source->err, "%s:%u", source->path, source->line);
	source->at = end + 2;
	return r;
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
			text_add_bytes(source->out, source->at++, 1);
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

static int read_file(const char *path, unsigned depth, struct text *out, struct err *err)
{
	struct source source = {.path = path, .line = 1, .depth = depth, .out = out, .err = err};
	char *bytes = NULL;
	size_t size = 0;
	int r = load(path, &bytes, &size, err);

	if (r)
		return r;
	source.at = bytes;
	source.end = bytes + size;
	r = walk(&source);
	free(bytes);
	if (!r && out->bad)
		r = err_set(err, -EFBIG, "%s and what it includes are larger than %u bytes", path,
			    KEA_TEXT_MAX);
	return r;
}

int kea_text_read(const char *path, struct text *out, struct err *err)
{
	return read_file(path, 0, out, err);
}
