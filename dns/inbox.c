/* SPDX-License-Identifier: ISC */
#include "dns/inbox.h"
#include "common/clock.h"
#include "common/text.h"
#include "common/unix_socket.h"
#include "dns/inbox_socket.h"
#include "dns/inbox_table.h"
#include "dns/sequence.h"

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8
#define RECORDS_PER_WAKE 64 /* of one connection, before the others have their turn */
#define ACCEPT_PAUSE_MS 1000
#define SENTENCE 700

struct inbox_connection {
	struct inbox *inbox; /* NULL = free place */
	int fd;
	struct event *readable;
	struct event *writable;
	bool greeted; /* HELLO came */
	bool ack_owed;
	struct inbox_table table;
	uint64_t boot_id;
	pid_t pid;
};

struct inbox {
	struct event_base *base;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	struct event *acceptable;
	struct event *accept_again;
	bool running, paused;
	const struct inbox_events *events;
	void *user;
	struct sequence sequence;
	struct inbox_counters counters;
	struct inbox_connection connections[INBOX_CONNECTIONS_MAX];
};

static const struct timeval silence = {.tv_sec = INBOX_SILENCE_MS / 1000};

/* Connections ----------------------------------------------------------------------------------- */

static void tell(struct inbox *inbox, bool trouble, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(struct inbox *inbox, bool trouble, const char *format, ...)
{
	char sentence[SENTENCE], clean[SENTENCE];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	text_clean(clean, sizeof(clean), sentence, strlen(sentence));
	inbox->events->on_peer(trouble, clean, inbox->user);
}

static void connection_close(struct inbox_connection *connection)
{
	struct inbox *inbox = connection->inbox;

	if (!inbox)
		return;
	if (connection->readable)
		event_free(connection->readable);
	if (connection->writable)
		event_free(connection->writable);
	close(connection->fd);
	memset(connection, 0, sizeof(*connection));
	inbox->counters.connections--;
}

static void send_refused(int fd, const char *reason)
{
	struct lease_record record = {.type = LEASE_REFUSED, .time_ms = clock_wall_ms()};

	snprintf(record.refused, sizeof(record.refused), "%s", reason);
	inbox_socket_send(fd, &record);
}

static void refuse(struct inbox_connection *connection, const char *reason)
{
	connection->inbox->counters.refused++;
	send_refused(connection->fd, reason);
	tell(connection->inbox, true, "hook refused, pid=%d, reason=%s", (int)connection->pid,
	     reason);
	connection_close(connection);
}

static void send_ack(struct inbox_connection *connection)
{
	const struct sequence_boot *boot = sequence_find(&connection->inbox->sequence,
							 connection->boot_id);
	struct lease_record record = {.type = LEASE_ACK, .boot_id = connection->boot_id};

	if (!boot || !boot->saved)
		return;
	record.seq = boot->saved;
	record.time_ms = clock_wall_ms();
	connection->ack_owed = !inbox_socket_send(connection->fd, &record);
	if (connection->ack_owed)
		event_add(connection->writable, NULL);
	else
		connection->inbox->counters.acks++;
}

static void send_table(struct inbox_connection *connection)
{
	struct inbox *inbox = connection->inbox;

	inbox->counters.learned += inbox_table_send(&connection->table, connection->fd,
						    connection->boot_id, inbox->events->learned,
						    inbox->user);
	if (connection->table.owed)
		event_add(connection->writable, NULL);
}

static void owe_table(struct inbox_connection *connection)
{
	inbox_table_owe(&connection->table);
	send_table(connection);
}

static void on_writable(evutil_socket_t fd, short what, void *user)
{
	struct inbox_connection *connection = user;

	if (connection->ack_owed)
		send_ack(connection);
	if (connection->table.owed)
		send_table(connection);
}

/* Records --------------------------------------------------------------------------------------- */

static void take_hello(struct inbox_connection *connection, const struct lease_record *record,
		       uint64_t now_ms)
{
	struct inbox *inbox = connection->inbox;
	bool other = false;

	/* The same hook on a second connection: the first one is dead and does not know it yet. */
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		struct inbox_connection *old = &inbox->connections[i];

		if (old != connection && old->inbox && old->greeted &&
		    old->boot_id == record->boot_id)
			connection_close(old);
	}
	connection->greeted = true;
	connection->boot_id = record->boot_id;
	tell(inbox, false, "hook connected, pid=%d, version=%s, kea=%s, parameters=%s",
	     (int)connection->pid, record->hello.hook_version, record->hello.kea_version,
	     record->hello.parameters);
	if (sequence_meet(&inbox->sequence, record->boot_id, now_ms, &other)) {
		inbox->events->on_hook(record->boot_id, inbox->user);
		inbox->counters.gaps += other;
		if (other)
			inbox->events->on_gap(record->boot_id, 0,
					      "Kea was restarted or reconfigured", inbox->user);
	}
	send_ack(connection);
	owe_table(connection);
}

