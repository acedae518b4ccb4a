/* SPDX-License-Identifier: ISC */
#include "discovery/gate.h"

#include <string.h>

/* Where the lease knows no name, any name will do that leads back. */
static enum delivery_result judge_names(const struct gate_answers *answers, struct addr address,
					const char *lease_name)
{
	if (answers->reverse == GATE_SILENT)
		return DELIVERY_DNS_SILENT;
	if (answers->reverse == GATE_NO_NAME)
		return DELIVERY_DONE;
	if (lease_name && strcmp(lease_name, answers->name.text) != 0)
		return DELIVERY_PTR_OTHER;
	if (answers->forward == GATE_SILENT)
		return DELIVERY_DNS_SILENT;
	for (size_t i = 0; i < answers->addr_count; i++)
		if (addr_equal(answers->addrs[i], address))
			return DELIVERY_DONE;
	return DELIVERY_PTR_ASTRAY;
}

struct gate_verdict gate_judge(const struct gate_answers *answers, struct addr address,
			       const char *lease_name)
{
	struct gate_verdict verdict = {.port = answers->port};

	switch (answers->port) {
	case GATE_UNCHECKED:
	case GATE_OPEN:
	case GATE_CLOSED:
		verdict.outcome.result = judge_names(answers, address, lease_name);
		break;
	case GATE_FILTERED:
		verdict.outcome.result = DELIVERY_PORT_SILENT;
		break;
	case GATE_NO_WAY:
		verdict.outcome.result = DELIVERY_PORT_NO_WAY;
		verdict.outcome.error = answers->error;
		break;
	}
	return verdict;
}

static const char *const port_names[] = {
	[GATE_UNCHECKED] = "-",       [GATE_OPEN] = "open",     [GATE_CLOSED] = "closed",
	[GATE_FILTERED] = "filtered", [GATE_NO_WAY] = "no-way", NULL,
};

static const struct {
	enum delivery_result result;
	const char *name;
} verdict_names[] = {
	{DELIVERY_DONE, "go"},
	{DELIVERY_PORT_SILENT, "port-silent"},
	{DELIVERY_PORT_NO_WAY, "port-no-way"},
	{DELIVERY_PTR_OTHER, "ptr-other"},
	{DELIVERY_PTR_ASTRAY, "ptr-astray"},
	{DELIVERY_DNS_SILENT, "dns-silent"},
};

#define VERDICTS (sizeof(verdict_names) / sizeof(verdict_names[0]))

const char *gate_port_name(enum gate_port port)
{
	return port_names[port];
}

const char *gate_verdict_name(struct gate_verdict verdict)
{
	for (size_t i = 0; i < VERDICTS; i++)
		if (verdict_names[i].result == verdict.outcome.result)
			return verdict_names[i].name;
	return "-";
}

struct gate_verdict gate_verdict_parse(const char *port, const char *name, int error)
{
	struct gate_verdict verdict = {.port = GATE_UNCHECKED};

	for (size_t i = 0; i < VERDICTS; i++) {
		if (strcmp(verdict_names[i].name, name) != 0)
			continue;
		verdict.outcome.result = verdict_names[i].result;
		verdict.outcome.error = error;
		for (int at = 0; port_names[at]; at++)
			if (strcmp(port_names[at], port) == 0)
				verdict.port = (enum gate_port)at;
	}
	return verdict;
}
