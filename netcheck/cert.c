/* SPDX-License-Identifier: ISC */
#include "netcheck/cert.h"

#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USAGE_PROVISION "2.16.840.1.113741.1.2.3"
#define UNIT_INTEL "Intel(R) Client Setup Certificate"

/* What a file held, before it is put in order. */
struct pile {
	X509 *certs[CERT_CHAIN_MAX];
	size_t count;
	EVP_PKEY *key;
};

static const char *const hash_names[] = {
	[CERT_HASH_OTHER] = "another hash", [CERT_HASH_MD5] = "MD5",
	[CERT_HASH_SHA1] = "SHA-1",         [CERT_HASH_SHA256] = "SHA-256",
	[CERT_HASH_SHA384] = "SHA-384",     [CERT_HASH_SHA512] = "SHA-512",
};

const char *cert_hash_name(enum cert_hash hash)
{
	return hash_names[hash];
}

static void pile_done(struct pile *pile)
{
	for (size_t i = 0; i < pile->count; i++)
		X509_free(pile->certs[i]);
	EVP_PKEY_free(pile->key);
}

/* Takes the certificate over. */
static int pile_add(struct pile *pile, X509 *cert, struct err *err)
{
	for (size_t i = 0; i < pile->count; i++)
		if (!X509_cmp(pile->certs[i], cert)) {
			X509_free(cert);
			return 0;
		}
	if (pile->count == CERT_CHAIN_MAX) {
		X509_free(cert);
		return err_set(err, -EINVAL, "more than %d certificates", CERT_CHAIN_MAX);
	}
	pile->certs[pile->count++] = cert;
	return 0;
}

