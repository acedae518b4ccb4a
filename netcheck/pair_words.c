/* SPDX-License-Identifier: ISC */
#include "netcheck/pair_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 6

static const char *const state_names[] = {
	[PAIR_HELLO_ACCEPTED] = "accepted", [PAIR_HELLO_HELD] = "held",
	[PAIR_HELLO_RESET] = "reset",       [PAIR_HELLO_CLOSED] = "closed",
	[PAIR_HELLO_REJECTED] = "rejected", [PAIR_HELLO_SILENT] = "silent",
	[PAIR_HELLO_FAILED] = "failed",
};

const char *pair_hello_state_name(enum pair_hello_state state)
{
	return state_names[state];
}

void pair_print_ready(const struct pair_ready *ready, char ret[PAIR_WORDS_MAX])
{
	char name[TOKEN_NAME_MAX + 1] = "-", peer[ADDR_TEXT], own[ADDR_TEXT];

	for (size_t i = 0; ready->name[i]; i++) {
		name[i] = isalnum((unsigned char)ready->name[i]) || strchr("-_.", ready->name[i])
				  ? ready->name[i]
				  : '-';
		name[i + 1] = '\0';
	}
	snprintf(ret, PAIR_WORDS_MAX, "ready %s %s %s", name, addr_print(ready->peer, peer),
		 addr_print(ready->own, own));
}

void pair_print_port(const struct pair_port *port, char ret[PAIR_WORDS_MAX])
{
	snprintf(ret, PAIR_WORDS_MAX, "port %u %u %u %u", port->port, port->half_open,
		 port->accepted, port->proven);
}

void pair_print_ask_hello(struct endpoint server, char ret[PAIR_WORDS_MAX])
{
	char addr[ADDR_TEXT];

	snprintf(ret, PAIR_WORDS_MAX, "hello %s %u", addr_print(server.addr, addr), server.port);
}

void pair_print_hello(const struct pair_hello *hello, char ret[PAIR_WORDS_MAX])
{
	char source[ADDR_TEXT];

	snprintf(ret, PAIR_WORDS_MAX, "hello %s %u %s", state_names[hello->state], hello->us,
		 addr_print(hello->source, source));
}

/* `text` cut into exactly `count` words after the first, which must be `first`. */
struct words {
	char text[PAIR_WORDS_MAX];
	char *items[WORDS_MOST];
};

static int split(const char *from, const char *first, size_t count, struct words *ret)
{
	char *rest = NULL, *word;
	size_t found = 0;

	if (strlen(from) >= sizeof(ret->text))
		return -EINVAL;
	memcpy(ret->text, from, strlen(from) + 1);
	word = strtok_r(ret->text, " ", &rest);
	if (!word || strcmp(word, first))
		return -EINVAL;
	while ((word = strtok_r(NULL, " ", &rest)) && found <= count && found < WORDS_MOST)
		ret->items[found++] = word;
	return found == count && !word ? 0 : -EINVAL;
}

static bool read_number(const char *text, unsigned long most, unsigned *ret)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 10)
		return false;
	value = strtoul(text, &end, 10);
	*ret = (unsigned)value;
	return !*end && value <= most;
}

/* "-" stands for no address. */
static bool read_addr(const char *text, struct addr *ret)
{
	*ret = (struct addr){0};
	return !strcmp(text, "-") || addr_parse(text, ret) == 0;
}

int pair_read_ready(const char *words, struct pair_ready *ret)
{
	struct pair_ready ready = {0};
	struct words parts;

	if (split(words, "ready", 3, &parts) || strlen(parts.items[0]) > TOKEN_NAME_MAX ||
	    !read_addr(parts.items[1], &ready.peer) || !read_addr(parts.items[2], &ready.own))
		return -EINVAL;
	memcpy(ready.name, parts.items[0], strlen(parts.items[0]));
	for (const char *c = ready.name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return -EINVAL;
	*ret = ready;
	return 0;
}

int pair_read_port(const char *words, struct pair_port *ret)
{
	struct words parts;
	struct pair_port seen;
	unsigned port;

	if (split(words, "port", 4, &parts) || !read_number(parts.items[0], 65535, &port) ||
	    !read_number(parts.items[1], UINT32_MAX, &seen.half_open) ||
	    !read_number(parts.items[2], UINT32_MAX, &seen.accepted) ||
	    !read_number(parts.items[3], UINT32_MAX, &seen.proven))
		return -EINVAL;
	seen.port = (uint16_t)port;
	*ret = seen;
	return 0;
}

int pair_read_ask_hello(const char *words, struct endpoint *ret)
{
	struct words parts;
	struct endpoint server;
	unsigned port;

	if (split(words, "hello", 2, &parts) || addr_parse(parts.items[0], &server.addr) ||
	    !read_number(parts.items[1], 65535, &port) || !port)
		return -EINVAL;
	server.port = (uint16_t)port;
	*ret = server;
	return 0;
}

int pair_read_hello(const char *words, struct pair_hello *ret)
{
	struct pair_hello hello;
	struct words parts;

	if (split(words, "hello", 3, &parts) ||
	    !read_number(parts.items[1], UINT32_MAX, &hello.us) ||
	    !read_addr(parts.items[2], &hello.source))
		return -EINVAL;
	for (int state = 0; state <= PAIR_HELLO_FAILED; state++) {
		if (strcmp(parts.items[0], state_names[state]))
			continue;
		hello.state = state;
		*ret = hello;
		return 0;
	}
	return -EINVAL;
}
