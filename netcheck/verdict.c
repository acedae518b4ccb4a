/* SPDX-License-Identifier: ISC */
#include "netcheck/verdict.h"

enum verdict verdict_of(const struct results *results)
{
	if (results->states[RESULT_FAILURE])
		return VERDICT_NOT_READY;
	if (!results->count || results->refused || results->states[RESULT_UNKNOWN])
		return VERDICT_UNKNOWN;
	return results->states[RESULT_WARNING] ? VERDICT_WARNINGS : VERDICT_READY;
}

const char *verdict_words(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_READY:
		return "READY";
	case VERDICT_WARNINGS:
		return "READY WITH WARNINGS";
	case VERDICT_NOT_READY:
		return "NOT READY";
	case VERDICT_UNKNOWN:
		break;
	}
	return "COULD NOT TELL";
}
