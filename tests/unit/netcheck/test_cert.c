/* SPDX-License-Identifier: ISC */
/* Certificates are made here with OpenSSL, written as PEM or PKCS #12 and read back. */
#include "common/hello.h"
#include "netcheck/cert_name.h"
#include "netcheck/check_cert.h"
#include "netcheck/explain.h"
#include "netcheck/judge_cert.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY 86400

static struct results results;
static EVP_PKEY *keys[3]; /* of leaf, authority, root */
static X509 *leaf, *authority, *root;
static char directory[] = "/tmp/test-cert-XXXXXX";
static char path[64];

static void take(struct result *result, void *user)
{
	results_take(&results, result);
}

static const struct check_tools tools = {.sink = take};

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
}

struct recipe {
	const char *name, *unit, *usage, *alternatives;
	int from_days, to_days;
	bool authority;
};

static X509 *make(const struct recipe *recipe, EVP_PKEY *key, X509 *issuer, EVP_PKEY *signer,
		  const EVP_MD *digest)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), recipe->from_days * DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), recipe->to_days * DAY);
	if (recipe->unit)
		X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC, (const uint8_t *)recipe->unit,
					   -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)recipe->name, -1, -1,
				   0);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
	X509_set_pubkey(cert, key);
	if (recipe->authority)
		extend(cert, NID_basic_constraints, "critical,CA:TRUE");
	if (recipe->usage)
		extend(cert, NID_ext_key_usage, recipe->usage);
	if (recipe->alternatives)
		extend(cert, NID_subject_alt_name, recipe->alternatives);
	assert_true(X509_sign(cert, signer, digest) > 0);
	return cert;
}

#define GOOD_USAGE "serverAuth,2.16.840.1.113741.1.2.3"

static const struct recipe good = {.name = "prov.corp.example.com",
				   .usage = GOOD_USAGE,
				   .alternatives = "DNS:prov.corp.example.com,DNS:b.example.com",
				   .from_days = -1,
				   .to_days = 365};

static X509 *make_leaf(struct recipe recipe)
{
	return make(&recipe, keys[0], authority, keys[1], EVP_sha256());
}

static int begin(void **state)
{
	static const struct recipe root_recipe = {
		.name = "Test Root", .from_days = -9, .to_days = 3650, .authority = true};
	static const struct recipe authority_recipe = {
		.name = "Test Authority", .from_days = -9, .to_days = 3650, .authority = true};

	for (size_t i = 0; i < 3; i++)
		keys[i] = EVP_RSA_gen(2048);
	root = make(&root_recipe, keys[2], NULL, keys[2], EVP_sha256());
	authority = make(&authority_recipe, keys[1], root, keys[2], EVP_sha256());
	leaf = make_leaf(good);
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/file", directory);
	return 0;
}

static int end(void **state)
{
	unlink(path);
	rmdir(directory);
	X509_free(leaf);
	X509_free(authority);
	X509_free(root);
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

static int forget(void **state)
{
	results_done(&results);
	return 0;
}

/* NULL ends the certificates. */
static void write_pem(EVP_PKEY *key, const char *password, X509 *const *certs)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (; *certs; certs++)
		PEM_write_X509(file, *certs);
	if (key)
		PEM_write_PKCS8PrivateKey(file, key, password ? EVP_aes_128_cbc() : NULL, password,
					  password ? (int)strlen(password) : 0, NULL, NULL);
	fclose(file);
}

static void write_pkcs12(const char *password, int nid)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	FILE *file = fopen(path, "w");
	PKCS12 *out;

	sk_X509_push(others, root);
	sk_X509_push(others, authority);
	out = PKCS12_create(password, "prov", keys[0], leaf, others, nid, nid, 0, 0, 0);
	assert_non_null(out);
	i2d_PKCS12_fp(file, out);
	PKCS12_free(out);
	sk_X509_free(others);
	fclose(file);
}

static void assert_whole(const struct cert_chain *chain)
{
	assert_int_equal(chain->count, 3);
	assert_string_equal(chain->items[0].common_name, "prov.corp.example.com");
	assert_string_equal(chain->items[1].common_name, "Test Authority");
	assert_string_equal(chain->items[2].common_name, "Test Root");
	assert_true(chain->items[2].self_signed);
	assert_true(chain->has_key && chain->usage_provision && chain->usage_server);
	assert_false(chain->broken || chain->unit_intel || chain->foreign_key);
	assert_int_equal(chain->stray, 0);
}

