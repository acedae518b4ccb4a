/* SPDX-License-Identifier: ISC */
#include "discovery/relay_transparent.h"

#include "discovery/discovery.h"
#include "discovery/relay_tcp.h"
#include "discovery/way_back.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEST_MS 1000 /* a core in the same building answers in far less */

struct line {
	struct relay_tcp_line *tcp;
	struct way_back *way;
};

struct job {
	struct line *line;
	struct relay_tcp *tcp;
	struct delivery_outcome outcome; /* from the PC's address */
	carrier_done *done;
	void *user;
};

static void line_close(void *user)
{
	struct line *line = user;

	way_back_close(line->way);
	relay_tcp_close(line->tcp);
	free(line);
}

static int try_option(struct endpoint core, struct err *err)
{
	bool ip6 = core.addr.family == ADDR_IP6;
	int fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;
	int result = 0;

	if (fd < 0 || setsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP,
				 ip6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &one, sizeof(one)) < 0)
		result = err_set(err, -errno,
				 "no connection can be made from a PC's address: %s; give amtnetd "
				 "CAP_NET_ADMIN (in the unit: AmbientCapabilities=CAP_NET_ADMIN)",
				 strerror(errno));
	if (fd >= 0)
		close(fd);
	return result;
}

static int line_open(void **ret_line, struct event_base *base,
		     const struct discovery_core_config *config, struct err *err)
{
	struct line *line = calloc(1, sizeof(*line));
	void *tcp = NULL;
	int result;

	if (!line)
		return err_set(err, -ENOMEM, "out of memory");
	result = relay_tcp_open(&tcp, base, config, err);
	line->tcp = tcp;
	if (result == 0)
		result = try_option(config->address, err);
	if (result == 0)
		result = way_back_open(&line->way, config->address, err);
	if (result < 0)
		line_close(line);
	else
		*ret_line = line;
	return result;
}

static void finish(struct job *job, struct delivery_outcome outcome)
{
	carrier_done *done = job->done;
	void *user = job->user;

	free(job);
	done(outcome, user);
}

/* Refused is an answer, too. */
static void on_plain(struct delivery_outcome outcome, void *user)
{
	struct job *job = user;

	if (outcome.result == DELIVERY_DONE || outcome.error == ECONNREFUSED)
		job->outcome = (struct delivery_outcome){.result = DELIVERY_NOT_ROUTED};
	finish(job, job->outcome);
}

static void on_tcp(struct delivery_outcome outcome, void *user)
{
	struct job *job = user;
	struct relay_tcp_options plain = job->line->tcp->options;

	job->tcp = NULL;
	job->outcome = outcome;
	plain.probe = true;
	plain.timeout_ms = TEST_MS;
	if (outcome.result != DELIVERY_NO_CONNECT || outcome.error != ETIMEDOUT ||
	    relay_tcp_start(&job->tcp, job->line->tcp->base, &plain, NULL, 0, on_plain, job) < 0)
		finish(job, outcome);
}

static int start(struct line *line, const struct relay_tcp_options *options, const void *bytes,
		 size_t length, carrier_done *done, void *user, void **ret_job)
{
	struct job *job;
	int result;

	if (options->source.family != options->core.addr.family)
		return -EAFNOSUPPORT;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->line = line;
	job->done = done;
	job->user = user;
	result = relay_tcp_start(&job->tcp, line->tcp->base, options, bytes, length, on_tcp, job);
	if (result < 0)
		free(job);
	else
		*ret_job = job;
	return result;
}

static int send_parcel(void *user, const struct carrier_parcel *parcel, carrier_done *done,
		       void *done_user, void **ret_job)
{
	struct line *line = user;
	struct relay_tcp_options options = line->tcp->options;

	options.source = parcel->address;
	return start(line, &options, parcel->bytes, parcel->length, done, done_user, ret_job);
}

static int test_line(void *user, struct addr source, carrier_done *done, void *done_user,
		     void **ret_job)
{
	struct line *line = user;
	struct relay_tcp_options options = line->tcp->options;

	options.source = source;
	options.probe = true;
	options.timeout_ms = TEST_MS;
	return start(line, &options, NULL, 0, done, done_user, ret_job);
}

static void job_cancel(void *user)
{
	struct job *job = user;

	relay_tcp_cancel(job->tcp);
	free(job);
}

const struct carrier relay_transparent_carrier = {
	.open = line_open,
	.close = line_close,
	.send = send_parcel,
	.cancel = job_cancel,
	.test = test_line,
};
