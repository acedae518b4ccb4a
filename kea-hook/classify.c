/* SPDX-License-Identifier: ISC */
#include "kea-hook/classify.h"

#include <stddef.h>

const char *const take_over_names[] = {"class", "option-81", "all", NULL};

const char *classify(enum take_over take_over, const char *client_class, bool in_class,
		     bool sent_option81)
{
	switch (take_over) {
	case TAKE_OVER_CLASS:
		return in_class ? client_class : NULL;
	case TAKE_OVER_OPTION81:
		return sent_option81 ? take_over_names[take_over] : NULL;
	case TAKE_OVER_ALL:
		return take_over_names[take_over];
	}
	return NULL;
}