static void a_chain_is_put_in_order(void **state)
{
	X509 *shuffled[] = {root, leaf, authority, leaf, NULL};
	struct cert_chain chain;
	struct err err = {0};

	write_pem(keys[0], NULL, shuffled);
	assert_int_equal(cert_load(path, NULL, &chain, &err), 0);
	assert_whole(&chain);
	assert_true(chain.items[0].rsa);
	assert_int_equal(chain.items[0].key_bits, 2048);
	assert_int_equal(chain.items[0].signature, CERT_HASH_SHA256);
	assert_int_equal(chain.name_count, 2);
	assert_string_equal(chain.names[1], "b.example.com");
}

static void keys_and_pkcs12_open_with_their_password(void **state)
{
	X509 *all[] = {leaf, authority, root, NULL};
	struct cert_chain chain;
	struct err err = {0};

	write_pem(keys[0], "secret", all);
	assert_int_equal(cert_load(path, "secret", &chain, &err), 0);
	assert_whole(&chain);
	assert_int_equal(cert_load(path, "wrong", &chain, &err), -EINVAL);
	assert_non_null(strstr(err.text, "does not open"));
	assert_int_equal(cert_load(path, NULL, &chain, &err), -EINVAL);
	assert_non_null(strstr(err.text, "--password-file"));
	write_pkcs12("secret", NID_aes_256_cbc);
	assert_int_equal(cert_load(path, "secret", &chain, &err), 0);
	assert_whole(&chain);
	assert_int_equal(cert_load(path, NULL, &chain, &err), -EINVAL);
	assert_non_null(strstr(err.text, "PKCS #12 with a password"));
}

static void old_windows_exports_and_der_are_read_too(void **state)
{
	OSSL_PROVIDER *usual = OSSL_PROVIDER_load(NULL, "default");
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
	struct cert_chain chain;
	struct err err = {0};
	FILE *file;

	assert_non_null(legacy);
	write_pkcs12("secret", NID_pbe_WithSHA1And40BitRC2_CBC);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(usual);
	assert_int_equal(cert_load(path, "secret", &chain, &err), 0);
	assert_whole(&chain);
	file = fopen(path, "w");
	i2d_X509_fp(file, leaf);
	fclose(file);
	assert_int_equal(cert_load(path, NULL, &chain, &err), 0);
	assert_int_equal(chain.count, 1);
	assert_false(chain.has_key);
}