static void take_numbered(struct inbox_connection *connection, const struct lease_record *record,
			  uint64_t now_ms)
{
	struct inbox *inbox = connection->inbox;
	uint64_t lost = 0;

	switch (sequence_take(&inbox->sequence, record->boot_id, record->seq, now_ms, &lost)) {
	case SEQUENCE_OLD:
		inbox->counters.duplicates++;
		send_ack(connection);
		return;
	case SEQUENCE_JUMP:
		inbox->counters.gaps++;
		inbox->counters.lost += lost;
		inbox->events->on_gap(record->boot_id, lost, "sequence numbers are missing",
				      inbox->user);
		break;
	case SEQUENCE_NEW:
		break;
	}
	if (record->type == LEASE_GAP) {
		inbox->counters.gaps++;
		inbox->counters.lost += record->lost;
		inbox->events->on_gap(record->boot_id, record->lost, "the hook's queue was full",
				      inbox->user);
	} else {
		inbox->counters.events++;
		inbox->events->on_event(record, inbox->user);
	}
	inbox->events->on_position(record->boot_id, record->seq, inbox->user);
}

static void take_record(struct inbox_connection *connection, const struct lease_record *record,
			uint64_t now_ms)
{
	if (!connection->greeted && record->type != LEASE_HELLO) {
		refuse(connection, "the first record must be HELLO");
		return;
	}
	if (connection->greeted && record->boot_id != connection->boot_id) {
		refuse(connection, "the boot id must stay the same on one connection");
		return;
	}
	switch (record->type) {
	case LEASE_HELLO:
		take_hello(connection, record, now_ms);
		return;
	case LEASE_EVENT:
	case LEASE_GAP:
		take_numbered(connection, record, now_ms);
		return;
	case LEASE_ALIVE:
		return;
	case LEASE_RESYNC:
		connection->inbox->counters.resyncs++;
		connection->inbox->events->on_resync(connection->inbox->user);
		return;
	case LEASE_ACK:
	case LEASE_REFUSED:
	case LEASE_LEARNED:
		break;
	}
	refuse(connection, "ACK, REFUSED and LEARNED are the daemon's records, not the hook's");
}

static void take_packet(struct inbox_connection *connection, const uint8_t *bytes, size_t length,
			uint64_t now_ms)
{
	struct lease_record record;
	struct err err = {0};

	connection->inbox->counters.records++;
	if (length > LEASE_RECORD_MAX)
		err_set(&err, 0, "a record may have %d bytes, this one has %zu", LEASE_RECORD_MAX,
			length);
	else if (!lease_decode(bytes, length, &record, &err)) {
		take_record(connection, &record, now_ms);
		return;
	}
	connection->inbox->counters.invalid++;
	refuse(connection, err.text);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct inbox_connection *connection = user;
	struct inbox *inbox = connection->inbox;
	uint8_t bytes[LEASE_RECORD_MAX];
	uint64_t now_ms = clock_mono_ms();

	if (what & EV_TIMEOUT) {
		refuse(connection, "silent for 60 s, where ALIVE is due every 10 s");
		return;
	}
	for (int i = 0; i < RECORDS_PER_WAKE && connection->inbox && !inbox->paused; i++) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			tell(inbox, false, "hook disconnected, pid=%d", (int)connection->pid);
			connection_close(connection);
			return;
		}
		take_packet(connection, bytes, (size_t)n, now_ms);
	}
}

/* Accepting ------------------------------------------------------------------------------------- */

static pid_t peer_pid(int fd)
{
	struct ucred ucred = {0};
	socklen_t length = sizeof(ucred);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &length);
	return ucred.pid;
}

static struct inbox_connection *free_place(struct inbox *inbox)
{
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		if (!inbox->connections[i].inbox)
			return &inbox->connections[i];
	}
	return NULL;
}

static void connection_open(struct inbox *inbox, int fd)
{
	struct inbox_connection *connection = free_place(inbox);

	if (!connection) {
		inbox->counters.refused++;
		send_refused(fd, "8 hooks are connected, which is the most");
		tell(inbox, true,
		     "hook refused, pid=%d, reason=%d are connected, which is the most",
		     (int)peer_pid(fd), INBOX_CONNECTIONS_MAX);
		close(fd);
		return;
	}
	inbox->counters.accepted++;
	inbox->counters.connections++;
	*connection = (struct inbox_connection){.inbox = inbox, .fd = fd, .pid = peer_pid(fd)};
	connection->readable = event_new(inbox->base, fd, EV_READ | EV_PERSIST, on_readable,
					 connection);
	connection->writable = event_new(inbox->base, fd, EV_WRITE, on_writable, connection);
	if (!connection->readable || !connection->writable) {
		connection_close(connection);
		return;
	}
	if (!inbox->paused)
		event_add(connection->readable, &silence);
}

