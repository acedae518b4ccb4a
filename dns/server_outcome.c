/* SPDX-License-Identifier: ISC */
#include "dns/server_outcome.h"

#include <stdio.h>

enum { /* RFC 1035, 2136, 8945 */
       NOERROR = 0,
       FORMERR = 1,
       SERVFAIL = 2,
       NXDOMAIN = 3,
       NOTIMP = 4,
       REFUSED = 5,
       YXDOMAIN = 6,
       YXRRSET = 7,
       NXRRSET = 8,
       NOTAUTH = 9,
       NOTZONE = 10,
       BADSIG = 16,
       BADKEY = 17,
       BADTIME = 18,
       BADTRUNC = 22,
};

enum server_class server_outcome_class(int code)
{
	switch (code) {
	case NOERROR:
		return SERVER_DONE;
	case YXDOMAIN:
	case YXRRSET:
	case NXRRSET:
	case NXDOMAIN:
		return SERVER_DECISION;
	case FORMERR:
		return SERVER_POISON;
	case NOTIMP:
		return SERVER_CAPABILITY;
	case REFUSED:
	case NOTAUTH:
	case NOTZONE:
	case BADSIG:
	case BADKEY:
	case BADTIME:
	case BADTRUNC:
		return SERVER_CONFIGURATION;
	default:
		return SERVER_TRANSIENT; /* SERVFAIL, and codes that we have no meaning for */
	}
}

/* "10.81.2.2:53 refused: NOTAUTH (BADKEY)". */
#define HEAD_TEXT (ENDPOINT_TEXT + 48)
static const char *print_head(struct endpoint server, int code, char ret[HEAD_TEXT])
{
	char at[ENDPOINT_TEXT];
	bool refused = server_outcome_class(code) == SERVER_CONFIGURATION;
	bool tsig = code >= BADSIG && code <= BADTRUNC;
	int length = snprintf(ret, HEAD_TEXT, "%s %s: %s%s%s", endpoint_print(server, at),
			      refused ? "refused" : "answered", tsig ? "NOTAUTH (" : "",
			      update_rcode_name(code), tsig ? ")" : "");

	if (code > NOTZONE && !tsig)
		snprintf(ret + length, HEAD_TEXT - (size_t)length, " %d", code);
	return ret;
}

static void say_tsig_error(struct err *words, const char *head, const char *key, int code)
{
	switch (code) {
	case BADKEY:
		err_set(words, 0,
			"%s: the server does not know key \"%s\", uses another algorithm for "
			"it, or (Knot) does not let it update the zone",
			head, key);
		break;
	case BADSIG:
		err_set(words, 0, "%s: the secret of key \"%s\" is not the one that the server has",
			head, key);
		break;
	case BADTIME:
		err_set(words, 0,
			"%s: the server's clock is more than 5 minutes from ours; let NTP set both",
			head);
		break;
	case BADTRUNC:
		err_set(words, 0, "%s: the server wants longer signatures than \"%s\" makes", head,
			key);
		break;
	}
}

static void say_refusal(struct err *words, const char *head, const struct server_party *party,
			int code)
{
	const char *zone = party->zone->text;

	if (code == NOTZONE)
		err_set(words, 0,
			"%s: a name is not in zone %s as the server has it; is there a zone "
			"of its own below?",
			head, zone);
	else if (!party->key)
		err_set(words, 0, "%s: the server is not primary for zone %s, or wants a key", head,
			zone);
	else if (code == NOTAUTH)
		err_set(words, 0, "%s: the server is not primary for zone %s", head, zone);
	else
		err_set(words, 0, "%s: the server's policy does not let key \"%s\" change zone %s",
			head, party->key, zone);
}

static void say(struct err *words, const char *head, const struct server_party *party, int code)
{
	switch (code) {
	case NOERROR:
		err_set(words, 0, "%s", head);
		break;
	case YXDOMAIN:
		err_set(words, 0, "%s: the name is in use already", head);
		break;
	case YXRRSET:
		err_set(words, 0, "%s: there are records that must not be", head);
		break;
	case NXRRSET:
		err_set(words, 0, "%s: records are missing or other than expected", head);
		break;
	case NXDOMAIN:
		err_set(words, 0, "%s: the name does not exist", head);
		break;
	case FORMERR:
		err_set(words, 0, "%s: the server cannot read this message", head);
		break;
	case NOTIMP:
		err_set(words, 0,
			"%s: the server does not know this record type or kind of message", head);
		break;
	case REFUSED:
	case NOTAUTH:
	case NOTZONE:
		say_refusal(words, head, party, code);
		break;
	case BADSIG:
	case BADKEY:
	case BADTIME:
	case BADTRUNC:
		say_tsig_error(words, head, party->key ? party->key : "-", code);
		break;
	default:
		err_set(words, 0, "%s: the server could not do it; its log says why", head);
		break;
	}
}

void server_outcome_answered(struct server_outcome *outcome, const struct server_party *party,
			     int code)
{
	char head[HEAD_TEXT];

	outcome->class = server_outcome_class(code);
	outcome->rcode = code;
	outcome->server = party->server;
	say(&outcome->words, print_head(party->server, code, head), party, code);
}

void server_outcome_failed(struct server_outcome *outcome, const struct server_party *party,
			   const char *what)
{
	char at[ENDPOINT_TEXT];

	outcome->class = SERVER_TRANSIENT;
	outcome->rcode = -1;
	outcome->server = party->server;
	err_set(&outcome->words, 0, "%s: %s", endpoint_print(party->server, at), what);
}
