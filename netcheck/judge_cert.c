/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_cert.h"

#include "common/text.h"
#include "netcheck/cert_name.h"
#include "netcheck/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define KEY_BITS_LEAST 2048
#define KEY_BITS_OLD 2048  /* the most before AMT 6.0 */
#define KEY_BITS_MOST 4096 /* the most of AMT 6.0 and later */
#define CHAIN_MOST 4       /* what the Open AMT server sends to a device */

#define SAY(result, ...) ((result) ? result_set(&(result)->text, __VA_ARGS__) : (void)0)

static const char *day(int64_t seconds, char ret[16])
{
	time_t time = (time_t)seconds;
	struct tm parts;

	gmtime_r(&time, &parts);
	strftime(ret, 16, "%Y-%m-%d", &parts);
	return ret;
}

static bool judge_purpose(const char *path, const struct cert_chain *chain, check_sink *sink,
			  void *user)
{
	struct result *result;

	if (chain->unit_intel || (chain->usage_provision && chain->usage_server))
		return true;
	result = result_about("NC501", RESULT_FAILURE, path);
	if (chain->usage_provision)
		SAY(result, "has the provisioning usage, but not server authentication beside it");
	else if (chain->usage_server)
		SAY(result, "is a plain server certificate: neither the usage "
			    "2.16.840.1.113741.1.2.3 nor the unit of Intel");
	else
		SAY(result, "has neither the usage 2.16.840.1.113741.1.2.3 nor the unit of Intel");
	sink(result, user);
	return false;
}

/* Every certificate of the chain counts: firmware verifies each. */
static bool judge_keys(const char *path, const struct cert_chain *chain, check_sink *sink,
		       void *user)
{
	bool good = true;

	for (size_t i = 0; i < chain->count; i++) {
		const struct cert *cert = &chain->items[i];
		bool odd = !cert->rsa || cert->key_bits < KEY_BITS_LEAST ||
			   cert->key_bits > KEY_BITS_MOST;
		struct result *result;

		if (!odd && cert->key_bits <= KEY_BITS_OLD)
			continue;
		result = result_about("NC502", odd ? RESULT_FAILURE : RESULT_WARNING, path);
		if (!cert->rsa)
			SAY(result, "%s: the key is not RSA", cert->subject);
		else if (odd)
			SAY(result, "%s: a key of %u bits", cert->subject, cert->key_bits);
		else
			SAY(result, "%s: a key of %u bits, firmware before AMT 6.0 takes %d",
			    cert->subject, cert->key_bits, KEY_BITS_OLD);
		sink(result, user);
		good = false;
	}
	return good;
}

/* The root's own signature is never looked at. */
static bool judge_signatures(const char *path, const struct cert_chain *chain, check_sink *sink,
			     void *user)
{
	bool good = true;

	for (size_t i = 0; i < chain->count; i++) {
		const struct cert *cert = &chain->items[i];
		struct result *result;

		if (cert->self_signed || cert->signature >= CERT_HASH_SHA256)
			continue;
		result = result_about("NC503", RESULT_FAILURE, path);
		SAY(result, "%s was signed with %s", cert->subject,
		    cert_hash_name(cert->signature));
		sink(result, user);
		good = false;
	}
	return good;
}

static bool judge_dates(const char *path, const struct cert_chain *chain, int64_t now_s,
			check_sink *sink, void *user)
{
	bool good = true;

	for (size_t i = 0; i < chain->count; i++) {
		const struct cert *cert = &chain->items[i];
		bool early = now_s<cert->not_before_s, late = now_s> cert->not_after_s;
		struct result *result;
		char when[16];

		if (!early && now_s + JUDGE_CERT_SOON_S <= cert->not_after_s)
			continue;
		result = early || late ? result_about("NC504", RESULT_FAILURE, path)
				       : result_about("NC505", RESULT_WARNING, path);
		if (early)
			SAY(result, "%s is valid only from %s on", cert->subject,
			    day(cert->not_before_s, when));
		else
			SAY(result, "%s %s on %s", cert->subject, late ? "expired" : "expires",
			    day(cert->not_after_s, when));
		sink(result, user);
		good = false;
	}
	return good;
}

static bool judge_chain(const char *path, const struct cert_chain *chain, check_sink *sink,
			void *user)
{
	const struct cert *last = &chain->items[chain->count - 1];
	struct result *result;

	if (last->self_signed && !chain->broken && chain->count > 1 && chain->count <= CHAIN_MOST)
		return true;
	result = result_about("NC506", chain->count > CHAIN_MOST ? RESULT_WARNING : RESULT_FAILURE,
			      path);
	if (chain->broken)
		SAY(result, "a certificate bears the name of the issuer, %s, but did not sign %s",
		    last->issuer, last->subject);
	else if (!last->self_signed)
		SAY(result, "the chain ends at %s, the certificate of its issuer %s is missing",
		    last->subject, last->issuer);
	else if (chain->count == 1)
		SAY(result, "is self-signed: devices trust roots, not single certificates");
	else
		SAY(result, "%zu certificates from the leaf to the root, more than %d",
		    chain->count, CHAIN_MOST);
	sink(result, user);
	return false;
}

static bool judge_key(const char *path, const struct cert_chain *chain, check_sink *sink,
		      void *user)
{
	struct result *result;

	if (chain->has_key)
		return true;
	result = result_about("NC507", chain->foreign_key ? RESULT_FAILURE : RESULT_WARNING, path);
	SAY(result, chain->foreign_key ? "the private key in it belongs to another certificate"
				       : "holds no private key");
	sink(result, user);
	return false;
}

