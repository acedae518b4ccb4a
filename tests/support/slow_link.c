/* SPDX-License-Identifier: ISC */
/*
 * slow_link NETNS-A NETNS-B DEVICE DELAY-US LOSS-PERMILLE: joins two network namespaces by a pair of
 * TAP devices of one name, and hands each frame on after a delay, or not at all. For kernels without
 * netem. Prints "ready" once both devices exist; runs until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 2048
#define QUEUE_MAX 16384

struct frame {
	uint64_t due_us;
	uint16_t length;
	uint8_t bytes[FRAME_MAX];
};

/* Frames on their way to one end: a ring. */
struct queue {
	struct frame *frames;
	size_t first;
	size_t count;
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int open_tap(const char *netns, const char *device)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	char path[256];
	int space, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	space = open(path, O_RDONLY | O_CLOEXEC);
	if (space < 0 || setns(space, CLONE_NEWNET))
		return -errno;
	close(space);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : fd;
}

static void take_frames(int fd, struct queue *queue, uint64_t delay_us, unsigned loss)
{
	while (queue->count < QUEUE_MAX) {
		struct frame *frame = &queue->frames[(queue->first + queue->count) % QUEUE_MAX];
		ssize_t got = read(fd, frame->bytes, FRAME_MAX);

		if (got <= 0)
			return;
		if ((unsigned)(random() % 1000) < loss)
			continue;
		frame->length = (uint16_t)got;
		frame->due_us = now_us() + delay_us;
		queue->count++;
	}
}

static void give_frames(int fd, struct queue *queue)
{
	uint64_t now = now_us();

	while (queue->count && queue->frames[queue->first].due_us <= now) {
		const struct frame *frame = &queue->frames[queue->first];

		if (write(fd, frame->bytes, frame->length) < 0 && errno == EAGAIN)
			return;
		queue->first = (queue->first + 1) % QUEUE_MAX;
		queue->count--;
	}
}

/* Microseconds until the next frame is due, -1 without one. */
static int64_t wait_of(const struct queue *queue)
{
	uint64_t now = now_us(), due;

	if (!queue->count)
		return -1;
	due = queue->frames[queue->first].due_us;
	return due > now ? (int64_t)(due - now) : 0;
}

int main(int argc, char **argv)
{
	struct queue queues[2] = {0};
	struct pollfd fds[2];
	uint64_t delay_us;
	unsigned loss;

	if (argc != 6)
		return 3;
	delay_us = strtoul(argv[4], NULL, 10);
	loss = (unsigned)strtoul(argv[5], NULL, 10);
	for (size_t i = 0; i < 2; i++) {
		fds[i] = (struct pollfd){.fd = open_tap(argv[i + 1], argv[3]), .events = POLLIN};
		queues[i].frames = calloc(QUEUE_MAX, sizeof(struct frame));
		if (fds[i].fd < 0 || !queues[i].frames) {
			fprintf(stderr, "slow_link: %s: %s\n", argv[i + 1], strerror(errno));
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		int64_t one = wait_of(&queues[0]), two = wait_of(&queues[1]);
		int64_t us = one < 0 || (two >= 0 && two < one) ? two : one;
		struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

		if (ppoll(fds, 2, us < 0 ? NULL : &wait, NULL) < 0)
			return 1;
		take_frames(fds[0].fd, &queues[0], delay_us, loss);
		take_frames(fds[1].fd, &queues[1], delay_us, loss);
		give_frames(fds[1].fd, &queues[0]);
		give_frames(fds[0].fd, &queues[1]);
	}
}
