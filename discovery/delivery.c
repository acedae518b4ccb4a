/* SPDX-License-Identifier: ISC */
#include "discovery/delivery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const delivery_state_names[] = {
	[DELIVERY_NONE] = "none",           [DELIVERY_WAITING] = "waiting",
	[DELIVERY_DELIVERED] = "delivered", [DELIVERY_REPLACED] = "replaced",
	[DELIVERY_GIVEN_UP] = "given-up",   NULL,
};

enum delivery_state delivery_state_parse(const char *name)
{
	for (int i = 0; name && delivery_state_names[i]; i++)
		if (strcmp(name, delivery_state_names[i]) == 0)
			return (enum delivery_state)i;
	return DELIVERY_NONE;
}

bool delivery_blames_core(struct delivery_outcome outcome)
{
	return outcome.result == DELIVERY_NO_CONNECT || outcome.result == DELIVERY_LOCAL;
}

/* In our words where they are clearer than the library's, in lower case like the rest of a line. */
static const char *errno_words(int error, char *ret, size_t size)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection refused";
	case ETIMEDOUT:
		return "no answer";
	case ECONNRESET:
	case EPIPE:
		return "connection reset";
	case EHOSTUNREACH:
		return "host unreachable";
	case ENETUNREACH:
		return "no route";
	case EADDRNOTAVAIL:
		return "no free local port";
	case EMFILE:
	case ENFILE:
		return "no free descriptor";
	default:
		return strerror_r(error, ret, size);
	}
}

const char *delivery_print(struct delivery_outcome outcome, char ret[DELIVERY_TEXT])
{
	char buffer[64];
	const char *why = errno_words(outcome.error, buffer, sizeof(buffer));

	switch (outcome.result) {
	case DELIVERY_UNTRIED:
		snprintf(ret, DELIVERY_TEXT, "not tried yet");
		break;
	case DELIVERY_DONE:
		snprintf(ret, DELIVERY_TEXT, "delivered");
		break;
	case DELIVERY_NO_CONNECT:
		snprintf(ret, DELIVERY_TEXT, "%s", why);
		break;
	case DELIVERY_BROKEN:
		snprintf(ret, DELIVERY_TEXT, "%s before the core closed", why);
		break;
	case DELIVERY_NOT_TAKEN:
		snprintf(ret, DELIVERY_TEXT, "connected, but did not take the bytes in time");
		break;
	case DELIVERY_NO_CLOSE:
		snprintf(ret, DELIVERY_TEXT, "took the bytes but did not close in time");
		break;
	case DELIVERY_TALKS:
		snprintf(ret, DELIVERY_TEXT, "sent far more than a core has to say");
		break;
	case DELIVERY_GONE:
		snprintf(ret, DELIVERY_TEXT, "deleted from the database");
		break;
	case DELIVERY_LOCAL:
		snprintf(ret, DELIVERY_TEXT, "not sent from here: %s", why);
		break;
	}
	return ret;
}
