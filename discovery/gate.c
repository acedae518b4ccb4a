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

const char *gate_port_name(enum gate_port port)
{
	switch (port) {
	case GATE_UNCHECKED:
		return "-";
	case GATE_OPEN:
		return "open";
	case GATE_CLOSED:
		return "closed";
	case GATE_FILTERED:
		return "filtered";
	case GATE_NO_WAY:
		return "no-way";
	}
	return "-";
}
