/* SPDX-License-Identifier: ISC */
#include "dns/sequence.h"

static struct sequence_boot *find(struct sequence *sequence, uint64_t boot_id)
{
	for (size_t i = 0; i < sequence->count; i++) {
		if (sequence->boots[i].id == boot_id)
			return &sequence->boots[i];
	}
	return NULL;
}

const struct sequence_boot *sequence_find(const struct sequence *sequence, uint64_t boot_id)
{
	return find((struct sequence *)sequence, boot_id);
}

static struct sequence_boot *add(struct sequence *sequence, uint64_t boot_id)
{
	struct sequence_boot *place = &sequence->boots[0];

	if (sequence->count < SEQUENCE_BOOTS_MAX) {
		place = &sequence->boots[sequence->count++];
	} else {
		for (size_t i = 1; i < sequence->count; i++) {
			if (sequence->boots[i].heard_ms < place->heard_ms)
				place = &sequence->boots[i];
		}
	}
	*place = (struct sequence_boot){.id = boot_id};
	return place;
}

bool sequence_meet(struct sequence *sequence, uint64_t boot_id, uint64_t now_ms, bool *ret_other)
{
	struct sequence_boot *boot = find(sequence, boot_id);

	if (boot) {
		boot->heard_ms = now_ms;
		return false;
	}
	*ret_other = sequence->count > 0;
	add(sequence, boot_id)->heard_ms = now_ms;
	return true;
}

enum sequence_result sequence_take(struct sequence *sequence, uint64_t boot_id, uint64_t number,
				   uint64_t now_ms, uint64_t *ret_lost)
{
	struct sequence_boot *boot = find(sequence, boot_id);
	uint64_t expected;

	if (!boot)
		boot = add(sequence, boot_id);
	boot->heard_ms = now_ms;
	if (number <= boot->received)
		return SEQUENCE_OLD;
	expected = boot->received + 1;
	boot->received = number;
	if (number == expected)
		return SEQUENCE_NEW;
	*ret_lost = number - expected;
	return SEQUENCE_JUMP;
}

void sequence_restore(struct sequence *sequence, uint64_t boot_id, uint64_t saved)
{
	struct sequence_boot *boot = find(sequence, boot_id);

	if (!boot)
		boot = add(sequence, boot_id);
	boot->received = boot->saved = saved;
}

void sequence_saved(struct sequence *sequence, uint64_t boot_id, uint64_t number)
{
	struct sequence_boot *boot = find(sequence, boot_id);

	if (boot && boot->saved < number)
		boot->saved = number;
}
