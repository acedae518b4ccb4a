/* SPDX-License-Identifier: ISC */
/*
 * probe_dns: one question to one name server, non-blocking: UDP with repeats, then TCP when the answer
 * was truncated. An answer counts only when it comes from the server asked, with our random id and our
 * question; all else is ignored and counted. Negative answers are told apart. The only file that sees
 * ldns, which reads answers of at most 4 KiB and touches no socket.
 */
#pragma once

#include "common/endpoint.h"
#include "common/hostname.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;

enum probe_dns_type { /* the numbers of RFC 1035 and 3596 */
		      PROBE_DNS_A = 1,
		      PROBE_DNS_NS = 2,
		      PROBE_DNS_SOA = 6,
		      PROBE_DNS_PTR = 12,
		      PROBE_DNS_AAAA = 28,
};

const char *probe_dns_type_name(enum probe_dns_type type);

struct probe_dns_question {
	struct endpoint server;
	struct hostname name;
	enum probe_dns_type type;
	bool direct; /* the server's own data only: no recursion is asked for */
};

enum probe_dns_kind {
	PROBE_DNS_ANSWER, /* at least one record of the type, perhaps behind a CNAME */
	PROBE_DNS_NODATA, /* the name exists, the type does not */
	PROBE_DNS_NXDOMAIN,
	PROBE_DNS_REFUSED,
	PROBE_DNS_SERVFAIL,
	PROBE_DNS_OTHER,       /* another rcode */
	PROBE_DNS_BAD,         /* an answer to our question that cannot be read */
	PROBE_DNS_SILENT,      /* no answer in time */
	PROBE_DNS_UNREACHABLE, /* nothing listens, or no way there: `error` */
};

/* "answer", "no data", "NXDOMAIN", ... */
const char *probe_dns_kind_name(enum probe_dns_kind kind);

#define PROBE_DNS_RECORDS_MAX 16
#define PROBE_DNS_BYTES_MAX 4096

struct probe_dns_answer {
	enum probe_dns_kind kind;
	int rcode; /* -1 = no answer */
	bool authoritative;
	bool tcp;                                 /* the answer came by TCP */
	struct addr addrs[PROBE_DNS_RECORDS_MAX]; /* A, AAAA */
	size_t addr_count;
	struct hostname names[PROBE_DNS_RECORDS_MAX]; /* PTR, NS; SOA: the primary */
	size_t name_count;
	bool alias;     /* a CNAME led there */
	size_t more;    /* records beyond the arrays, or names that no host name may hold */
	uint32_t ttl_s; /* smallest of the records used */
	/* SOA: how long "does not exist" is kept in caches (RFC 2308 5). NODATA, NXDOMAIN: how long this
	 * answer still is, 0 where it does not say. */
	uint32_t negative_s;
	uint32_t rtt_us; /* of the try that was answered */
	unsigned tries;
	unsigned ignored; /* messages with a foreign id or question */
	int error;
};

struct probe_dns_options {
	unsigned tries;   /* over UDP */
	unsigned wait_ms; /* of the first try, each later one waits twice as long */
	unsigned tcp_ms;
};
extern const struct probe_dns_options probe_dns_defaults;

struct probe_dns;
typedef void probe_dns_done(const struct probe_dns_question *question,
			    const struct probe_dns_answer *answer, void *user);

/* `done` is called exactly once, never from inside, after which the probe is gone. 0 or -ENOMEM. */
int probe_dns_start(struct probe_dns **ret, struct event_base *base,
		    const struct probe_dns_question *question,
		    const struct probe_dns_options *options, probe_dns_done *done, void *user);
/* Instead of done. */
void probe_dns_cancel(struct probe_dns *probe);

/* Reads one message. 0 with kind, rcode and records in *ret; -EAGAIN when it does not answer this
 * question with this id; -EMSGSIZE when it was truncated and must be asked for by TCP. Pure. */
int probe_dns_parse(const uint8_t *bytes, size_t size, const struct probe_dns_question *question,
		    uint16_t id, struct probe_dns_answer *ret);
