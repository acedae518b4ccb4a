/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_dns.h"

#include "common/random.h"
#include "common/wire.h"
#include "netcheck/dial.h"
#include "netcheck/framed.h"

#include <errno.h>
#include <event2/event.h>
#include <ldns/ldns.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECURSION_DESIRED 0x0100 /* as a PC asks */
#define CNAMES_MAX 8
#define HEAD_BYTES 12
#define IGNORED_MAX 256 /* foreign messages on one socket: someone is guessing */

const struct probe_dns_options probe_dns_defaults = {.tries = 3, .wait_ms = 700, .tcp_ms = 3000};

struct probe_dns {
	struct event_base *base;
	struct probe_dns_question question;
	struct probe_dns_options options;
	probe_dns_done *done;
	void *user;
	uint16_t id;
	int fd;
	struct event *event;
	uint64_t started_us;
	uint64_t deadline_us; /* of the try under way, UDP */
	int refused;          /* errno of the system before anything was sent */
	uint8_t query[HEAD_BYTES + HOSTNAME_WIRE_MAX + 4];
	size_t query_size;
	uint8_t reply[2 + PROBE_DNS_BYTES_MAX]; /* TCP: with its length in front */
	size_t reply_size;
	struct probe_dns_answer answer;
};

const char *probe_dns_type_name(enum probe_dns_type type)
{
	switch (type) {
	case PROBE_DNS_A:
		return "A";
	case PROBE_DNS_NS:
		return "NS";
	case PROBE_DNS_SOA:
		return "SOA";
	case PROBE_DNS_PTR:
		return "PTR";
	case PROBE_DNS_AAAA:
		return "AAAA";
	}
	return "?";
}

const char *probe_dns_kind_name(enum probe_dns_kind kind)
{
	static const char *const names[] = {"answer",  "no data",   "NXDOMAIN",
					    "REFUSED", "SERVFAIL",  "an error",
					    "rubbish", "no answer", "unreachable"};

	return names[kind];
}

static int to_hostname(const ldns_rdf *rdf, struct hostname *ret)
{
	bool full, changed;

	if (!rdf || ldns_rdf_get_type(rdf) != LDNS_RDF_TYPE_DNAME)
		return -EINVAL;
	if (hostname_from_wire(ldns_rdf_data(rdf), ldns_rdf_size(rdf), ret, &full, &changed))
		return -EINVAL;
	return changed ? -EINVAL : 0;
}

static bool question_matches(const ldns_pkt *packet, const struct probe_dns_question *question)
{
	const ldns_rr_list *list = ldns_pkt_question(packet);
	const ldns_rr *rr;
	struct hostname name;

	if (!list || ldns_rr_list_rr_count(list) != 1)
		return false;
	rr = ldns_rr_list_rr(list, 0);
	return (int)ldns_rr_get_type(rr) == (int)question->type &&
	       ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	       !to_hostname(ldns_rr_owner(rr), &name) && hostname_equal(&name, &question->name);
}

static void take_addr(const ldns_rdf *rdf, struct probe_dns_answer *ret)
{
	struct addr addr = {0};

	if (ldns_rdf_size(rdf) == 4) {
		addr.family = ADDR_IP4;
		memcpy(addr.bytes, ldns_rdf_data(rdf), 4);
	} else if (ldns_rdf_size(rdf) == 16) {
		addr = addr_ip6(ldns_rdf_data(rdf));
	} else {
		return;
	}
	if (ret->addr_count < PROBE_DNS_RECORDS_MAX)
		ret->addrs[ret->addr_count++] = addr;
	else
		ret->more++;
}

static void take_negative(const ldns_rr *rr, struct probe_dns_answer *ret)
{
	uint32_t minimum;

	if (ldns_rr_rd_count(rr) != 7 || ldns_rdf_size(ldns_rr_rdf(rr, 6)) != 4)
		return;
	minimum = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6));
	ret->negative_s = minimum < ldns_rr_ttl(rr) ? minimum : ldns_rr_ttl(rr);
}

