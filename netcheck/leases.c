/* SPDX-License-Identifier: ISC */
#include "netcheck/leases.h"

#include "netcheck/control.h"

#include <string.h>

struct taker {
	struct space *space;
	int rows;
};

/* Of the records only those that hold an address. */
static int take_row(const char *const *values, void *user, struct err *err)
{
	struct taker *taker = user;
	struct addr addr;
	int r;

	if ((strcmp(values[0], "A") && strcmp(values[0], "AAAA")) || addr_parse(values[1], &addr))
		return 0;
	r = space_add(taker->space, values[1], NULL, err);
	taker->rows += r >= 0;
	return r;
}

int leases_add(struct space *space, const char *socket, struct err *err)
{
	static const char *const columns[] = {"type", "value", NULL};
	struct taker taker = {.space = space};
	int r = control_ask(socket, "names", columns, take_row, &taker, err);

	return r < 0 ? r : taker.rows;
}
