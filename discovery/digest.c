/* SPDX-License-Identifier: ISC */
#include "discovery/digest.h"

#include <openssl/evp.h>

#include <errno.h>

int digest_sha256(const void *bytes, size_t length, uint8_t ret[DIGEST_BYTES])
{
	static EVP_MD *sha256;

	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return sha256 && EVP_Digest(bytes, length, ret, NULL, sha256, NULL) == 1 ? 0 : -ENOMEM;
}