static void on_accept_again(evutil_socket_t fd, short what, void *user)
{
	struct inbox *inbox = user;

	if (inbox->running)
		event_add(inbox->acceptable, NULL);
}

static void on_acceptable(evutil_socket_t fd, short what, void *user)
{
	static const struct timeval pause = {.tv_sec = ACCEPT_PAUSE_MS / 1000};
	struct inbox *inbox = user;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (peer >= 0) {
		connection_open(inbox, peer);
		return;
	}
	/* Out of descriptors or memory: the hook waits in the backlog while we let others finish. */
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		event_del(inbox->acceptable);
		event_add(inbox->accept_again, &pause);
		tell(inbox, true, "hooks wait, reason=%s", strerror(errno));
	}
}

/* For the door ---------------------------------------------------------------------------------- */

int inbox_open(struct inbox **ret, struct event_base *base, const char *path, const char *group,
	       const struct inbox_events *events, void *user, struct err *err)
{
	struct inbox *inbox = calloc(1, sizeof(*inbox));
	int r;

	if (!inbox)
		return err_set(err, -ENOMEM, "out of memory");
	inbox->fd = -1;
	inbox->base = base;
	inbox->events = events;
	inbox->user = user;
	if ((r = unix_socket_listen(path, SOCK_SEQPACKET, group, BACKLOG, err)) < 0) {
		err_prefix(err, "lease.socket");
		goto fail;
	}
	inbox->fd = r;
	snprintf(inbox->path, sizeof(inbox->path), "%s", path);
	inbox->acceptable = event_new(base, inbox->fd, EV_READ | EV_PERSIST, on_acceptable, inbox);
	inbox->accept_again = event_new(base, -1, 0, on_accept_again, inbox);
	if (!inbox->acceptable || !inbox->accept_again) {
		r = err_set(err, -ENOMEM, "out of memory");
		goto fail;
	}
	*ret = inbox;
	return 0;
fail:
	inbox_close(inbox);
	return r;
}

void inbox_close(struct inbox *inbox)
{
	if (!inbox)
		return;
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		connection_close(&inbox->connections[i]);
	if (inbox->acceptable)
		event_free(inbox->acceptable);
	if (inbox->accept_again)
		event_free(inbox->accept_again);
	if (inbox->fd >= 0)
		close(inbox->fd);
	if (inbox->path[0])
		unlink(inbox->path);
	free(inbox);
}

void inbox_restore(struct inbox *inbox, uint64_t boot_id, uint64_t seq)
{
	sequence_restore(&inbox->sequence, boot_id, seq);
}

int inbox_start(struct inbox *inbox)
{
	inbox->running = true;
	return event_add(inbox->acceptable, NULL) < 0 ? -ENOMEM : 0;
}

void inbox_stop(struct inbox *inbox)
{
	inbox->running = false;
	event_del(inbox->acceptable);
	event_del(inbox->accept_again);
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		connection_close(&inbox->connections[i]);
}

void inbox_saved(struct inbox *inbox, uint64_t boot_id, uint64_t seq)
{
	sequence_saved(&inbox->sequence, boot_id, seq);
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		struct inbox_connection *connection = &inbox->connections[i];

		if (connection->inbox && connection->greeted && connection->boot_id == boot_id)
			send_ack(connection);
	}
}

void inbox_learn(struct inbox *inbox, struct mac mac)
{
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		struct inbox_connection *connection = &inbox->connections[i];

		if (!connection->inbox || !connection->greeted)
			continue;
		/* In the middle of the table the news may lie before the cursor. */
		if (connection->table.owed ||
		    !inbox_table_add(connection->fd, connection->boot_id, mac))
			owe_table(connection);
		else
			inbox->counters.learned++;
	}
}

void inbox_pause(struct inbox *inbox, bool pause)
{
	if (inbox->paused == pause)
		return;
	inbox->paused = pause;
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		struct inbox_connection *connection = &inbox->connections[i];

		if (!connection->inbox)
			continue;
		if (pause)
			event_del(connection->readable);
		else
			event_add(connection->readable, &silence);
	}
}

struct inbox_counters inbox_counters(const struct inbox *inbox)
{
	return inbox->counters;
}