static int read_file(const char *path, uint8_t **ret, size_t *ret_size, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat about;
	uint8_t *bytes = NULL;
	size_t size = 0;
	ssize_t got = 1;
	int r;

	if (fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (fstat(fd, &about) || !S_ISREG(about.st_mode))
		r = err_set(err, -EINVAL, "is no file");
	else if (about.st_size > CERT_FILE_MAX)
		r = err_set(err, -EINVAL, "is larger than %d bytes: no certificate", CERT_FILE_MAX);
	else if (!(bytes = malloc((size_t)about.st_size + 1)))
		r = err_set(err, -ENOMEM, "out of memory");
	else
		r = 0;
	while (!r && got > 0 && size < (size_t)about.st_size) {
		got = read(fd, bytes + size, (size_t)about.st_size - size);
		if (got < 0 && errno != EINTR)
			r = err_set(err, -errno, "%s", strerror(errno));
		else if (got > 0)
			size += (size_t)got;
	}
	close(fd);
	if (r) {
		free(bytes);
		return r;
	}
	*ret = bytes;
	*ret_size = size;
	return 0;
}

static int give_password(char *ret, int size, int writing, void *password)
{
	size_t length = password ? strlen(password) : 0;

	if (length > (size_t)size)
		return -1;
	memcpy(ret, password ? password : "", length);
	return (int)length;
}

/* Certificates and keys may stand in any order: one walk for each. `keyed`: there is a key. */
static int read_pem(BIO *bio, bool keyed, const char *password, struct pile *pile, struct err *err)
{
	X509 *cert;
	int r = 0;

	while (!r && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		r = pile_add(pile, cert, err);
	if (!r && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		r = err_set(err, -EINVAL, "holds a certificate that is damaged");
	if (r)
		return r;
	(void)BIO_reset(bio);
	ERR_clear_error();
	pile->key = PEM_read_bio_PrivateKey(bio, NULL, give_password, (void *)password);
	if (pile->key || !keyed)
		return 0;
	return err_set(err, -EINVAL, "%s",
		       password ? "holds a key that the password does not open"
				: "holds a key with a password: give --password-file");
}

/* Windows and older tools encrypt with RC2, which OpenSSL 3 keeps in its provider "legacy". */
static int parse_pkcs12(PKCS12 *file, const char *password, EVP_PKEY **key, X509 **leaf,
			STACK_OF(X509) * *others)
{
	OSSL_PROVIDER *legacy, *usual;
	int good = PKCS12_parse(file, password ? password : "", key, leaf, others);

	if (good)
		return good;
	usual = OSSL_PROVIDER_load(NULL, "default");
	legacy = OSSL_PROVIDER_load(NULL, "legacy");
	if (legacy)
		good = PKCS12_parse(file, password ? password : "", key, leaf, others);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(usual);
	return good;
}

static int read_pkcs12(PKCS12 *file, const char *password, struct pile *pile, struct err *err)
{
	STACK_OF(X509) *others = NULL;
	X509 *leaf = NULL;
	int r = 0;

	if (!parse_pkcs12(file, password, &pile->key, &leaf, &others))
		return err_set(err, -EINVAL, "%s",
			       password ? "is PKCS #12, but the password does not open it"
					: "is PKCS #12 with a password: give --password-file");
	if (leaf)
		r = pile_add(pile, leaf, err);
	while (others && sk_X509_num(others) > 0) {
		X509 *cert = sk_X509_shift(others);

		if (!r)
			r = pile_add(pile, cert, err);
		else
			X509_free(cert);
	}
	sk_X509_free(others);
	return r;
}

static int read_pile(const uint8_t *bytes, size_t size, const char *password, struct pile *pile,
		     struct err *err)
{
	BIO *bio = BIO_new_mem_buf(bytes, (int)size);
	PKCS12 *file;
	X509 *single;
	int r;

	if (!bio)
		return err_set(err, -ENOMEM, "out of memory");
	if (memmem(bytes, size, "-----BEGIN ", 11)) {
		r = read_pem(bio, memmem(bytes, size, "PRIVATE KEY-----", 16), password, pile, err);
	} else if ((file = d2i_PKCS12_bio(bio, NULL))) {
		r = read_pkcs12(file, password, pile, err);
		PKCS12_free(file);
	} else {
		(void)BIO_reset(bio);
		single = d2i_X509_bio(bio, NULL);
		r = single ? pile_add(pile, single, err)
			   : err_set(err, -EINVAL,
				     "is neither PEM nor PKCS #12 nor a DER certificate");
	}
	BIO_free(bio);
	if (!r && !pile->count)
		r = err_set(err, -EINVAL, "holds no certificate");
	ERR_clear_error();
	return r;
}

static void print_name(X509_NAME *name, char *ret, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long length;

	ret[0] = '\0';
	if (!bio)
		return;
	if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		length = BIO_get_mem_data(bio, &text);
		text_clean(ret, size, text, length > 0 ? (size_t)length : 0);
	}
	BIO_free(bio);
}

/* "" where the name has no such entry. */
static void print_entry(X509_NAME *name, int nid, int at, char *ret, size_t size)
{
	X509_NAME_ENTRY *entry = at < 0 ? NULL : X509_NAME_get_entry(name, at);
	uint8_t *utf8 = NULL;
	int length = entry ? ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry)) : -1;

	ret[0] = '\0';
	if (length >= 0)
		text_clean(ret, size, utf8, (size_t)length);
	OPENSSL_free(utf8);
}

static enum cert_hash signature_hash(const X509 *cert)
{
	int digest = NID_undef;

	if (!X509_get_signature_info((X509 *)cert, &digest, NULL, NULL, NULL))
		return CERT_HASH_OTHER;
	switch (digest) {
	case NID_md5:
		return CERT_HASH_MD5;
	case NID_sha1:
		return CERT_HASH_SHA1;
	case NID_sha256:
		return CERT_HASH_SHA256;
	case NID_sha384:
		return CERT_HASH_SHA384;
	case NID_sha512:
		return CERT_HASH_SHA512;
	default:
		return CERT_HASH_OTHER;
	}
}

static int64_t seconds(const ASN1_TIME *time)
{
	struct tm parts;

	return ASN1_TIME_to_tm(time, &parts) ? (int64_t)timegm(&parts) : 0;
}

static bool signed_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	return key && X509_verify(cert, key) == 1;
}