void judge_cert_file(const char *path, const struct cert_chain *chain, int64_t now_s,
		     check_sink *sink, void *user)
{
	bool good = judge_purpose(path, chain, sink, user);
	struct result *result;
	char when[16];

	good &= judge_keys(path, chain, sink, user);
	good &= judge_signatures(path, chain, sink, user);
	good &= judge_dates(path, chain, now_s, sink, user);
	good &= judge_chain(path, chain, sink, user);
	good &= judge_key(path, chain, sink, user);
	if (!good)
		return;
	result = result_about("NC500", RESULT_OK, path);
	SAY(result, "%s, %zu certificates up to %s, valid until %s", chain->items[0].subject,
	    chain->count, chain->items[chain->count - 1].subject,
	    day(chain->items[0].not_after_s, when));
	sink(result, user);
}

/* "AMT 2.2, MeshCentral" for those rules where cert_name_fits() says `fits`. */
static unsigned list_rules(const char *name, const struct hostname *suffix, bool fits, char *ret,
			   size_t size)
{
	unsigned count = 0;
	size_t used = 0;

	ret[0] = '\0';
	for (int rule = 0; rule < CERT_NAME_RULES; rule++) {
		if (cert_name_fits(rule, name, suffix) != fits)
			continue;
		used += (size_t)snprintf(ret + used, size - used, "%s%s", count ? ", " : "",
					 cert_name_rule_name(rule));
		count++;
	}
	return count;
}

void judge_cert_suffix(const char *path, const struct cert_chain *chain,
		       const struct hostname *suffix, check_sink *sink, void *user)
{
	const char *name = chain->items[0].common_name;
	bool modern = cert_name_fits(CERT_NAME_AMT_3_2_1, name, suffix);
	char yes[128], no[128];
	unsigned fits = list_rules(name, suffix, true, yes, sizeof(yes));
	struct result *result;

	list_rules(name, suffix, false, no, sizeof(no));
	if (fits == CERT_NAME_RULES)
		result = result_about("NC510", RESULT_OK, path);
	else if (modern)
		result = result_about("NC511", RESULT_WARNING, path);
	else
		result = result_about("NC512", RESULT_FAILURE, path);
	if (!*name)
		SAY(result, "has no common name to compare with suffix %s", suffix->text);
	else
		SAY(result, "name %s, suffix %s%s%s%s%s", name, suffix->text,
		    fits ? ": accepted by " : "", yes,
		    fits == CERT_NAME_RULES ? ""
		    : fits                  ? "; refused by "
					    : ": refused by ",
		    fits == CERT_NAME_RULES ? "" : no);
	sink(result, user);
	if (cert_name_private(suffix)) {
		result = result_about("NC513", RESULT_WARNING, path);
		SAY(result, "suffix %s is private", suffix->text);
		sink(result, user);
	}
}

static bool hash_is(const struct hello_hash *hash, const struct cert *root)
{
	switch (hash->length) {
	case sizeof(root->sha1):
		return !memcmp(hash->bytes, root->sha1, sizeof(root->sha1));
	case sizeof(root->sha256):
		return !memcmp(hash->bytes, root->sha256, sizeof(root->sha256));
	case sizeof(root->sha384):
		return !memcmp(hash->bytes, root->sha384, sizeof(root->sha384));
	default:
		return false;
	}
}

void judge_cert_hello(const char *path, const struct cert_chain *chain, const char *from,
		      const struct hello *hello, check_sink *sink, void *user)
{
	const struct cert *root = &chain->items[chain->count - 1];
	struct hello_hash hash;
	struct result *result;
	bool pki = hello->version == HELLO_VERSION_PKI, found = false;
	char uuid[UUID_TEXT];
	size_t at = 0;

	while (!found && hello_next_hash(hello, &at, &hash))
		found = hash_is(&hash, root);
	result = found ? result_about("NC520", RESULT_OK, path)
		       : result_about("NC521", pki ? RESULT_FAILURE : RESULT_WARNING, path);
	uuid_print(hello->uuid, uuid);
	if (!pki)
		SAY(result,
		    "device %s (%s) sent a hello without root hashes: it is provisioned by "
		    "PID, not by certificate",
		    uuid, from);
	else
		SAY(result, "root %s is %s the %u roots of device %s (%s)", root->subject,
		    found ? "among" : "not among", hello->hash_count, uuid, from);
	sink(result, user);
}

void judge_cert_roots(const char *path, const struct cert_chain *chain,
		      const struct judge_cert_roots *roots, check_sink *sink, void *user)
{
	const char *root = chain->items[chain->count - 1].subject;
	uint64_t all = roots->trusting + roots->refusing;
	struct result *result;

	if (!all) {
		result = result_about("NC522", RESULT_OK, path);
		SAY(result, "no device has sent root hashes to the daemon yet");
	} else if (!roots->refusing) {
		result = result_about("NC520", RESULT_OK, path);
		SAY(result, "root %s is among the roots of all %" PRIu64 " devices", root, all);
	} else {
		result = result_about("NC521", RESULT_FAILURE, path);
		SAY(result,
		    "root %s is not among the roots of %" PRIu64 " of %" PRIu64
		    " devices, one of them %s",
		    root, roots->refusing, all, roots->example);
	}
	sink(result, user);
}
