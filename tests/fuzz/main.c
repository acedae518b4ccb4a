/* SPDX-License-Identifier: ISC */
/*
 * Runs a fuzz target without a fuzzer: every file of the directories given, every cut of it, and
 * every byte of it replaced by 00 and ff. One TAP line per file; a fault ends the program, as it
 * does under a fuzzer.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_MAX 65536  /* bytes */
#define VARIED_MAX 4096 /* only the first bytes of a seed are cut and replaced */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly `size` bytes, so that a sanitizer sees the first byte beyond. */
static void run_exact(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_seed(uint8_t *bytes, size_t size)
{
	run_exact(bytes, size);
	for (size_t at = 0; at < size && at < VARIED_MAX; at++) {
		uint8_t kept = bytes[at];

		run_exact(bytes, at);
		bytes[at] = 0x00;
		run_exact(bytes, size);
		bytes[at] = 0xff;
		run_exact(bytes, size);
		bytes[at] = kept;
	}
}

/* 0, or a negative errno when the file cannot be read whole. */
static int run_file(const char *path)
{
	static uint8_t bytes[SEED_MAX];
	FILE *file = fopen(path, "rb");
	size_t size;
	int code;

	if (file == NULL)
		return -errno;
	size = fread(bytes, 1, sizeof(bytes), file);
	code = ferror(file) != 0 ? -EIO : size == sizeof(bytes) ? -EFBIG : 0;
	fclose(file);
	if (code == 0)
		run_seed(bytes, size);
	return code;
}

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Adds to the count; a directory without seeds is a failure. */
static void run_directory(const char *directory, unsigned *count)
{
	struct dirent **entries;
	int found = scandir(directory, &entries, is_seed, alphasort);
	char path[4096];

	if (found <= 0)
		printf("not ok %u - %s: no seeds\n", ++*count, directory);
	for (int at = 0; at < found; at++) {
		int code;

		snprintf(path, sizeof(path), "%s/%s", directory, entries[at]->d_name);
		code = run_file(path);
		printf("%sok %u - %s%s%s\n", code < 0 ? "not " : "", ++*count, entries[at]->d_name,
		       code < 0 ? ": " : "", code < 0 ? strerror(-code) : "");
		free(entries[at]);
	}
	if (found >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	unsigned count = 0;

	for (int at = 1; at < argc; at++)
		run_directory(argv[at], &count);
	printf("1..%u\n", count);
	return 0;
}
