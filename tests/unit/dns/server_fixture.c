/* SPDX-License-Identifier: ISC */
#include "tests/unit/dns/server_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MAC_LENGTH 32

static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";
const struct server_times quick = {
	.connect_ms = 2000, .answer_ms = 150, .away_ms = 600000, .idle_ms = 60000};

static struct fixture *the_fixture;

static struct name_server_tsig good_tsig(const struct script *script)
{
	return (struct name_server_tsig){
		.name = "amtnet",
		.algorithm = "hmac-sha256",
		.digest = "SHA256",
		.secret = secret,
		.secret_length = sizeof secret,
		.mac_length = MAC_LENGTH,
		.time_s = (uint64_t)(time(NULL) + script->clock_ahead_s),
		.fudge = 300,
	};
}

/* Builds, signs and sends the answer; `tsig` NULL = unsigned. */
static size_t make_answer(const struct script *script, const struct name_server_message *message,
			  int rcode, const struct name_server_tsig *tsig, uint8_t *ret, size_t size)
{
	size_t length = name_server_build(message->bytes, message->length, rcode, script->addresses,
					  ret, size);

	return tsig ? name_server_sign(tsig, message->bytes, message->length, MAC_LENGTH, ret,
				       length, size)
		    : length;
}

static void answer(const struct script *script, const struct name_server_message *message,
		   int rcode, const struct name_server_tsig *tsig)
{
	uint8_t bytes[8192];
	size_t length = make_answer(script, message, rcode, tsig, bytes, sizeof bytes);

	name_server_answer(message, bytes, length);
}

static void on_split(evutil_socket_t fd, short what, void *user)
{
	const struct timeval soon = {0};
	struct fixture *f = user;

	name_server_send_raw(f->split_peer, f->split + f->split_at++, 1);
	if (f->split_at < f->split_length)
		event_add(f->split_event, &soon);
}

static void split(const struct script *script, const struct name_server_message *message,
		  const struct name_server_tsig *tsig)
{
	struct fixture *f = the_fixture;

	f->split_length = make_answer(script, message, 0, tsig, f->split + 2, sizeof f->split - 2);
	f->split[0] = (uint8_t)(f->split_length >> 8);
	f->split[1] = (uint8_t)f->split_length;
	f->split_length += 2;
	f->split_peer = message->peer;
	f->split_at = 0;
	on_split(-1, 0, f);
}

static void say_badtime(struct script *script, const struct name_server_message *message)
{
	uint64_t server_s = (uint64_t)time(NULL) + 3600;
	const uint8_t other[6] = {0,
				  0,
				  (uint8_t)(server_s >> 24),
				  (uint8_t)(server_s >> 16),
				  (uint8_t)(server_s >> 8),
				  (uint8_t)server_s};
	struct name_server_tsig tsig = good_tsig(script);

	tsig.error = 18;
	tsig.other = other;
	tsig.other_length = sizeof other;
	answer(script, message, 9, &tsig);
	script->clock_ahead_s = 3600;
}

static void hold(struct script *script, const struct name_server_message *message,
		 const struct name_server_tsig *tsig)
{
	if (!script->held) {
		script->held = malloc(sizeof *script->held);
		*script->held = *message;
		return;
	}
	answer(script, message, 0, tsig);
	answer(script, script->held, 0, tsig);
	free(script->held);
	script->held = NULL;
}

/* Truncated, and signed so. */
static void cut(const struct script *script, const struct name_server_message *message,
		const struct name_server_tsig *tsig)
{
	uint8_t bytes[1024];
	size_t length = make_answer(script, message, 0, NULL, bytes, sizeof bytes);

	bytes[2] |= 2; /* TC */
	length = name_server_sign(tsig, message->bytes, message->length, MAC_LENGTH, bytes, length,
				  sizeof bytes);
	name_server_answer(message, bytes, length);
}

static void elsewhere(const struct script *script, const struct name_server_message *message,
		      const struct name_server_tsig *tsig)
{
	uint8_t bytes[1024];
	size_t length = make_answer(script, message, 5, tsig, bytes, sizeof bytes);

	name_server_answer_from_elsewhere(message, bytes, length);
	answer(script, message, 0, tsig);
}

static void act(struct script *script, enum act what, int rcode,
		const struct name_server_message *message)
{
	struct name_server_tsig tsig = good_tsig(script), bad = tsig;

	switch (what) {
	case ANSWER:
		answer(script, message, rcode, &tsig);
		break;
	case SILENT:
		break;
	case RESET:
		name_server_reset(message->peer);
		break;
	case ANSWER_AND_CLOSE:
		answer(script, message, rcode, &tsig);
		name_server_close(message->peer);
		break;
	case UNSIGNED:
		answer(script, message, rcode, NULL);
		break;
	case WRONG_SECRET_THEN_GOOD:
		bad.secret = "wrong";
		bad.secret_length = 5;
		answer(script, message, 5, &bad);
		answer(script, message, rcode, &tsig);
		break;
	case HINT_BADKEY:
		bad.error = 17;
		bad.mac_length = 0;
		answer(script, message, 9, &bad);
		break;
	case BYTE_BY_BYTE:
		split(script, message, &tsig);
		break;
	case HUGE_LENGTH:
		name_server_send_raw(message->peer, "\xff\xff", 2);
		name_server_send_raw(message->peer, message->bytes, message->length);
		break;
	case GARBAGE_THEN_GOOD:
		name_server_send_raw(message->peer, "\0\0\0\1x\0\2xx\0\14xxxxxxxxxxxx", 23);
		answer(script, message, rcode, &tsig);
		break;
	case BADTIME_BY_AN_HOUR:
	case BADTIME_ALWAYS:
		say_badtime(script, message);
		break;
	case HOLD:
		hold(script, message, &tsig);
		break;
	case CUT:
		cut(script, message, &tsig);
		break;
	case FROM_ELSEWHERE:
		elsewhere(script, message, &tsig);
		break;
	}
}

