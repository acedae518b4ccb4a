/* SPDX-License-Identifier: ISC */
/*
 * noop_hook: a Kea hook that does nothing, as the floor for benchmarks: what Kea itself spends on
 * calling a library. Which of these callouts it has is decided by the version script that it is linked
 * with, which is the real hook's, so that both register the same. The references and handles that Kea
 * passes are pointers for C, and are not looked at.
 *
 * NOOP_CALLOUTS says how many of the four that a DHCPv4 packet comes by it has, so that the price of
 * each can be seen: 1 pkt4_send, 2 lease4_select and lease4_renew as well, 3 buffer4_receive as well,
 * 4 all.
 */
#define ENTRY __attribute__((visibility("default")))
#define CALLOUT(name)                 \
	ENTRY int name(void *handle); \
	int name(void *handle)        \
	{                             \
		return 0;             \
	}

ENTRY int version(void);
ENTRY int multi_threading_compatible(void);

int version(void)
{
	return KEA_HOOKS_VERSION;
}

int multi_threading_compatible(void)
{
	return 1;
}

CALLOUT(load)

ENTRY int unload(void);
int unload(void)
{
	return 0;
}

CALLOUT(command_processed)
CALLOUT(dhcp4_srv_configured)
#if NOOP_CALLOUTS >= 3
CALLOUT(buffer4_receive)
#endif
CALLOUT(pkt4_receive)
CALLOUT(subnet4_select)
#if NOOP_CALLOUTS >= 4
CALLOUT(ddns4_update)
#endif
#if NOOP_CALLOUTS >= 2
CALLOUT(lease4_select)
CALLOUT(lease4_renew)
#endif
CALLOUT(leases4_committed)
#if NOOP_CALLOUTS >= 1
CALLOUT(pkt4_send)
#endif
CALLOUT(buffer4_send)
CALLOUT(lease4_release)
CALLOUT(lease4_decline)
CALLOUT(lease4_expire)
CALLOUT(lease4_recover)
CALLOUT(dhcp6_srv_configured)
CALLOUT(buffer6_receive)
CALLOUT(pkt6_receive)
CALLOUT(subnet6_select)
CALLOUT(ddns6_update)
CALLOUT(lease6_select)
CALLOUT(lease6_renew)
CALLOUT(lease6_rebind)
CALLOUT(leases6_committed)
CALLOUT(pkt6_send)
CALLOUT(buffer6_send)
CALLOUT(lease6_release)
CALLOUT(lease6_decline)
CALLOUT(lease6_expire)
CALLOUT(lease6_recover)