static void take_record(const ldns_rr *rr, enum probe_dns_type type, struct probe_dns_answer *ret)
{
	const ldns_rdf *rdf = ldns_rr_rd_count(rr) ? ldns_rr_rdf(rr, 0) : NULL;
	uint32_t ttl_s = ldns_rr_ttl(rr);

	if (!rdf)
		return;
	if (!ret->addr_count && !ret->name_count && !ret->more)
		ret->ttl_s = ttl_s;
	if (ttl_s < ret->ttl_s)
		ret->ttl_s = ttl_s;
	if (type == PROBE_DNS_SOA)
		take_negative(rr, ret);
	if (type == PROBE_DNS_A || type == PROBE_DNS_AAAA)
		take_addr(rdf, ret);
	else if (ret->name_count < PROBE_DNS_RECORDS_MAX &&
		 !to_hostname(rdf, &ret->names[ret->name_count]))
		ret->name_count++;
	else
		ret->more++;
}

/* The name that a CNAME of `name` leads to; -ENOENT where there is none. */
static int follow(const ldns_rr_list *list, struct hostname *name)
{
	struct hostname owner;

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_CNAME || ldns_rr_rd_count(rr) != 1)
			continue;
		if (to_hostname(ldns_rr_owner(rr), &owner) || !hostname_equal(&owner, name))
			continue;
		return to_hostname(ldns_rr_rdf(rr, 0), name) ? -ENOENT : 0;
	}
	return -ENOENT;
}

static void take_records(const ldns_rr_list *list, const struct probe_dns_question *question,
			 struct probe_dns_answer *ret)
{
	struct hostname name = question->name, owner;

	for (unsigned hop = 0; list && hop < CNAMES_MAX; hop++) {
		for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
			const ldns_rr *rr = ldns_rr_list_rr(list, i);

			if ((int)ldns_rr_get_type(rr) == (int)question->type &&
			    !to_hostname(ldns_rr_owner(rr), &owner) &&
			    hostname_equal(&owner, &name))
				take_record(rr, question->type, ret);
		}
		if (ret->addr_count || ret->name_count || ret->more || follow(list, &name))
			return;
		ret->alias = true;
	}
}

/* A negative answer brings the zone's SOA record, in a cache with what is left of its time. */
static void take_time_left(const ldns_rr_list *list, struct probe_dns_answer *ret)
{
	for (size_t i = 0; list && i < ldns_rr_list_rr_count(list); i++)
		if (ldns_rr_get_type(ldns_rr_list_rr(list, i)) == LDNS_RR_TYPE_SOA)
			take_negative(ldns_rr_list_rr(list, i), ret);
}

static enum probe_dns_kind kind_of(const struct probe_dns_answer *answer)
{
	switch (answer->rcode) {
	case LDNS_RCODE_NOERROR:
		return answer->addr_count || answer->name_count || answer->more ? PROBE_DNS_ANSWER
										: PROBE_DNS_NODATA;
	case LDNS_RCODE_NXDOMAIN:
		return PROBE_DNS_NXDOMAIN;
	case LDNS_RCODE_REFUSED:
		return PROBE_DNS_REFUSED;
	case LDNS_RCODE_SERVFAIL:
		return PROBE_DNS_SERVFAIL;
	default:
		return PROBE_DNS_OTHER;
	}
}

int probe_dns_parse(const uint8_t *bytes, size_t size, const struct probe_dns_question *question,
		    uint16_t id, struct probe_dns_answer *ret)
{
	ldns_pkt *packet = NULL;
	int r = 0;

	if (size < HEAD_BYTES || (bytes[0] << 8 | bytes[1]) != id || !(bytes[2] & 0x80))
		return -EAGAIN;
	if (size > PROBE_DNS_BYTES_MAX || ldns_wire2pkt(&packet, bytes, size) != LDNS_STATUS_OK) {
		/* Truncation may cut a record in two; by TCP it will be whole. */
		if (bytes[2] & 0x02)
			return -EMSGSIZE;
		ret->kind = PROBE_DNS_BAD;
		return 0;
	}
	if (!question_matches(packet, question)) {
		r = -EAGAIN;
	} else if (ldns_pkt_tc(packet)) {
		r = -EMSGSIZE;
	} else {
		ret->rcode = (int)ldns_pkt_get_rcode(packet);
		ret->authoritative = ldns_pkt_aa(packet);
		if (ret->rcode == LDNS_RCODE_NOERROR)
			take_records(ldns_pkt_answer(packet), question, ret);
		ret->kind = kind_of(ret);
		if (ret->kind == PROBE_DNS_NODATA || ret->kind == PROBE_DNS_NXDOMAIN)
			take_time_left(ldns_pkt_authority(packet), ret);
	}
	ldns_pkt_free(packet);
	return r;
}

