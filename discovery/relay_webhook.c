/* SPDX-License-Identifier: ISC */
#include "discovery/relay_webhook.h"

#include "common/clock.h"
#include "discovery/discovery.h"
#include "discovery/parcel.h"
#include "discovery/relay.h"

#include <curl/curl.h>
#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOCUMENT_MAX (256u << 10)
#define ANSWER_MAX (1u << 20) /* bytes that are read and thrown away */
#define TOKEN_MAX 8192

struct line {
	struct event_base *base;
	const struct discovery_core_config *config;
	CURLM *multi;
	struct event *timer;
	struct timespec token_changed;
	char token[TOKEN_MAX];
};

struct job {
	struct line *line;
	CURL *easy;
	struct curl_slist *headers;
	struct text document;
	size_t answered;
	char trouble[CURL_ERROR_SIZE];
	bool asked;   /* the server asked for a certificate */
	bool patched; /* the device is known: PATCH took the place of POST */
	carrier_done *done;
	void *user;
};

/* Files with secrets. */

static int check_secret(const char *path, const struct stat *status, struct err *err)
{
	if (status->st_mode & (S_IRWXO | S_IWGRP))
		return err_set(err, -EACCES, "%s: others may read or write it; chmod 0640", path);
	return 0;
}

static int check_key(const struct discovery_core_config *config, struct err *err)
{
	struct stat status;

	if (!config->key_file)
		return 0;
	if (stat(config->key_file, &status) < 0)
		return err_set(err, -errno, "%s: %s", config->key_file, strerror(errno));
	return check_secret(config->key_file, &status, err);
}

static int read_token(struct line *line, int fd, struct err *err)
{
	const char *path = line->config->token_file;
	ssize_t length = read(fd, line->token, sizeof(line->token) - 1);

	if (length < 0 || length == sizeof(line->token) - 1)
		return err_set(err, -EINVAL, "%s: cannot be read, or is longer than %d bytes", path,
			       TOKEN_MAX - 2);
	line->token[length] = '\0';
	line->token[strcspn(line->token, "\r\n")] = '\0';
	if (!line->token[0])
		return err_set(err, -EINVAL, "%s: is empty; right is the token on one line", path);
	return 0;
}

static int renew_token(struct line *line, struct err *err)
{
	const char *path = line->config->token_file;
	struct stat status;
	int fd, result = 0;

	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		result = err_set(err, -errno, "%s: %s", path, strerror(errno));
	} else if (check_secret(path, &status, err) < 0) {
		result = -EACCES;
	} else if (memcmp(&status.st_mtim, &line->token_changed, sizeof(status.st_mtim)) != 0) {
		result = read_token(line, fd, err);
		line->token_changed = status.st_mtim;
	}
	if (fd >= 0)
		close(fd);
	return result;
}

/* curl on the event base. */

static void job_free(struct job *job)
{
	if (job->easy) {
		curl_multi_remove_handle(job->line->multi, job->easy);
		curl_easy_cleanup(job->easy);
	}
	curl_slist_free_all(job->headers);
	text_done(&job->document);
	free(job);
}

/* Of OpenSSL's x509_vfy.h: what curl gives as CURLINFO_SSL_VERIFYRESULT. */
#define VERIFY_UNSPECIFIED 1
#define VERIFY_NOT_YET_VALID 9
#define VERIFY_EXPIRED 10
#define VERIFY_OTHER_HOST 62
#define VERIFY_OTHER_ADDRESS 64

static enum delivery_tls distrust(const struct job *job)
{
	long verified = VERIFY_UNSPECIFIED;

	curl_easy_getinfo(job->easy, CURLINFO_SSL_VERIFYRESULT, &verified);
	switch (verified) {
	case VERIFY_UNSPECIFIED: /* the chain is good, but curl, which compares the name, is not content */
	case VERIFY_OTHER_HOST:
	case VERIFY_OTHER_ADDRESS:
		return DELIVERY_TLS_NAME;
	case VERIFY_NOT_YET_VALID:
	case VERIFY_EXPIRED:
		return DELIVERY_TLS_EXPIRED;
	default:
		return DELIVERY_TLS_UNTRUSTED;
	}
}

/* A server that does not like our certificate, or that there is none, says so by an alert: with TLS
 * 1.3 only after the handshake, when we read. Its name is in curl's words alone. Where it closes at
 * once, the alert is lost in the reset: then it counts that it asked and that we have none. */