static void what_is_no_certificate_is_said(void **state)
{
	struct cert_chain chain;
	struct err err = {0};
	FILE *file;

	assert_int_equal(cert_load("/nonexistent/prov.pem", NULL, &chain, &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent/prov.pem: No such file or directory");
	assert_int_equal(cert_load(directory, NULL, &chain, &err), -EINVAL);
	file = fopen(path, "w");
	fputs("hello\n", file);
	fclose(file);
	assert_int_equal(cert_load(path, NULL, &chain, &err), -EINVAL);
	assert_non_null(strstr(err.text, "neither PEM nor PKCS #12"));
	file = fopen(path, "w");
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", file);
	fclose(file);
	assert_int_equal(cert_load(path, NULL, &chain, &err), -EINVAL);
	assert_non_null(strstr(err.text, "damaged"));
	write_pem(keys[0], NULL, (X509 *[]){NULL});
	assert_int_equal(cert_load(path, NULL, &chain, &err), -EINVAL);
	assert_non_null(strstr(err.text, "holds no certificate"));
}

/* The id of the first finding about the file that write_pem() wrote. */
static const char *first_finding(int64_t now_s)
{
	struct cert_chain chain;

	forget(NULL);
	assert_int_equal(cert_load(path, NULL, &chain, NULL), 0);
	judge_cert_file("prov.pem", &chain, now_s, take, NULL);
	assert_true(results.count > 0);
	return results.items[0]->kind->id;
}

static const char *finding_of(struct recipe recipe)
{
	X509 *odd = make_leaf(recipe);
	const char *id;

	write_pem(keys[0], NULL, (X509 *[]){odd, authority, root, NULL});
	id = first_finding(time(NULL));
	X509_free(odd);
	return id;
}

static void purpose_is_the_usage_or_the_unit_of_intel(void **state)
{
	struct recipe recipe = good;

	assert_string_equal(finding_of(recipe), "NC500");
	assert_int_equal(results.count, 1);
	recipe.usage = "serverAuth";
	assert_string_equal(finding_of(recipe), "NC501");
	recipe.usage = "2.16.840.1.113741.1.2.3";
	assert_string_equal(finding_of(recipe), "NC501");
	recipe.usage = NULL;
	assert_string_equal(finding_of(recipe), "NC501");
	recipe.unit = "Intel(R) Client Setup Certificate";
	assert_string_equal(finding_of(recipe), "NC500");
	recipe.unit = "Intel(R) Client Setup Certificate.";
	assert_string_equal(finding_of(recipe), "NC501");
}

static void dates_are_compared_with_the_clock(void **state)
{
	X509 *all[] = {leaf, authority, root, NULL};
	int64_t now = time(NULL);

	write_pem(keys[0], NULL, all);
	assert_string_equal(first_finding(now - 2 * DAY), "NC504");
	assert_string_equal(first_finding(now + 334 * DAY), "NC500");
	assert_string_equal(first_finding(now + 340 * DAY), "NC505");
	assert_int_equal(results.items[0]->state, RESULT_WARNING);
	assert_string_equal(first_finding(now + 366 * DAY), "NC504");
	assert_int_equal(results.items[0]->state, RESULT_FAILURE);
}

static void chains_must_be_whole(void **state)
{
	static const struct recipe impostor = {
		.name = "Test Authority", .from_days = -9, .to_days = 3650, .authority = true};
	X509 *other = make(&impostor, keys[2], root, keys[2], EVP_sha256());
	int64_t now = time(NULL);

	write_pem(keys[0], NULL, (X509 *[]){leaf, authority, NULL});
	assert_string_equal(first_finding(now), "NC506");
	assert_string_equal(results.items[0]->text,
			    "the chain ends at CN = Test Authority, the certificate of its issuer "
			    "CN = Test Root is missing");
	write_pem(keys[0], NULL, (X509 *[]){leaf, other, root, NULL});
	assert_string_equal(first_finding(now), "NC506");
	assert_string_equal(results.items[0]->text,
			    "a certificate bears the name of the issuer, CN = Test Authority, but "
			    "did not sign CN = prov.corp.example.com");
	write_pem(NULL, NULL, (X509 *[]){leaf, authority, root, NULL});
	assert_string_equal(first_finding(now), "NC507");
	assert_int_equal(results.items[0]->state, RESULT_WARNING);
	X509_free(other);
}

static void keys_and_signatures_must_please_firmware(void **state)
{
	EVP_PKEY *curve = EVP_EC_gen("P-256"), *weak = EVP_RSA_gen(1024), *wide = EVP_RSA_gen(3072);
	X509 *odd = make(&good, curve, authority, keys[1], EVP_sha256());
	int64_t now = time(NULL);

	write_pem(curve, NULL, (X509 *[]){odd, authority, root, NULL});
	assert_string_equal(first_finding(now), "NC502");
	X509_free(odd);
	odd = make(&good, weak, authority, keys[1], EVP_sha256());
	write_pem(weak, NULL, (X509 *[]){odd, authority, root, NULL});
	assert_string_equal(first_finding(now), "NC502");
	assert_int_equal(results.items[0]->state, RESULT_FAILURE);
	X509_free(odd);
	odd = make(&good, wide, authority, keys[1], EVP_sha256());
	write_pem(wide, NULL, (X509 *[]){odd, authority, root, NULL});
	assert_string_equal(first_finding(now), "NC502");
	assert_int_equal(results.items[0]->state, RESULT_WARNING);
	X509_free(odd);
	odd = make(&good, keys[0], authority, keys[1], EVP_sha1());
	write_pem(keys[0], NULL, (X509 *[]){odd, authority, root, NULL});
	assert_string_equal(first_finding(now), "NC503");
	X509_free(odd);
	EVP_PKEY_free(curve);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(wide);
}

/* By rule: AMT 2.2, 2.6, 3.0, 3.2, 3.2.1 and later, MeshCentral, Open AMT. */
static void names_fit_by_each_rule(void **state)
{
	static const struct {
		const char *name, *suffix, *fits;
	} cases[] = {
		{"prov.corp.example.com", "corp.example.com", "yyyyyyy"},
		{"prov.corp.example.com", "example.com", "nyyyyyy"},
		{"prov.corp.example.com", "sales.example.com", "nyyyyyy"},
		{"prov.corp.example.com", "example.net", "nnnnnnn"},
		{"prov.example.com", "badexample.com", "nnnnnnn"},
		{"prov.example.de", "corp.example.de", "nnnnyyy"},
		{"prov.example.co.uk", "corp.example.co.uk", "nnnnyyy"},
		{"prov.example.co.uk", "corp.other.co.uk", "nnnnyny"},
		{"prov.corp.example", "corp.example", "yyyyyny"},
		{"prov.corp.example", "prov.corp.example", "nnnnyyy"},
		{"*.example.com", "corp.example.com", "nynyyyy"},
		{"*.example.com", "example.com", "yynyyyy"},
		{"*.example.de", "corp.example.de", "nynyyyy"},
		{"prov", "example.com", "nnnnnnn"},
		{"", "example.com", "nnnnnnn"},
		{"prov.corp.example.com", ".", "nnnnnnn"},
	};
	struct hostname suffix;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!strcmp(cases[i].suffix, "."))
			suffix = (struct hostname){0};
		else
			assert_int_equal(hostname_parse(cases[i].suffix, &suffix, NULL), 0);
		for (int rule = 0; rule < CERT_NAME_RULES; rule++)
			if (cert_name_fits(rule, cases[i].name, &suffix) !=
			    (cases[i].fits[rule] == 'y'))
				fail_msg("%s, %s: %s", cases[i].name, cases[i].suffix,
					 cert_name_rule_name(rule));
	}
}

