/* SPDX-License-Identifier: ISC */
#include "dns/server_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 12
#define BADTRUNC 22

/* A request that carries these bytes; `rc` is how their making went. */
static int request_new(struct server_request **ret, int rc, const uint8_t *bytes, size_t length)
{
	struct server_request *request;

	if (rc < 0)
		return rc;
	request = calloc(1, sizeof *request);
	if (request)
		request->message = malloc(length);
	if (!request || !request->message) {
		free(request);
		return -ENOMEM;
	}
	memcpy(request->message, bytes, length);
	request->length = length;
	*ret = request;
	return 0;
}

int server_request_new_update(struct server_request **ret, const struct update *update)
{
	uint8_t bytes[UPDATE_BYTES_MAX];
	size_t length = 0;
	int rc = update_encode(update, 0, bytes, sizeof bytes, &length);

	return request_new(ret, rc, bytes, length);
}

int server_request_new_message(struct server_request **ret, const struct update_message *message)
{
	uint8_t bytes[UPDATE_MESSAGE_MAX];
	size_t length = 0;
	int rc = update_message_encode(message, 0, bytes, sizeof bytes, &length);

	rc = request_new(ret, rc, bytes, length);
	if (rc < 0)
		return rc;
	(*ret)->several = message->count > 1;
	return 0;
}

int server_request_new_query(struct server_request **ret, const struct hostname *name,
			     uint16_t type)
{
	uint8_t bytes[HEAD_BYTES + HOSTNAME_WIRE_MAX + 4];
	size_t length = 0;
	int rc = update_encode_query(name, type, 0, bytes, sizeof bytes, &length);

	rc = request_new(ret, rc, bytes, length);
	if (rc < 0)
		return rc;
	(*ret)->query = true;
	(*ret)->name = *name;
	(*ret)->type = type;
	return 0;
}

void server_request_free(struct server_request *request)
{
	if (!request)
		return;
	free(request->message);
	free(request);
}

int server_request_encode(struct server_request *request, uint16_t id, const struct tsig_key *key,
			  uint64_t now_s, uint8_t ret[SERVER_REQUEST_BYTES_MAX], size_t *ret_length)
{
	size_t length = request->length;
	int rc = 0;

	memcpy(ret, request->message, length);
	ret[0] = (uint8_t)(id >> 8);
	ret[1] = (uint8_t)id;
	if (key)
		rc = tsig_sign(key, now_s, ret, &length, SERVER_REQUEST_BYTES_MAX,
			       &request->signature);
	if (rc < 0)
		return rc;
	request->id = id;
	*ret_length = length;
	return 0;
}

static enum server_judgement ignore(struct server_request *request, enum tsig_verdict verdict,
				    const uint8_t *bytes, size_t length, int error)
{
	int rcode = length >= HEAD_BYTES ? bytes[3] & 0x0f : -1;

	if (verdict == TSIG_ERROR_HINT)
		request->hint = error;
	err_set(&request->note, 0, "%s (%s)", tsig_verdict_text(verdict),
		update_rcode_name(error ? error : rcode));
	return SERVER_ANSWER_IGNORED;
}

enum server_judgement server_request_judge(struct server_request *request,
					   const struct tsig_key *key, uint64_t now_s,
					   uint8_t *bytes, size_t length, int *ret_code,
					   uint64_t *ret_server_s)
{
	enum tsig_verdict verdict = TSIG_GOOD;
	int error = 0;

	if (key)
		verdict = tsig_verify(key, &request->signature, now_s, bytes, &length, &error,
				      ret_server_s);
	if (verdict == TSIG_ERROR_BADTIME)
		return SERVER_ANSWER_BADTIME;
	if (verdict == TSIG_ERROR_BADTRUNC) {
		*ret_code = BADTRUNC;
		return SERVER_ANSWER_GOOD;
	}
	if (verdict != TSIG_GOOD)
		return ignore(request, verdict, bytes, length, error);
	if (update_decode_answer(bytes, length, request->query ? &request->name : NULL,
				 request->type, &request->outcome.answer, &request->note) < 0)
		return SERVER_ANSWER_IGNORED;
	*ret_code = request->outcome.answer.rcode;
	return SERVER_ANSWER_GOOD;
}

void server_request_give_up(struct server_request *request, const struct server_party *party,
			    const char *what)
{
	struct server_outcome *outcome = &request->outcome;
	struct server_party hinted = *party;
	struct err words;

	err_set(&words, 0, "%s%s%s", what, request->note.text[0] ? "; what came was ignored: " : "",
		request->note.text);
	if (request->hint) {
		hinted.server = request->hint_server;
		server_outcome_answered(outcome, &hinted, request->hint);
	} else {
		server_outcome_failed(outcome, party, words.text);
	}
	memset(&outcome->answer, 0, sizeof outcome->answer);
	request->state = SERVER_REQUEST_FINISHED;
}

size_t server_requests_in(const struct server_requests *requests, enum server_request_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < requests->count; i++)
		count += requests->items[i]->state == state;
	return count;
}

void server_requests_lost(struct server_requests *requests)
{
	for (size_t i = 0; i < requests->count; i++) {
		struct server_request *request = requests->items[i];

		if (request->state == SERVER_REQUEST_WAITING)
			request->tries++; /* a sending has counted itself */
		else if (request->state == SERVER_REQUEST_SENT)
			request->state = SERVER_REQUEST_WAITING;
	}
}

struct server_request *server_requests_exhausted(const struct server_requests *requests,
						 unsigned tries)
{
	for (size_t i = 0; i < requests->count; i++) {
		struct server_request *request = requests->items[i];

		if (request->state == SERVER_REQUEST_WAITING && request->tries >= tries)
			return request;
	}
	return NULL;
}

uint64_t server_requests_deadline_ms(const struct server_requests *requests)
{
	uint64_t first_ms = UINT64_MAX;

	for (size_t i = 0; i < requests->count; i++) {
		const struct server_request *request = requests->items[i];

		if (request->state == SERVER_REQUEST_SENT && request->deadline_ms < first_ms)
			first_ms = request->deadline_ms;
	}
	return first_ms;
}

struct server_request *server_requests_take_finished(struct server_requests *requests)
{
	for (size_t i = 0; i < requests->count; i++) {
		struct server_request *request = requests->items[i];

		if (request->state != SERVER_REQUEST_FINISHED)
			continue;
		requests->count--;
		memmove(&requests->items[i], &requests->items[i + 1],
			(requests->count - i) * sizeof *requests->items);
		return request;
	}
	return NULL;
}