static bool server_wants_certificate(const struct job *job)
{
	static const char *const alerts[] = {"alert certificate required", "alert unknown ca",
					     "alert bad certificate", "alert certificate unknown"};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (strstr(job->trouble, alerts[i]))
			return true;
	return job->asked && !job->line->config->certificate_file;
}

static struct delivery_outcome tls_outcome(enum delivery_tls trouble)
{
	return (struct delivery_outcome){.result = DELIVERY_TLS, .error = (int)trouble};
}

static struct delivery_outcome outcome_of(const struct job *job, CURLcode code)
{
	long number = 0;

	switch ((int)code) {
	case CURLE_OK:
		curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &number);
		if (number >= 200 && number < 300)
			return (struct delivery_outcome){.result = DELIVERY_DONE};
		return (struct delivery_outcome){.result = DELIVERY_HTTP, .error = (int)number};
	case CURLE_OPERATION_TIMEDOUT:
		return (struct delivery_outcome){.result = DELIVERY_NO_ANSWER};
	case CURLE_SSL_CONNECT_ERROR:
		return tls_outcome(server_wants_certificate(job) ? DELIVERY_TLS_CLIENT
								 : DELIVERY_TLS_OTHER);
	case CURLE_PEER_FAILED_VERIFICATION:
		return tls_outcome(distrust(job));
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return tls_outcome(DELIVERY_TLS_FILES);
	case CURLE_COULDNT_RESOLVE_HOST:
		return (struct delivery_outcome){.result = DELIVERY_NO_NAME};
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: bytes without a status line */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return (struct delivery_outcome){.result = DELIVERY_NO_HTTP};
	case CURLE_WRITE_ERROR:
		return (struct delivery_outcome){.result = DELIVERY_TALKS};
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		if (server_wants_certificate(job))
			return tls_outcome(DELIVERY_TLS_CLIENT);
		return (struct delivery_outcome){.result = DELIVERY_BROKEN, .error = ECONNRESET};
	default:
		curl_easy_getinfo(job->easy, CURLINFO_OS_ERRNO, &number);
		if (number == 0)
			number = EHOSTUNREACH;
		return (struct delivery_outcome){.result = delivery_not_connected((int)number),
						 .error = (int)number};
	}
}

/* The toolkit's console says 409 for a device that it has: then PATCH brings it up to date. */
static bool patch_instead(struct job *job, struct delivery_outcome outcome)
{
	if (job->line->config->template != DISCOVERY_TEMPLATE_DMT || job->patched ||
	    outcome.result != DELIVERY_HTTP || outcome.error != 409)
		return false;
	job->patched = true;
	curl_multi_remove_handle(job->line->multi, job->easy);
	curl_easy_setopt(job->easy, CURLOPT_CUSTOMREQUEST, "PATCH");
	return curl_multi_add_handle(job->line->multi, job->easy) == CURLM_OK;
}

static void finish_jobs(struct line *line)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(line->multi, &left))) {
		struct delivery_outcome outcome;
		struct job *job;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&job);
		outcome = outcome_of(job, message->data.result);
		if (patch_instead(job, outcome))
			continue;
		carrier_done *done = job->done;
		void *user = job->user;

		job_free(job);
		done(outcome, user);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct line *line = user;
	int running;

	(void)fd, (void)what;
	curl_multi_socket_action(line->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_jobs(line);
}

static void on_socket(evutil_socket_t fd, short what, void *user)
{
	struct line *line = user;
	int running, mask = (what & EV_READ ? CURL_CSELECT_IN : 0) |
			    (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(line->multi, fd, mask, &running);
	finish_jobs(line);
}

/* Always by a timer, even for 0 ms: curl must not be called from its own callback. */
static int on_wanted_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct line *line = user;
	const struct timeval wait = clock_timeval(timeout_ms < 0 ? 0 : (uint64_t)timeout_ms);

	(void)multi;
	if (timeout_ms < 0)
		evtimer_del(line->timer);
	else
		evtimer_add(line->timer, &wait);
	return 0;
}

static int on_wanted_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
	struct line *line = user;
	struct event *event = socket_user;
	short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
			       (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);

	(void)easy;
	if (event)
		event_free(event);
	event = what == CURL_POLL_REMOVE ? NULL
					 : event_new(line->base, fd, wanted, on_socket, line);
	if (event)
		event_add(event, NULL);
	curl_multi_assign(line->multi, fd, event);
	return 0;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *user)
{
	struct job *job = user;

	(void)bytes;
	job->answered += size * count;
	return job->answered > ANSWER_MAX ? 0 : size * count;
}

