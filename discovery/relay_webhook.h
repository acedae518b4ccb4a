/* SPDX-License-Identifier: ISC */
/*
 * relay_webhook: a hello as JSON to a web server, by POST over HTTPS. Delivered is any 2xx status.
 * The header Idempotency-Key is the same for every try of one hello. A token file that changed is
 * read anew; redirects are not followed; what the server says is thrown away. The only file that
 * sees libcurl; its sockets and timers live on the event base.
 */
#pragma once

#include "discovery/carrier.h"

extern const struct carrier relay_webhook_carrier;
