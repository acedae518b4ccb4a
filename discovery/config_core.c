/* SPDX-License-Identifier: ISC */
#include "discovery/config_core.h"

#include "common/hello.h"

#include <ctype.h>
#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define NAME_MAX_LETTERS 32
#define IN_FLIGHT 8
#define CORE(member) offsetof(struct discovery_core_config, member)

const char *const config_core_kinds[] = {
	[DISCOVERY_RELAY_TCP] = "tcp",
	[DISCOVERY_RELAY_TRANSPARENT] = "transparent",
	[DISCOVERY_RELAY_PROXY_V1] = "proxy-v1",
	[DISCOVERY_RELAY_PROXY_V2] = "proxy-v2",
	[DISCOVERY_RELAY_WEBHOOK] = "webhook",
	[DISCOVERY_RELAY_EXEC] = "exec",
	NULL,
};
static const char *const presets[] = {
	[DISCOVERY_PRESET_GENERIC] = "generic",
	[DISCOVERY_PRESET_MESHCENTRAL] = "meshcentral",
	NULL,
};
static const char *const confirms[] = {
	[DISCOVERY_CONFIRM_CLOSE] = "close",
	[DISCOVERY_CONFIRM_ACKNOWLEDGED] = "acknowledged",
	NULL,
};
static const char *const gates[] = {
	[DISCOVERY_GATE_PRESET] = "preset",
	[DISCOVERY_GATE_ON] = "on",
	[DISCOVERY_GATE_OFF] = "off",
	NULL,
};
static const char *const templates[] = {
	[DISCOVERY_TEMPLATE_GENERIC] = "generic",
	[DISCOVERY_TEMPLATE_DMT] = "dmt",
	NULL,
};

/* What MeshCentral can take was measured (1.1.55): a hello whose root matches costs it 0.28 s of its
 * event loop; a second one from an address that it is busy with is dropped without a word; and some
 * make it exit. */
static const struct relay_options by_preset[] = {
	[DISCOVERY_PRESET_GENERIC] = {.in_flight = IN_FLIGHT, .watch_ms = 200},
	[DISCOVERY_PRESET_MESHCENTRAL] = {.in_flight = 1,
					  .interval_ms = SECOND_MS,
					  .hold_ms = 30 * SECOND_MS,
					  .watch_ms = 10 * SECOND_MS,
					  .gate = true},
};