static void on_request(struct name_server *server, const struct name_server_message *message,
		       void *user)
{
	struct script *script = user;
	size_t number = script->seen++;
	size_t i = number < script->count ? number : script->count ? script->count - 1 : 0;

	assert_true(number < REQUESTS);
	script->ids[number] = message->id;
	script->datagrams += !message->peer;
	act(script, script->act[i], script->rcode[i], message);
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
	fail_msg("nothing came in 10 s");
}

int server_set_up(void **state)
{
	const struct timeval limit = {.tv_sec = 10};
	struct fixture *f = calloc(1, sizeof *f);

	the_fixture = f;
	f->base = event_base_new();
	f->deadline = evtimer_new(f->base, on_deadline, NULL);
	f->split_event = evtimer_new(f->base, on_split, f);
	event_add(f->deadline, &limit);
	f->zone = (struct hostname){"example"};
	f->name = (struct hostname){"me.example"};
	if (tsig_key_new(&f->key, "amtnet", TSIG_HMAC_SHA256, secret, sizeof secret, NULL) < 0)
		return -1;
	for (size_t i = 0; i < SERVERS; i++) {
		f->servers[i] = name_server_new(f->base, on_request, &f->scripts[i]);
		f->endpoints[i] = name_server_endpoint(f->servers[i]);
	}
	if (server_pool_new(&f->pool, f->base) < 0)
		return -1;
	server_pool_set_times(f->pool, quick);
	*state = f;
	return 0;
}

int server_tear_down(void **state)
{
	struct fixture *f = *state;

	server_zone_free(f->server);
	server_pool_free(f->pool);
	for (size_t i = 0; i < SERVERS; i++) {
		name_server_free(f->servers[i]);
		free(f->scripts[i].held);
	}
	tsig_key_free(f->key);
	event_free(f->split_event);
	event_free(f->deadline);
	event_base_free(f->base);
	free(f);
	return 0;
}

/* One step of server 0's script. */
void script(struct fixture *f, enum act what, int rcode)
{
	struct script *script = &f->scripts[0];

	script->act[script->count] = what;
	script->rcode[script->count++] = rcode;
}

void answer_held(struct fixture *f, size_t server, int rcode)
{
	struct script *script = &f->scripts[server];
	const struct name_server_tsig tsig = good_tsig(script);

	assert_non_null(script->held);
	answer(script, script->held, rcode, &tsig);
	free(script->held);
	script->held = NULL;
}

void begin(struct fixture *f, size_t servers, const struct tsig_key *key)
{
	assert_int_equal(server_zone_new(&f->server, f->pool, &f->zone, f->endpoints, servers, key),
			 0);
}

void on_done(const struct server_outcome *outcome, void *user)
{
	struct fixture *f = the_fixture;

	assert_false(f->inside_call);
	assert_true(f->done < REQUESTS);
	f->numbers[f->done] = (int)(intptr_t)user;
	f->outcomes[f->done++] = *outcome;
	if (f->free_inside) {
		server_zone_free(f->server);
		f->server = NULL;
		f->free_inside = false;
	}
}

int put_update(struct fixture *f, int number)
{
	struct record a = record_address(addr_ip4(0x0a000001), 60);
	struct update update;
	int rc;

	update_init(&update, &f->zone);
	update_put(&update, UPDATE_ADD, &f->name, &a);
	f->inside_call = true;
	rc = server_update(f->server, &update, on_done, (void *)(intptr_t)number);
	f->inside_call = false;
	return rc;
}

void wait_for(struct fixture *f, size_t done)
{
	while (f->done < done)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
}

const struct server_outcome *one_update(struct fixture *f)
{
	assert_int_equal(put_update(f, 0), 0);
	wait_for(f, f->done + 1);
	return &f->outcomes[f->done - 1];
}

void assert_words(const struct fixture *f, const struct server_outcome *outcome, size_t server,
		  const char *words)
{
	char expected[512], at[ENDPOINT_TEXT];

	snprintf(expected, sizeof expected, "%s%s", endpoint_print(f->endpoints[server], at),
		 words);
	assert_string_equal(outcome->words.text, expected);
	assert_true(endpoint_equal(outcome->server, f->endpoints[server]));
}