/* What curl tells of the handshake. */
static int on_told(CURL *easy, curl_infotype type, char *text, size_t size, void *user)
{
	static const char request[] = "Request CERT";
	struct job *job = user;

	(void)easy;
	if (type == CURLINFO_TEXT && memmem(text, size, request, sizeof(request) - 1))
		job->asked = true;
	return 0;
}

/* The line. */

static void line_close(void *user)
{
	struct line *line = user;

	if (line->multi)
		curl_multi_cleanup(line->multi);
	if (line->timer)
		event_free(line->timer);
	explicit_bzero(line->token, sizeof(line->token));
	free(line);
}

static int line_open(void **ret_line, struct event_base *base,
		     const struct discovery_core_config *config, struct err *err)
{
	struct line *line = calloc(1, sizeof(*line));
	int result;

	if (!line)
		return err_set(err, -ENOMEM, "out of memory");
	line->base = base;
	line->config = config;
	line->timer = evtimer_new(base, on_timer, line);
	line->multi = curl_multi_init();
	result = !line->timer || !line->multi ? err_set(err, -ENOMEM, "out of memory")
					      : renew_token(line, err);
	if (result == 0)
		result = check_key(config, err);
	if (result < 0) {
		line_close(line);
		return result;
	}
	curl_multi_setopt(line->multi, CURLMOPT_SOCKETFUNCTION, on_wanted_socket);
	curl_multi_setopt(line->multi, CURLMOPT_SOCKETDATA, line);
	curl_multi_setopt(line->multi, CURLMOPT_TIMERFUNCTION, on_wanted_timer);
	curl_multi_setopt(line->multi, CURLMOPT_TIMERDATA, line);
	/* A connection each for as many as may be under way; by itself curl closes some of them. */
	curl_multi_setopt(line->multi, CURLMOPT_MAXCONNECTS, (long)RELAY_IN_FLIGHT_MAX);
	*ret_line = line;
	return 0;
}

/* The job. */

static bool add_header(struct job *job, const char *name, const char *before, const char *value)
{
	struct curl_slist *grown;
	struct text text;

	text_init(&text, TOKEN_MAX + 64);
	text_add(&text, "%s: %s%s", name, before, value);
	grown = text.bad ? NULL : curl_slist_append(job->headers, text.bytes);
	if (grown)
		job->headers = grown;
	text_done(&text);
	return grown != NULL;
}

static bool set_headers(struct job *job, const struct carrier_parcel *parcel)
{
	const char *token = job->line->token;
	char id[PARCEL_ID_TEXT];

	return add_header(job, "Content-Type", "", "application/json") &&
	       add_header(job, "Idempotency-Key", "", parcel_id(parcel, id)) &&
	       (!token[0] || add_header(job, "Authorization", "Bearer ", token));
}

static void set_options(struct job *job)
{
	const struct discovery_core_config *config = job->line->config;
	CURL *easy = job->easy;

	curl_easy_setopt(easy, CURLOPT_URL, config->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "amtnetd/" AMTNET_VERSION);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job->headers);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, job->document.bytes);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)job->document.length);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)config->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->trouble);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L); /* to on_told only */
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_told);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, job);
	if (config->ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* instead of, not besides */
	}
	if (config->certificate_file) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, config->certificate_file);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, config->key_file);
	}
}

static int send_parcel(void *user, const struct carrier_parcel *parcel, carrier_done *done,
		       void *done_user, void **ret_job)
{
	struct line *line = user;
	int result = renew_token(line, NULL);
	struct job *job;

	if (result < 0)
		return result;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->line = line;
	job->done = done;
	job->user = done_user;
	text_init(&job->document, DOCUMENT_MAX);
	if (line->config->template == DISCOVERY_TEMPLATE_DMT)
		parcel_json_dmt(parcel, &job->document);
	else
		parcel_json(parcel, &job->document);
	job->easy = curl_easy_init();
	if (!job->easy || job->document.bad || !set_headers(job, parcel)) {
		job_free(job);
		return -ENOMEM;
	}
	set_options(job);
	if (curl_multi_add_handle(line->multi, job->easy) != CURLM_OK) {
		job_free(job);
		return -ENOMEM;
	}
	*ret_job = job;
	return 0;
}

static void job_cancel(void *job)
{
	job_free(job);
}

const struct carrier relay_webhook_carrier = {
	.open = line_open,
	.close = line_close,
	.send = send_parcel,
	.cancel = job_cancel,
};