static const struct config_key core_keys[] = {
	{.name = "name",
	 .kind = CONFIG_TEXT,
	 .required = true,
	 .offset = CORE(name),
	 .help = "What the core is called in rows, log lines and the database; a core under a new "
		 "name is a new core."},
	{.name = "kind",
	 .kind = CONFIG_ENUM,
	 .offset = CORE(kind),
	 .fallback = "tcp",
	 .choices = config_core_kinds,
	 .help = "How hellos reach the core. tcp: one connection per hello, as from a PC, but from "
		 "this host's address; transparent: from the PC's own address (needs "
		 "CAP_NET_ADMIN, "
		 "and the core must be routed back through this host); proxy-v1, proxy-v2: tcp "
		 "behind "
		 "a PROXY protocol header; webhook: JSON by HTTPS; exec: a program per hello."},
	{.name = "preset",
	 .kind = CONFIG_ENUM,
	 .offset = CORE(preset),
	 .fallback = "generic",
	 .choices = presets,
	 .help = "Pace and gate where the keys below do not say: generic: in-flight 8, watch "
		 "200ms; "
		 "meshcentral: interval 1s, in-flight 1, hold 30s, watch 10s, gate on."},
	{.name = "address",
	 .kind = CONFIG_ENDPOINT,
	 .offset = CORE(address),
	 .min = HELLO_PORT,
	 .help = "Where the core listens for hellos; not for webhook and exec."},
	{.name = "confirm",
	 .kind = CONFIG_ENUM,
	 .offset = CORE(confirm),
	 .fallback = "close",
	 .choices = confirms,
	 .help = "When the core has a hello: once it closes its side of the connection, or, for a "
		 "core that leaves connections open, once it acknowledged all bytes."},
	{.name = "timeout",
	 .kind = CONFIG_DURATION,
	 .offset = CORE(timeout_ms),
	 .min = 100,
	 .max = 10 * MINUTE_MS,
	 .fallback = "10s",
	 .help = "Time to connect, and again for the core to take the hello and close; for webhook "
		 "and exec the time for all of it."},
	{.name = "give-up-after",
	 .kind = CONFIG_DURATION,
	 .offset = CORE(give_up_ms),
	 .min = MINUTE_MS,
	 .max = 3650 * DAY_MS,
	 .fallback = "30d",
	 .help = "Age at which a hello that the core did not take is given up."},
	{.name = "subnets",
	 .kind = CONFIG_PREFIX,
	 .list = true,
	 .offset = CORE(subnets),
	 .help = "Only hellos of PCs in one of these; without any, of all."},
	{.name = "root-hashes",
	 .kind = CONFIG_TEXT,
	 .list = true,
	 .offset = CORE(root_hashes),
	 .help = "Only hellos that carry one of these root certificate hashes, in hex; without "
		 "any, "
		 "all."},
	{.name = "interval",
	 .kind = CONFIG_DURATION,
	 .offset = CORE(interval_ms),
	 .min = 0,
	 .max = HOUR_MS,
	 .fallback = "0s",
	 .help = "Shortest time between two hellos to this core; 0s: as the preset says."},
	{.name = "in-flight",
	 .kind = CONFIG_INT,
	 .offset = CORE(in_flight),
	 .min = 0,
	 .max = RELAY_IN_FLIGHT_MAX,
	 .fallback = "0",
	 .help = "Hellos on their way at a time, or programs running; 0: as the preset says."},
	{.name = "hold",
	 .kind = CONFIG_DURATION,
	 .offset = CORE(hold_ms),
	 .min = 0,
	 .max = HOUR_MS,
	 .fallback = "0s",
	 .help = "Time after a delivery in which nothing else goes for the same address; 0s: as "
		 "the "
		 "preset says."},
	{.name = "watch",
	 .kind = CONFIG_DURATION,
	 .offset = CORE(watch_ms),
	 .min = 0,
	 .max = 5 * MINUTE_MS,
	 .fallback = "0s",
	 .help = "A core that goes away within this time of a delivery died of it; a hello of "
		 "which "
		 "it died twice is quarantined; 0s: as the preset says."},
	{.name = "gate",
	 .kind = CONFIG_ENUM,
	 .offset = CORE(gate),
	 .fallback = "preset",
	 .choices = gates,
	 .help = "on: a hello goes only when the PC's port 16993 answers or refuses from here and "
		 "reverse DNS names the PC, or nobody."},
	{.name = "url",
	 .kind = CONFIG_TEXT,
	 .offset = CORE(url),
	 .help = "webhook: where to POST to; https, or http on this very host."},
	{.name = "template",
	 .kind = CONFIG_ENUM,
	 .offset = CORE(template),
	 .fallback = "generic",
	 .choices = templates,
	 .help = "webhook: the JSON; generic: docs/webhook.schema.json; dmt: a device of the "
		 "Device "
		 "Management Toolkit."},
	{.name = "token-file",
	 .kind = CONFIG_TEXT,
	 .offset = CORE(token_file),
	 .help = "webhook: file with the bearer token, readable by the daemon only; read anew when "
		 "it changes."},
	{.name = "certificate-file",
	 .kind = CONFIG_TEXT,
	 .offset = CORE(certificate_file),
	 .help = "webhook: the client's certificate chain, PEM."},
	{.name = "key-file",
	 .kind = CONFIG_TEXT,
	 .offset = CORE(key_file),
	 .help = "webhook: the client certificate's key, PEM, readable by the daemon only."},
	{.name = "ca-file",
	 .kind = CONFIG_TEXT,
	 .offset = CORE(ca_file),
	 .help = "webhook: certificates to trust instead of the system's, PEM."},
	{.name = "command",
	 .kind = CONFIG_TEXT,
	 .list = true,
	 .offset = CORE(command),
	 .most = 64,
	 .help = "exec: the program (an absolute path) and its arguments, without a shell; {uuid}, "
		 "{address}, {mac}, {name}, {retry} and {core} are replaced in the arguments, the "
		 "hello is its standard input."},
};

