/* SPDX-License-Identifier: ISC */
#include "kea-hook/sender.h"

#include "common/backoff.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/text.h"
#include "common/wire.h"
#include "kea-hook/peer.h"
#include "kea-hook/ring.h"
#include "kea-hook/stage.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BUSY_MS 2
#define IDLE_MS 32
#define ALIVE_MS 10000
#define BATCHES_PER_TURN 64 /* then the daemon's answers are read */
#define SEQ_AT 20           /* the sequence number in a record's head, docs/lease-socket.md */

struct sender {
	/* Set once, before the thread. */
	char *path;
	struct lease_hello hello;
	uint64_t boot_id;
	int stop_fd;
	pthread_t thread;
	void (*on_learned)(const struct lease_learned *told, void *user);
	void *user;

	atomic_bool stop;
	atomic_bool resync; /* RESYNC is to be said */
	struct stage stage;
	pthread_mutex_t lock; /* for stats; never taken by a packet thread */
	struct sender_stats stats;

	/* The thread's own. */
	struct ring ring;
	uint8_t *memory;
	struct peer peer;
	struct backoff backoff;
	uint64_t retry_at_ms;
	uint64_t spoke_at_ms; /* when the last record went out */
	int wait_ms;
	bool blocked; /* the daemon takes nothing more at the moment */
};

/* ---- The packet threads' side ---- */

static size_t encode(struct sender *sender, struct lease_record *record,
		     uint8_t ret[LEASE_RECORD_MAX])
{
	record->boot_id = sender->boot_id;
	size_t length = lease_encode(record, ret, LEASE_RECORD_MAX);

	assert(length > 0);
	return length;
}

void sender_push(struct sender *sender, const struct lease_event *event)
{
	struct lease_record record = {
		.type = LEASE_EVENT, .time_ms = clock_wall_ms(), .event = *event};
	uint8_t bytes[LEASE_RECORD_MAX];

	stage_put(&sender->stage, bytes, encode(sender, &record, bytes));
}

void sender_resync(struct sender *sender)
{
	atomic_store(&sender->resync, true);
}

void sender_stats(struct sender *sender, struct sender_stats *ret)
{
	pthread_mutex_lock(&sender->lock);
	*ret = sender->stats;
	pthread_mutex_unlock(&sender->lock);
	ret->boot_id = sender->boot_id;
	ret->contended = atomic_load(&sender->stage.busy);
	ret->lost += ret->contended + atomic_load(&sender->stage.full);
}

/* ---- The thread: records in ---- */

/* Gives the encoded record its number, and keeps it. */
static void append(struct sender *sender, uint8_t *bytes, size_t length)
{
	uint64_t seq = ring_last_seq(&sender->ring) + 1;
	struct wire_writer head;

	wire_writer_init(&head, bytes + SEQ_AT, sizeof(seq));
	wire_write_u64le(&head, seq);
	ring_push(&sender->ring, bytes, length);
}

static void note_ring(struct sender *sender)
{
	pthread_mutex_lock(&sender->lock);
	sender->stats.last_seq = ring_last_seq(&sender->ring);
	sender->stats.waiting = sender->ring.count;
	sender->stats.lost = sender->ring.dropped;
	pthread_mutex_unlock(&sender->lock);
}

/* Moves what the packet threads have put down into the ring, and a GAP for what they could not. */
static void collect(struct sender *sender)
{
	struct lease_record gap = {.type = LEASE_GAP};
	uint8_t bytes[LEASE_RECORD_MAX], *record;
	struct stage_load load;
	size_t length;

	stage_take(&sender->stage, &load);
	if (load.size == 0 && load.lost == 0) {
		if (sender->wait_ms < IDLE_MS)
			sender->wait_ms *= 2;
		return;
	}
	sender->wait_ms = BUSY_MS;
	while ((record = stage_next(&load, &length)) != NULL)
		append(sender, record, length);
	if (load.lost > 0) {
		gap.time_ms = clock_wall_ms();
		gap.lost = load.lost;
		append(sender, bytes, encode(sender, &gap, bytes));
	}
	note_ring(sender);
}

/* ---- The thread: connection ---- */

static void disconnect(struct sender *sender, uint64_t now_ms, const struct err *problem)
{
	peer_close(&sender->peer);
	sender->blocked = false;
	sender->retry_at_ms = now_ms + backoff_next_ms(&sender->backoff, random_u32());
	pthread_mutex_lock(&sender->lock);
	sender->stats.connected = false;
	sender->stats.problem = *problem;
	pthread_mutex_unlock(&sender->lock);
}

