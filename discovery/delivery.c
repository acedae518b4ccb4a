/* SPDX-License-Identifier: ISC */
#include "discovery/delivery.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const delivery_state_names[] = {
	[DELIVERY_NONE] = "none",           [DELIVERY_WAITING] = "waiting",
	[DELIVERY_DELIVERED] = "delivered", [DELIVERY_REPLACED] = "replaced",
	[DELIVERY_GIVEN_UP] = "given-up",   [DELIVERY_QUARANTINED] = "quarantined",
	[DELIVERY_ELSEWHERE] = "elsewhere", NULL,
};

enum delivery_state delivery_state_parse(const char *name)
{
	for (int i = 0; name && delivery_state_names[i]; i++)
		if (strcmp(name, delivery_state_names[i]) == 0)
			return (enum delivery_state)i;
	return DELIVERY_NONE;
}

enum delivery_result delivery_not_connected(int error)
{
	switch (error) {
	case ECONNRESET: /* a SYN is refused with ECONNREFUSED */
		return DELIVERY_BROKEN;
	case EADDRNOTAVAIL:
	case EADDRINUSE:
	case ENOBUFS:
	case ENOMEM:
	case EPERM:
	case EACCES:
		return DELIVERY_LOCAL;
	default:
		return DELIVERY_NO_CONNECT;
	}
}

/* What a web server says to everyone alike: elsewhere, no access, no such place, too much, out of
 * order. */
static bool status_blames_core(int status)
{
	return (status >= 300 && status < 400) || status == 401 || status == 403 || status == 404 ||
	       status == 407 || status == 408 || status == 429 || status >= 500;
}

bool delivery_blames_core(struct delivery_outcome outcome)
{
	return outcome.result == DELIVERY_NO_CONNECT || outcome.result == DELIVERY_NOT_ROUTED ||
	       outcome.result == DELIVERY_TLS || outcome.result == DELIVERY_LOCAL ||
	       outcome.result == DELIVERY_NO_HTTP || outcome.result == DELIVERY_NO_NAME ||
	       (outcome.result == DELIVERY_HTTP && status_blames_core(outcome.error));
}

bool delivery_is_gate(struct delivery_outcome outcome)
{
	return outcome.result >= DELIVERY_PORT_SILENT && outcome.result <= DELIVERY_DNS_SILENT;
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

/* The sentence of each result; those with a "%" take the error's words or number. */
static const char *const sentences[] = {
	[DELIVERY_UNTRIED] = "not tried yet",
	[DELIVERY_DONE] = "delivered",
	[DELIVERY_NOT_ROUTED] = ("the core answers us but not the PC's address: it is not routed "
				 "back through us"),
	[DELIVERY_NOT_TAKEN] = "connected, but did not take the bytes in time",
	[DELIVERY_NO_CLOSE] = "took the bytes but did not close in time",
	[DELIVERY_TALKS] = "sent far more than a core has to say",
	[DELIVERY_NO_ANSWER] = "did not finish in time",
	[DELIVERY_NO_HTTP] = "answered, but not as a web server does",
	[DELIVERY_NO_NAME] = "the host of its url is not found in DNS",
	[DELIVERY_GONE] = "deleted from the database",
	[DELIVERY_PORT_SILENT] =
		("gate: the PC's port 16993 is filtered, the core's call-back would "
		 "hang"),
	[DELIVERY_PTR_OTHER] = "gate: reverse DNS names another machine than the lease",
	[DELIVERY_PTR_ASTRAY] = "gate: the name in reverse DNS does not lead back to the address",
	[DELIVERY_DNS_SILENT] = "gate: the name server does not answer, the core would hang",
	[DELIVERY_DEADLY] = "the core died shortly after it",
};

static const char *const tls_sentences[] = {
	[DELIVERY_TLS_OTHER] = "TLS failed: no TLS at that port, or no common version",
	[DELIVERY_TLS_UNTRUSTED] = "TLS: no authority that is trusted here (ca-file) signed the "
				   "server's certificate",
	[DELIVERY_TLS_EXPIRED] = "TLS: the server's certificate has expired, or is not valid yet",
	[DELIVERY_TLS_NAME] = "TLS: the server's certificate is for another host than the url's",
	[DELIVERY_TLS_CLIENT] = "TLS: the server wants a client certificate that it trusts "
				"(certificate-file, key-file)",
	[DELIVERY_TLS_FILES] = "TLS: ca-file, certificate-file or key-file cannot be used",
};

const char *delivery_print(struct delivery_outcome outcome, char ret[DELIVERY_TEXT])
{
	char buffer[64];
	const char *why = errno_words(outcome.error, buffer, sizeof(buffer));

	switch ((int)outcome.result) {
	case DELIVERY_NO_CONNECT:
		snprintf(ret, DELIVERY_TEXT, "%s", why);
		break;
	case DELIVERY_BROKEN:
		snprintf(ret, DELIVERY_TEXT, "%s before the core closed", why);
		break;
	case DELIVERY_TLS:
		assert(outcome.error >= DELIVERY_TLS_OTHER && outcome.error <= DELIVERY_TLS_FILES);
		snprintf(ret, DELIVERY_TEXT, "%s", tls_sentences[outcome.error]);
		break;
	case DELIVERY_HTTP:
		snprintf(ret, DELIVERY_TEXT, "answered with HTTP status %d", outcome.error);
		break;
	case DELIVERY_EXIT:
		snprintf(ret, DELIVERY_TEXT, "ended with status %d", outcome.error);
		break;
	case DELIVERY_SIGNAL:
		snprintf(ret, DELIVERY_TEXT, "ended by signal %d", outcome.error);
		break;
	case DELIVERY_LOCAL:
		snprintf(ret, DELIVERY_TEXT, "not sent from here: %s", why);
		break;
	case DELIVERY_PORT_NO_WAY:
		snprintf(ret, DELIVERY_TEXT, "gate: the PC's port 16993 cannot be reached: %s",
			 why);
		break;
	default:
		snprintf(ret, DELIVERY_TEXT, "%s", sentences[outcome.result]);
	}
	return ret;
}
