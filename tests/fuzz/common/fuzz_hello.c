/* SPDX-License-Identifier: ISC */
/* A hello keeps inside its bytes, and a decision once made is not changed by more of them. */
#include "common/hello.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_hello(const uint8_t *data, size_t size, const struct hello *hello)
{
	struct hello_hash hash;
	unsigned count = 0;
	size_t at = 0;

	assert(size <= HELLO_MAX_BYTES && hello->length >= HELLO_HEAD_BYTES);
	assert(hello->length + hello->trailing == size);
	assert(strlen(hello->pid) <= HELLO_PID_BYTES);
	while (hello_next_hash(hello, &at, &hash)) {
		assert(hash.bytes >= data && hash.bytes + hash.length <= data + hello->length);
		if (hash.length == 32)
			hello_root_name(hash.bytes);
		count++;
	}
	assert(count == hello->hash_count && at == hello->hashes_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello hello;
	struct err err = {0}, ended_err = {0};
	enum hello_result open, ended, shorter;

	open = hello_decode(data, size, false, &hello, &err);
	if (open == HELLO_COMPLETE)
		check_hello(data, size, &hello);
	ended = hello_decode(data, size, true, &hello, &ended_err);
	if (ended == HELLO_COMPLETE)
		check_hello(data, size, &hello);

	assert(ended != HELLO_MORE);
	assert(open == HELLO_MORE || open == ended);
	assert((open == HELLO_INVALID) == (err.text[0] != '\0'));
	assert((ended == HELLO_INVALID) == (ended_err.text[0] != '\0'));
	shorter = hello_decode(data, size / 2, false, &hello, NULL);
	assert(shorter != HELLO_INVALID || open == HELLO_INVALID);
	return 0;
}