/* Names stand in rows and metrics, and tell the cores apart in the database. */
static void check_name(const char *name, struct config_check *check)
{
	size_t length = strlen(name);
	bool good = length > 0 && length <= NAME_MAX_LETTERS;

	for (size_t i = 0; i < length; i++)
		good = good && (isalnum((unsigned char)name[i]) || strchr("-_.", name[i]));
	if (!good)
		config_complain(check, "name", "must be 1 to %d letters, digits, '-', '_' and '.'",
				NAME_MAX_LETTERS);
}

static bool is_hash(const char *text)
{
	size_t length = strlen(text);

	return strspn(text, "0123456789abcdefABCDEF") == length &&
	       (length == 40 || length == 64 || length == 96);
}

/* The token must not travel in the clear. */
static bool is_safe_url(const char *url)
{
	static const char *const local[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};

	if (strncmp(url, "https://", 8) == 0 && url[8])
		return true;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		size_t length = strlen(local[i]);

		if (strncmp(url, local[i], length) == 0 && strchr(":/", url[length]))
			return true;
	}
	return false;
}

static void check_webhook(const struct discovery_core_config *core, struct config_check *check)
{
	if (!core->url || !is_safe_url(core->url))
		config_complain(check, "url",
				"kind webhook needs a url that begins with https:// (or http:// to "
				"127.0.0.1, [::1] or localhost)");
	if (!core->certificate_file != !core->key_file)
		config_complain(check, core->key_file ? "key-file" : "certificate-file",
				"certificate-file and key-file go together");
}

static void check_core(const void *object, struct config_check *check)
{
	const struct discovery_core_config *core = object;
	char *const *hashes = core->root_hashes.items, *const *command = core->command.items;
	bool connects = core->kind != DISCOVERY_RELAY_WEBHOOK && core->kind != DISCOVERY_RELAY_EXEC;

	check_name(core->name, check);
	for (size_t i = 0; i < core->root_hashes.count; i++)
		if (!is_hash(hashes[i]))
			config_complain(check, "root-hashes",
					"\"%s\" is not a SHA-1, SHA-256 or SHA-384 in hex",
					hashes[i]);
	if (connects && core->address.addr.family == ADDR_NONE)
		config_complain(check, "address", "kind %s needs an address",
				config_core_kinds[core->kind]);
	if (core->kind == DISCOVERY_RELAY_WEBHOOK)
		check_webhook(core, check);
	if (core->kind == DISCOVERY_RELAY_EXEC &&
	    (core->command.count == 0 || command[0][0] != '/'))
		config_complain(check, "command",
				"kind exec needs a command that begins with an absolute path");
}

const struct config_table config_core_table = {
	.name = "hello.cores",
	.help = "A provisioning core that hellos are relayed to.",
	.size = sizeof(struct discovery_core_config),
	.keys = core_keys,
	.count = sizeof(core_keys) / sizeof(core_keys[0]),
	.check = check_core,
};

struct relay_options config_core_relay(const struct discovery_core_config *config)
{
	struct relay_options options = by_preset[config->preset];

	options.give_up_ms = (uint64_t)config->give_up_ms;
	if (config->interval_ms > 0)
		options.interval_ms = (uint64_t)config->interval_ms;
	if (config->in_flight > 0)
		options.in_flight = (unsigned)config->in_flight;
	if (config->hold_ms > 0)
		options.hold_ms = (uint64_t)config->hold_ms;
	if (config->watch_ms > 0)
		options.watch_ms = (uint64_t)config->watch_ms;
	if (config->gate != DISCOVERY_GATE_PRESET)
		options.gate = config->gate == DISCOVERY_GATE_ON;
	return options;
}
