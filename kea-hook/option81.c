/* SPDX-License-Identifier: ISC */
#include "kea-hook/option81.h"

#include <errno.h>

#define RCODE_SERVER 255 /* RFC 4702 2.2 */
#define FLAGS_KNOWN 0x0f

static int decode_name(const uint8_t *bytes, size_t length, struct naming_wish *wish)
{
	int r;

	if (length == 0)
		return 0;
	if (wish->flags & NAMING_E) {
		r = hostname_from_wire(bytes, length, &wish->name, &wish->full, &wish->changed);
		if (r == -EINVAL)
			return r;
	} else {
		r = naming_from_text(bytes, length, &wish->name, &wish->full, &wish->changed);
	}
	if (r < 0) {
		/* Nothing usable in it: as good as empty, except for the root, which is empty. */
		wish->name = (struct hostname){0};
		wish->changed = !(length == 1 && (bytes[0] == 0 || bytes[0] == '.'));
	}
	return 0;
}

int option81_decode(const struct lease_bytes *option, struct naming_wish *ret)
{
	struct naming_wish wish = {0};

	if (option->length < OPTION81_HEAD)
		return -EINVAL;
	wish.flags = option->bytes[0] & FLAGS_KNOWN;
	int r = decode_name(option->bytes + OPTION81_HEAD, option->length - (size_t)OPTION81_HEAD,
			    &wish);
	if (r < 0)
		return r;
	if (hostname_labels(&wish.name) < 2)
		wish.full = false;
	*ret = wish;
	return 0;
}

static void encode_answer(const struct naming_decision *decision, struct lease_bytes *ret)
{
	struct wire_writer writer;

	wire_writer_init(&writer, ret->bytes, sizeof(ret->bytes));
	wire_write_u8(&writer, decision->flags);
	wire_write_u8(&writer, RCODE_SERVER);
	wire_write_u8(&writer, RCODE_SERVER);
	naming_write(decision, &writer);
	ret->length = writer.bad ? 0 : (uint8_t)writer.at;
}

void option81_decide(const struct naming_policy *policy, const struct naming_client *client,
		     struct naming_decision *ret)
{
	struct naming_wish wish = {0};
	bool sent = client->fqdn->length > 0;
	bool malformed = sent && option81_decode(client->fqdn, &wish) < 0;

	naming_decide(policy, client, &wish, ret);
	ret->malformed = malformed;
	if (sent && !malformed) /* otherwise no encoding of an answer is known to be right */
		encode_answer(ret, &ret->answer);
}