static void encode_query(struct probe_dns *probe)
{
	uint8_t name[HOSTNAME_WIRE_MAX];
	size_t length = hostname_to_wire(&probe->question.name, name);
	struct wire_writer writer;

	wire_writer_init(&writer, probe->query, sizeof(probe->query));
	wire_write_u16be(&writer, probe->id);
	wire_write_u16be(&writer, probe->question.direct ? 0 : RECURSION_DESIRED);
	wire_write_u16be(&writer, 1);
	wire_write_u16be(&writer, 0);
	wire_write_u16be(&writer, 0);
	wire_write_u16be(&writer, 0);
	wire_write_bytes(&writer, name, length);
	wire_write_u16be(&writer, (uint16_t)probe->question.type);
	wire_write_u16be(&writer, 1);
	probe->query_size = writer.at;
}

void probe_dns_cancel(struct probe_dns *probe)
{
	if (!probe)
		return;
	if (probe->event)
		event_free(probe->event);
	if (probe->fd >= 0)
		close(probe->fd);
	free(probe);
}

static void finish(struct probe_dns *probe)
{
	probe->answer.rtt_us = (uint32_t)(dial_now_us() - probe->started_us);
	probe->done(&probe->question, &probe->answer, probe->user);
	probe_dns_cancel(probe);
}

static void fail(struct probe_dns *probe, enum probe_dns_kind kind, int error)
{
	probe->answer.kind = kind;
	probe->answer.error = error;
	finish(probe);
}

static void fail_socket(struct probe_dns *probe, int error)
{
	struct dial_error found;

	dial_result(probe->fd, &found);
	fail(probe, PROBE_DNS_UNREACHABLE, found.error ? found.error : error);
}