/* HELLO, ALIVE or RESYNC into the batch, which has room. */
static void speak(struct sender *sender, enum lease_record_type type)
{
	struct lease_record record = {.type = type, .time_ms = clock_wall_ms()};
	uint8_t *slot = peer_slot(&sender->peer);

	assert(slot != NULL);
	if (type == LEASE_HELLO)
		record.hello = sender->hello;
	record.seq = ring_last_seq(&sender->ring);
	peer_add(&sender->peer, encode(sender, &record, slot));
}

static void connect_now(struct sender *sender, uint64_t now_ms)
{
	struct err problem = {0};
	int r = peer_open(&sender->peer, sender->path);

	if (r < 0) {
		(void)err_set(&problem, r, "%s: %s", sender->path, strerrordesc_np(-r));
		disconnect(sender, now_ms, &problem);
		return;
	}
	ring_rewind(&sender->ring);
	pthread_mutex_lock(&sender->lock);
	sender->stats.connected = true;
	sender->stats.connects++;
	pthread_mutex_unlock(&sender->lock);
	sender->spoke_at_ms = now_ms;
	speak(sender, LEASE_HELLO);
}

/* ---- The thread: records out ---- */

/* The next record into `slot`; its length, 0 when there is none. */
static size_t take_next(struct sender *sender, uint8_t *slot)
{
	struct lease_record gap = {.type = LEASE_GAP};
	size_t length = 0;

	switch (ring_next(&sender->ring, slot, LEASE_RECORD_MAX, &length, &gap.seq, &gap.lost)) {
	case RING_EMPTY:
		return 0;
	case RING_RECORD:
		return length;
	case RING_GAP:
		gap.time_ms = clock_wall_ms();
		return encode(sender, &gap, slot);
	}
	return 0;
}

/* Fills the batch from the ring; false when there was nothing. */
static bool fill(struct sender *sender)
{
	size_t before = sender->peer.filled, length;
	uint8_t *slot;

	while ((slot = peer_slot(&sender->peer)) != NULL) {
		length = take_next(sender, slot);
		if (length == 0)
			break;
		peer_add(&sender->peer, length);
	}
	return sender->peer.filled > before;
}

/* 0, or a negative errno when the connection broke. */
static int flush(struct sender *sender, uint64_t now_ms)
{
	size_t sent;
	int r = peer_flush(&sender->peer, &sent);

	sender->blocked = r == PEER_LATER;
	if (sent > 0) {
		sender->spoke_at_ms = now_ms;
		pthread_mutex_lock(&sender->lock);
		sender->stats.sent += sent;
		pthread_mutex_unlock(&sender->lock);
	}
	return r < 0 ? r : 0;
}

static int send_waiting(struct sender *sender, uint64_t now_ms)
{
	int r = flush(sender, now_ms); /* the rest of an earlier batch */

	for (int i = 0; r == 0 && !sender->blocked && i < BATCHES_PER_TURN; i++) {
		if (!fill(sender))
			break;
		r = flush(sender, now_ms);
	}
	if (r == 0 && !sender->blocked && atomic_exchange(&sender->resync, false)) {
		speak(sender, LEASE_RESYNC);
		r = flush(sender, now_ms);
	}
	if (r == 0 && !sender->blocked && now_ms - sender->spoke_at_ms >= ALIVE_MS) {
		backoff_reset(&sender->backoff); /* this connection lasts */
		speak(sender, LEASE_ALIVE);
		r = flush(sender, now_ms);
	}
	return r;
}

/* ---- The thread: answers in ---- */

static int take_ack(struct sender *sender, uint64_t seq, struct err *err)
{
	if (ring_ack(&sender->ring, seq) < 0)
		return err_set(err, -EPROTO, "amtnetd acknowledged a record that was never made");
	pthread_mutex_lock(&sender->lock);
	if (seq > sender->stats.acked_seq)
		sender->stats.acked_seq = seq;
	pthread_mutex_unlock(&sender->lock);
	note_ring(sender);
	backoff_reset(&sender->backoff);
	return 0;
}

/* 0, or -EPROTO or -ECONNREFUSED with the sentence when the connection is to be closed. */
static int take_answer(struct sender *sender, const struct lease_record *record, struct err *err)
{
	char clean[LEASE_TEXT_MAX + 1];

	if (record->type == LEASE_REFUSED) {
		pthread_mutex_lock(&sender->lock);
		sender->stats.refusals++;
		pthread_mutex_unlock(&sender->lock);
		text_clean(clean, sizeof(clean), record->refused, strlen(record->refused));
		return err_set(err, -ECONNREFUSED, "amtnetd refused: %s", clean);
	}
	if (record->type != LEASE_ACK && record->type != LEASE_LEARNED)
		return err_set(err, -EPROTO,
			       "amtnetd sent a record of type %d, not ACK, LEARNED or REFUSED",
			       (int)record->type);
	if (record->boot_id != sender->boot_id)
		return err_set(err, -EPROTO, "amtnetd answered another boot id");
	if (record->type == LEASE_LEARNED) {
		sender->on_learned(&record->learned, sender->user);
		return 0;
	}
	return take_ack(sender, record->seq, err);
}