static const struct result *suffix_finding(const char *text)
{
	struct cert_chain chain;
	struct hostname suffix;

	forget(NULL);
	write_pem(keys[0], NULL, (X509 *[]){leaf, authority, root, NULL});
	assert_int_equal(cert_load(path, NULL, &chain, NULL), 0);
	assert_int_equal(hostname_parse(text, &suffix, NULL), 0);
	judge_cert_suffix("prov.pem", &chain, &suffix, take, NULL);
	return results.items[0];
}

static void a_suffix_is_told_who_refuses_it(void **state)
{
	const struct result *result = suffix_finding("corp.example.com");

	assert_string_equal(result->kind->id, "NC510");
	result = suffix_finding("sales.example.com");
	assert_string_equal(result->kind->id, "NC511");
	assert_string_equal(result->text,
			    "name prov.corp.example.com, suffix sales.example.com: accepted by AMT "
			    "2.6, AMT 3.0, AMT 3.2, AMT 3.2.1 and later, MeshCentral, Open AMT; "
			    "refused by AMT 2.2");
	result = suffix_finding("corp.local");
	assert_string_equal(result->kind->id, "NC512");
	assert_string_equal(results.items[1]->kind->id, "NC513");
}

static void a_device_must_know_the_root(void **state)
{
	struct check_cert_wanted wanted = {.file = path, .now_s = time(NULL)};
	const char *hellos[] = {GOLDEN_DIR "/hello-sample.bin", GOLDEN_DIR "/hello-sample.txt",
				GOLDEN_DIR "/none"};
	struct cert_chain chain;
	uint8_t bytes[256];
	struct hello hello;
	size_t length;

	write_pem(keys[0], NULL, (X509 *[]){leaf, authority, root, NULL});
	wanted.hellos = hellos;
	wanted.hello_count = 3;
	check_cert(&tools, &wanted);
	assert_int_equal(results.count, 4);
	assert_string_equal(results.items[0]->kind->id, "NC500");
	assert_string_equal(results.items[1]->kind->id, "NC521");
	assert_string_equal(results.items[3]->kind->id, "NC508");
	forget(NULL);
	assert_int_equal(cert_load(path, NULL, &chain, NULL), 0);
	length = hello_encode_pki(hello_test_uuid, 0, (const uint8_t(*)[32])chain.items[2].sha256,
				  1, bytes, sizeof(bytes));
	assert_int_equal(hello_decode(bytes, length, true, &hello, NULL), HELLO_COMPLETE);
	judge_cert_hello("prov.pem", &chain, "here", &hello, take, NULL);
	assert_string_equal(results.items[0]->kind->id, "NC520");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_chain_is_put_in_order, forget),
		cmocka_unit_test_teardown(keys_and_pkcs12_open_with_their_password, forget),
		cmocka_unit_test_teardown(old_windows_exports_and_der_are_read_too, forget),
		cmocka_unit_test_teardown(what_is_no_certificate_is_said, forget),
		cmocka_unit_test_teardown(purpose_is_the_usage_or_the_unit_of_intel, forget),
		cmocka_unit_test_teardown(dates_are_compared_with_the_clock, forget),
		cmocka_unit_test_teardown(chains_must_be_whole, forget),
		cmocka_unit_test_teardown(keys_and_signatures_must_please_firmware, forget),
		cmocka_unit_test_teardown(names_fit_by_each_rule, forget),
		cmocka_unit_test_teardown(a_suffix_is_told_who_refuses_it, forget),
		cmocka_unit_test_teardown(a_device_must_know_the_root, forget),
	};

	return cmocka_run_group_tests_name("cert", tests, begin, end);
}