static struct timeval wait_of(uint64_t ms)
{
	return (struct timeval){.tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

static void read_tcp(evutil_socket_t fd, short what, void *user)
{
	struct probe_dns *probe = user;
	size_t length;
	int r;

	if (what & EV_TIMEOUT) {
		fail(probe, PROBE_DNS_SILENT, ETIMEDOUT);
		return;
	}
	r = framed_read(fd, probe->reply, sizeof(probe->reply), &probe->reply_size, &length);
	if (r == -EAGAIN)
		return;
	if (r) {
		fail(probe, r == -EMSGSIZE ? PROBE_DNS_BAD : PROBE_DNS_UNREACHABLE, -r);
		return;
	}
	r = probe_dns_parse(probe->reply + 2, length, &probe->question, probe->id, &probe->answer);
	probe->answer.tcp = true;
	if (r)
		fail(probe, PROBE_DNS_BAD, -r);
	else
		finish(probe);
}

static void send_tcp(evutil_socket_t fd, short what, void *user)
{
	struct probe_dns *probe = user;
	struct timeval wait = wait_of(probe->options.tcp_ms);
	uint8_t message[2 + sizeof(probe->query)];
	struct dial_error error;
	int r;

	if (what & EV_TIMEOUT) {
		fail(probe, PROBE_DNS_SILENT, ETIMEDOUT);
		return;
	}
	dial_result(fd, &error);
	if (error.error || error.icmp) {
		fail(probe, PROBE_DNS_UNREACHABLE, error.error);
		return;
	}
	memcpy(message + 2, probe->query, probe->query_size);
	r = framed_send(fd, message, probe->query_size);
	if (r) {
		fail(probe, PROBE_DNS_UNREACHABLE, -r);
		return;
	}
	event_assign(probe->event, probe->base, fd, EV_READ | EV_PERSIST, read_tcp, probe);
	event_add(probe->event, &wait);
}

static void go_tcp(struct probe_dns *probe)
{
	struct timeval wait = wait_of(probe->options.tcp_ms);
	struct dial_error error;

	event_del(probe->event);
	close(probe->fd);
	probe->fd = -1;
	if (dial_tcp(probe->question.server, 0, &probe->fd, &error)) {
		probe->fd = -1;
		fail(probe, PROBE_DNS_UNREACHABLE, error.error);
		return;
	}
	event_assign(probe->event, probe->base, probe->fd, EV_WRITE, send_tcp, probe);
	event_add(probe->event, &wait);
}

/* Until the deadline of this try, whatever strays in meanwhile. */
static void await_udp(struct probe_dns *probe)
{
	uint64_t now_us = dial_now_us();
	uint64_t left_us = probe->deadline_us > now_us ? probe->deadline_us - now_us : 0;
	struct timeval wait = wait_of(left_us / 1000 + 1);

	event_add(probe->event, &wait);
}

static void send_udp(struct probe_dns *probe)
{
	probe->started_us = dial_now_us();
	probe->deadline_us = probe->started_us +
			     ((uint64_t)probe->options.wait_ms << probe->answer.tries) * 1000;
	probe->answer.tries++;
	if (send(probe->fd, probe->query, probe->query_size, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
		fail_socket(probe, errno);
		return;
	}
	await_udp(probe);
}

static void read_udp(evutil_socket_t fd, short what, void *user)
{
	struct probe_dns *probe = user;
	ssize_t got;
	int r;

	if (what & EV_TIMEOUT) {
		if (probe->answer.tries < probe->options.tries)
			send_udp(probe);
		else
			fail(probe, PROBE_DNS_SILENT, ETIMEDOUT);
		return;
	}
	for (;;) {
		got = recv(fd, probe->reply, sizeof(probe->reply), MSG_TRUNC);
		if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
			await_udp(probe);
			return;
		}
		if (got < 0) {
			fail_socket(probe, errno);
			return;
		}
		r = (size_t)got > sizeof(probe->reply)
			    ? -EMSGSIZE
			    : probe_dns_parse(probe->reply, (size_t)got, &probe->question,
					      probe->id, &probe->answer);
		if (r != -EAGAIN)
			break;
		if (++probe->answer.ignored > IGNORED_MAX) {
			fail(probe, PROBE_DNS_BAD, EPROTO);
			return;
		}
	}
	if (r)
		go_tcp(probe);
	else
		finish(probe);
}

/* First wake-up: sends, so that even an immediate refusal is told from the loop. */
static void on_start(evutil_socket_t fd, short what, void *user)
{
	struct probe_dns *probe = user;

	if (probe->refused) {
		fail(probe, PROBE_DNS_UNREACHABLE, probe->refused);
		return;
	}
	event_assign(probe->event, probe->base, probe->fd, EV_READ, read_udp, probe);
	send_udp(probe);
}

/* Connected, so that only this server's datagrams come in; the source port is the kernel's choice. */
static int open_udp(struct probe_dns *probe)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(probe->question.server, &sockaddr);
	bool ip6 = sockaddr.ss_family == AF_INET6;
	int on = 1;

	probe->fd = socket(sockaddr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->fd < 0)
		return -errno;
	(void)setsockopt(probe->fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP,
			 ip6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on));
	if (connect(probe->fd, (struct sockaddr *)&sockaddr, size) < 0)
		return -errno;
	return 0;
}

int probe_dns_start(struct probe_dns **ret, struct event_base *base,
		    const struct probe_dns_question *question,
		    const struct probe_dns_options *options, probe_dns_done *done, void *user)
{
	struct probe_dns *probe = calloc(1, sizeof(*probe));
	struct timeval now = {0};

	if (!probe)
		return -ENOMEM;
	probe->base = base;
	probe->question = *question;
	probe->options = *options;
	probe->done = done;
	probe->user = user;
	probe->id = random_u16();
	probe->answer.rcode = -1;
	encode_query(probe);
	probe->refused = -open_udp(probe);
	probe->event = evtimer_new(base, on_start, probe);
	if (!probe->event || event_add(probe->event, &now)) {
		probe_dns_cancel(probe);
		return -ENOMEM;
	}
	*ret = probe;
	return 0;
}