static int read_answers(struct sender *sender, struct err *err)
{
	struct lease_record record;
	int r;

	while ((r = peer_receive(&sender->peer, &record, err)) == PEER_OK) {
		r = take_answer(sender, &record, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

/* ---- The thread: its life ---- */

static void exchange(struct sender *sender, uint64_t now_ms)
{
	struct err problem = {0};
	int r = read_answers(sender, &problem);

	if (r == 0) {
		r = send_waiting(sender, now_ms);
		if (r < 0)
			(void)err_set(&problem, r, "sending failed: %s", strerrordesc_np(-r));
	}
	/* A REFUSED may wait behind a broken pipe: it says more than the errno. */
	if (r == -EPIPE || r == -ECONNRESET)
		(void)read_answers(sender, &problem);
	if (r < 0)
		disconnect(sender, now_ms, &problem);
}

/* Never for longer than wait_ms, so that the stage does not fill up. */
static void rest(struct sender *sender)
{
	struct pollfd fds[2] = {
		{.fd = sender->stop_fd, .events = POLLIN},
		{.fd = sender->peer.fd, .events = POLLIN}, /* ignored when negative */
	};

	if (sender->blocked)
		fds[1].events |= POLLOUT;
	(void)poll(fds, 2, sender->wait_ms);
}

static void *run(void *argument)
{
	struct sender *sender = argument;

	while (!atomic_load(&sender->stop)) {
		uint64_t now_ms = clock_mono_ms();

		collect(sender);
		if (sender->peer.fd < 0 && now_ms >= sender->retry_at_ms)
			connect_now(sender, now_ms);
		if (sender->peer.fd >= 0)
			exchange(sender, now_ms);
		rest(sender);
	}
	collect(sender);
	if (sender->peer.fd >= 0)
		exchange(sender, clock_mono_ms()); /* the last words, as far as they are taken */
	peer_close(&sender->peer);
	return NULL;
}

static int start_thread(struct sender *sender)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int r = -pthread_create(&sender->thread, NULL, run, sender);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		(void)pthread_setname_np(sender->thread, "amtnet-sender");
	return r;
}

static void release(struct sender *sender)
{
	if (sender->stop_fd >= 0)
		close(sender->stop_fd);
	pthread_mutex_destroy(&sender->lock);
	stage_done(&sender->stage);
	free(sender->memory);
	free(sender->path);
	free(sender);
}

int sender_new(struct sender **ret, const struct sender_config *config, struct err *err)
{
	struct sender *sender = calloc(1, sizeof(*sender));

	if (sender == NULL)
		return err_set(err, -ENOMEM, "no memory for the sender");
	sender->stop_fd = -1;
	pthread_mutex_init(&sender->lock, NULL);
	peer_init(&sender->peer);
	sender->hello = config->hello;
	sender->boot_id = random_u64();
	sender->on_learned = config->on_learned;
	sender->user = config->user;
	sender->wait_ms = BUSY_MS;
	sender->backoff = (struct backoff){config->retry_base_ms, config->retry_max_ms, 0};
	sender->path = strdup(config->socket);
	sender->memory = malloc(config->ring_bytes);
	if (sender->path == NULL || sender->memory == NULL ||
	    stage_init(&sender->stage, config->stage_bytes) < 0) {
		release(sender);
		return err_set(err, -ENOMEM, "no memory for the ring of %zu bytes",
			       config->ring_bytes);
	}
	if (config->stage_tries > 0)
		sender->stage.tries = config->stage_tries;
	ring_init(&sender->ring, sender->memory, config->ring_bytes);

	sender->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = sender->stop_fd < 0 ? -errno : start_thread(sender);
	if (r < 0) {
		release(sender);
		return err_set(err, r, "cannot start the sender: %s", strerrordesc_np(-r));
	}
	*ret = sender;
	return 0;
}

void sender_free(struct sender *sender)
{
	uint64_t one = 1;

	if (sender == NULL)
		return;
	atomic_store(&sender->stop, true);
	(void)!write(sender->stop_fd, &one, sizeof(one));
	pthread_join(sender->thread, NULL);
	release(sender);
}
