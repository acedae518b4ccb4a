/* SPDX-License-Identifier: ISC */
#include "daemon/metrics.h"
#include "daemon/metrics_text.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 8192
#define BODY_MAX 1024 /* of a request, which needs none */
#define TIME_S 10
#define PAGE_MAX (16u << 20)

struct metrics {
	struct evhttp *http;
	metrics_answer *answer;
	void *user;
};

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>amtnetd</title>\n"
	"<meta http-equiv=refresh content=10>\n<style>\n"
	"body { font: 14px sans-serif; margin: 2em; color: #222; background: #fff }\n"
	"table { border-collapse: collapse; margin-bottom: 2em }\n"
	"th, td { text-align: left; padding: 2px 12px 2px 0; border-bottom: 1px solid #ddd;\n"
	"  vertical-align: top }\n"
	".alarm td { background: #fdd; font-weight: bold }\n"
	"@media (prefers-color-scheme: dark) { body { color: #ddd; background: #222 }\n"
	"  .alarm td { background: #622 } }\n"
	"</style></head><body>\n<h1>amtnetd</h1>\n";
static const char page_end[] =
	"<p><a href=/metrics>/metrics</a> for Prometheus</p>\n</body></html>\n";

static void add_table(struct metrics *metrics, const char *title, const char *command,
		      struct text *page)
{
	struct text answer;

	text_init(&answer, PAGE_MAX);
	metrics->answer(command, &answer, metrics->user);
	text_add(page, "<h2>%s</h2>\n", title);
	if (answer.bytes)
		metrics_text_table(answer.bytes, page);
	text_done(&answer);
}

/* "127.0.0.1", "localhost", with or without a port. */
static bool is_local(struct evhttp_request *request)
{
	const char *host = evhttp_find_header(evhttp_request_get_input_headers(request), "Host");
	size_t length = host ? strcspn(host, ":") : 0;

	return !host || (length == 9 && (!strncasecmp(host, "localhost", length) ||
					 !strncmp(host, "127.0.0.1", length)));
}

static void reply(struct evhttp_request *request, const char *type, struct text *page)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evbuffer_new();

	if (page->bad || !body || evbuffer_add(body, page->bytes, page->length) < 0) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
	} else {
		evhttp_add_header(headers, "Content-Type", type);
		evhttp_add_header(headers, "Cache-Control", "no-store");
		evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
		evhttp_add_header(headers, "Content-Security-Policy",
				  "default-src 'none'; style-src 'unsafe-inline'");
		evhttp_send_reply(request, HTTP_OK, NULL, body);
	}
	if (body)
		evbuffer_free(body);
}

static void on_page(struct evhttp_request *request, void *user)
{
	struct metrics *metrics = user;
	struct text page;

	if (!is_local(request)) {
		evhttp_send_error(request, 403, "Forbidden");
		return;
	}
	text_init(&page, PAGE_MAX);
	text_add(&page, "%s", page_head);
	add_table(metrics, "ProvisionServer", "provision-server", &page);
	add_table(metrics, "Status", "status", &page);
	text_add(&page, "%s", page_end);
	reply(request, "text/html; charset=utf-8", &page);
	text_done(&page);
}

static void on_metrics(struct evhttp_request *request, void *user)
{
	struct metrics *metrics = user;
	struct text answer, page;

	if (!is_local(request)) {
		evhttp_send_error(request, 403, "Forbidden");
		return;
	}
	text_init(&answer, PAGE_MAX);
	text_init(&page, PAGE_MAX);
	metrics->answer("status", &answer, metrics->user);
	if (answer.bytes)
		metrics_text_prometheus(answer.bytes, &page);
	reply(request, "text/plain; version=0.0.4; charset=utf-8", &page);
	text_done(&page);
	text_done(&answer);
}

int metrics_new(struct metrics **ret, struct event_base *base, uint16_t port,
		metrics_answer *answer, void *user, struct err *err)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics || !(metrics->http = evhttp_new(base))) {
		free(metrics);
		return err_set(err, -ENOMEM, "no memory");
	}
	metrics->answer = answer;
	metrics->user = user;
	evhttp_set_allowed_methods(metrics->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(metrics->http, HEADERS_MAX);
	evhttp_set_max_body_size(metrics->http, BODY_MAX);
	evhttp_set_timeout(metrics->http, TIME_S);
	evhttp_set_cb(metrics->http, "/", on_page, metrics);
	evhttp_set_cb(metrics->http, "/metrics", on_metrics, metrics);
	errno = 0;
	if (evhttp_bind_socket(metrics->http, "127.0.0.1", port) < 0) {
		int number = errno ? errno : EADDRINUSE;

		metrics_free(metrics);
		return err_set(err, -number, "metrics.port %u: %s", port, strerror(number));
	}
	*ret = metrics;
	return 0;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	evhttp_free(metrics->http);
	free(metrics);
}