static void fill(X509 *cert, struct cert *ret)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	EVP_PKEY *key = X509_get0_pubkey(cert);

	*ret = (struct cert){
		.not_before_s = seconds(X509_get0_notBefore(cert)),
		.not_after_s = seconds(X509_get0_notAfter(cert)),
		.rsa = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA,
		.key_bits = key ? (unsigned)EVP_PKEY_get_bits(key) : 0,
		.signature = signature_hash(cert),
		.authority = X509_check_ca(cert) > 0,
		.self_signed = X509_check_issued(cert, cert) == X509_V_OK && signed_by(cert, cert),
	};
	print_name(subject, ret->subject, sizeof(ret->subject));
	print_name(X509_get_issuer_name(cert), ret->issuer, sizeof(ret->issuer));
	print_entry(subject, NID_commonName,
		    X509_NAME_get_index_by_NID(subject, NID_commonName, -1), ret->common_name,
		    sizeof(ret->common_name));
	X509_digest(cert, EVP_sha1(), ret->sha1, NULL);
	X509_digest(cert, EVP_sha256(), ret->sha256, NULL);
	X509_digest(cert, EVP_sha384(), ret->sha384, NULL);
}

static void fill_units(X509 *leaf, struct cert_chain *ret)
{
	X509_NAME *subject = X509_get_subject_name(leaf);
	char unit[256];
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, at)) >= 0) {
		print_entry(subject, NID_organizationalUnitName, at, unit, sizeof(unit));
		if (!strcmp(unit, UNIT_INTEL))
			ret->unit_intel = true;
	}
}

static void fill_usage(X509 *leaf, struct cert_chain *ret)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	char oid[80];

	for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages); i++) {
		OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usages, i), 1);
		if (!strcmp(oid, USAGE_PROVISION))
			ret->usage_provision = true;
		else if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i)) == NID_server_auth)
			ret->usage_server = true;
	}
	EXTENDED_KEY_USAGE_free(usages);
}

static void fill_names(X509 *leaf, struct cert_chain *ret)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS || ret->name_count == CERT_NAMES_MAX)
			continue;
		text_clean(ret->names[ret->name_count++], sizeof(ret->names[0]),
			   ASN1_STRING_get0_data(name->d.dNSName),
			   (size_t)ASN1_STRING_length(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
}

/* The certificate of the key; without a key the one that issued no other. */
static size_t find_leaf(const struct pile *pile)
{
	for (size_t i = 0; pile->key && i < pile->count; i++)
		if (X509_check_private_key(pile->certs[i], pile->key) == 1)
			return i;
	for (size_t i = 0; i < pile->count; i++) {
		bool issues = false;

		for (size_t k = 0; k < pile->count; k++)
			issues |= k != i &&
				  X509_check_issued(pile->certs[i], pile->certs[k]) == X509_V_OK;
		if (!issues)
			return i;
	}
	return 0;
}

/* The issuer of `cert` in the pile that really signed it, else one that only bears the name. */
static X509 *find_issuer(const struct pile *pile, X509 *cert, bool *ret_signed)
{
	X509 *named = NULL;

	*ret_signed = false;
	for (size_t i = 0; i < pile->count; i++) {
		if (pile->certs[i] == cert || X509_NAME_cmp(X509_get_subject_name(pile->certs[i]),
							    X509_get_issuer_name(cert)))
			continue;
		named = pile->certs[i];
		*ret_signed = signed_by(cert, named);
		if (*ret_signed)
			return named;
	}
	return named;
}

static void arrange(const struct pile *pile, struct cert_chain *ret)
{
	X509 *cert = pile->certs[find_leaf(pile)];
	bool good = true;

	*ret = (struct cert_chain){.has_key = pile->key &&
					      X509_check_private_key(cert, pile->key) == 1};
	ret->foreign_key = pile->key && !ret->has_key;
	fill_units(cert, ret);
	fill_usage(cert, ret);
	fill_names(cert, ret);
	while (cert && good && ret->count < pile->count) {
		fill(cert, &ret->items[ret->count]);
		if (ret->items[ret->count++].self_signed)
			break;
		cert = find_issuer(pile, cert, &good);
		ret->broken = cert && !good;
	}
	ret->stray = pile->count - ret->count;
	ERR_clear_error();
}

int cert_load(const char *path, const char *password, struct cert_chain *ret, struct err *err)
{
	struct pile pile = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r = read_file(path, &bytes, &size, err);

	if (!r && bytes)
		r = read_pile(bytes, size, password, &pile, err);
	if (!r)
		arrange(&pile, ret);
	if (bytes)
		OPENSSL_cleanse(bytes, size);
	free(bytes);
	pile_done(&pile);
	if (r)
		err_prefix(err, "%s", path);
	return r;
}
