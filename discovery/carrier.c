/* SPDX-License-Identifier: ISC */
#include "discovery/carrier.h"

#include "discovery/discovery.h"
#include "discovery/relay_exec.h"
#include "discovery/relay_proxy.h"
#include "discovery/relay_tcp.h"
#include "discovery/relay_transparent.h"
#include "discovery/relay_webhook.h"

const struct carrier *const carriers[] = {
	[DISCOVERY_RELAY_TCP] = &relay_tcp_carrier,
	[DISCOVERY_RELAY_TRANSPARENT] = &relay_transparent_carrier,
	[DISCOVERY_RELAY_PROXY_V1] = &relay_proxy_v1_carrier,
	[DISCOVERY_RELAY_PROXY_V2] = &relay_proxy_v2_carrier,
	[DISCOVERY_RELAY_WEBHOOK] = &relay_webhook_carrier,
	[DISCOVERY_RELAY_EXEC] = &relay_exec_carrier,
};
