/* SPDX-License-Identifier: ISC */
#include "discovery/admission.h"

#include "common/random.h"

#include <errno.h>

int admission_init(struct admission *ret, const struct admission_options *options)
{
	*ret = (struct admission){.options = *options};
	source_init(&ret->sources);
	source_init(&ret->prefixes);
	return rate_new(&ret->rate, options->rate_per_prefix, options->burst_per_prefix,
			random_u64());
}

void admission_done(struct admission *admission)
{
	source_done(&admission->sources);
	source_done(&admission->prefixes);
	rate_free(admission->rate);
}

static enum admission_verdict verdict_of(int result, enum admission_verdict too_many)
{
	if (result == 0)
		return ADMISSION_GRANTED;
	return result == -EUSERS ? too_many : ADMISSION_NO_MEMORY;
}

enum admission_verdict admission_enter(struct admission *admission, struct addr addr,
				       uint64_t now_ms, struct admission_ticket *ret)
{
	struct addr network = source_prefix(addr);
	struct admission_ticket ticket;
	enum admission_verdict verdict;

	verdict = verdict_of(source_enter(&admission->sources, addr,
					  admission->options.max_per_address, &ticket.source),
			     ADMISSION_PER_ADDRESS);
	if (verdict != ADMISSION_GRANTED)
		return verdict;
	verdict = verdict_of(source_enter(&admission->prefixes, network,
					  admission->options.max_per_prefix, &ticket.prefix),
			     ADMISSION_PER_PREFIX);
	if (verdict != ADMISSION_GRANTED) {
		source_leave(&admission->sources, ticket.source);
		return verdict;
	}
	/* Last, so that what the other limits refuse takes nothing from the neighbours. */
	if (!rate_take(admission->rate, network, now_ms)) {
		admission_leave(admission, ticket);
		return ADMISSION_RATE;
	}
	*ret = ticket;
	return ADMISSION_GRANTED;
}

void admission_leave(struct admission *admission, struct admission_ticket ticket)
{
	source_leave(&admission->sources, ticket.source);
	source_leave(&admission->prefixes, ticket.prefix);
}
