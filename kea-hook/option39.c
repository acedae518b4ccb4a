/* SPDX-License-Identifier: ISC */
#include "kea-hook/option39.h"

#include <errno.h>

#define HEAD_BYTES 1 /* flags */
#define FLAG_N 0x04  /* RFC 4704 4.1; S and O are as in option 81 */

int option39_decode(const struct lease_bytes *option, struct naming_wish *ret)
{
	struct naming_wish wish = {.flags = NAMING_E};
	size_t length = option->length;

	if (length < HEAD_BYTES)
		return -EINVAL;
	wish.flags |= option->bytes[0] & (NAMING_S | NAMING_O);
	if (option->bytes[0] & FLAG_N)
		wish.flags |= NAMING_N;
	length -= HEAD_BYTES;
	if (length > 0) {
		int r = hostname_from_wire(option->bytes + HEAD_BYTES, length, &wish.name,
					   &wish.full, &wish.changed);

		if (r == -EINVAL)
			return r;
		if (r < 0) {
			wish.name = (struct hostname){0};
			wish.changed = !(length == 1 && option->bytes[HEAD_BYTES] == 0);
		}
	}
	if (hostname_labels(&wish.name) < 2)
		wish.full = false;
	*ret = wish;
	return 0;
}

static void encode_answer(const struct naming_decision *decision, struct lease_bytes *ret)
{
	uint8_t flags = decision->flags & (NAMING_S | NAMING_O);
	struct wire_writer writer;

	if (decision->flags & NAMING_N)
		flags |= FLAG_N;
	wire_writer_init(&writer, ret->bytes, sizeof(ret->bytes));
	wire_write_u8(&writer, flags);
	naming_write(decision, &writer);
	ret->length = writer.bad ? 0 : (uint8_t)writer.at;
}

void option39_decide(const struct naming_policy *policy, const struct naming_client *client,
		     struct naming_decision *ret)
{
	struct naming_wish wish = {0};
	bool sent = client->fqdn->length > 0;
	bool malformed = sent && option39_decode(client->fqdn, &wish) < 0;

	naming_decide(policy, client, &wish, ret);
	ret->malformed = malformed;
	if (sent && !malformed)
		encode_answer(ret, &ret->answer);
}
